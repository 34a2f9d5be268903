/** SELECT over one source: rows, groups, distinct rows. */
import type { Random } from '../../support/random.ts';
import type { RowOrder } from '../case.ts';
import { type Fragment, joined, sql } from '../fragment.ts';
import {
  aliasAt,
  expression,
  functionOf,
  oddlySpelled,
  plainColumn,
  type Selected,
  withAlias,
} from './expressions.ts';
import { condition } from './predicates.ts';
import type { ScopeColumn, Source } from './sources.ts';

/** A query with what is known about its answer. */
export type Query = Readonly<{
  text: Fragment;
  order: RowOrder;
  loose: readonly number[];
  topic: string;
}>;

export type From = Source & Readonly<{ where?: Fragment }>;

export function whereOf(random: Random, from: From, chance = 0.75): Fragment {
  const own = random.chance(chance) ? condition(random, from.columns) : undefined;
  if (from.where === undefined) return own ? sql` WHERE ${own}` : sql``;
  return own ? sql` WHERE ${from.where} AND (${own})` : sql` WHERE ${from.where}`;
}

const direction = (random: Random): string => random.pick(['', '', ' ASC', ' DESC', ' desc']);

/** Some sort keys, then the columns that make the order total. */
function totalOrder(random: Random, keys: readonly string[], unique: readonly string[]): Fragment {
  return joined(
    [...keys, ...unique].map((key) => sql`${key}${direction(random)}`),
    ', ',
  );
}

const limitOf = (random: Random): Fragment => {
  const count = random.pick([0, 1, 2, 3, 5, 10, 100]);
  const offset = random.below(6);
  switch (random.below(4)) {
    case 0:
      return sql` LIMIT ${offset}, ${count}`;
    case 1:
      return sql` LIMIT ${count} OFFSET ${offset}`;
    case 2:
      return random.chance(0.2) ? sql` LIMIT 3, 18446744073709551615` : sql` LIMIT ${count}`;
    default:
      return sql` limit ${count}`;
  }
};

/** Rows of the source: list, order and limit. */
export function rowsQuery(random: Random, from: From): Query {
  const list = selectList(random, from);
  const where = whereOf(random, from);
  const text = sql`${random.pick(['SELECT ', 'select ', 'SELECT\n  ', 'SELECT ALL '])}${list.text} FROM ${from.from}${where}`;
  const query = { text, order: 'any' as RowOrder, loose: [], topic: from.topic };
  const kind = random.below(10);
  if (kind < 3)
    return random.chance(0.1)
      ? { ...query, text: sql`${text}${limitOf(random)}`, order: 'count', topic: 'limit without order' }
      : query;
  if (kind < 4) return looselyOrdered(random, from, query);
  const keys = Array.from({ length: random.below(3) }, () => sortKey(random, from, list));
  const ordered = sql`${text} ORDER BY ${totalOrder(random, keys, from.unique)}`;
  const limited = random.chance(0.4);
  return {
    ...query,
    text: limited ? sql`${ordered}${limitOf(random)}` : ordered,
    order: 'total',
    topic: from.topic,
  };
}

/** Sorted by a column that has ties: only the column's own sequence is fixed. */
function looselyOrdered(random: Random, from: From, query: Query): Query {
  const column = random.pick(from.columns);
  const sorted = sql`SELECT ${column.ref}, ${from.unique.join(', ')} FROM ${from.from}${whereOf(random, from)} ORDER BY ${column.ref}${direction(random)}`;
  return {
    ...query,
    text: sorted,
    order: column.definition.loose ? 'any' : { keys: [0] },
  };
}

type List = Readonly<{
  text: Fragment;
  items: readonly Selected[];
  aliases: readonly (string | undefined)[];
}>;

function selectList(random: Random, from: From): List {
  if (random.chance(0.15)) return { text: sql`*`, items: [], aliases: [] };
  if (random.chance(0.08)) {
    const [name] = from.names;
    const more = random.chance(0.5) ? sql`, ${functionOf(random, random.pick(from.columns))}` : sql``;
    return { text: sql`${name!}.*${more}`, items: [], aliases: [] };
  }
  const items = Array.from({ length: random.between(1, 5) }, () =>
    oddlySpelled(random, expression(random, from.columns)),
  );
  const aliases = items.map((_, at) => aliasAt(random, at));
  const text = joined(
    items.map((item, at) => withAlias(random, item.expression, aliases[at])),
    random.chance(0.8) ? ', ' : ',',
  );
  return { text, items, aliases };
}

function sortKey(random: Random, from: From, list: List): string {
  const column = random.pick(from.columns);
  switch (random.below(8)) {
    case 0:
      return list.items.length > 0 ? String(random.between(1, list.items.length)) : column.ref;
    case 1: {
      const alias = list.aliases.find((each) => each !== undefined && !/^['"]/.test(each));
      return alias ?? column.ref;
    }
    case 2:
      return functionOf(random, column);
    case 3:
      return `${column.ref} IS NULL`;
    default:
      return column.ref;
  }
}

/** COUNT, SUM, MIN, MAX, AVG of the source, whole or in groups. */
export function groupedQuery(random: Random, from: From): Query {
  const keys = Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => groupKey(random, from.columns));
  const values = Array.from({ length: random.between(1, 3) }, () => aggregate(random, from.columns));
  const items: Selected[] = random.chance(0.8) ? [...keys, ...values] : [...values, ...keys];
  const aliases = items.map((_, at) => aliasAt(random, at));
  const list = joined(
    items.map((item, at) => withAlias(random, item.expression, aliases[at])),
    ', ',
  );
  const by = joined(
    keys.map((item) => {
      const at = items.indexOf(item);
      const alias = aliases[at];
      if (random.chance(0.15)) return sql`${at + 1}`;
      if (alias !== undefined && !/^['"]/.test(alias) && random.chance(0.2)) return sql`${alias}`;
      return item.expression;
    }),
    ', ',
  );
  const head = sql`SELECT ${list} FROM ${from.from}${whereOf(random, from, 0.4)}`;
  const grouped = keys.length === 0 ? head : sql`${head} GROUP BY ${by}`;
  const having =
    keys.length > 0 && random.chance(0.15) ? sql`${grouped} HAVING ${havingOf(random, values)}` : grouped;
  const topic = `${keys.length === 0 ? 'aggregate' : 'group'}: ${from.names.length > 1 ? 'join' : 'one table'}`;
  return orderedGroups(random, { text: having, order: 'any', loose: looseOf(items), topic }, keys, values);
}

const looseOf = (items: readonly Selected[]): number[] =>
  items.flatMap(({ loose }, at) => (loose ? [at] : []));

const havingOf = (random: Random, values: readonly Selected[]): Fragment =>
  random.chance(0.5)
    ? sql`COUNT(*) > ${random.between(1, 3)}`
    : sql`${random.pick(values).expression} IS NOT NULL`;

function orderedGroups(
  random: Random,
  query: Query,
  keys: readonly Selected[],
  values: readonly Selected[],
): Query {
  if (keys.length === 0 || random.chance(0.35)) return query;
  const first = random.chance(0.3) ? [random.pick(values)] : [];
  const by = joined(
    [...first, ...keys].map(({ expression: key }) => sql`${key}${direction(random)}`),
    ', ',
  );
  const ordered = sql`${query.text} ORDER BY ${by}`;
  // A sum of floating numbers may order two groups either way.
  if (first.some((value) => isFloatSum(value))) return { ...query, text: ordered };
  return { ...query, order: 'total', text: random.chance(0.3) ? sql`${ordered}${limitOf(random)}` : ordered };
}

const isFloatSum = ({ column }: Selected): boolean => column?.definition.family === 'float';

function groupKey(random: Random, columns: readonly ScopeColumn[]): Selected {
  const column = random.pick(columns);
  if (random.chance(0.8)) return plainColumn(column);
  return { expression: sql`${functionOf(random, column)}`, loose: true };
}

const summable = new Set(['integer', 'unsigned', 'decimal', 'float', 'year', 'bit']);

function aggregate(random: Random, columns: readonly ScopeColumn[]): Selected {
  const column = random.pick(columns);
  const { ref, definition } = column;
  const name = (word: string): string => (random.chance(0.3) ? word.toLowerCase() : word);
  const numbers = columns.filter((each) => summable.has(each.definition.family));
  switch (random.below(9)) {
    case 0:
      return { expression: sql`${name('COUNT')}(*)`, loose: false };
    case 1:
      return { expression: sql`${name('COUNT')}(${ref})`, loose: false };
    case 2:
    case 3:
      return { expression: sql`${name('MIN')}(${ref})`, loose: definition.loose };
    case 4:
    case 5:
      return { expression: sql`${name('MAX')}( ${ref} )`, loose: definition.loose };
    case 6:
    case 7: {
      const summed = numbers.length > 0 ? random.pick(numbers) : column;
      return { expression: sql`${name('SUM')}(${summed.ref})`, loose: false, column: summed };
    }
    default: {
      const summed = numbers.length > 0 ? random.pick(numbers) : column;
      return { expression: sql`${name('AVG')}(${summed.ref})`, loose: false, column: summed };
    }
  }
}

/** Aggregates of distinct values, and expressions over aggregates. */
export function oddAggregate(random: Random, from: From): Query {
  const column = random.pick(from.columns);
  const { expression: inner } = aggregate(random, from.columns);
  const text = random.pick([
    sql`COUNT(DISTINCT ${column.ref})`,
    sql`${inner} + 1`,
    sql`IFNULL(${inner}, 'none')`,
    sql`COUNT(*) * 2`,
    sql`ROUND(AVG(${random.pick(from.columns.filter(({ definition }) => summable.has(definition.family))).ref}), 2)`,
    sql`CONCAT(COUNT(*), ' rows')`,
  ]);
  return {
    text: sql`SELECT ${text} FROM ${from.from}${whereOf(random, from, 0.4)}`,
    order: 'any',
    loose: [0],
    topic: 'aggregate: expression or DISTINCT',
  };
}

/** SELECT DISTINCT, whole or ordered by all that is selected. */
export function distinctQuery(random: Random, from: From): Query {
  const items = Array.from({ length: random.between(1, 3) }, () =>
    random.chance(0.8) ? plainColumn(random.pick(from.columns)) : expression(random, from.columns),
  );
  const text = sql`SELECT DISTINCT ${joined(
    items.map((item) => item.expression),
    ', ',
  )} FROM ${from.from}${whereOf(random, from, 0.4)}`;
  const query: Query = { text, order: 'any', loose: looseOf(items), topic: 'distinct' };
  if (random.chance(0.4)) return query;
  const ordered = sql`${text} ORDER BY ${joined(
    items.map((_, at) => sql`${at + 1}${direction(random)}`),
    ', ',
  )}`;
  return { ...query, order: 'total', text: random.chance(0.3) ? sql`${ordered}${limitOf(random)}` : ordered };
}
