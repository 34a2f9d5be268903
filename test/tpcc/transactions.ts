/** The five transactions of TPC-C, as statements of one terminal. All that is chosen comes from the terminal's random numbers. */
import { long, type Parameter, text } from '../support/parameters.ts';
import type { Random } from '../support/random.ts';
import { lastName, size } from './tables.ts';

type Value = number | string | null;
export type Rows = readonly (readonly (string | null)[])[];

/** Runs a statement with values in the place of its `?`; an error throws `StatementError`. */
export type Ask = (sql: string, ...values: readonly Value[]) => Promise<Rows>;

export class StatementError extends Error {
  readonly errno: number;
  constructor(errno: number, message: string) {
    super(`${errno} ${message}`);
    this.errno = errno;
  }
}

/** The text with the values as literals. */
export function withLiterals(sql: string, values: readonly Value[]): string {
  let at = 0;
  return sql.replaceAll('?', () => {
    const value = values[at++]!;
    return typeof value === 'string' ? `'${value}'` : String(value);
  });
}

export const asParameters = (values: readonly Value[]): Parameter[] =>
  values.map((value) => (typeof value === 'number' ? long(value) : text(String(value))));

export type Terminal = Readonly<{ ask: Ask; random: Random; warehouse: number; now: () => string }>;

const otherWarehouse = (random: Random, home: number): number =>
  ((home + random.below(size.warehouses - 1)) % size.warehouses) + 1;

/** Low numbers more often than high ones. */
const skewed = (random: Random, max: number): number =>
  Math.min(random.between(1, max), random.between(1, max));

const NO_SUCH_ITEM = size.items + 1;

type Line = Readonly<{ item: number; supplier: number; quantity: number }>;

/** What a new order asks for; one in ten names an item that there is not. */
function chooseLines(random: Random, home: number): readonly Line[] {
  const wrong = random.chance(0.1);
  const items = new Set(Array.from({ length: random.between(5, 15) }, () => skewed(random, size.items)));
  const lines = [...items].map((item) => ({
    item,
    supplier: random.chance(0.15) ? otherWarehouse(random, home) : home,
    quantity: random.between(1, 10),
  }));
  // Terminals that lock rows in one order do not wait in a circle.
  lines.sort((a, b) => a.supplier - b.supplier || a.item - b.item);
  return wrong ? [...lines, { item: NO_SUCH_ITEM, supplier: home, quantity: 1 }] : lines;
}

async function newOrder({ ask, random, warehouse: w, now }: Terminal): Promise<void> {
  const d = random.between(1, size.districts);
  const c = skewed(random, size.customers);
  const lines = chooseLines(random, w);
  await ask('BEGIN');
  const [customer] = await ask(
    `SELECT c_discount, c_last, c_credit, w_tax FROM customer JOIN warehouse ON w_id = c_w_id
     WHERE w_id = ? AND c_d_id = ? AND c_id = ?`,
    w,
    d,
    c,
  );
  const [district] = await ask(
    'SELECT d_next_o_id, d_tax FROM district WHERE d_w_id = ? AND d_id = ? FOR UPDATE',
    w,
    d,
  );
  const o = Number(district![0]);
  await ask('UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_w_id = ? AND d_id = ?', w, d);
  const local = lines.every(({ supplier }) => supplier === w) ? 1 : 0;
  await ask(
    `INSERT INTO orders (o_w_id, o_d_id, o_id, o_c_id, o_entry_d, o_carrier_id, o_ol_cnt, o_all_local)
     VALUES (?, ?, ?, ?, ?, NULL, ?, ?)`,
    ...[w, d, o, c, now(), lines.length, local],
  );
  await ask('INSERT INTO new_order (no_w_id, no_d_id, no_o_id) VALUES (?, ?, ?)', w, d, o);
  for (const [at, line] of lines.entries()) {
    const [item] = await ask('SELECT i_price, i_name, i_data FROM item WHERE i_id = ?', line.item);
    if (item === undefined) {
      await ask('ROLLBACK');
      return;
    }
    await takeFromStock({ ask, w, line });
    await ask(
      `INSERT INTO order_line (ol_w_id, ol_d_id, ol_o_id, ol_number, ol_i_id, ol_supply_w_id, ol_delivery_d, ol_quantity,
         ol_amount, ol_dist_info) VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ? * ?, 'info')`,
      ...[w, d, o, at + 1, line.item, line.supplier, line.quantity, line.quantity, item[0]!],
    );
  }
  await ask(
    `SELECT SUM(ol_amount) * (1 - ?) * (1 + ? + ?) AS total FROM order_line
     WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ?`,
    ...[customer![0]!, customer![3]!, district![1]!, w, d, o],
  );
  await ask('COMMIT');
}

async function takeFromStock({ ask, w, line }: { ask: Ask; w: number; line: Line }): Promise<void> {
  const { item, supplier, quantity } = line;
  const [stock] = await ask(
    'SELECT s_quantity, s_dist, s_data FROM stock WHERE s_w_id = ? AND s_i_id = ? FOR UPDATE',
    supplier,
    item,
  );
  const left = Number(stock![0]) - quantity;
  await ask(
    `UPDATE stock SET s_quantity = ?, s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ?
     WHERE s_w_id = ? AND s_i_id = ?`,
    ...[left >= 10 ? left : left + 91, quantity, supplier === w ? 0 : 1, supplier, item],
  );
}

async function chooseCustomer({ ask, random }: Terminal, w: number, d: number): Promise<number> {
  if (random.chance(0.4)) return skewed(random, size.customers);
  const name = lastName(random.below(10));
  const found = await ask(
    'SELECT c_id, c_first, c_balance FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_last = ? ORDER BY c_first',
    w,
    d,
    name,
  );
  return Number(found[Math.floor(found.length / 2)]![0]);
}

async function payment(terminal: Terminal): Promise<void> {
  const { ask, random, warehouse: w, now } = terminal;
  const d = random.between(1, size.districts);
  const amount = `${random.between(1, 4999)}.${random.between(10, 99)}`;
  const cw = random.chance(0.3) ? otherWarehouse(random, w) : w;
  const cd = cw === w ? d : random.between(1, size.districts);
  await ask('BEGIN');
  await ask('UPDATE warehouse SET w_ytd = w_ytd + ? WHERE w_id = ?', amount, w);
  const [house] = await ask('SELECT w_name FROM warehouse WHERE w_id = ?', w);
  await ask('UPDATE district SET d_ytd = d_ytd + ? WHERE d_w_id = ? AND d_id = ?', amount, w, d);
  const [district] = await ask('SELECT d_name FROM district WHERE d_w_id = ? AND d_id = ?', w, d);
  const c = await chooseCustomer(terminal, cw, cd);
  const [customer] = await ask(
    'SELECT c_credit, c_data, c_balance FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ? FOR UPDATE',
    ...[cw, cd, c],
  );
  const bad = customer![0] === 'BC';
  await ask(
    `UPDATE customer SET c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1
       ${bad ? ", c_data = LEFT(CONCAT_WS(' ', c_id, c_d_id, c_w_id, c_data), 500)" : ''}
     WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?`,
    ...[amount, amount, cw, cd, c],
  );
  await ask(
    `INSERT INTO history (h_c_id, h_c_d_id, h_c_w_id, h_d_id, h_w_id, h_date, h_amount, h_data)
     VALUES (?, ?, ?, ?, ?, ?, ?, CONCAT(?, ' ', ?))`,
    ...[c, cd, cw, d, w, now(), amount, house![0]!, district![0]!],
  );
  await ask('COMMIT');
}

async function orderStatus(terminal: Terminal): Promise<void> {
  const { ask, random, warehouse: w } = terminal;
  const d = random.between(1, size.districts);
  await ask('BEGIN');
  const c = await chooseCustomer(terminal, w, d);
  await ask(
    'SELECT c_balance, c_first, c_last FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?',
    ...[w, d, c],
  );
  const [order] = await ask(
    `SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ?
     ORDER BY o_id DESC LIMIT 1`,
    ...[w, d, c],
  );
  if (order !== undefined) {
    await ask(
      `SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line
       WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ? ORDER BY ol_number`,
      ...[w, d, Number(order[0])],
    );
  }
  await ask('COMMIT');
}

async function delivery({ ask, random, warehouse: w, now }: Terminal): Promise<void> {
  const carrier = random.between(1, 10);
  await ask('BEGIN');
  for (let d = 1; d <= size.districts; d++) {
    const [oldest] = await ask(
      'SELECT no_o_id FROM new_order WHERE no_w_id = ? AND no_d_id = ? ORDER BY no_o_id LIMIT 1 FOR UPDATE',
      w,
      d,
    );
    if (oldest === undefined) continue;
    const key = [w, d, Number(oldest[0])];
    await ask('DELETE FROM new_order WHERE no_w_id = ? AND no_d_id = ? AND no_o_id = ?', ...key);
    const [order] = await ask(
      'SELECT o_c_id FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_id = ?',
      ...key,
    );
    await ask(
      'UPDATE orders SET o_carrier_id = ? WHERE o_w_id = ? AND o_d_id = ? AND o_id = ?',
      carrier,
      ...key,
    );
    await ask(
      'UPDATE order_line SET ol_delivery_d = ? WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ?',
      now(),
      ...key,
    );
    const [sum] = await ask(
      'SELECT SUM(ol_amount) AS sum FROM order_line WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ?',
      ...key,
    );
    await ask(
      `UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1
       WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?`,
      ...[sum![0]!, w, d, Number(order![0])],
    );
  }
  await ask('COMMIT');
}

async function stockLevel({ ask, random, warehouse: w }: Terminal): Promise<void> {
  const d = random.between(1, size.districts);
  await ask('BEGIN');
  const [district] = await ask('SELECT d_next_o_id FROM district WHERE d_w_id = ? AND d_id = ?', w, d);
  const next = Number(district![0]);
  await ask(
    `SELECT COUNT(DISTINCT s_i_id) AS low FROM order_line JOIN stock ON s_i_id = ol_i_id AND s_w_id = ol_w_id
     WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id >= ? AND ol_o_id < ? AND s_quantity < ?`,
    ...[w, d, next - 20, next, random.between(10, 40)],
  );
  await ask('COMMIT');
}

/** Of a hundred transactions so many are of each kind. */
const mix: readonly (readonly [number, (terminal: Terminal) => Promise<void>])[] = [
  [43, newOrder],
  [43, payment],
  [5, orderStatus],
  [5, delivery],
  [4, stockLevel],
];

/** The next transaction of the mix. */
export function choose(random: Random): (terminal: Terminal) => Promise<void> {
  let number = random.below(100);
  for (const [share, transaction] of mix) {
    if (number < share) return transaction;
    number -= share;
  }
  throw new Error('the shares of the mix make less than a hundred');
}
