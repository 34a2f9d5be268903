/** Conditions: on sharding columns above all, in every spelling, and on any other column. */
import { longlong, nullValue } from '../../support/parameters.ts';
import type { Random } from '../../support/random.ts';
import { type Fragment, joined, literal, sql } from '../fragment.ts';
import { literalFor, textLiteral } from './literals.ts';
import type { ScopeColumn } from './sources.ts';

const value = (random: Random, { definition, canonical }: ScopeColumn): Fragment =>
  literalFor(random, definition, canonical);

const some = (random: Random, column: ScopeColumn, low: number, high: number): Fragment =>
  joined(
    Array.from({ length: random.between(low, high) }, () =>
      !column.canonical && random.chance(0.05) ? literal('NULL', nullValue()) : value(random, column),
    ),
    random.chance(0.5) ? ', ' : ',',
  );

/** One comparison of one column. */
export function comparison(random: Random, column: ScopeColumn): Fragment {
  const { ref } = column;
  const one = (): Fragment => value(random, column);
  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return random.chance(0.85) ? sql`${ref} = ${one()}` : sql`${one()} = ${ref}`;
    case 6:
      return sql`${ref} <=> ${random.chance(0.2) ? literal('NULL', nullValue()) : one()}`;
    case 7:
    case 8:
    case 9:
      return sql`${ref} IN (${some(random, column, 1, 5)})`;
    case 10:
      return sql`${ref} NOT IN (${some(random, column, 1, 3)})`;
    case 11:
    case 12:
      return sql`${ref} BETWEEN ${one()} AND ${one()}`;
    case 13:
      return sql`${ref} ${random.pick(['<', '>', '<=', '>='])} ${one()}`;
    case 14:
      return sql`${ref} ${random.pick(['<>', '!='])} ${one()}`;
    case 15:
      return sql`${ref} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`;
    case 16:
      return like(random, column);
    case 17:
      return sql`${ref} = ${one()} OR ${ref} = ${one()}`;
    case 18:
      return sql`${ref} >= ${one()} AND ${ref} <= ${one()}`;
    default:
      return sql`${ref} NOT BETWEEN ${one()} AND ${one()}`;
  }
}

function like(random: Random, column: ScopeColumn): Fragment {
  if (column.definition.family !== 'text') return sql`${column.ref} = ${value(random, column)}`;
  const pattern = random.pick(['a%', '%c', 'A_C', '5%', '', '%', 'abc', 's%h', 'ä%']);
  return sql`${column.ref} LIKE ${textLiteral(random, pattern)}`;
}

/** A condition over the columns in scope; the sharding columns come more often. */
export function condition(random: Random, columns: readonly ScopeColumn[], depth = 2): Fragment {
  const sharding = columns.filter((column) => column.sharding);
  const column = sharding.length > 0 && random.chance(0.6) ? random.pick(sharding) : random.pick(columns);
  if (depth === 0 || random.chance(0.55)) return comparison(random, column);
  const part = (): Fragment => condition(random, columns, depth - 1);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return sql`(${part()}) AND (${part()})`;
    case 4:
    case 5:
      return sql`(${part()}) OR (${part()})`;
    case 6:
      return sql`NOT (${part()})`;
    case 7:
      return sql`(${part()}) IS ${random.pick(['TRUE', 'FALSE', 'NOT TRUE', 'UNKNOWN'])}`;
    case 8: {
      const other = random.pick(columns);
      return sql`(${column.ref}, ${other.ref}) = (${value(random, column)}, ${value(random, other)})`;
    }
    default: {
      const one = literal('1', longlong(1));
      return random.chance(0.5) ? sql`${part()} AND ${one} = 1` : sql`(${part()}) XOR (${part()})`;
    }
  }
}
