/**
 * Rows for TPC-H, the same ones in every run. Keys, dates, prices and their dependencies follow the benchmark's rules; domains are
 * smaller than its own and suppliers more, so that few rows are enough for every query to find some.
 */
import { Random } from '../support/random.ts';

type Counts = Readonly<{ supplier: number; part: number; customer: number; orders: number }>;

/** Of scale 1: 12,000 lines of orders. */
const unit: Counts = { supplier: 100, part: 400, customer: 300, orders: 3000 };

/** Names of tables, in the order in which they are filled. */
export const tableNames = [
  'region',
  'nation',
  'supplier',
  'part',
  'partsupp',
  'customer',
  'orders',
  'lineitem',
] as const;
export type TableName = (typeof tableNames)[number];

/** A row as SQL literals. */
type Row = readonly (string | number)[];

const regions = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'] as const;

/** Each with the place of its region. */
const nations: readonly (readonly [string, number])[] = [
  ['ALGERIA', 0],
  ['ARGENTINA', 1],
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['EGYPT', 4],
  ['ETHIOPIA', 0],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['INDONESIA', 2],
  ['IRAN', 4],
  ['IRAQ', 4],
  ['JAPAN', 2],
  ['JORDAN', 4],
  ['KENYA', 0],
  ['MOROCCO', 0],
  ['MOZAMBIQUE', 0],
  ['PERU', 1],
  ['CHINA', 2],
  ['ROMANIA', 3],
  ['SAUDI ARABIA', 4],
  ['VIETNAM', 2],
  ['RUSSIA', 3],
  ['UNITED KINGDOM', 3],
  ['UNITED STATES', 1],
];

const segments = ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY'] as const;
const priorities = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'] as const;
const instructions = ['DELIVER IN PERSON', 'COLLECT COD', 'TAKE BACK RETURN', 'NONE'] as const;
const modes = ['AIR', 'REG AIR', 'SHIP', 'MAIL', 'TRUCK', 'RAIL', 'FOB'] as const;
const typeWords = [
  ['STANDARD', 'ECONOMY', 'PROMO'],
  ['ANODIZED', 'POLISHED', 'BRUSHED'],
  ['STEEL', 'BRASS', 'COPPER'],
] as const;
const containerWords = [
  ['SM', 'MED', 'LG'],
  ['CASE', 'BOX', 'PACK', 'PKG'],
] as const;
const colours = ['almond', 'azure', 'coral', 'forest', 'green', 'ivory', 'linen', 'navy', 'olive', 'rose'];
const words = ['quick', 'slow', 'late', 'even', 'odd', 'red', 'cold', 'deep', 'final', 'regular', 'pending'];
const things = ['boxes', 'papers', 'letters', 'pallets', 'ideas', 'trucks', 'forms', 'lists', 'bills'];

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1992, 0, 1) / DAY_MS;
const LAST_ORDER_DAY = Date.UTC(1998, 7, 2) / DAY_MS;
/** The day that it is in the data. */
const TODAY = Date.UTC(1995, 5, 17) / DAY_MS;

const date = (day: number): string => `'${new Date(day * DAY_MS).toISOString().slice(0, 10)}'`;
const money = (cents: number): string =>
  `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
const text = (value: string): string => `'${value}'`;
const numbered = (name: string, key: number): string => text(`${name}#${String(key).padStart(9, '0')}`);

/** Never the same twice: the number at its end differs. */
const comment = (random: Random, number: number, special = ''): string =>
  text(
    `${random.pick(words)} ${random.pick(things)} ${special}${random.pick(words)} ${random.pick(things)} ${number}`,
  );

const phone = (random: Random, nation: number): string =>
  text(
    `${nation + 10}-${random.between(100, 999)}-${random.between(100, 999)}-${random.between(1000, 9999)}`,
  );

const retailCents = (part: number): number => 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000);

/** The four suppliers of a part. */
const supplierOf = (all: number, part: number, turn: number): number => {
  return ((part + turn * (all / 4 + Math.floor((part - 1) / all))) % all) + 1;
};

const times = <T>(count: number, make: (key: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at + 1));

function suppliers(random: Random, count: number): Row[] {
  return times(count, (key) => {
    const nation = random.below(nations.length);
    const complaint = key % 25 === 7 ? 'Customer sly Complaints ' : '';
    return [
      key,
      numbered('Supplier', key),
      text(`${random.between(1, 900)} Quay ${key}`),
      nation,
      phone(random, nation),
      money(random.between(-99_999, 999_999)),
      comment(random, key, complaint),
    ];
  });
}

function parts(random: Random, count: number): Row[] {
  return times(count, (key) => {
    const maker = random.between(1, 5);
    return [
      key,
      text(times(4, () => random.pick(colours)).join(' ')),
      text(`Manufacturer#${maker}`),
      text(`Brand#${maker}${random.between(1, 5)}`),
      text(typeWords.map((choice) => random.pick(choice)).join(' ')),
      random.between(1, 20),
      text(containerWords.map((choice) => random.pick(choice)).join(' ')),
      money(retailCents(key)),
      text(`${random.pick(words)} ${random.pick(things)} ${key}`),
    ];
  });
}

function offers(random: Random, counts: Counts): Row[] {
  return times(counts.part, (part) =>
    times(
      4,
      (turn): Row => [
        part,
        supplierOf(counts.supplier, part, turn - 1),
        random.between(1, 9999),
        money(random.between(100, 100_000)),
        comment(random, part * 4 + turn),
      ],
    ),
  ).flat();
}

function customers(random: Random, count: number): Row[] {
  return times(count, (key) => {
    const nation = random.below(nations.length);
    return [
      key,
      numbered('Customer', key),
      text(`${random.between(1, 900)} Row ${key}`),
      nation,
      phone(random, nation),
      money(random.between(-99_999, 999_999)),
      text(random.pick(segments)),
      comment(random, key),
    ];
  });
}

type Line = Readonly<{ row: Row; cents: number; status: 'O' | 'F' }>;

function line(random: Random, counts: Counts, order: number, number: number, ordered: number): Line {
  const part = random.between(1, counts.part);
  const quantity = random.between(1, 50);
  const price = quantity * retailCents(part);
  const discount = random.between(0, 10);
  const tax = random.between(0, 8);
  const shipped = ordered + random.between(1, 121);
  const received = shipped + random.between(1, 30);
  const status = shipped > TODAY ? 'O' : 'F';
  const row = [
    order,
    part,
    supplierOf(counts.supplier, part, random.below(4)),
    number,
    quantity,
    money(price),
    money(discount),
    money(tax),
    text(received <= TODAY ? random.pick(['R', 'A']) : 'N'),
    text(status),
    date(shipped),
    date(ordered + random.between(30, 90)),
    date(received),
    text(random.pick(instructions)),
    text(random.pick(modes)),
    comment(random, order * 8 + number),
  ];
  return { row, cents: Math.round((price * (100 + tax) * (100 - discount)) / 10_000), status };
}

/** Orders and their lines; a third of the customers has none, as has a quarter of all keys. */
function orders(random: Random, counts: Counts): Readonly<{ orders: Row[]; lineitem: Row[] }> {
  const lineitem: Row[] = [];
  const rows = times(counts.orders, (count): Row => {
    const key = Math.floor((count - 1) / 8) * 32 + ((count - 1) % 8) + 1;
    const customer = random.between(1, counts.customer);
    const ordered = random.between(FIRST_DAY, LAST_ORDER_DAY);
    const lines = times(random.between(1, 7), (number) => line(random, counts, key, number, ordered));
    lineitem.push(...lines.map(({ row }) => row));
    const statuses = new Set(lines.map(({ status }) => status));
    return [
      key,
      customer % 3 === 0 ? customer - 1 : customer,
      text(statuses.size === 2 ? 'P' : [...statuses][0]!),
      money(lines.reduce((sum, { cents }) => sum + cents, 0)),
      date(ordered),
      text(random.pick(priorities)),
      numbered('Clerk', random.between(1, 20)),
      0,
      comment(random, key, count % 20 === 3 ? 'special and urgent requests ' : ''),
    ];
  });
  return { orders: rows, lineitem };
}

/** All rows. */
function rowsOf(seed: number, counts: Counts): Readonly<Record<TableName, readonly Row[]>> {
  const random = new Random(seed);
  return {
    region: regions.map((name, key) => [key, text(name), comment(random, key)]),
    nation: nations.map(([name, region], key) => [key, text(name), region, comment(random, key)]),
    supplier: suppliers(random, counts.supplier),
    part: parts(random, counts.part),
    partsupp: offers(random, counts),
    customer: customers(random, counts.customer),
    ...orders(random, counts),
  };
}

const SEED = 22;
const ROWS_PER_INSERT = 500;

/** INSERTs of all rows of the given tables; a larger scale has more of them. */
export function* insertsOf(wanted: readonly TableName[] = tableNames, scale = 1): Iterable<string> {
  const counts: Counts = {
    supplier: unit.supplier * scale,
    part: unit.part * scale,
    customer: unit.customer * scale,
    orders: unit.orders * scale,
  };
  const rows = rowsOf(SEED, counts);
  for (const name of wanted) {
    const all = rows[name];
    for (let from = 0; from < all.length; from += ROWS_PER_INSERT) {
      const some = all.slice(from, from + ROWS_PER_INSERT).map((row) => `(${row.join(', ')})`);
      yield `INSERT INTO ${name} VALUES ${some.join(', ')}`;
    }
  }
}
