/** Which columns rows have on their way through a join, and where. */
import type { PlanKey } from '../plan.ts';
import { Refused } from '../refused.ts';
import { withDirection } from '../scatter-sql.ts';
import type { ColumnRef, JoinUnit } from './join-unit.ts';

/** The columns of rows on their way. */
export type Layout = readonly ColumnRef[];

export const wholeOf = (unit: JoinUnit): Layout =>
  Array.from({ length: unit.columnCount }, (_, at) => ({ unit, at }));

const isSame = (a: ColumnRef, b: ColumnRef): boolean => a.unit === b.unit && a.at === b.at;

export const positionIn = (layout: Layout, ref: ColumnRef): number =>
  layout.findIndex((each) => isSame(each, ref));

/** Rows that must not be there have no columns. */
export function requirePosition(layout: Layout, ref: ColumnRef): number {
  const at = positionIn(layout, ref);
  if (at < 0) throw new Refused('columns of a table that is only looked for');
  return at;
}

/** A layout with further columns behind, each once. */
export function withColumns(layout: Layout, more: readonly ColumnRef[]): Layout {
  const all = [...layout];
  for (const ref of more) if (positionIn(all, ref) < 0) all.push(ref);
  return all;
}

/** What is compared before it is numbered. */
export type SortColumns = Readonly<{
  column: ColumnRef;
  weight: Readonly<{ column: ColumnRef; collationId: number }> | undefined;
  descending: boolean;
}>;

export const columnsOfKey = ({ column, weight }: SortColumns): ColumnRef[] =>
  weight === undefined ? [column] : [column, weight.column];

export function planKey(layout: Layout, { column, weight, descending }: SortColumns): PlanKey {
  const at = positionIn(layout, column);
  const key =
    weight === undefined
      ? { column: at }
      : {
          column: at,
          weight: { column: positionIn(layout, weight.column), collationId: weight.collationId },
        };
  return withDirection(key, descending);
}
