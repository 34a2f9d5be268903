/** Tables that queries make: derived ones cut by LIMIT and joined, LATERAL, JSON_TABLE, common tables used often, recursive ones. */
import { type Fragment, joined, sql } from '../../fragment.ts';
import {
  comparison,
  count,
  join,
  keyOf,
  named,
  number,
  type Scope,
  shown,
  use,
  useKeyed,
  value,
  where,
} from './vocabulary.ts';

const direction = ({ random }: Scope): string => random.pick(['', '', ' DESC']);

/** The first rows of a table, as `a` and `b`. */
export function firstRows(scope: Scope, more: Fragment = sql``): Fragment {
  const one = useKeyed(scope);
  const [a, b] = [number(scope, one), number(scope, one)];
  const by = joined(
    [`${a}${direction(scope)}`, ...keyOf(one)].map((key) => sql`${key}`),
    ', ',
  );
  const offset = scope.random.chance(0.5) ? sql` OFFSET ${count(0, 5, scope)}` : sql``;
  return sql`SELECT ${a} AS a, ${b} AS b FROM ${one.from}${where(scope, one)}${more} ORDER BY ${by} LIMIT ${count(1, 15, scope)}${offset}`;
}

/** Groups of a join, as `a` and `b`. */
function groups(scope: Scope): Fragment {
  const { from, left, right } = join(scope);
  const key = number(scope, left);
  const having = scope.random.chance(0.4) ? sql` HAVING COUNT(*) > ${count(1, 3, scope)}` : sql``;
  const limit = scope.random.chance(0.4) ? sql` ORDER BY ${key} LIMIT ${count(1, 6, scope)}` : sql``;
  return sql`SELECT ${key} AS a, SUM(${number(scope, right)}) AS b FROM ${from}${where(scope, left, right)} GROUP BY ${key}${having}${limit}`;
}

function distinctRows(scope: Scope): Fragment {
  const { from, left, right } = join(scope);
  return sql`SELECT DISTINCT ${number(scope, left)} AS a, ${number(scope, right)} AS b FROM ${from}${where(scope, left, right)}`;
}

function united(scope: Scope): Fragment {
  const [one, other] = [use(scope), use(scope)];
  const word = scope.random.pick(['UNION', 'UNION ALL']);
  return sql`SELECT ${number(scope, one)} AS a, ${number(scope, one)} AS b FROM ${one.from}${where(scope, one)} ${word} SELECT ${number(scope, other)}, ${number(scope, other)} FROM ${other.from}`;
}

/** Any query with the columns `a` and `b`, both numbers. */
export const pairs = (scope: Scope): Fragment =>
  scope.random.pick([firstRows, firstRows, groups, distinctRows, united])(scope);

/** Two made tables, and one that is there. */
export function derived(scope: Scope): Fragment {
  const { random } = scope;
  const one = use(scope);
  const word = () => random.pick(['JOIN', 'LEFT JOIN']);
  const first = sql`(${pairs(scope)}) AS d1 ${word()} (${pairs(scope)}) AS d2 ON d1.a = d2.${random.pick(['a', 'b'])}`;
  const from = sql`${first} ${word()} ${one.from} ON ${number(scope, one)} = d${random.between(1, 2)}.b`;
  return random.pick<() => Fragment>([
    () => sql`SELECT d1.a, d1.b, d2.b, ${shown(scope, one)} FROM ${from}${where(scope, one)}`,
    () => sql`SELECT COUNT(*), SUM(d1.b), MAX(${number(scope, one)}) FROM ${from}`,
    () => sql`SELECT d2.a, COUNT(DISTINCT d1.b), COUNT(${number(scope, one)}) FROM ${from} GROUP BY d2.a`,
    () =>
      sql`SELECT * FROM (SELECT d1.a AS x, d2.b AS y FROM ${from} WHERE d1.a IS NOT NULL) AS e WHERE e.x > ${value(scope)} OR e.y IS NULL`,
  ])();
}

/** The best few of each row. */
export function lateral(scope: Scope): Fragment {
  const { random } = scope;
  const [outer, inner] = [use(scope), useKeyed(scope)];
  const link = sql`${number(scope, inner)} ${random.pick(['=', '=', '<'])} ${number(scope, outer)}`;
  const a = number(scope, inner);
  const best = random.pick<() => Fragment>([
    () =>
      sql`SELECT ${a} AS a, ${number(scope, inner)} AS b FROM ${inner.from} WHERE ${link} ORDER BY ${[`${a} DESC`, ...keyOf(inner)].join(', ')} LIMIT ${count(1, 3, scope)}`,
    () => sql`SELECT COUNT(*) AS a, MAX(${a}) AS b FROM ${inner.from} WHERE ${link}`,
    () => sql`SELECT ${a} AS a, COUNT(*) AS b FROM ${inner.from} WHERE ${link} GROUP BY ${a}`,
    () =>
      sql`SELECT ${a} + ${number(scope, outer)} AS a, 1 AS b FROM ${inner.from} WHERE ${link} AND ${comparison(scope, inner)}`,
  ])();
  const head = random.chance(0.4)
    ? join(scope, outer, use(scope), ['JOIN', 'LEFT JOIN']).from
    : sql`${outer.from}`;
  const on = random.pick<() => Fragment>([
    () => sql`, LATERAL (${best}) AS l`,
    () => sql` LEFT JOIN LATERAL (${best}) AS l ON TRUE`,
    () => sql` JOIN LATERAL (${best}) AS l ON l.a >= ${value(scope)}`,
  ])();
  return sql`SELECT ${shown(scope, outer)}, l.a, l.b FROM ${head}${on}${where(scope, outer, outer, 0.4)}`;
}

/** Rows out of documents: stored ones, and such that the row's own columns make. */
export function documents(scope: Scope): Fragment {
  const { random } = scope;
  const prof = use(scope, named('prof'));
  const other = use(scope);
  const made = sql`JSON_TABLE(JSON_ARRAY(${number(scope, other)}, ${number(scope, other)}, ${value(scope)}), '$[*]' COLUMNS (o FOR ORDINALITY, x INT PATH '$' DEFAULT '-1' ON EMPTY NULL ON ERROR)) AS j`;
  const stored = random.pick([
    sql`JSON_TABLE(${prof.alias}.doc, '$.a[*]' COLUMNS (o FOR ORDINALITY, x INT PATH '$' NULL ON ERROR)) AS j`,
    sql`JSON_TABLE(${prof.alias}.doc, '$' COLUMNS (o FOR ORDINALITY, x INT EXISTS PATH '$.a', NESTED PATH '$.a[*]' COLUMNS (y INT PATH '$' NULL ON ERROR))) AS j`,
    sql`JSON_TABLE(${prof.alias}.doc, '$[*]' COLUMNS (o FOR ORDINALITY, x VARCHAR(10) PATH '$' DEFAULT '"none"' ON EMPTY NULL ON ERROR)) AS j`,
  ]);
  return random.pick<() => Fragment>([
    () => sql`SELECT ${prof.alias}.uid, j.* FROM ${prof.from} LEFT JOIN ${stored} ON TRUE`,
    () =>
      sql`SELECT ${prof.alias}.uid, j.o, j.x, ${shown(scope, other)} FROM ${prof.from} JOIN ${stored} JOIN ${other.from} ON ${number(scope, other)} = j.x`,
    () => sql`SELECT ${shown(scope, other)}, j.o, j.x FROM ${other.from}, ${made}${where(scope, other)}`,
    () => sql`SELECT ${number(scope, other)}, (SELECT SUM(j.x) FROM ${made}) FROM ${other.from}`,
    () => sql`SELECT j.x, COUNT(*) FROM ${other.from} JOIN ${made} GROUP BY j.x`,
  ])();
}

/** One common table in several places. */
export function common(scope: Scope): Fragment {
  const { random } = scope;
  const one = use(scope);
  const second = random.chance(0.5)
    ? sql`, w AS (SELECT q1.a, COUNT(*) AS b FROM q q1 LEFT JOIN q q2 ON q1.a = q2.b GROUP BY q1.a)`
    : sql`, w (a, b) AS (${pairs(scope)})`;
  const head = sql`WITH q AS (${pairs(scope)})${second}`;
  return random.pick<() => Fragment>([
    () =>
      sql`${head} SELECT x.a, y.b, w.b FROM q x JOIN q y ON x.a = y.a LEFT JOIN w ON w.a = x.b WHERE EXISTS (SELECT * FROM q z WHERE z.b > x.a)`,
    () =>
      sql`${head} SELECT ${shown(scope, one)}, (SELECT MAX(b) FROM q WHERE q.a = ${number(scope, one)}) FROM ${one.from} WHERE ${number(scope, one)} IN (SELECT a FROM q) OR ${number(scope, one)} IN (SELECT b FROM w)`,
    () =>
      sql`${head} SELECT a, b FROM q UNION ALL SELECT a, b FROM w UNION ALL SELECT a, COUNT(*) FROM q GROUP BY a`,
    () =>
      sql`${head} SELECT COUNT(*), SUM(x.b), (SELECT COUNT(*) FROM q), (SELECT COUNT(*) FROM w) FROM q x, w`,
    () =>
      sql`SELECT * FROM (${head} SELECT x.a, w.b FROM q x JOIN w ON x.a = w.a) AS d JOIN ${one.from} ON ${number(scope, one)} = d.a`,
  ])();
}

/** A recursive one: walks, counts, and is joined with what it walks over. */
export function recursive(scope: Scope): Fragment {
  const { random } = scope;
  const [first, step, other] = [use(scope), use(scope), use(scope)];
  const limit = random.between(2, 3);
  const head = random.pick<() => Fragment>([
    () =>
      sql`WITH RECURSIVE r (n, d) AS (SELECT ${number(scope, first)}, 0 FROM ${first.from} WHERE ${comparison(scope, first)} UNION SELECT ${number(scope, step)}, d + 1 FROM r JOIN ${step.from} ON ${number(scope, step)} = r.n WHERE d < ${limit})`,
    () =>
      sql`WITH RECURSIVE r (n, d) AS (SELECT 1, 0 UNION ALL SELECT n + 1, d + 1 FROM r WHERE n < ${value(scope)})`,
    () =>
      sql`WITH RECURSIVE r (n, d) AS (SELECT ${number(scope, first)}, 0 FROM ${first.from} UNION DISTINCT SELECT 5, 1 UNION DISTINCT SELECT ${number(scope, step)}, d + 1 FROM ${step.from} JOIN r ON ${number(scope, step)} = r.n LEFT JOIN ${other.from} ON ${number(scope, other)} = r.d WHERE d < ${limit})`,
  ])();
  const shownOne = use(scope);
  return random.pick<() => Fragment>([
    () => sql`${head} SELECT n, d FROM r`,
    () =>
      sql`${head} SELECT r.n, COUNT(*), MAX(${number(scope, shownOne)}) FROM r LEFT JOIN ${shownOne.from} ON ${number(scope, shownOne)} = r.n GROUP BY r.n`,
    () => sql`${head} SELECT x.n, y.d FROM r x JOIN r y ON x.n = y.n WHERE x.d IN (SELECT d FROM r)`,
    () =>
      sql`${head} SELECT ${shown(scope, shownOne)} FROM ${shownOne.from} WHERE ${number(scope, shownOne)} NOT IN (SELECT n FROM r WHERE n IS NOT NULL)`,
  ])();
}

const UNIONS = ['UNION', 'UNION ALL', 'UNION DISTINCT'];

/** Set operations in parentheses, each with an order and a limit of its own. */
export function sets(scope: Scope): Fragment {
  const { random } = scope;
  const leaf = (): Fragment => sql`(${random.pick([firstRows, groups, distinctRows])(scope)})`;
  const sorted = (inner: Fragment): Fragment =>
    random.chance(0.5) ? sql`(${inner} ORDER BY 1, 2 LIMIT ${count(1, 12, scope)})` : sql`(${inner})`;
  const two = (): Fragment => sorted(sql`${leaf()} ${random.pick(UNIONS)} ${leaf()}`);
  const all = sql`${random.pick([leaf, two])()} ${random.pick(UNIONS)} ${two()}`;
  // To the right of another one, and in a derived table, INTERSECT and EXCEPT end MySQL 9.7.
  const other = random.pick(['EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL']);
  const tail = sql` ORDER BY a DESC, b LIMIT ${count(1, 20, scope)} OFFSET ${count(0, 4, scope)}`;
  const one = use(scope);
  return random.pick([
    all,
    sql`${all}${tail}`,
    sql`${leaf()} ${other} ${leaf()}`,
    sql`${leaf()} ${other} ${leaf()}${tail}`,
    sql`SELECT s.a, COUNT(*), SUM(s.b) FROM (${all}) AS s GROUP BY s.a`,
    sql`SELECT ${shown(scope, one)} FROM ${one.from} LEFT JOIN (${all}) AS s ON s.a = ${number(scope, one)}`,
  ]);
}

/** USING and NATURAL, three in a row. */
export function chains(scope: Scope): Fragment {
  const { random } = scope;
  const side = (): string => random.pick(['', '', 'LEFT ', 'RIGHT ']);
  const tail = random.pick([
    '',
    ' WHERE id IS NOT NULL AND region > 1',
    ' WHERE id IN (SELECT oid FROM met)',
    ' WHERE amount IS NULL OR score = 20',
  ]);
  const from = random.pick<() => string>([
    () => `orders ${side()}JOIN customer USING (id) ${side()}JOIN met USING (id)`,
    () => `orders NATURAL ${side()}JOIN customer NATURAL ${side()}JOIN office.plain`,
    () => `top3 ${side()}JOIN orders USING (id) NATURAL ${side()}JOIN customer`,
    () => `orders ${side()}JOIN (customer ${side()}JOIN office.plain USING (id)) USING (id)`,
  ])();
  const isFull = from.includes('orders') && from.includes('customer');
  const list = random.pick([
    '*',
    'id',
    'id, COUNT(*)',
    'COUNT(*), COUNT(id), MAX(region)',
    'DISTINCT id, region',
  ]);
  const group = list === 'id, COUNT(*)' ? ' GROUP BY id' : '';
  return sql`SELECT ${list} FROM ${from}${isFull ? tail : ''}${group}`;
}
