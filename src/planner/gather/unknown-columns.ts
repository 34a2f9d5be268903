/** Names of columns that no table has: what MySQL says of them can be helped by a suggestion. */
import { suggestion } from '../../config/suggestion.ts';
import type { ColumnReference } from '../../sql/ast/expression.ts';
import { resolveColumn } from '../analysis/scope.ts';
import { type BlockScope, scopeOf } from './sources.ts';

export type UnknownColumn = Readonly<{ name: string; suggestion: string }>;

/** The name as MySQL writes it, with what is near to it in the block; undefined where it is known, or nothing is. An alias may look unknown. */
export function unknownColumn(name: ColumnReference, scope: BlockScope): UnknownColumn | undefined {
  if (resolveColumn(scopeOf(scope), name).kind !== 'missing') return undefined;
  const named = scope.sources.filter(({ source }) => name.table === undefined || source.name === name.table);
  const candidates = named.flatMap(({ source }) =>
    (source.columns ?? []).flatMap((column) => (column.name === '' ? [] : [column.name])),
  );
  const meant = suggestion(
    name.name,
    [...new Set(candidates)],
    Math.max(1, Math.floor(name.name.length / 3)),
  );
  const written = name.table === undefined ? name.name : `${name.table}.${name.name}`;
  return meant === '' ? undefined : { name: written, suggestion: meant };
}
