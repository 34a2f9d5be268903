/** What the analysis of one query block is told by its surroundings, and gathers. */
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import type { CommonTables, Scope } from './scope.ts';
import type { Origin, Source, TableUse } from './table-use.ts';

export type Place = Readonly<{
  /** `derived` rows are made as a whole before anything outside looks at them; `expression` is a subquery as a value. */
  mode: 'top' | 'derived' | 'expression';
  /** Whether each row of the result comes from a row of this query. */
  anchor: boolean;
  outer: Scope | undefined;
  tables: CommonTables | undefined;
}>;

/** A condition, and the uses whose rows it restricts; undefined for all. */
export type Condition = Readonly<{
  expression: Expression;
  scope: Scope;
  restricts: ReadonlySet<TableUse> | undefined;
}>;

export type Block = {
  readonly id: number;
  readonly place: Place;
  readonly conditions: Condition[];
  /** Columns made equal by USING and NATURAL. */
  readonly equal: (readonly [Origin, Origin, ReadonlySet<TableUse> | undefined])[];
  readonly lateral: Source[];
};

/** What is merged as a whole is, for its parts, like a derived table. */
export const innerMode = ({ mode }: Place): Place['mode'] => (mode === 'top' ? 'derived' : mode);

/** A query's operand has none of what stands behind the whole. */
export const bare = (query: QueryExpression): QueryExpression => ({
  ...query,
  orderBy: undefined,
  limit: undefined,
});

/** Conditions of one scope that restrict the same rows. */
export function byReach(conditions: readonly Condition[]): Condition[][] {
  const groups: Condition[][] = [];
  for (const condition of conditions) {
    const fitting = groups.find(
      ([first]) => first!.restricts === condition.restricts && first!.scope === condition.scope,
    );
    if (fitting === undefined) groups.push([condition]);
    else fitting.push(condition);
  }
  return groups;
}
