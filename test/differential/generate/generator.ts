/** Case `number` of a seed: the same text in every run. */
import { Random } from '../../support/random.ts';
import type { Case, Statement } from '../case.ts';
import { asPrepared, asText, type Fragment } from '../fragment.ts';
import { derived, mistaken, subquery, union, withoutShard } from './compound.ts';
import { wholeCase } from './deep/whole.ts';
import { varied } from './literals.ts';
import { distinctQuery, groupedQuery, oddAggregate, type Query, rowsQuery } from './select.ts';
import { LATIN1, loginOf, settings } from './sessions.ts';
import { anyTable, joinedTables, oneTable, threeTables } from './sources.ts';
import { wideCase } from './wide/wide.ts';
import { writeSeries } from './writes.ts';

/** Seeds of neighbours must not make neighbours' cases. */
const mixed = (seed: number, number: number): number =>
  (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0;

function query(random: Random): Query {
  const one = () => oneTable(random, anyTable(random));
  const joint = () => (random.chance(0.8) ? joinedTables(random) : threeTables(random));
  const at = random.below(100);
  if (at < 36) return rowsQuery(random, one());
  if (at < 48) return rowsQuery(random, joint());
  if (at < 62) return groupedQuery(random, one());
  if (at < 68) return groupedQuery(random, joint());
  if (at < 70) return oddAggregate(random, oneTable(random, anyTable(random)));
  if (at < 76) return distinctQuery(random, random.chance(0.8) ? one() : joint());
  if (at < 82) return subquery(random);
  if (at < 88) return union(random);
  if (at < 94) return derived(random);
  if (at < 97) return withoutShard(random);
  return mistaken(random);
}

/** The query, now and then several times with other values: one plan and one prepared statement serve them all. */
function statementsOf(random: Random, { text, order, loose }: Query, once: boolean): Statement[] {
  const kind = random.below(10);
  const send = (fragment: Fragment): Statement => {
    if (kind < 6) return { sql: asText(fragment), order, loose };
    if (kind < 7) return { sql: asText(fragment), parameters: [], order, loose };
    return { ...asPrepared(fragment), order, loose };
  };
  if (once || random.chance(0.85)) return [send(text)];
  return [text, varied(random, text), varied(random, text)].map((each, at) => ({
    ...send(each),
    again: kind >= 7 && at > 0,
  }));
}

/** How often a case writes. */
const WRITES = 0.15;

export function generateCase(seed: number, number: number): Case {
  const random = new Random(mixed(seed, number));
  const name = `${seed}/${number}`;
  const writes = random.chance(WRITES);
  const login = loginOf(random, writes);
  const set: Statement[] = random.chance(0.06) ? [{ sql: random.pick(settings), order: 'total' }] : [];
  if (writes) {
    const { topic, statements } = writeSeries(random);
    return { name, topic, statements: [...set, ...statements], writes, login };
  }
  const made = query(random);
  // sql_select_limit limits all rows, ordered or not.
  const order = set[0]?.sql.includes('select_limit') && made.order !== 'total' ? 'count' : made.order;
  return {
    name,
    topic: made.topic,
    statements: [...set, ...statementsOf(random, { ...made, order }, login?.collation === LATIN1)],
    writes,
    login,
  };
}

export function* generateCases(seed: number, first: number, count: number): Generator<Case> {
  for (let number = first; number < first + count; number += 1) yield generateCase(seed, number);
}

/** Whole queries: any construct in any place, over four keyspaces. */
export function* generateWholeCases(seed: number, first: number, count: number): Generator<Case> {
  for (let number = first; number < first + count; number += 1)
    yield wholeCase(new Random(mixed(seed, number)), `${seed}/${number}`);
}

/** Wide ones: what whole queries have seldom. */
export function* generateWideCases(seed: number, first: number, count: number): Generator<Case> {
  for (let number = first; number < first + count; number += 1)
    yield wideCase(new Random(mixed(seed, number)), `${seed}/${number}`);
}
