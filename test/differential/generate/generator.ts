/** Case `number` of a seed: the same text in every run. */
import { Random } from '../../support/random.ts';
import type { Case, Statement } from '../case.ts';
import { asPrepared, asText } from '../fragment.ts';
import { derived, mistaken, subquery, union, withoutShard } from './compound.ts';
import { distinctQuery, groupedQuery, oddAggregate, type Query, rowsQuery } from './select.ts';
import { anyTable, joinedTables, oneTable, threeTables } from './sources.ts';
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

function statementOf(random: Random, { text, order, loose }: Query): Statement {
  const kind = random.below(10);
  if (kind < 6) return { sql: asText(text), order, loose };
  if (kind < 7) return { sql: asText(text), parameters: [], order, loose };
  return { ...asPrepared(text), order, loose };
}

/** How often a case writes. */
const WRITES = 0.15;

export function generateCase(seed: number, number: number): Case {
  const random = new Random(mixed(seed, number));
  const name = `${seed}/${number}`;
  if (random.chance(WRITES)) return { name, ...writeSeries(random), writes: true };
  const made = query(random);
  return { name, topic: made.topic, statements: [statementOf(random, made)], writes: false };
}

export function* generateCases(seed: number, first: number, count: number): Generator<Case> {
  for (let number = first; number < first + count; number += 1) yield generateCase(seed, number);
}
