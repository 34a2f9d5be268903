/** The tables of wide queries as names and columns by kind: those whose equal values are written in one way, so that any of them may stand for a group. */
import { longlong, text as textParameter } from '../../../support/parameters.ts';
import type { Random } from '../../../support/random.ts';
import { type Fragment, literal, sql } from '../../fragment.ts';

export type Table = Readonly<{
  name: string;
  /** Integers with few values, so that rows meet. */
  numbers: readonly string[];
  decimals?: readonly string[];
  /** Of binary collations. */
  texts?: readonly string[];
  /** Of other collations: compared and shown, not grouped. */
  words?: readonly string[];
  dates?: readonly string[];
  /** Which make a row of it unique; none for tables without a key. */
  unique?: readonly string[];
}>;

export const tables: readonly Table[] = [
  { name: 'customer', numbers: ['id', 'score', 'age'], words: ['name', 'email', 'city'], unique: ['id'] },
  {
    name: 'orders',
    numbers: ['customer_id', 'id', 'region'],
    decimals: ['amount'],
    words: ['note'],
    dates: ['placed'],
    unique: ['id'],
  },
  { name: 'visit', numbers: ['customer_id', 'n'], texts: ['page'] },
  { name: 'geo', numbers: ['a'], decimals: ['v'], texts: ['b', 'c'], unique: ['a', 'b', 'c'] },
  {
    name: 'prof',
    numbers: ['uid'],
    decimals: ['big'],
    words: ['md'],
    dates: ['born'],
    unique: ['uid'],
  },
  { name: 'country', numbers: ['people'], words: ['title', 'code'], unique: ['code'] },
  { name: 'office.plain', numbers: ['id', 'col'], unique: ['id'] },
  { name: 'office.cfg', numbers: ['score'], words: ['k', 'worth'], dates: ['since'] },
  { name: 'office.country', numbers: ['people'], words: ['title'], unique: ['code'] },
  { name: 'order_of', numbers: ['cid', 'oid', 'region'], decimals: ['amount'], unique: ['oid'] },
  { name: 'met', numbers: ['id', 'oid'], unique: ['id', 'oid'] },
  { name: 'top3', numbers: ['id', 'score'], unique: ['id'] },
  { name: 'per_city', numbers: ['n', 'total'] },
  {
    name: 'shop.orders',
    numbers: ['cid', 'oid'],
    decimals: ['total'],
    dates: ['day'],
    unique: ['cid', 'oid'],
  },
  {
    name: 'shop.items',
    numbers: ['cid', 'oid', 'line', 'qty'],
    texts: ['sku'],
    unique: ['cid', 'oid', 'line'],
  },
];

const frequent = tables.slice(0, 5);

/** A table under an alias. */
export type Used = Readonly<{ table: Table; alias: string; from: string }>;

export type Scope = Readonly<{ random: Random; names: { next: number } }>;

export function use({ random, names }: Scope, table?: Table): Used {
  const chosen = table ?? random.pick(random.chance(0.6) ? frequent : tables);
  names.next += 1;
  const alias = `t${names.next}`;
  return { table: chosen, alias, from: `${chosen.name} ${alias}` };
}

export const named = (name: string): Table => tables.find((table) => table.name === name)!;

/** A table with a key, by which its rows can be sorted totally. */
export const useKeyed = (scope: Scope): Used =>
  use(scope, scope.random.pick(tables.filter(({ unique }) => unique !== undefined)));

export const number = ({ random }: Scope, { table, alias }: Used): string =>
  `${alias}.${random.pick(table.numbers)}`;

/** A column of any kind that may be grouped. */
export function exact({ random }: Scope, { table, alias }: Used): string {
  const { numbers, decimals = [], texts = [], dates = [] } = table;
  return `${alias}.${random.pick([...numbers, ...numbers, ...decimals, ...texts, ...dates])}`;
}

/** Any column that can be shown. */
export function shown({ random }: Scope, { table, alias }: Used): string {
  const { numbers, decimals = [], texts = [], dates = [], words = [] } = table;
  return `${alias}.${random.pick([...numbers, ...decimals, ...texts, ...dates, ...words])}`;
}

export const keyOf = ({ table, alias }: Used): string[] =>
  (table.unique ?? []).map((name) => `${alias}.${name}`);

const NUMBERS = ['1', '2', '3', '5', '8', '18', '20', '30'];

/** A number that is a parameter where the case is prepared. */
export function value({ random }: Scope): Fragment {
  const text = random.pick(NUMBERS);
  return literal(text, longlong(BigInt(text)));
}

/** A small number, as of LIMIT. */
export const count = (low: number, high: number, { random }: Scope): Fragment => {
  const many = random.between(low, high);
  return literal(String(many), longlong(BigInt(many)));
};

const WORDS = ['18', '20', 'ash', 'Ash', 'oak', 'Øre', '', 'Oslo', 'rome', 'ann', 'Zoe'];

export function word({ random }: Scope): Fragment {
  const text = random.pick(WORDS);
  return literal(`'${text}'`, textParameter(Buffer.from(text)));
}

const ORDERS = ['=', '<', '<=', '>', '>=', '<>', '<=>'];
export const order = ({ random }: Scope): string => random.pick(ORDERS);

/** A comparison over one or two tables. */
export function comparison(scope: Scope, a: Used, b: Used = a): Fragment {
  const { random } = scope;
  const left = number(scope, a);
  return random.pick<() => Fragment>([
    () => sql`${left} ${order(scope)} ${value(scope)}`,
    () => sql`${left} IN (${value(scope)}, ${value(scope)}, ${value(scope)})`,
    () => sql`${left} BETWEEN ${value(scope)} AND ${value(scope)}`,
    () => sql`${left} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`,
    () => sql`${left} ${order(scope)} ${number(scope, b)}`,
    () => sql`NOT (${left} > ${value(scope)} OR ${number(scope, b)} < ${value(scope)})`,
    () => sql`COALESCE(${left}, ${number(scope, b)}, ${value(scope)}) % 2 = 0`,
  ])();
}

export type Joined = Readonly<{ from: Fragment; left: Used; right: Used }>;

const JOINS = ['JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'STRAIGHT_JOIN'];

/** Two tables joined by numbers. */
export function join(scope: Scope, left = use(scope), right = use(scope), words = JOINS): Joined {
  const { random } = scope;
  const more = random.chance(0.25) ? sql` AND ${comparison(scope, left, right)}` : sql``;
  const on = sql`${number(scope, left)} = ${number(scope, right)}${more}`;
  return { from: sql`${left.from} ${random.pick(words)} ${right.from} ON ${on}`, left, right };
}

export const where = (scope: Scope, a: Used, b: Used = a, chance = 0.7): Fragment =>
  scope.random.chance(chance) ? sql` WHERE ${comparison(scope, a, b)}` : sql``;
