/** The load generator itself: every workload against a real server, to its end, with every answer right. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection, type Endpoint } from '../../benchmarks/support/connection.ts';
import { LoadGenerator } from '../../benchmarks/support/load.ts';
import { sampleTableStatements } from '../../benchmarks/support/sample-table.ts';
import { transactionStatements, type WorkloadName } from '../../benchmarks/support/workloads.ts';
import { connectAsRoot, type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-load-'));
let mysqld: RunningMysqld;
let load: LoadGenerator;
let endpoint: Endpoint;

async function onServer(statements: readonly string[]): Promise<void> {
  const connection = await connectAsRoot(mysqld.port);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

beforeAll(async () => {
  mysqld = await startMysqld({ dataDir: join(folder, 'data') });
  await onServer(['CREATE DATABASE sbtest', 'USE sbtest', ...sampleTableStatements]);
  endpoint = { host: mysqld.host, port: mysqld.port, user: 'root', database: 'sbtest' };
  load = new LoadGenerator(2);
});

afterAll(async () => {
  load?.stop();
  await mysqld?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('load generator', () => {
  const resultRows = 150_000;
  const cases: [WorkloadName, number, number, number][] = [
    ['point-text', 20, 4000, 1],
    ['point-prepared', 20, 4000, 1],
    ['read-write', 16, 60, transactionStatements],
    ['large-result', 2, 4, 1],
    ['sharded-point-text', 20, 1000, 1],
    ['sharded-point-prepared', 20, 1000, 1],
    ['sharded-aggregate', 2, 4, 1],
    ['sharded-page', 4, 100, 1],
    ['sharded-range', 4, 100, 1],
    ['sharded-insert-100', 4, 20, 1],
    ['sharded-insert-1000', 2, 4, 1],
    ['sharded-plan', 4, 100, 1],
    ['sharded-result', 2, 4, 1],
  ];

  test.each(cases)('%s', async (workload, connections, operationsMax, statementsEach) => {
    const job = { endpoint, workload, connections, operationsMax, resultRows, secondsMax: 100, seed: 5 };
    const result = await load.run(job);
    expect(result.operations).toBe(operationsMax);
    if (result.retries === 0) expect(result.statements).toBe(operationsMax * statementsEach);
    expect(result.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(operationsMax);
    expect(result.bytes).toBeGreaterThan(operationsMax * 10);
  });

  test('a wrong answer ends the run', async () => {
    await onServer(["UPDATE sbtest.sbtest1 SET c = CONCAT('9', SUBSTRING(c, 2))"]);
    const job = { endpoint, workload: 'point-text', connections: 2, secondsMax: 100, seed: 5 } as const;
    await expect(load.run(job)).rejects.toThrow(/wrong answer: 1 rows/);
    await onServer(["UPDATE sbtest.sbtest1 SET c = CONCAT('0', SUBSTRING(c, 2))"]);
    await expect(load.run({ ...job, operationsMax: 100 })).resolves.toMatchObject({ operations: 100 });
  });

  test('an error from the server ends the run', async () => {
    await expect(Connection.open({ ...endpoint, database: 'nowhere' })).rejects.toThrow(/1049/);
    await onServer(['RENAME TABLE sbtest.sbtest1 TO sbtest.elsewhere']);
    const job = { endpoint, workload: 'point-text', connections: 1, secondsMax: 100, seed: 5 } as const;
    await expect(load.run(job)).rejects.toThrow(/error 1146/);
    await onServer(['RENAME TABLE sbtest.elsewhere TO sbtest.sbtest1']);
  });
});
