/** Pieces of SQL and keys of which scatter plans are made. */
import type { Expression } from '../sql/ast/expression.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { resolveColumn, type Scope } from './analysis/scope.ts';
import type { PlanKey } from './plan.ts';
import { type Comparable, comparableColumn, comparableOf } from './sort-keys.ts';
import type { TemplateBuilder } from './template.ts';

/** SQL of an expression: the client's text (`any`: of a grouped query), a name, or the select list's entry (from 1) in ORDER BY. */
export type SqlText =
  | Readonly<{ kind: 'copy' | 'any'; expression: Expression }>
  | Readonly<{ kind: 'name'; text: string }>
  | Readonly<{ kind: 'position'; position: number }>;

/** Writes it with something around. */
export function write(to: TemplateBuilder, sql: SqlText, before: string, behind: string): void {
  if (sql.kind === 'position') {
    // In parentheses it would be a number.
    to.text(`${sql.position}${behind.replace(')', '')}`);
    return;
  }
  // ONLY_FULL_GROUP_BY does not see that a function of a group's column is one per group.
  const any = sql.kind === 'any';
  to.text(any ? `ANY_VALUE(${before}` : before);
  if (sql.kind === 'name') to.bytes(Buffer.from(sql.text));
  else to.copy(sql.expression.start, sql.expression.end);
  to.text(any ? `${behind})` : behind);
}

export const withDirection = (key: PlanKey, descending: boolean): PlanKey =>
  descending ? { ...key, descending } : key;

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** MIN and MAX compare ENUM and SET as the strings that they are. */
export function extremeOf(comparable: Comparable, argument: Expression, scope: Scope): Comparable {
  if (comparable.kind !== 'number' || argument.kind !== 'column') return comparable;
  const found = resolveColumn(scope, argument);
  const column = found.kind === 'column' ? found.column.origin?.column : undefined;
  return column === undefined ? comparable : comparableColumn({ ...column, values: undefined });
}

/** A MIN or MAX that is chosen as a string, and then sorted by its number. */
export const isOfMembers = (aggregate: Expression, scope: Scope): boolean =>
  aggregate.kind === 'call' && aggregate.args.some((each) => comparableOf(each, scope).kind === 'number');

/** One entry of GROUP BY, DISTINCT or ORDER BY. */
export type SortItem = Readonly<{
  expression: Expression;
  /** The select list's entry that it names or repeats, or -1. */
  item: number;
  descending: boolean;
}>;

/** One value for all rows: it neither sorts nor tells rows apart. */
export const isConstant = ({ kind }: Expression): boolean => kind === 'literal' || kind === 'parameter';

export const hasParameter = (expression: Expression): boolean =>
  nodesOfKind(expression, 'parameter').length > 0;
