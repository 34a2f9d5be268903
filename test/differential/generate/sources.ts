/** What a query selects from: one table, or several that lie together. */
import type { Random } from '../../support/random.ts';
import { type ColumnDefinition, isNullable } from '../columns.ts';
import { type Fragment, sql } from '../fragment.ts';
import { keyTableDefinitions, type TableDefinition, tableNamed } from '../tables.ts';

/** A column as the query names it. */
export type ScopeColumn = Readonly<{
  ref: string;
  definition: ColumnDefinition;
  /** It is its table's sharding column. */
  sharding: boolean;
  canonical: boolean;
  nullable: boolean;
}>;

export type Source = Readonly<{
  from: Fragment;
  columns: readonly ScopeColumn[];
  /** Columns that tell any two rows apart: ordering by them is total. */
  unique: readonly string[];
  /** What `t.*` can be asked of. */
  names: readonly string[];
  topic: string;
}>;

const spelled = (random: Random, name: string): string => {
  switch (random.below(12)) {
    case 0:
      return name.toUpperCase();
    case 1:
      return `\`${name}\``;
    default:
      return name;
  }
};

/** A table's columns under a qualifier ('' for none). */
export function columnsOf(table: TableDefinition, qualifier: string, nullable = false): ScopeColumn[] {
  return table.columns.map((definition) => ({
    ref: qualifier === '' ? definition.name : `${qualifier}.${definition.name}`,
    definition,
    sharding: table.sharding?.columns.includes(definition.name) === true,
    canonical: table.canonical && table.sharding?.columns.includes(definition.name) === true,
    nullable: nullable || isNullable(definition),
  }));
}

/** One table, with or without alias, named with or without its database. */
export function oneTable(random: Random, table: TableDefinition): Source {
  const name = random.chance(0.1)
    ? `shop.${table.name}`
    : random.chance(0.1)
      ? `\`${table.name}\``
      : table.name;
  const shape = random.below(4);
  const alias = shape === 0 ? 'x' : shape === 1 ? 'T1' : undefined;
  const qualified = alias !== undefined || random.chance(0.2);
  const qualifier = qualified ? (alias ?? table.name) : '';
  const columns = columnsOf(table, qualifier).map((column) =>
    qualified ? column : { ...column, ref: spelled(random, column.ref) },
  );
  const as = alias === undefined ? '' : `${random.chance(0.5) ? ' AS' : ''} ${alias}`;
  return {
    from: sql`${name}${as}`,
    columns,
    unique: table.unique.map((each) => (qualifier === '' ? each : `${qualifier}.${each}`)),
    names: [alias ?? table.name],
    topic: table.columns.some(({ name }) => name === 'k') ? `key ${table.name}` : 'table',
  };
}

export const anyTable = (random: Random): TableDefinition => {
  const at = random.below(10);
  if (at < 5) return random.pick(keyTableDefinitions);
  if (at < 8) return tableNamed('zoo');
  return tableNamed(random.pick(['customers', 'orders', 'items', 'countries']));
};

type Pair = readonly [left: string, right: string, on: string, using?: string];

/** Tables that lie in the same shard by an equality of their sharding columns. `l` and `r` stand for the aliases. */
const together: readonly Pair[] = [
  ['customers', 'orders', 'l.id = r.cid'],
  ['customers', 'orders', 'r.cid = l.id AND r.total > 1'],
  ['orders', 'items', 'l.cid = r.cid AND l.oid = r.oid', 'cid, oid'],
  ['orders', 'items', 'l.cid = r.cid', 'cid'],
  ['customers', 'zoo', 'l.id = r.id', 'id'],
  ['customers', 'items', 'l.id = r.cid'],
  ['k_big', 'k_big', 'l.k = r.k', 'k'],
  ['k_bin09', 'k_bin09', 'l.k = r.k', 'k'],
  ['k_varbinary', 'k_varbinary', 'l.k = r.k'],
];

/** Equalities that say nothing of shards: by text, or of keys of two kinds. */
const apart: readonly Pair[] = [
  ['k_ai_loose', 'k_ai_loose', 'l.k = r.k', 'k'],
  ['k_ai_x', 'k_ai_x', 'l.k = r.k'],
  ['k_bin', 'k_bin', 'l.k = r.k'],
  ['k_big', 'k_big_x', 'l.k = r.k'],
  ['k_big', 'customers', 'l.k = r.age'],
  ['customers', 'orders', 'l.age = r.oid'],
  ['k_ai_canon', 'k_ai_canon', 'l.k = r.k', 'k'],
];

const references: readonly Pair[] = [
  ['customers', 'countries', 'l.country = r.code'],
  ['countries', 'customers', 'l.code = r.country'],
  ['zoo', 'countries', 'l.v = r.region'],
];

/** Two tables joined, inner or left, ON or USING, or listed with the condition in WHERE (given as `where`). */
export function joinedTables(random: Random): Source & { where?: Fragment } {
  const kind = random.below(10);
  const pairs = kind < 6 ? together : kind < 9 ? references : apart;
  const [leftName, rightName, condition, using] = random.pick(pairs);
  const [left, right] = [tableNamed(leftName), tableNamed(rightName)];
  const [l, r] = random.chance(0.5) ? ['l', 'r'] : ['a', 'b2'];
  const on = condition.replaceAll(/\bl\./g, `${l}.`).replaceAll(/\br\./g, `${r}.`);
  const outer = random.chance(0.35);
  const columns = [...columnsOf(left, l), ...columnsOf(right, r, outer)];
  const unique = [
    ...left.unique.map((name) => `${l}.${name}`),
    ...right.unique.map((name) => `${r}.${name}`),
  ];
  const topic = `${outer ? 'left ' : ''}join ${pairs === references ? 'reference' : pairs === apart ? 'apart' : 'together'}`;
  const parts = { columns, unique, names: [l, r], topic };
  if (!outer && random.chance(0.2)) {
    return { ...parts, from: sql`${leftName} ${l}, ${rightName} AS ${r}`, where: sql`${on}` };
  }
  const word = outer
    ? random.pick(['LEFT JOIN', 'left outer join'])
    : random.pick(['JOIN', 'INNER JOIN', 'join']);
  const tail = using !== undefined && random.chance(0.3) ? `USING (${using})` : `ON ${on}`;
  return { ...parts, from: sql`${leftName} ${l} ${word} ${rightName} ${r} ${tail}` };
}

/** Three tables of one customer, or two and a reference table. */
export function threeTables(random: Random): Source {
  const [c, o, third] = [tableNamed('customers'), tableNamed('orders'), random.pick(['items', 'countries'])];
  const outer = random.chance(0.3);
  const last =
    third === 'items' ? 'items i ON i.cid = o.cid AND i.oid = o.oid' : 'countries i ON i.code = c.country';
  const definition = tableNamed(third);
  return {
    from: sql`customers c JOIN orders o ON o.cid = c.id ${outer ? 'LEFT ' : ''}JOIN ${last}`,
    columns: [...columnsOf(c, 'c'), ...columnsOf(o, 'o'), ...columnsOf(definition, 'i', outer)],
    unique: ['c.id', 'o.cid', 'o.oid', ...definition.unique.map((name) => `i.${name}`)],
    names: ['c', 'o', 'i'],
    topic: 'join of three',
  };
}
