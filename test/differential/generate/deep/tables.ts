/** The tables that whole queries begin with: of four keyspaces, two of them sharded. */
import type { Random } from '../../../support/random.ts';
import type { ColumnDefinition } from '../../columns.ts';
import { sql } from '../../fragment.ts';
import { marketTables, officeTables } from '../../market.ts';
import { type TableDefinition, tableNamed } from '../../tables.ts';
import { alias, type Col, type Env, type Kind, type Relation } from './model.ts';

type Base = Readonly<{
  /** As a session that has selected `market` names it. */
  name: string;
  columns: readonly Omit<Col, 'ref'>[];
  unique: readonly string[];
  strict: boolean;
  rows: number;
}>;

const kinds: Readonly<Record<ColumnDefinition['family'], Kind>> = {
  integer: 'number',
  unsigned: 'number',
  decimal: 'decimal',
  float: 'float',
  text: 'text',
  binary: 'binary',
  date: 'date',
  datetime: 'datetime',
  time: 'time',
  year: 'number',
  json: 'json',
  enum: 'other',
  set: 'other',
  bit: 'other',
};

const DEFAULT_COLLATION = 'utf8mb4_0900_ai_ci';
const WIDE = 2n ** 40n;

function kindOf({ family, pool, type, name }: ColumnDefinition): Kind {
  const kind = kinds[family];
  if (kind !== 'number') return kind;
  const isWide = pool.some((each) => each !== 'NULL' && BigInt(each) ** 2n > WIDE ** 2n);
  // Ids of `shop` reach to the ends; an unsigned number less another can be negative.
  return isWide || /UNSIGNED|ZEROFILL/.test(type) || (pool.length === 0 && name === 'id') ? 'wide' : 'number';
}

function columnOf(definition: ColumnDefinition, wideIds: boolean): Omit<Col, 'ref'> {
  const { name, type, family, loose, pool } = definition;
  const kind = kindOf(definition);
  const collation = family === 'text' ? (/COLLATE (\w+)/.exec(type)?.[1] ?? DEFAULT_COLLATION) : undefined;
  const usable = pool.filter((each) => each !== 'NULL');
  return {
    name,
    kind: kind === 'wide' && pool.length === 0 && !wideIds ? 'number' : kind,
    collation,
    loose: loose || kind === 'float',
    unsure: false,
    pool: usable.length > 0 ? usable : ['1', '2', '3', '5', '8', '18', '20'],
  };
}

const baseOf = (
  table: TableDefinition,
  qualifier: string,
  only?: readonly string[],
  strict = true,
): Base => ({
  name: `${qualifier}${table.name}`,
  columns: table.columns
    .filter(({ name }) => only === undefined || only.includes(name))
    .map((each) => columnOf(each, qualifier === 'shop.')),
  unique: table.unique,
  strict,
  rows: table.rows,
});

const market = new Map(
  marketTables.map((table) => [table.name, baseOf(table, '', undefined, table.name !== 'visit')]),
);

const view = (
  name: string,
  rows: number,
  columns: readonly (readonly [string, string, string])[],
  unique: string[],
): Base => ({
  name,
  columns: columns.map(([title, table, column]) => ({
    ...market.get(table)!.columns.find((each) => each.name === column)!,
    name: title,
  })),
  unique,
  strict: true,
  rows,
});

const views: readonly Base[] = [
  view(
    'order_of',
    54,
    [
      ['cid', 'customer', 'id'],
      ['name', 'customer', 'name'],
      ['oid', 'orders', 'id'],
      ['amount', 'orders', 'amount'],
      ['region', 'orders', 'region'],
    ],
    ['oid'],
  ),
  view(
    'met',
    60,
    [
      ['id', 'customer', 'id'],
      ['oid', 'orders', 'id'],
    ],
    ['id', 'oid'],
  ),
  view(
    'top3',
    3,
    [
      ['id', 'customer', 'id'],
      ['score', 'customer', 'score'],
    ],
    ['id'],
  ),
];

const office = officeTables.map((table) => baseOf(table, 'office.', undefined, table.name !== 'cfg'));

const shop: readonly Base[] = [
  baseOf(tableNamed('customers'), 'shop.'),
  baseOf(tableNamed('orders'), 'shop.'),
  baseOf(tableNamed('countries'), 'shop.'),
  baseOf(tableNamed('zoo'), 'shop.', [
    'id',
    'si',
    'i',
    'iu',
    'b',
    'de',
    'f',
    'db',
    'da',
    'dt',
    'dt6',
    'ts',
    'tm',
    'y',
    'v',
    'vbin',
    'vlat',
    'vb',
    'en',
    'se',
    'ge',
  ]),
  baseOf(tableNamed('zoo'), 'shop.', [
    'id',
    'mi',
    'bu',
    'zf',
    'deu',
    'de0',
    'tm3',
    'c',
    'vas',
    'v09',
    'vgen',
    'vuni',
    'bi',
    'tx',
    'bl',
    'js',
    'bt',
  ]),
  baseOf(tableNamed('k_big'), 'shop.'),
  baseOf(tableNamed('k_ai_loose'), 'shop.'),
  baseOf(tableNamed('k_bin'), 'shop.'),
  baseOf(tableNamed('k_pinned'), 'shop.'),
];

const frequent = ['customer', 'customer', 'orders', 'orders', 'visit', 'prof', 'geo', 'country'];

function anyBase(random: Random): Base {
  const at = random.below(100);
  if (at < 62) return market.get(random.pick(frequent))!;
  if (at < 80) return random.pick(office);
  if (at < 88) return random.pick(views);
  return random.pick(shop);
}

export function relationOf(base: Base, name: string): Relation {
  const columns = base.columns.map((each) => ({ ...each, ref: `${name}.${each.name}` }));
  const unique = base.unique.map((each) => `${name}.${each}`);
  return {
    from: sql`${base.name} ${name}`,
    columns,
    unique,
    strict: base.strict,
    rows: base.rows,
    keyed: base.strict ? [{ columns, unique }] : [],
  };
}

export const baseTable = (env: Env): Relation => relationOf(anyBase(env.random), alias(env, 't'));

/** Tables whose rows lie together, by the columns that say so. */
const together: readonly (readonly [table: string, column: string])[] = [
  ['customer', 'id'],
  ['orders', 'customer_id'],
  ['prof', 'uid'],
  ['visit', 'customer_id'],
];

type Joined = Readonly<{ left: Relation; right: Relation; on: string }>;

/** Two of them, or one and a table that is whole on every shard, and what joins them. */
export function neighbours(env: Env): Joined {
  const { random } = env;
  const [table, column] = random.pick(together);
  const left = relationOf(market.get(table)!, alias(env, 't'));
  const key = left.columns.find(({ name }) => name === column)!.ref;
  if (random.chance(0.2)) {
    const right = relationOf(market.get('country')!, alias(env, 't'));
    const people = right.columns.find(({ name }) => name === 'people')!.ref;
    return { left, right, on: `${key} = ${people} AND ${right.unique[0]!} = 'NO'` };
  }
  const [other, otherColumn] = random.pick(together);
  const right = relationOf(market.get(other)!, alias(env, 't'));
  return { left, right, on: `${right.columns.find(({ name }) => name === otherColumn)!.ref} = ${key}` };
}

/** Pairs of tables with columns of the same name, for NATURAL and USING. */
const namesakes: readonly (readonly [left: string, right: string, using: readonly string[]])[] = [
  ['customer', 'orders', ['id']],
  ['orders', 'visit', ['customer_id']],
  ['orders', 'customer', ['id']],
  ['country', 'country', ['code', 'title', 'people']],
  ['customer', 'customer', ['id', 'email', 'name', 'city', 'score', 'age']],
  ['visit', 'visit', ['customer_id', 'n', 'page', 'share']],
];

export function namesakePair(env: Env): readonly [Relation, Relation, readonly string[]] {
  const [left, right, using] = env.random.pick(namesakes);
  const of = (name: string): Relation => relationOf(market.get(name)!, alias(env, 't'));
  return [of(left), of(right), using];
}
