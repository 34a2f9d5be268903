/** The whole gap list as cases: each as text and prepared. */
import type { Case, Statement } from '../case.ts';
import { MARKET } from '../definitions.ts';
import { besideGaps } from './beside.ts';
import type { Gap } from './gap.ts';
import { groupGaps } from './groups.ts';
import { joinGaps } from './joins.ts';
import { otherGaps } from './others.ts';
import { subqueryGaps } from './subqueries.ts';
import { tableGaps } from './tables.ts';

export const gaps: readonly Gap[] = [
  ...joinGaps,
  ...subqueryGaps,
  ...groupGaps,
  ...tableGaps,
  ...otherGaps,
  ...besideGaps,
];

const plain = (sql: string): Statement => ({ sql, order: 'total' });

function caseOf(
  { id, sql, order = 'total', loose, volatile, before = [], behind = [] }: Gap,
  prepared: boolean,
): Case {
  const name = prepared ? `${id} prepared` : id;
  // Several sessions play side by side: a lock is of one case.
  const own = sql.replaceAll("'gap'", `'${name}'`);
  const statement: Statement = { sql: own, order, loose, volatile, ...(prepared && { parameters: [] }) };
  return {
    name,
    topic: `gap ${id.replace(/\d.*/, '')}`,
    statements: [...before.map(plain), statement, ...behind.map(plain)],
    writes: false,
    database: MARKET,
  };
}

export const gapCases = (): Case[] => gaps.flatMap((gap) => [caseOf(gap, false), caseOf(gap, true)]);
