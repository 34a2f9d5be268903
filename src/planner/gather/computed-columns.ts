/** Expressions that need more of a table than its columns: its FULLTEXT index, its definition. The input computes them. */
import type { DefaultOf, MatchAgainst } from '../../sql/ast/expression.ts';
import { Refused } from '../refused.ts';
import { type Edit, quoted, type SourceText, sqlPiece } from './source-text.ts';
import { type BlockScope, columnOf, type FoundColumn } from './sources.ts';
import { columnSchema } from './table-draft.ts';
import { columnType } from './table-input.ts';

/** The edit that puts the input's column in the place of the expression. Raises Refused where it is of no table of the block. */
export function computedColumn(
  expression: MatchAgainst | DefaultOf,
  scope: BlockScope | undefined,
  source: SourceText,
): Edit {
  const names = expression.kind === 'match' ? expression.columns : [expression.column];
  const what = expression.kind === 'match' ? 'MATCH … AGAINST' : 'DEFAULT(column)';
  const found = names.map((name) => (scope === undefined ? undefined : columnOf(scope, name)));
  const [first] = found;
  const isOfOne = (each: FoundColumn | undefined): each is FoundColumn =>
    each !== undefined && each.named === first?.named && each.named.draft === each.draft;
  if (first === undefined || !found.every(isOfOne))
    throw new Refused(`${what} of something else than a table`);
  const isConstant = expression.kind === 'defaultOf' || constants.has(expression.against.kind);
  if (!isConstant) throw new Refused(`${what} with something else than a constant`);
  const { draft, named } = first;
  const name = `headgate ${draft.computed.length + 1}`;
  const type = expression.kind === 'match' ? 'double NULL INVISIBLE' : defaultType(first);
  const columns = new Map(names.map((each, at) => [each, found[at]!.column]));
  draft.computed.push({ name, type, expression, source, columns });
  const { start, end } = expression;
  return { start, end, with: sqlPiece(`${quoted(named.shown)}.${quoted(name)}`) };
}

const constants: ReadonlySet<string> = new Set(['literal', 'parameter']);

const defaultType = ({ draft, column }: FoundColumn): string =>
  `${columnType(columnSchema(draft, column)!)} NULL INVISIBLE`;
