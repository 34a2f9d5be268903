/**
 * Servers for whole queries: a shop in two and in four shards, towns in an unsharded keyspace, TPC-H in two shardings; and one
 * MySQL with the same rows. All behind one router, on as many mysqlds as the widest keyspace has shards.
 */
import { type KeyspaceSetup, type KeyspaceStage, setKeyspaces } from '../../test/support/keyspace-stage.ts';
import { tpchKeyspaces } from '../../test/tpch/stage.ts';
import { randomSource } from './workloads.ts';

/** Sales have so many rows, buyers half of them. */
export const salesRows = 100_000;
export const towns = 200;
/** Visits, each with a page of 2,000 bytes: 1 GB when joined. */
export const visitRows = 500_000;
export const pageRows = 10_000;
/** How often a page can be repeated. */
export const copiesMax = 50;

const shopTables = [
  `CREATE TABLE sale (id INT NOT NULL PRIMARY KEY, buyer INT NOT NULL, town INT NOT NULL, few INT NOT NULL, many INT NOT NULL,
    amount DECIMAL(10,2) NOT NULL, KEY (few), KEY (many), KEY (amount, id))`,
  'CREATE TABLE buyer (id INT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, town INT NOT NULL)',
];

const wideTables = [
  'CREATE TABLE visit (id INT NOT NULL PRIMARY KEY, page INT NOT NULL)',
  'CREATE TABLE page (id INT NOT NULL PRIMARY KEY, body VARCHAR(2000) NOT NULL) DEFAULT CHARSET=latin1',
  'CREATE TABLE copies (id INT NOT NULL PRIMARY KEY)',
  `INSERT INTO copies VALUES ${Array.from({ length: copiesMax }, (_, at) => `(${at + 1})`).join(', ')}`,
];

const by = (column: string) => ({ column_vindexes: [{ column, name: 'hash' }] });
const vindexes = { hash: { type: 'hash' } };

function* inserts(table: string, count: number, each: number, row: (id: number) => string): Iterable<string> {
  for (let from = 1; from <= count; from += each) {
    const rows = Array.from({ length: Math.min(each, count - from + 1) }, (_, at) => row(from + at));
    yield `INSERT INTO ${table} VALUES ${rows.join(', ')}`;
  }
}

function* shopRows(): Iterable<string> {
  const random = randomSource(9);
  const buyers = salesRows / 2;
  yield* inserts('buyer', buyers, 2000, (id) => `(${id}, 'buyer number ${id}', ${random(towns) + 1})`);
  yield* inserts('sale', salesRows, 2000, (id) => {
    // `few` chooses 100 rows, `many` 10,000.
    const amount = `${random(10_000)}.${random(90) + 10}`;
    return `(${id}, ${random(buyers) + 1}, ${random(towns) + 1}, ${id % 1000}, ${id % 10}, ${amount})`;
  });
}

/** Rows of 2,000 bytes are made by the servers: the router need not carry them. */
function* wideRows(visits: number): Iterable<string> {
  yield* inserts(
    'page',
    pageRows,
    5000,
    (id) => `(${id}, REPEAT('${String.fromCharCode(97 + (id % 26))}', 2000))`,
  );
  yield* inserts('visit', visits, 20_000, (id) => `(${id}, ${((id * 7919) % pageRows) + 1})`);
}

const shop = (shards: number): KeyspaceSetup => ({
  name: `shop${shards}`,
  shards,
  vschema: { vindexes, tables: { sale: by('id'), buyer: by('id') } },
  everywhere: shopTables,
  rows: shopRows,
});

const places: KeyspaceSetup = {
  name: 'places',
  shards: 0,
  everywhere: [
    'CREATE TABLE town (id INT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL)',
    ...inserts('town', towns, towns, (id) => `(${id}, 'town ${id}')`),
  ],
};

/** Pages of 2,000 bytes, and so many visits to them. */
export const wideKeyspace = (visits: number): KeyspaceSetup => ({
  name: 'wide',
  shards: 2,
  vschema: { vindexes, tables: { visit: by('id'), page: by('id'), copies: { type: 'reference' } } },
  everywhere: wideTables,
  rows: () => wideRows(visits),
});

export type ArenaPart = 'shop' | 'tpch' | 'wide';

/** Starts what the parts need. `scale`: of TPC-H. */
export function openQueryArena(parts: ReadonlySet<ArenaPart>, scale: number): Promise<KeyspaceStage> {
  return setKeyspaces(
    [
      ...(parts.has('shop') ? [shop(2), shop(4), places] : []),
      ...(parts.has('tpch') ? tpchKeyspaces(2, scale) : []),
      ...(parts.has('wide') ? [wideKeyspace(visitRows)] : []),
    ],
    { mysqldArgs: ['--innodb-buffer-pool-size=256M'], freshRouter: true },
  );
}
