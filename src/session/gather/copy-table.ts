/** Temporary tables that have the rows of another one, copied on the tablet. */
import type { LoadBudget, LoadedTable } from '../../engine/scratch/load-table.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import type { ScratchConnection } from './scratch-connection.ts';

/** A table like another one, without its rows. */
export const emptyCopy = (table: string, copy: string): string =>
  `CREATE TEMPORARY TABLE ${quoted(copy)} LIKE ${quoted(table)}`;

/** Makes the copies of an input that is loaded. Rejects with what the tablet has against it, and at the limits. */
export async function copyTable(
  { table, copies = [], columns }: GatherInput,
  { rows, bytes }: LoadedTable,
  scratch: ScratchConnection,
  budget: LoadBudget,
): Promise<void> {
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  for (const copy of copies) {
    budget.take(rows, bytes);
    await demand(scratch.query(emptyCopy(table, copy)));
    await demand(
      scratch.query(`INSERT INTO ${quoted(copy)} (${names}) SELECT ${names} FROM ${quoted(table)}`),
    );
  }
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
