/** What queries read from: tables, joins of all kinds, derived tables, LATERAL, JSON_TABLE, VALUES, common table expressions. */
import { asText, type Fragment, joined, sql } from '../../fragment.ts';
import { conditionOf, equality } from './conditions.ts';
import { alias, type Col, deeper, type Env, type Item, type Relation } from './model.ts';
import { type Made, query } from './queries.ts';
import { baseTable, namesakePair, neighbours } from './tables.ts';

const ROWS_MAX = 2500;

/** A query's answer as a table. */
export function tableOf(
  text: Fragment,
  name: string,
  made: Pick<Made, 'items' | 'names' | 'rows'>,
): Relation {
  return {
    from: sql`${text} ${name}`,
    columns: columnsOf(name, made.items, made.names),
    unique: made.names.map((each) => `${name}.${each}`),
    strict: false,
    rows: made.rows,
    keyed: [],
  };
}

const columnsOf = (name: string, items: readonly Item[], names: readonly string[]): Col[] =>
  items.map(({ kind, collation, loose, unsure, pool }, at) => ({
    kind,
    collation,
    loose,
    unsure,
    pool,
    name: names[at]!,
    ref: `${name}.${names[at]!}`,
  }));

function derivedTable(env: Env): Relation {
  env.topics.add('derived');
  const made = query(deeper(env), { named: true });
  return tableOf(sql`(${made.text}) AS`, alias(env, 'd'), made);
}

/** A derived table that sees those before it. */
function lateralTable(env: Env, left: Relation): Relation {
  env.topics.add('lateral');
  const made = query(deeper(env, left.columns), { named: true, lateral: true });
  return tableOf(sql`LATERAL (${made.text}) AS`, alias(env, 'l'), made);
}

const number = (pool: readonly string[]): Item => ({
  kind: 'number',
  collation: undefined,
  loose: false,
  unsure: false,
  pool,
  fuzzy: false,
  text: sql``,
});

function constantTable(env: Env): Relation {
  const { random } = env;
  const values = Array.from({ length: random.between(1, 3) }, () =>
    random.pick(['1', '3', '18', '20', '30']),
  );
  const items = [number(values), number(values)];
  const names = ['a', 'b'];
  const name = alias(env, 'v');
  if (random.chance(0.5)) {
    env.topics.add('VALUES');
    const rows = joined(
      values.map((each, at) => sql`ROW(${each}, ${at})`),
      ', ',
    );
    const table = tableOf(sql`(VALUES ${rows}) AS`, name, { items, names, rows: values.length });
    return { ...table, from: sql`${table.from} (a, b)` };
  }
  env.topics.add('JSON_TABLE');
  const text = sql`JSON_TABLE('[${values.join(', ')}]', '$[*]' COLUMNS (a INT PATH '$', b FOR ORDINALITY)) AS`;
  return tableOf(text, name, { items, names, rows: values.length });
}

function jsonOf(env: Env, left: Relation): Relation | undefined {
  const json = left.columns.find(({ kind }) => kind === 'json');
  if (json === undefined) return undefined;
  env.topics.add('JSON_TABLE');
  const items = [number(['1', '20']), number(['1', '2'])];
  const text = sql`JSON_TABLE(${json.ref}, '$.a[*]' COLUMNS (a INT PATH '$', b FOR ORDINALITY)) AS`;
  return tableOf(text, alias(env, 'j'), { items, names: ['a', 'b'], rows: 1 });
}

function single(env: Env): Relation {
  const { random } = env;
  if (env.ctes.length > 0 && random.chance(0.55)) {
    const { name, columns, names, rows } = random.pick(env.ctes);
    return tableOf(sql`${name}`, alias(env, 'c'), { items: columns, names, rows });
  }
  if (env.depth > 0 && random.chance(0.18)) return derivedTable(env);
  if (random.chance(0.04)) return constantTable(env);
  return baseTable(env);
}

const merged = (from: Fragment, left: Relation, right: Relation, rows: number): Relation => ({
  from,
  columns: [...left.columns, ...right.columns],
  unique: [...left.unique, ...right.unique],
  strict: left.strict && right.strict,
  rows: Math.max(1, Math.round(rows)),
  keyed: [...left.keyed, ...right.keyed],
});

function namesakes(env: Env): Relation {
  const { random } = env;
  env.topics.add('natural/using');
  const [left, right, using] = namesakePair(env);
  const side = random.pick(['', 'LEFT ', 'RIGHT ']);
  const rows = left.rows + right.rows;
  if (random.chance(0.5))
    return merged(sql`${left.from} NATURAL ${side}JOIN ${right.from}`, left, right, rows);
  return merged(sql`${left.from} ${side}JOIN ${right.from} USING (${using.join(', ')})`, left, right, rows);
}

/** One more table joined to what is there. */
function joinMore(env: Env, left: Relation): Relation {
  const { random } = env;
  const lateral = env.depth > 0 && left.rows <= 130 && random.chance(0.1);
  const right = lateral
    ? lateralTable(env, left)
    : random.chance(0.1)
      ? (jsonOf(env, left) ?? single(env))
      : single(env);
  const on = equality(env, left.columns, right.columns);
  const product = left.rows * right.rows;
  env.topics.add('join');
  if (product <= ROWS_MAX && random.chance(0.2)) {
    if (random.chance(0.4)) return merged(sql`(${left.from}, ${right.from})`, left, right, product);
    const both = [...left.columns, ...right.columns];
    const odd = conditionOf({ ...env, outer: [] }, both, product);
    const word = random.pick(['JOIN', 'LEFT JOIN', 'STRAIGHT_JOIN']);
    return merged(sql`${left.from} ${word} ${right.from} ON ${odd}`, left, right, product);
  }
  if (on === undefined)
    return product <= ROWS_MAX
      ? merged(sql`${left.from} CROSS JOIN ${right.from}`, left, right, product)
      : left;
  const rows = Math.min(product, Math.max(left.rows, right.rows) * 3);
  if (rows > ROWS_MAX) return left;
  // RIGHT JOIN with a table that looks to the left is refused.
  const word = random.pick(
    lateral || asText(left.from).includes('LATERAL') || asText(right.from).includes('JSON_TABLE(t')
      ? ['JOIN', 'LEFT JOIN']
      : ['JOIN', 'INNER JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'STRAIGHT_JOIN'],
  );
  if (word.includes('LEFT') || word.includes('RIGHT')) env.topics.add('outer join');
  const more = random.chance(0.25)
    ? sql` AND (${conditionOf({ ...env, outer: [] }, [...left.columns, ...right.columns], rows, 1)})`
    : sql``;
  const nested = random.chance(0.08) && !lateral ? nestedJoin(env, right) : right.from;
  return merged(sql`${left.from} ${word} ${nested} ON ${on}${more}`, left, right, rows);
}

/** A join in parentheses, whose second table is only there to multiply or to lose rows. */
function nestedJoin(env: Env, right: Relation): Fragment {
  const inner = baseTable(env);
  const on = equality(env, right.columns, inner.columns);
  if (on === undefined) return right.from;
  // One row at most of the inner table, so that the outer sides stay unique.
  const keys = joined(
    inner.unique.map((each) => sql`${each} IS NULL`),
    ' AND ',
  );
  return sql`(${right.from} LEFT JOIN ${inner.from} ON ${on} AND ${keys})`;
}

function joinedNeighbours(env: Env): Relation {
  const { left, right, on } = neighbours(env);
  env.topics.add('join');
  const word = env.random.pick(['JOIN', 'JOIN', 'STRAIGHT_JOIN', 'LEFT JOIN']);
  return merged(
    sql`${left.from} ${word} ${right.from} ON ${on}`,
    left,
    right,
    Math.max(left.rows, right.rows) * 2,
  );
}

export function source(env: Env): Relation {
  const { random } = env;
  if (random.chance(0.06)) return namesakes(env);
  let relation = random.chance(0.15) ? joinedNeighbours(env) : single(env);
  const joins = random.pick([0, 0, 0, 0, 1, 1, 1, 1, 2, 3]);
  for (let at = 0; at < joins; at += 1) relation = joinMore(env, relation);
  return relation;
}
