/** One SELECT: rows, groups, distinct rows or windows of its sources. */
import type { Random } from '../../../support/random.ts';
import { type Fragment, joined, sql } from '../../fragment.ts';
import { conditionOf } from './conditions.ts';
import {
  type Col,
  chosen,
  comparable,
  deeper,
  type Env,
  type Item,
  isNumeric,
  type Relation,
  type Value,
} from './model.ts';
import { scalarQuery } from './queries.ts';
import { source } from './sources.ts';
import { aggregateOf, computed, expressionOf, itemOf, literalOf } from './values.ts';
import { windowOf } from './windows.ts';

export type Block = Readonly<{
  /** Up to ORDER BY. */
  text: Fragment;
  items: readonly Item[];
  rows: number;
  /** Expressions by which its rows may be sorted totally; none where only positions will do. */
  unique: readonly string[];
  strict: boolean;
  columns: readonly Col[];
}>;

export type Wish = Readonly<{
  /** What the items are to be like. */
  want?: readonly Value[];
  /** The items' aliases; undefined for none. */
  names?: readonly string[];
  count?: number;
  /** Values whose last digits are open may be among the items. */
  top?: boolean;
}>;

const listOf = (items: readonly Item[], names: readonly string[] | undefined): Fragment =>
  joined(
    items.map(({ text }, at) => (names ? sql`${text} AS ${names[at]!}` : text)),
    ', ',
  );

const LINES = [
  'SELECT ',
  'SELECT ',
  'SELECT ',
  'SELECT ALL ',
  'SELECT SQL_BIG_RESULT ',
  'SELECT SQL_BUFFER_RESULT ',
];

export function block(env: Env, wish: Wish): Block {
  const { random } = env;
  const from = source(env);
  const where = random.chance(env.outer.length > 0 ? 0.95 : 0.6)
    ? sql` WHERE ${conditionOf(env, from.columns, from.rows)}`
    : sql``;
  const tail = sql` FROM ${from.from}${where}`;
  const kind = random.below(100);
  if (kind < 24) return grouped(env, from, tail, wish);
  if (kind < 31) return whole(env, from, tail, wish);
  if (kind < 40) return distinct(env, from, tail, wish);
  // Of rows that tie for the collation alone it is open which is the first.
  const isCertain = from.strict || !from.columns.some(({ loose }) => loose);
  if (kind < 50 && wish.want === undefined && isCertain) return windowed(env, from, tail, wish);
  const items = itemsOf(env, from.columns, wish, from.rows);
  return {
    text: sql`${wish.top ? random.pick(LINES) : 'SELECT '}${listOf(items, wish.names)}${tail}`,
    items,
    rows: from.rows,
    unique: from.unique,
    strict: from.strict,
    columns: from.columns,
  };
}

function itemsOf(env: Env, columns: readonly Col[], { want, count = 1 }: Wish, rows: number): Item[] {
  const { random } = env;
  if (want) return want.map((each) => expressionOf(random, columns, each));
  return Array.from({ length: count }, () => {
    if (env.depth > 0 && rows <= 200 && random.chance(0.08)) {
      env.topics.add('scalar subquery');
      const scalar = scalarQuery(deeper(env, random.chance(0.7) ? columns : []));
      return { ...scalar, text: sql`(${scalar.text})` };
    }
    return expressionOf(random, columns);
  });
}

/** Columns whose values are certain enough to make keys of. */
const keysOf = (columns: readonly Col[]): Col[] => columns.filter(({ kind }) => kind !== 'json');

function aggregate(env: Env, from: Relation, top = false): Item {
  for (;;) {
    const item = aggregateOf(env.random, from.columns, from.unique);
    if (top || !item.fuzzy) return item;
  }
}

/** An aggregate that can be compared with what is wanted. */
function aggregateLike(env: Env, from: Relation, want: Value): Item {
  const { random } = env;
  const fitting = from.columns.filter((each) => comparable(want, each));
  if (fitting.length > 0) {
    const column = random.pick(fitting);
    return { ...chosen(itemOf(column)), text: sql`${random.pick(['MIN', 'MAX'])}(${column.ref})` };
  }
  if (isNumeric(want))
    return {
      ...aggregate(env, { ...from, columns: from.columns.slice(0, 1) }),
      ...{ text: sql`COUNT(*)`, kind: 'number', collation: undefined, loose: false, unsure: false },
    };
  const text = literalOf(random, want);
  return { ...want, text: sql`MAX(${text})`, fuzzy: false };
}

/** A column, or an expression of columns; not a number alone, which would be a position. */
function keyOf(random: Random, usable: readonly Col[]): Item {
  const certain = usable.filter(({ unsure }) => !unsure);
  return random.chance(0.75) || certain.length === 0
    ? itemOf(random.pick(usable))
    : computed(random, certain);
}

function grouped(env: Env, from: Relation, tail: Fragment, wish: Wish): Block {
  const { random } = env;
  env.topics.add('group');
  if (wish.want === undefined && from.keyed.length > 0 && random.chance(0.2))
    return dependent(env, from, tail, wish);
  const usable = keysOf(from.columns);
  if (usable.length === 0) return whole(env, from, tail, wish);
  const rollup = random.chance(0.12);
  if (rollup) env.topics.add('rollup');
  const [keys, items] = wish.want
    ? groupsLike(env, from, usable, wish.want)
    : someGroups(env, from, usable, wish, rollup);
  const having = random.chance(0.3) ? sql` HAVING ${havingOf(env, from)}` : sql``;
  const by = joined(
    keys.map(({ text }) => text),
    ', ',
  );
  return {
    text: sql`SELECT ${listOf(items, wish.names)}${tail} GROUP BY ${by}${rollup ? ' WITH ROLLUP' : ''}${having}`,
    items,
    rows: Math.min(from.rows, 40),
    unique: [],
    strict: false,
    columns: [],
  };
}

type Groups = readonly [keys: readonly Item[], items: readonly Item[]];

function someGroups(env: Env, from: Relation, usable: readonly Col[], wish: Wish, rollup: boolean): Groups {
  const { random } = env;
  const count = wish.names?.length ?? wish.count ?? 2;
  const keys = Array.from({ length: random.pick([1, 1, 1, 2]) }, () => keyOf(random, usable));
  const more = Array.from({ length: Math.max(wish.names ? 0 : 1, count - keys.length) }, () =>
    aggregate(env, from, wish.top),
  );
  if (rollup && more.length > 0 && random.chance(0.4))
    more[0] = { ...plainNumber, text: sql`GROUPING(${keys[0]!.text})` };
  const items = [...keys.map(chosen), ...more];
  return [keys, wish.names ? items.slice(0, count) : items];
}

/** Keys, and aggregates where no column is like what is wanted. */
function groupsLike(env: Env, from: Relation, usable: readonly Col[], want: readonly Value[]): Groups {
  const { random } = env;
  const keys: Item[] = [];
  const items = want.map((each) => {
    const fitting = usable.filter((column) => comparable(each, column));
    if (fitting.length === 0) return aggregateLike(env, from, each);
    const key = itemOf(random.pick(fitting));
    keys.push(key);
    return chosen(key);
  });
  return [keys.length > 0 ? keys : [itemOf(random.pick(usable))], items];
}

const plainNumber = {
  kind: 'number',
  collation: undefined,
  loose: false,
  unsure: false,
  fuzzy: false,
  pool: ['0', '1'],
} as const;

function havingOf(env: Env, from: Relation): Fragment {
  const { random } = env;
  const value = aggregate(env, from);
  if (env.depth > 0 && random.chance(0.2)) {
    env.topics.add('subquery');
    return sql`COUNT(*) ${random.pick(['>', '<', '<='])} (${scalarQuery(deeper(env), plainNumber).text})`;
  }
  return random.pick<() => Fragment>([
    () => sql`COUNT(*) > ${random.between(1, 4)}`,
    () => sql`${value.text} IS NOT NULL`,
    () => sql`COUNT(*) BETWEEN 1 AND 9 OR ${value.text} IS NULL`,
    () => sql`SUM(1) % 2 = ${random.below(2)}`,
  ])();
}

/** Grouped by a key; what depends on it is shown beside it. */
function dependent(env: Env, from: Relation, tail: Fragment, wish: Wish): Block {
  const { random } = env;
  env.topics.add('dependent');
  const { unique, columns } = random.pick(from.keyed);
  const count = wish.names?.length ?? 3;
  const items = Array.from({ length: count }, (_, at) =>
    at === count - 1 ? aggregate(env, from, wish.top) : expressionOf(random, columns),
  );
  return {
    text: sql`SELECT ${listOf(items, wish.names)}${tail} GROUP BY ${unique.join(', ')}`,
    items,
    rows: 40,
    unique,
    strict: true,
    columns,
  };
}

/** One group of all rows. */
function whole(env: Env, from: Relation, tail: Fragment, wish: Wish): Block {
  const { random } = env;
  env.topics.add('aggregate');
  const items = wish.want
    ? wish.want.map((each) => aggregateLike(env, from, each))
    : Array.from({ length: wish.count ?? 2 }, () => {
        const item = aggregate(env, from, wish.top);
        if (!random.chance(0.3) || item.unsure || item.fuzzy) return item;
        return isNumeric(item)
          ? { ...item, kind: 'decimal' as const, text: sql`IFNULL(${item.text}, 0) + COUNT(*)` }
          : item;
      });
  const having = random.chance(0.12) ? sql` HAVING ${havingOf(env, from)}` : sql``;
  return {
    text: sql`SELECT ${listOf(items, wish.names)}${tail}${having}`,
    items,
    rows: 1,
    unique: [],
    strict: false,
    columns: [],
  };
}

function distinct(env: Env, from: Relation, tail: Fragment, wish: Wish): Block {
  env.topics.add('distinct');
  const usable = keysOf(from.columns);
  const items = itemsOf(env, usable.length > 0 ? usable : from.columns, wish, from.rows).map(chosen);
  return {
    text: sql`SELECT DISTINCT ${listOf(items, wish.names)}${tail}`,
    items,
    rows: from.rows,
    unique: [],
    strict: false,
    columns: [],
  };
}

function windowed(env: Env, from: Relation, tail: Fragment, wish: Wish): Block {
  const { random } = env;
  env.topics.add('window');
  const count = wish.names?.length ?? Math.max(2, wish.count ?? 2);
  const made = Array.from({ length: count }, (_, at) =>
    at === 0 || random.chance(0.5)
      ? windowOf(random, from)
      : { item: expressionOf(random, from.columns), clause: undefined },
  );
  const clauses = made.flatMap(({ clause }) => (clause ? [clause] : []));
  const named =
    clauses.length > 0
      ? sql` WINDOW ${joined(
          clauses.map((each, at) => sql`w${at} AS (${each})`),
          ', ',
        )}`
      : sql``;
  let next = 0;
  const items = made.map(({ item, clause }): Item => {
    const text = clause ? sql`${item.text} OVER w${next++}` : item.text;
    return { ...(from.strict ? item : chosen(item)), text };
  });
  return {
    text: sql`SELECT ${listOf(items, wish.names)}${tail}${named}`,
    items,
    rows: from.rows,
    unique: from.unique,
    strict: from.strict,
    columns: from.columns,
  };
}
