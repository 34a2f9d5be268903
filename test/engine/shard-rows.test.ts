/** The row operators over connections to real servers: what is read while a client waits, and how connections end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientRowSink, type RowClient } from '../../src/engine/operators/client-row-sink.ts';
import { concatenate } from '../../src/engine/operators/concatenate.ts';
import type { ShardRows } from '../../src/engine/operators/inputs.ts';
import { limit } from '../../src/engine/operators/limit.ts';
import { mergeSort } from '../../src/engine/operators/merge-sort.ts';
import type { RowProducer, RowsError, RowsSummary } from '../../src/engine/row-stream.ts';
import { shardRows } from '../../src/engine/rows/shard-rows.ts';
import { BackendConnection } from '../../src/gateway/backend-connection.ts';
import { connectionNeed } from '../../src/gateway/connection-need.ts';
import { StatementBudget } from '../../src/gateway/statement-budget.ts';
import { capability, command } from '../../src/mysql/protocol.ts';
import { commandPacket, readTextRow } from '../../src/wire/packets.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';

const ROWS = 40_000;
const SHARDS = 3;
let server: Mysqld;
let connections: BackendConnection[];

const login = {
  user: 'root',
  password: '',
  tls: 'off',
  certificates: () => ({}),
  connectMsMax: 10_000,
} as const;

function connect(deprecateEof: boolean): Promise<BackendConnection> {
  const { host, port } = server.endpoint;
  const tablet = {
    alias: 'zone1-1',
    host,
    port,
    keyspace: 'rows',
    shard: '-',
    type: 'replica',
    cell: 'zone1',
  } as const;
  const need = connectionNeed({
    capabilities: deprecateEof ? capability.deprecateEof : 0,
    collationId: 255,
    database: 'rows',
    settings: [],
  });
  return BackendConnection.connect(tablet, login, need, new StatementBudget(10, 50), () => {});
}

beforeAll(async () => {
  server = await startMysqld({ databases: ['rows'] });
  await runStatements(
    server.endpoint,
    [
      'CREATE TABLE t (id INT PRIMARY KEY, pad VARCHAR(200))',
      `SET SESSION cte_max_recursion_depth = ${ROWS + 1}`,
      `INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
       SELECT i, REPEAT('x', 150) FROM n`,
    ],
    'rows',
  );
  // One without DEPRECATE_EOF among them.
  connections = await Promise.all(Array.from({ length: SHARDS }, (_, i) => connect(i !== 1)));
});

afterAll(async () => {
  for (const connection of connections) connection.close();
  await server.stop();
});

/** A client that may refuse to take more; what its packets hold is counted and kept as ids. */
class Client implements RowClient {
  ids: number[] = [];
  /** Takes so many writes, then is full until `open` is called. */
  takes = Number.POSITIVE_INFINITY;
  /** All is read when it is written. */
  readonly keepsBytes = false;
  sink!: ClientRowSink;
  readonly done: Promise<RowsSummary | RowsError>;
  #settle!: (result: RowsSummary | RowsError) => void;
  #packets = 0;

  constructor() {
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  start(rows: RowProducer): this {
    this.sink = new ClientRowSink(this, { sequence: 1, deprecateEof: true, status: () => 2 }).start(rows);
    return this;
  }

  open(): void {
    this.takes = Number.POSITIVE_INFINITY;
    this.sink.resume();
  }

  write(packets: Buffer): boolean {
    for (let at = 0; at < packets.length; ) {
      const end = at + 4 + packets.readUIntLE(at, 3);
      // The count and two definitions come first.
      if (this.#packets++ >= 3) this.ids.push(Number(readTextRow(packets.subarray(at + 4, end), 2)[0]));
      at = end;
    }
    return --this.takes > 0;
  }

  onRowsEnd(summary: RowsSummary): void {
    this.#settle(summary);
  }

  onRowsFailed(error: RowsError): void {
    this.#settle(error);
  }
}

type Ends = { ended: number; lost: number; cancelled: number };

function shards(
  ends: Ends,
  sql = (i: number) => `SELECT * FROM t WHERE id % ${SHARDS} = ${i} ORDER BY id`,
): ShardRows[] {
  return connections.map((connection, i) => ({
    name: `rows/${i}`,
    rows: shardRows(connection, commandPacket(command.query, Buffer.from(sql(i))), {
      onAnswerEnd: () => ends.ended++,
      onAnswerLost: () => ends.lost++,
      onCancelled: () => ends.cancelled++,
    }),
  }));
}

const keys = [{ column: 0 }];
const noEnds = (): Ends => ({ ended: 0, lost: 0, cancelled: 0 });
const all = Array.from({ length: ROWS }, (_, i) => i + 1);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('shards are merged and concatenated without losing a row', async () => {
  const ends = noEnds();
  const merged = new Client().start(mergeSort(shards(ends), 'text', keys));
  expect(await merged.done).toMatchObject({ warnings: 0 });
  expect(merged.ids).toEqual(all);
  const concatenated = new Client().start(concatenate(shards(ends)));
  await concatenated.done;
  expect(concatenated.ids.toSorted((a, b) => a - b)).toEqual(all);
  expect(ends).toEqual({ ended: 2 * SHARDS, lost: 0, cancelled: 0 });
});

test.each(['merged', 'concatenated'])('%s: a client that waits makes the servers wait', async (how) => {
  const client = new Client();
  client.takes = 3;
  const inputs = shards(noEnds());
  const before = connections.map((connection) => connection.bytesRead);
  client.start(how === 'merged' ? mergeSort(inputs, 'text', keys) : concatenate(inputs));
  const read = () => connections.map((connection, i) => connection.bytesRead - before[i]!);
  // Until nothing more comes: each has filled its queue, and a chunk or two.
  let last = -1;
  let same = 0;
  await until(() => {
    const sum = read().reduce((a, b) => a + b);
    same = sum === last && sum > 0 ? same + 1 : 0;
    last = sum;
    return same > 20;
  });
  for (const bytes of read()) expect(bytes).toBeLessThan(700_000);
  client.open();
  await client.done;
  expect(client.ids).toHaveLength(ROWS);
});

test('LIMIT stops the shards; their connections are clean for the next query', async () => {
  const ends = noEnds();
  const client = new Client().start(limit(mergeSort(shards(ends), 'text', keys), { offset: 5, count: 4 }));
  await client.done;
  expect(client.ids).toEqual([6, 7, 8, 9]);
  expect(ends.cancelled).toBe(SHARDS);
  await until(() => ends.ended === SHARDS);
  const again = new Client().start(mergeSort(shards(ends), 'text', keys));
  await again.done;
  expect(again.ids).toEqual(all);
});

test('one failing shard ends the result with its error and stops the others', async () => {
  const ends = noEnds();
  const sql = (i: number): string =>
    i === 1
      ? 'SELECT id, IF(id > 500, (SELECT 1 UNION SELECT 2), pad) AS pad FROM t ORDER BY id'
      : 'SELECT id, CONCAT(pad) AS pad FROM t ORDER BY id';
  const client = new Client().start(concatenate(shards(ends, sql).slice(1, 2)));
  expect(await client.done).toMatchObject({ errno: 1242, sqlState: '21000' });
  const both = new Client().start(
    mergeSort(
      shards(ends, (i) => (i === 0 ? 'SELECT * FROM nowhere' : sql(0))),
      'text',
      keys,
    ),
  );
  expect(await both.done).toMatchObject({ errno: 1146 });
  await until(() => ends.ended === 1 + SHARDS);
  expect(ends).toEqual({ ended: 1 + SHARDS, lost: 0, cancelled: SHARDS - 1 });
});

test('a lost connection fails the result', async () => {
  const ends = noEnds();
  const client = new Client();
  client.takes = 1;
  client.start(mergeSort(shards(ends), 'text', keys));
  await until(() => client.takes <= 0);
  connections[2]!.close();
  expect(await client.done).toMatchObject({ code: 'HG_TABLET_LOST' });
  await until(() => ends.ended === SHARDS - 1);
  expect(ends).toEqual({ ended: SHARDS - 1, lost: 1, cancelled: SHARDS - 1 });
});
