/** The nine tables of TPC-C, sharded by warehouse; items are on every shard. And their first rows. */
import { Random } from '../support/random.ts';

export const size = { warehouses: 4, districts: 3, customers: 30, items: 100, orders: 30 } as const;

export const tables: readonly string[] = [
  `CREATE TABLE warehouse (
    w_id INT NOT NULL PRIMARY KEY, w_name VARCHAR(10), w_tax DECIMAL(4,4), w_ytd DECIMAL(12,2))`,
  `CREATE TABLE district (
    d_w_id INT NOT NULL, d_id INT NOT NULL, d_name VARCHAR(10), d_tax DECIMAL(4,4), d_ytd DECIMAL(12,2),
    d_next_o_id INT, PRIMARY KEY (d_w_id, d_id))`,
  `CREATE TABLE customer (
    c_w_id INT NOT NULL, c_d_id INT NOT NULL, c_id INT NOT NULL, c_first VARCHAR(16), c_last VARCHAR(16), c_credit CHAR(2),
    c_discount DECIMAL(4,4), c_balance DECIMAL(12,2), c_ytd_payment DECIMAL(12,2), c_payment_cnt INT, c_delivery_cnt INT,
    c_data VARCHAR(500), PRIMARY KEY (c_w_id, c_d_id, c_id), KEY (c_w_id, c_d_id, c_last, c_first))`,
  `CREATE TABLE history (
    h_c_id INT, h_c_d_id INT, h_c_w_id INT, h_d_id INT, h_w_id INT NOT NULL, h_date DATETIME, h_amount DECIMAL(6,2),
    h_data VARCHAR(24), KEY (h_w_id))`,
  `CREATE TABLE orders (
    o_w_id INT NOT NULL, o_d_id INT NOT NULL, o_id INT NOT NULL, o_c_id INT, o_entry_d DATETIME, o_carrier_id INT,
    o_ol_cnt INT, o_all_local INT, PRIMARY KEY (o_w_id, o_d_id, o_id), KEY (o_w_id, o_d_id, o_c_id, o_id))`,
  `CREATE TABLE new_order (
    no_w_id INT NOT NULL, no_d_id INT NOT NULL, no_o_id INT NOT NULL, PRIMARY KEY (no_w_id, no_d_id, no_o_id))`,
  `CREATE TABLE order_line (
    ol_w_id INT NOT NULL, ol_d_id INT NOT NULL, ol_o_id INT NOT NULL, ol_number INT NOT NULL, ol_i_id INT,
    ol_supply_w_id INT, ol_delivery_d DATETIME, ol_quantity INT, ol_amount DECIMAL(6,2), ol_dist_info CHAR(24),
    PRIMARY KEY (ol_w_id, ol_d_id, ol_o_id, ol_number))`,
  `CREATE TABLE item (i_id INT NOT NULL PRIMARY KEY, i_name VARCHAR(24), i_price DECIMAL(5,2), i_data VARCHAR(50))`,
  `CREATE TABLE stock (
    s_w_id INT NOT NULL, s_i_id INT NOT NULL, s_quantity INT, s_dist CHAR(24), s_ytd INT, s_order_cnt INT,
    s_remote_cnt INT, s_data VARCHAR(50), PRIMARY KEY (s_w_id, s_i_id))`,
];

const by = (column: string) => ({ column_vindexes: [{ column, name: 'hash' }] });

export const vschema = {
  vindexes: { hash: { type: 'hash' } },
  tables: {
    warehouse: by('w_id'),
    district: by('d_w_id'),
    customer: by('c_w_id'),
    history: by('h_w_id'),
    orders: by('o_w_id'),
    new_order: by('no_w_id'),
    order_line: by('ol_w_id'),
    stock: by('s_w_id'),
    item: { type: 'reference' },
  },
};

const syllables = ['BAR', 'OUGHT', 'ABLE', 'PRI', 'PRES', 'ESE', 'ANTI', 'CALLY', 'ATION', 'EING'] as const;

/** The name of a number below 1000. */
export const lastName = (number: number): string =>
  [Math.floor(number / 100), Math.floor(number / 10) % 10, number % 10].map((at) => syllables[at]!).join('');

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at + 1));

const insert = (table: string, rows: readonly (readonly (string | number)[])[]): string =>
  `INSERT INTO ${table} VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`;

const share = (random: Random, max: number): string => `0.${String(random.between(0, max)).padStart(4, '0')}`;
const FIRST_MOMENT = "'2024-01-01 08:00:00'";

/** Whole on every shard. */
export function itemRows(): string {
  const random = new Random(1);
  const price = (): string => `${random.between(1, 99)}.${random.between(10, 99)}`;
  return insert(
    'item',
    times(size.items, (id) => [
      id,
      `'item ${id}'`,
      price(),
      id % 10 === 3 ? "'an ORIGINAL one'" : "'a copy'",
    ]),
  );
}

/** All other rows. The first orders of a district are one for each customer; the last third is not delivered. */
export function* firstRows(): Iterable<string> {
  const random = new Random(7);
  for (const w of times(size.warehouses, (id) => id)) {
    const payments = 10 * size.customers * size.districts;
    yield insert('warehouse', [[w, `'house ${w}'`, share(random, 2000), payments]]);
    yield insert(
      'stock',
      times(size.items, (i) => [w, i, random.between(10, 100), `'dist ${w} ${i}'`, 0, 0, 0, "'data'"]),
    );
    for (const d of times(size.districts, (id) => id)) yield* districtRows(random, w, d);
  }
}

function* districtRows(random: Random, w: number, d: number): Iterable<string> {
  const customers = times(size.customers, (id) => id);
  yield insert('district', [
    [w, d, `'d ${w}-${d}'`, share(random, 2000), 10 * size.customers, size.orders + 1],
  ]);
  yield insert(
    'customer',
    customers.map((c) => [
      w,
      d,
      c,
      `'first ${c}'`,
      `'${lastName(c % 10)}'`,
      c % 10 === 0 ? "'BC'" : "'GC'",
      share(random, 5000),
      '-10.00',
      '10.00',
      1,
      0,
      "'data'",
    ]),
  );
  yield insert(
    'history',
    customers.map((c) => [c, d, w, d, w, FIRST_MOMENT, '10.00', "'first'"]),
  );
  const orders = times(size.orders, (o) => ({
    o,
    lines: random.between(5, 15),
    open: o > size.orders * 0.7,
  }));
  yield insert(
    'orders',
    orders.map(({ o, lines, open }) => [
      w,
      d,
      o,
      ((o * 7) % size.customers) + 1,
      FIRST_MOMENT,
      open ? 'NULL' : random.between(1, 10),
      lines,
      1,
    ]),
  );
  yield insert(
    'new_order',
    orders.filter(({ open }) => open).map(({ o }) => [w, d, o]),
  );
  yield insert(
    'order_line',
    orders.flatMap(({ o, lines, open }) =>
      times(lines, (line) => [
        w,
        d,
        o,
        line,
        random.between(1, size.items),
        w,
        open ? 'NULL' : FIRST_MOMENT,
        5,
        // What was delivered before the beginning is in nobody's balance.
        open ? `${random.between(1, 999)}.${random.between(10, 99)}` : 0,
        "'dist info'",
      ]),
    ),
  );
}
