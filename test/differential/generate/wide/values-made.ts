/** Windows over joins and groups, lists made of groups, texts in other character sets and collations, and expressions of many kinds. */
import { type Fragment, joined, sql } from '../../fragment.ts';
import {
  comparison,
  exact,
  join,
  keyOf,
  named,
  number,
  type Scope,
  shown,
  type Used,
  use,
  useKeyed,
  value,
  where,
  word,
} from './vocabulary.ts';

const FRAMES = [
  '',
  'ROWS BETWEEN 2 PRECEDING AND CURRENT ROW',
  'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING',
  'ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING',
  'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
];
const RANGES = [
  'RANGE BETWEEN 2 PRECEDING AND 2 FOLLOWING',
  'RANGE UNBOUNDED PRECEDING',
  'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
  'RANGE BETWEEN 10 PRECEDING AND 1 PRECEDING',
];

/** Two tables with keys: their rows can be sorted totally. */
function keyedJoin(scope: Scope): { from: Fragment; left: Used; right: Used; keys: string[] } {
  const made = join(scope, useKeyed(scope), useKeyed(scope));
  return { ...made, keys: [...keyOf(made.left), ...keyOf(made.right)] };
}

export function windows(scope: Scope): Fragment {
  const { random } = scope;
  const { from, left, right, keys } = keyedJoin(scope);
  const either = (): Used => random.pick([left, right]);
  const key = number(scope, either());
  const part = random.chance(0.6) ? `PARTITION BY ${exact(scope, either())} ` : '';
  const total = `${part}ORDER BY ${[`${key}${random.pick(['', ' DESC'])}`, ...keys].join(', ')}`;
  const ranged = `${part}ORDER BY ${key} ${random.pick(RANGES)}`;
  const rows = `${total} ${random.pick(FRAMES)}`;
  const arg = number(scope, either());
  const calls = [
    `SUM(${arg}) OVER (${ranged})`,
    `COUNT(${arg}) OVER (${ranged})`,
    `MAX(${arg}) OVER (${rows})`,
    `AVG(${arg}) OVER (${rows})`,
    `FIRST_VALUE(${arg}) OVER (${rows})`,
    `LAST_VALUE(${arg}) OVER (${rows})`,
    `NTH_VALUE(${arg}, 2) OVER (${rows})`,
    `LAG(${arg}, 1, -1) OVER (${total})`,
    `LEAD(${arg}, 2) OVER (${total})`,
    `ROW_NUMBER() OVER (${total}) - RANK() OVER (${part}ORDER BY ${key})`,
    `SUM(${arg} IS NULL) OVER (w ROWS 3 PRECEDING)`,
    `NTILE(3) OVER w`,
    `SUM(SUM(${arg})) OVER (ORDER BY ${arg})`,
  ];
  const call = random.pick(calls);
  if (call.startsWith('SUM(SUM'))
    return sql`SELECT ${arg}, COUNT(*), ${call}, RANK() OVER (ORDER BY COUNT(*)) FROM ${from}${where(scope, left, right)} GROUP BY ${arg}`;
  const other = random.pick(calls.slice(0, -1));
  const list = `${key}, ${shown(scope, either())}, ${call} AS x, ${other} AS y`;
  const all = sql`SELECT ${list} FROM ${from}${where(scope, left, right)} WINDOW w AS (${total})`;
  return random.chance(0.3)
    ? sql`SELECT COUNT(*), SUM(d.x), MAX(d.y) FROM (SELECT ${call} AS x, ${other} AS y FROM ${from} WINDOW w AS (${total})) AS d WHERE d.x > ${value(scope)}`
    : all;
}

export function lists(scope: Scope): Fragment {
  const { random } = scope;
  const { from, left, right, keys } = keyedJoin(scope);
  const key = random.pick([number(scope, left), `${number(scope, right)} % 3`]);
  const distinct = number(scope, right);
  const calls = [
    `GROUP_CONCAT(${number(scope, left)} ORDER BY ${[number(scope, right), ...keys].join(' DESC, ')} SEPARATOR '; ')`,
    `GROUP_CONCAT(DISTINCT ${distinct} ORDER BY ${distinct} DESC)`,
    `GROUP_CONCAT(${exact(scope, left)}, ':', ${number(scope, right)} ORDER BY ${keys.join(', ')} SEPARATOR '')`,
    `GROUP_CONCAT(DISTINCT ${distinct}, '/', ${distinct} ORDER BY ${distinct} SEPARATOR ' | ')`,
    `COUNT(DISTINCT ${number(scope, left)}, ${number(scope, right)})`,
    `SUM(DISTINCT ${distinct})`,
    `AVG(DISTINCT ${distinct})`,
    `BIT_XOR(${distinct})`,
    `JSON_LENGTH(JSON_OBJECTAGG(${keys[0]}, ${distinct}))`,
    `MIN(${exact(scope, left)})`,
    `MAX(${exact(scope, right)})`,
    `SUM(CASE WHEN ${number(scope, left)} > 5 THEN ${distinct} END)`,
    `COUNT(NULLIF(${distinct}, 20))`,
  ];
  const list = [random.pick(calls), random.pick(calls)].join(', ');
  const kind = random.below(4);
  if (kind === 0) return sql`SELECT ${list} FROM ${from}${where(scope, left, right)}`;
  const rollup = kind === 1 ? ' WITH ROLLUP' : '';
  const second = random.chance(0.4) ? `, ${number(scope, right)}` : '';
  const having = random.chance(0.3) ? sql` HAVING COUNT(*) >= ${value(scope)}` : sql``;
  // The keys of JSON_OBJECTAGG are never NULL where the table is not the inner one of an outer join.
  const safe = list.includes('OBJECTAGG') ? sql` WHERE ${keys[0]!} IS NOT NULL` : where(scope, left, right);
  return sql`SELECT ${key}${second}, ${list} FROM ${from}${safe} GROUP BY ${key}${second}${rollup}${having}`;
}

const COLLATIONS = [
  'utf8mb4_bin',
  'utf8mb4_general_ci',
  'utf8mb4_0900_as_cs',
  'utf8mb4_unicode_ci',
  'utf8mb4_0900_ai_ci',
];

/** Comparisons of texts whose character sets and collations are said. */
export function texts(scope: Scope): Fragment {
  const { random } = scope;
  const customer = use(scope, named('customer'));
  const orders = use(scope, named('orders'));
  const cfg = use(scope, named('office.cfg'));
  const collation = random.pick(COLLATIONS);
  const city = `${customer.alias}.city`;
  const name = `${customer.alias}.name`;
  const note = `${orders.alias}.note`;
  const k = `${cfg.alias}.k`;
  const is = random.pick<() => Fragment>([
    () => sql`${name} = _latin1'ann' COLLATE latin1_swedish_ci`,
    () => sql`${city} = 'OSLO' COLLATE ${collation}`,
    () => sql`${name} COLLATE ${collation} IN (${word(scope)}, ${word(scope)}, 'Zoë')`,
    () => sql`CONVERT(${note} USING utf8mb4) COLLATE ${collation} = ${city}`,
    () => sql`${note} = ${word(scope)}`,
    () => sql`${note} LIKE _utf8mb4'a%'`,
    () => sql`BINARY ${name} = ${word(scope)}`,
    () => sql`${k} = ${city} COLLATE ${collation}`,
    () => sql`CAST(${note} AS CHAR(3) CHARACTER SET utf8mb4) COLLATE ${collation} < ${k}`,
    () => sql`${name} = x'416e6e'`,
    () => sql`LOWER(${note}) = N'ash'`,
    () => sql`CONCAT(${name}, _latin1'x') = CONCAT(${k}, 'x') COLLATE ${collation}`,
    () => sql`STRCMP(${name} COLLATE ${collation}, ${word(scope)}) = 0`,
    () => sql`${name} REGEXP '^[a-c]'`,
  ])();
  const from = sql`${customer.from} LEFT JOIN ${orders.from} ON ${customer.alias}.id = ${number(scope, orders)} LEFT JOIN ${cfg.from} ON ${cfg.alias}.score = ${number(scope, customer)}`;
  return random.pick<() => Fragment>([
    () => sql`SELECT ${name}, ${note}, ${k} FROM ${from} WHERE ${is}`,
    () => sql`SELECT COUNT(*), SUM(${is}) FROM ${from}`,
    () =>
      sql`SELECT ${customer.alias}.id, ${is} FROM ${from} GROUP BY ${customer.alias}.id, ${note}, ${k}, ${is}`,
    () =>
      sql`SELECT ${city} COLLATE utf8mb4_bin AS c, COUNT(*) FROM ${from} WHERE ${is} OR ${comparison(scope, customer)} GROUP BY c`,
  ])();
}

/** Numbers, texts and moments compared across types, and functions of all kinds. */
export function functions(scope: Scope): Fragment {
  const { random } = scope;
  const customer = use(scope, named('customer'));
  const orders = use(scope, named('orders'));
  const visit = use(scope, named('visit'));
  const [c, o, v] = [customer.alias, orders.alias, visit.alias];
  const n = number(scope, random.pick([customer, orders, visit]));
  const items = [
    sql`CAST(${n} AS CHAR)`,
    sql`CAST(${o}.amount AS SIGNED)`,
    sql`CAST(${n} AS DECIMAL(12,4)) / 7`,
    sql`IF(${n} > ${value(scope)}, ${c}.name, ${v}.page COLLATE utf8mb4_bin)`,
    sql`ELT(${n} % 3 + 1, 'one', ${word(scope)}, NULL)`,
    sql`FIELD(${n}, ${value(scope)}, ${value(scope)}, 20)`,
    sql`INTERVAL(${n}, 1, 5, 18)`,
    sql`DATE_ADD(${o}.placed, INTERVAL ${n} DAY)`,
    sql`TIMESTAMPDIFF(HOUR, ${o}.placed, '2024-02-01')`,
    sql`LPAD(${n}, 5, '*')`,
    sql`SUBSTRING_INDEX(${c}.email, '@', 1)`,
    sql`GREATEST(${n}, ${o}.amount, 3)`,
    sql`LEAST(${c}.score, ${v}.n)`,
    sql`${o}.amount DIV 3`,
    sql`${n} & 6 | 1`,
    sql`~${c}.id`,
    sql`JSON_OBJECT('n', ${n}, 'a', ${o}.amount)`,
    sql`JSON_ARRAY(${n}, ${c}.city, NULL)`,
    sql`COALESCE(${o}.amount, ${v}.share, ${n})`,
    sql`${value(scope)} + ${n}`,
    sql`${word(scope)}`,
    sql`ROUND(${v}.share * 3, 3)`,
    sql`TRUNCATE(${o}.amount, -1)`,
    sql`MD5(${n})`,
    sql`FORMAT(${o}.amount, 1)`,
    sql`DATE_FORMAT(${o}.placed, '%Y/%m %H')`,
    sql`EXTRACT(YEAR_MONTH FROM ${o}.placed)`,
    sql`${c}.city IS NULL XOR ${o}.note IS NULL`,
    sql`CASE ${n} WHEN ${value(scope)} THEN ${o}.amount WHEN 20 THEN 1 ELSE 'no' END`,
    sql`NULLIF(${o}.region, ${v}.n)`,
    sql`CONCAT_WS('-', ${n}, ${c}.city, ${v}.page COLLATE utf8mb4_bin)`,
    sql`INSERT(${c}.name, 1, 1, ${n})`,
  ];
  const list = joined(
    Array.from({ length: random.between(1, 4) }, () => random.pick(items)),
    ', ',
  );
  const conditions = [
    sql`${o}.note = ${number(scope, customer)}`,
    sql`${o}.placed > '2024-01-31'`,
    sql`${o}.placed BETWEEN DATE '2024-01-01' AND TIMESTAMP '2024-03-01 00:00:00'`,
    sql`${o}.amount = ${number(scope, customer)} OR ${v}.share < 0.2`,
    sql`${n} = ${word(scope)}`,
    comparison(scope, customer, orders),
  ];
  const from = sql`${customer.from} ${random.pick(['JOIN', 'LEFT JOIN'])} ${orders.from} ON ${number(scope, customer)} = ${number(scope, orders)} LEFT JOIN ${visit.from} ON ${v}.n = ${number(scope, orders)} AND ${v}.customer_id < ${value(scope)}`;
  return sql`SELECT ${list} FROM ${from} WHERE ${random.pick(conditions)}`;
}
