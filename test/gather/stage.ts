/** What gathered queries are tested on: tables of two shards and unsharded ones, and a plain mysqld with both as databases. */
import { runStatements } from '../support/mysqld.ts';
import { startTwoShards, TwoShardsStage } from '../support/two-shards-stage.ts';

const sharded = [
  `CREATE TABLE customer (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, region INT, since DATE, KEY (region))`,
  `CREATE TABLE sale (id BIGINT NOT NULL PRIMARY KEY, customer BIGINT NOT NULL, amount DECIMAL(10,2), n INT, note VARCHAR(30), made TIMESTAMP NULL, KEY (customer))`,
];
const unsharded = [
  `CREATE TABLE region (id INT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, tax DECIMAL(4,2))`,
  `CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, v INT)`,
];

const customers = Array.from({ length: 12 }, (_, at) => ({ id: at + 1, name: `c${at + 1}`, region: at % 4 }));
const sales = Array.from({ length: 30 }, (_, at) => ({ id: at + 1, customer: (at * 7) % 13, n: at % 5 }));

const customerRow = ({ id, name, region }: (typeof customers)[number]): string =>
  `(${id}, '${name}', ${region === 3 ? 'NULL' : region}, '2020-01-${String(id).padStart(2, '0')}')`;
const saleRow = ({ id, customer, n }: (typeof sales)[number]): string =>
  `(${id}, ${customer}, ${id}.25, ${n === 4 ? 'NULL' : n}, 'note ${id}', '2021-06-01 12:00:${String(id).padStart(2, '0')}')`;

/** Rows of a parity, of both tables; undefined: all. */
const rowsOf = (parity: 0 | 1 | undefined): string[] => {
  const fits = ({ id }: { id: number }) => parity === undefined || id % 2 === parity;
  return [
    `INSERT INTO customer VALUES ${customers.filter(fits).map(customerRow).join(', ')}`,
    `INSERT INTO sale VALUES ${sales.filter(fits).map(saleRow).join(', ')}`,
  ];
};

const unshardedRows = [
  `INSERT INTO region VALUES (0, 'north', 1.50), (1, 'south', 2.00), (2, 'east', NULL), (9, 'nowhere', 0.00)`,
  `INSERT INTO plain VALUES (1, 10), (2, 20), (3, 30), (4, NULL)`,
];

const vschemas = {
  main: { sharded: false, tables: { region: {}, plain: {} } },
  user: {
    sharded: true,
    vindexes: { bits: { type: 'reverse_bits' } },
    tables: {
      customer: { column_vindexes: [{ column: 'id', name: 'bits' }] },
      sale: { column_vindexes: [{ column: 'id', name: 'bits' }] },
    },
  },
};

export class GatherStage extends TwoShardsStage {
  static async set(): Promise<GatherStage> {
    const stage = new GatherStage(await startTwoShards({ databases: ['user', 'main'] }));
    for (const parity of [0, 1] as const)
      await runStatements(stage.tablets[parity], [...sharded, ...rowsOf(parity)], 'user');
    await runStatements(stage.tablets[0], [...unsharded, ...unshardedRows], 'main');
    await runStatements(stage.reference, [...sharded, ...rowsOf(undefined)], 'user');
    await runStatements(stage.reference, [...unsharded, ...unshardedRows], 'main');
    await stage.putVschemas(vschemas);
    return stage;
  }
}
