/**
 * The rows of the sample, the same ones every time. Customers, orders and order items lie on the shard to which their
 * customer's id hashes, which is what `vschema/customer.json` says.
 */
import { keyRangeContains, parseKeyRange } from '../vschema/key-range.ts';
import { hashKeyspaceId } from '../vschema/vindexes/hash.ts';
import type { KeyspaceWish } from './cluster-layout.ts';

export type SampleTable = Readonly<{
  name: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}>;

/** The keyspaces of the sample. */
export const sampleKeyspaces: readonly KeyspaceWish[] = [
  { name: 'commerce', shards: 1 },
  { name: 'customer', shards: 2 },
];

const PRODUCTS = 240;
const CUSTOMERS = 1_000;
const ORDERS_EACH_MAX = 5;
const ITEMS_EACH_MAX = 4;
const SEED = 20_240_607;
const START_MS = Date.UTC(2024, 0, 1);
const SPAN_MINUTES = 500 * 24 * 60;

const kinds = {
  garden: ['Rake', 'Watering can', 'Flower pot', 'Hedge shears', 'Garden hose', 'Seed tray'],
  kitchen: ['Teapot', 'Cutting board', 'Saucepan', 'Whisk', 'Bread knife', 'Salad bowl'],
  office: ['Notebook', 'Desk lamp', 'Pencil case', 'Stapler', 'Paper tray', 'Fountain pen'],
  outdoor: ['Tent', 'Lantern', 'Rucksack', 'Camp stove', 'Water bottle', 'Compass'],
  toys: ['Kite', 'Building blocks', 'Puzzle', 'Spinning top', 'Wooden train', 'Juggling balls'],
} as const;
const styles = ['small', 'large', 'blue', 'green', 'red', 'plain', 'sturdy', 'light'];
const firstNames = [
  'Ada',
  'Björn',
  'Chloé',
  'Dimitri',
  'Esra',
  'Femi',
  'Grace',
  'Hiro',
  'Inés',
  'Jonas',
  'Kim',
  'Lena',
];
const lastNames = [
  'Abe',
  'Brandt',
  'Costa',
  'Dubois',
  'Eze',
  'Fischer',
  'García',
  'Haddad',
  'Ito',
  'Jensen',
  'Kaya',
];
const cities = [
  'Accra',
  'Bergen',
  'Córdoba',
  'Delft',
  'Edinburgh',
  'Fukuoka',
  'Graz',
  'Hanoi',
  'İzmir',
  'Jaipur',
];
const statuses = ['new', 'paid', 'shipped', 'shipped', 'shipped', 'returned'];

/** Numbers below a bound, in a fixed order (a linear congruence; its upper bits are even enough for a sample). */
function numbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

const money = (cents: number): string => (cents / 100).toFixed(2);

const dateTime = (minutes: number): string =>
  new Date(START_MS + minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');

const priceCents = (productId: number): number => 199 + ((productId * 7_919) % 9_800);

function products(): SampleTable {
  const next = numbers(SEED);
  const categories = Object.keys(kinds) as (keyof typeof kinds)[];
  const rows = Array.from({ length: PRODUCTS }, (_, at) => {
    const category = pick(categories, at);
    const what = pick(kinds[category], Math.floor(at / categories.length));
    const style = pick(styles, Math.floor(at / 30));
    const id = at + 1;
    return [
      id,
      `SKU-${String(id).padStart(4, '0')}`,
      `${what}, ${style}`,
      category,
      money(priceCents(id)),
      next(500),
    ];
  });
  return { name: 'products', columns: ['product_id', 'sku', 'name', 'category', 'price', 'stock'], rows };
}

function customerTables(belongs: (customerId: number) => boolean): SampleTable[] {
  const next = numbers(SEED + 1);
  const customers: (string | number)[][] = [];
  const orders: (string | number)[][] = [];
  const items: (string | number)[][] = [];
  let orderId = 0;
  let itemId = 0;
  // Every number is drawn whether or not its row belongs here: each shard then holds its part of one and the same whole.
  for (let id = 1; id <= CUSTOMERS; id++) {
    const here = belongs(id);
    const name = `${pick(firstNames, next(997))} ${pick(lastNames, next(997))}`;
    const joined = next(SPAN_MINUTES);
    if (here) customers.push([id, `customer${id}@example.com`, name, pick(cities, id * 7), dateTime(joined)]);
    for (let count = next(ORDERS_EACH_MAX + 1); count > 0; count--) {
      orderId++;
      const ordered = joined + next(60 * 24 * 60);
      const status = pick(statuses, next(997));
      let cents = 0;
      for (let lines = 1 + next(ITEMS_EACH_MAX); lines > 0; lines--) {
        itemId++;
        const productId = 1 + next(PRODUCTS);
        const quantity = 1 + next(5);
        cents += quantity * priceCents(productId);
        if (here) items.push([itemId, orderId, id, productId, quantity, money(priceCents(productId))]);
      }
      if (here) orders.push([orderId, id, status, money(cents), dateTime(ordered)]);
    }
  }
  return [
    { name: 'customers', columns: ['customer_id', 'email', 'name', 'city', 'created_at'], rows: customers },
    { name: 'orders', columns: ['order_id', 'customer_id', 'status', 'total', 'ordered_at'], rows: orders },
    {
      name: 'order_items',
      columns: ['order_item_id', 'order_id', 'customer_id', 'product_id', 'quantity', 'price'],
      rows: items,
    },
  ];
}

/** The sample's rows for one shard. */
export function sampleTables(keyspace: string, shard: string): SampleTable[] {
  if (keyspace === 'commerce') return [products()];
  const range = parseKeyRange(shard);
  if (range === undefined) throw new RangeError(`${shard} is no shard of the sample`);
  return customerTables((id) => keyRangeContains(range, hashKeyspaceId(BigInt(id))));
}
