/** Whole queries: blocks, set operations, WITH; nested ones and the ones that a case sends. */
import { asText, type Fragment, joined, sql } from '../../fragment.ts';
import { type Block, block } from './blocks.ts';
import { conditionOf } from './conditions.ts';
import {
  alias,
  type Cte,
  chosen,
  comparable,
  deeper,
  type Env,
  type Item,
  isNumeric,
  type Kind,
  type Value,
} from './model.ts';
import { source } from './sources.ts';
import { itemOf, literalOf } from './values.ts';

export type Made = Readonly<{
  text: Fragment;
  items: readonly Item[];
  names: readonly string[];
  rows: number;
}>;

const NAMES = ['x1', 'x2', 'x3', 'x4'];

const positions = (env: Env, count: number): Fragment =>
  joined(
    Array.from({ length: count }, (_, at) => sql`${at + 1}${env.random.pick(['', '', ' DESC'])}`),
    ', ',
  );

const sortable = (items: readonly Item[]): boolean =>
  items.every(({ kind, fuzzy }) => kind !== 'json' && !fuzzy);

/** The block's rows in a total order, of which the first are taken. */
function limited(env: Env, made: Block): Made {
  const { random } = env;
  const limit = sql` LIMIT ${random.between(1, 12)}${random.chance(0.25) ? ` OFFSET ${random.between(1, 4)}` : ''}`;
  const columns = made.columns.filter(({ kind }) => kind !== 'json');
  if (made.unique.length > 0) {
    const first =
      columns.length > 0 && random.chance(0.7)
        ? [`${random.pick(columns).ref}${random.pick(['', ' DESC'])}`]
        : [];
    const text = sql`${made.text} ORDER BY ${[...first, ...made.unique].join(', ')}${limit}`;
    return { text, items: made.strict ? made.items : made.items.map(chosen), names: [], rows: 12 };
  }
  if (!sortable(made.items)) return { ...made, names: [] };
  return {
    text: sql`${made.text} ORDER BY ${positions(env, made.items.length)}${limit}`,
    items: made.items.map(chosen),
    names: [],
    rows: 12,
  };
}

type Wish = Readonly<{ want?: readonly Value[]; named?: boolean; limit?: boolean; lateral?: boolean }>;

/** A query to stand inside another. */
export function query(env: Env, { want, named = false, limit = true, lateral = false }: Wish): Made {
  const { random } = env;
  const count = want?.length ?? random.between(1, 3);
  const names = NAMES.slice(0, count);
  const wish = { want, count, names: named ? names : undefined };
  const kind = random.below(100);
  if (kind < 13) return { ...setOperation(env, wish, limit && !lateral ? 'table' : 'condition'), names };
  if (kind < 18 && env.depth > 0) {
    const [head, inner] = withHead(env);
    const made = block(inner, wish);
    return { ...made, text: sql`${head}${made.text}`, names: names.slice(0, made.items.length) };
  }
  const made = block(env, wish);
  const taken = limit && random.chance(0.22) ? limited(env, made) : made;
  return { ...taken, names: names.slice(0, made.items.length) };
}

const RANK: readonly Kind[] = ['number', 'wide', 'decimal', 'float'];

/** What a column becomes of two arms. */
function unite(a: Item, b: Item, all: boolean): Item {
  const kind =
    isNumeric(a) && isNumeric(b)
      ? RANK[Math.max(RANK.indexOf(a.kind), RANK.indexOf(b.kind))]!
      : a.kind === 'date'
        ? b.kind
        : a.kind;
  const both = {
    ...a,
    text: sql`${a.text}${''}`,
    kind,
    loose: a.loose || b.loose,
    unsure: a.unsure || b.unsure,
    fuzzy: a.fuzzy || b.fuzzy,
  };
  return all ? both : chosen(both);
}

const UNIONS = ['UNION', 'UNION ALL'];
const WORDS = [
  'UNION ALL',
  'UNION ALL',
  'UNION',
  'UNION',
  'UNION DISTINCT',
  'INTERSECT',
  'EXCEPT',
  'INTERSECT ALL',
  'EXCEPT ALL',
];

export function setOperation(
  env: Env,
  wish: Readonly<{ want?: readonly Value[]; count: number; names?: readonly string[] }>,
  place: 'top' | 'table' | 'condition',
): Omit<Made, 'names'> {
  const { random } = env;
  env.topics.add('set');
  const first = block(env, { ...wish, count: wish.count });
  let { text, rows } = first;
  let items = first.items.map((item) => item);
  // Within a subquery that runs again for each row MySQL 9.7 answers INTERSECT and EXCEPT wrongly, and some mixtures of them with
  // UNION end it.
  const words = place === 'condition' || random.chance(0.3) ? UNIONS : WORDS;
  const arms = words === UNIONS ? random.pick([1, 1, 2]) : 1;
  for (let at = 0; at < arms; at += 1) {
    const picked = random.pick(words);
    const arm = block(env, { want: items });
    // INTERSECT with the groups of a constant WITH ROLLUP ends MySQL 9.7 (signal 11).
    const rollup = [text, arm.text].some((each) => asText(each).includes('WITH ROLLUP'));
    const word = rollup && !UNIONS.includes(picked) ? 'UNION ALL' : picked;
    const shown = place !== 'condition' && random.chance(0.25) ? limited(env, arm) : arm;
    const wrapped = shown === arm && random.chance(0.75) ? arm.text : sql`(${shown.text})`;
    const before = at === 0 ? text : random.chance(0.4) ? sql`(${text})` : text;
    text = sql`${before} ${word} ${wrapped}`;
    items = items.map((item, column) => unite(item, shown.items[column]!, word === 'UNION ALL'));
    rows += arm.rows;
  }
  if (place !== 'table' || !sortable(items) || random.chance(0.7)) return { text, items, rows };
  return {
    text: sql`${text} ORDER BY ${positions(env, items.length)} LIMIT ${random.between(1, 9)}`,
    items: items.map(chosen),
    rows: 9,
  };
}

/** WITH and its tables, and where they can be read. */
export function withHead(env: Env): readonly [head: Fragment, inner: Env] {
  const { random } = env;
  if (random.chance(0.3)) return recursiveHead(env);
  env.topics.add('cte');
  const ctes: Cte[] = [];
  const parts: Fragment[] = [];
  for (let at = 0; at < random.pick([1, 1, 2]); at += 1) {
    const made = query(deeper({ ...env, ctes: [...env.ctes, ...ctes] }), { named: true });
    const name = alias(env, 'q');
    const listed = random.chance(0.3);
    const names = listed ? made.names.map((_, place) => `y${place}`) : made.names;
    parts.push(sql`${name}${listed ? ` (${names.join(', ')})` : ''} AS (${made.text})`);
    ctes.push({ name, columns: made.items, names, rows: made.rows });
  }
  return [sql`WITH ${joined(parts, ', ')} `, deeper({ ...env, ctes: [...ctes, ...env.ctes] }, env.outer)];
}

const numbers: Value = {
  kind: 'number',
  collation: undefined,
  loose: false,
  unsure: false,
  pool: ['1', '2', '5'],
};

/** A walk from row to row, or a row of numbers. */
function recursiveHead(env: Env): readonly [head: Fragment, inner: Env] {
  const { random } = env;
  env.topics.add('recursive');
  const name = alias(env, 'r');
  const steps = random.pick<() => Fragment>([
    () =>
      sql`SELECT ${random.between(0, 3)} AS n, 1 AS d UNION ALL SELECT n + 1, d + 1 FROM ${name} WHERE d < ${random.between(2, 9)}`,
    () =>
      sql`SELECT id, 1 FROM customer WHERE id < ${random.between(2, 5)} UNION SELECT o.region, d + 1 FROM ${name} JOIN orders o ON o.customer_id = n WHERE o.region IS NOT NULL AND d < 4`,
    () =>
      sql`SELECT col, 0 FROM office.plain WHERE id = ${random.between(1, 9)} UNION DISTINCT SELECT c.age, d + 1 FROM customer c JOIN ${name} ON c.score = n WHERE d < 3`,
    () =>
      sql`SELECT MIN(n), 1 FROM visit UNION ALL SELECT n + 2, d + 1 FROM ${name} WHERE n < (SELECT MAX(id) FROM customer) AND d < 20`,
  ])();
  const columns: Item[] = [numbers, numbers].map((each) => ({ ...each, text: sql``, fuzzy: false }));
  const cte: Cte = { name, columns, names: ['n', 'd'], rows: 20 };
  return [
    sql`WITH RECURSIVE ${name} (n, d) AS (${steps}) `,
    deeper({ ...env, ctes: [cte, ...env.ctes] }, env.outer),
  ];
}

/** One value: an aggregate, or the first of sorted rows. */
export function scalarQuery(env: Env, want?: Value): Item {
  const { random } = env;
  const from = source(env);
  const where = random.chance(0.85) ? sql` WHERE ${conditionOf(env, from.columns, from.rows)}` : sql``;
  const fitting = from.columns.filter(
    (each) => each.kind !== 'json' && (want === undefined || comparable(want, each)),
  );
  const column = fitting.length > 0 ? random.pick(fitting) : undefined;
  if (column === undefined) {
    if (want && !isNumeric(want))
      return { ...want, fuzzy: false, text: sql`SELECT ${literalOf(random, want)}` };
    return { ...numbers, fuzzy: false, text: sql`SELECT COUNT(*) FROM ${from.from}${where}` };
  }
  const item = itemOf(column);
  if (random.chance(0.25)) {
    const text = sql`SELECT ${column.ref} FROM ${from.from}${where} ORDER BY ${[column.ref, ...from.unique].join(', ')} LIMIT 1`;
    return { ...(from.strict ? item : chosen(item)), text };
  }
  if (isNumeric(column) && column.kind !== 'float' && random.chance(0.4))
    return {
      ...item,
      kind: 'decimal',
      loose: false,
      unsure: false,
      text: sql`SELECT ${random.pick(['SUM', 'AVG', 'COUNT'])}(${column.ref}) FROM ${from.from}${where}`,
    };
  return {
    ...chosen(item),
    text: sql`SELECT ${random.pick(['MIN', 'MAX'])}(${column.ref}) FROM ${from.from}${where}`,
  };
}

/** For IN, ANY, ALL: columns that can be compared with those given. */
export const queryLike = (env: Env, want: readonly Value[]): Fragment =>
  query(env, { want, limit: false }).text;

/** For EXISTS. */
export function someQuery(env: Env): Fragment {
  const { random } = env;
  if (random.chance(0.3)) return query(env, { limit: false }).text;
  const from = source(env);
  const what = random.pick(['1', '*', 'NULL']);
  return sql`SELECT ${what} FROM ${from.from} WHERE ${conditionOf(env, from.columns, from.rows)}`;
}
