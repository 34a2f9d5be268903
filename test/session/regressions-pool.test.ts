/** The pool of one tablet by itself, where a whole router would hide what is asked: a short outage, and a slow receiver. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textValues } from '../../src/gateway/answer-collector.ts';
import type {
  AnswerReceiver,
  BackendConnection,
  ConnectionOwner,
} from '../../src/gateway/backend-connection.ts';
import { connectionNeed } from '../../src/gateway/connection-need.ts';
import { TabletPool } from '../../src/gateway/tablet-pool.ts';
import { command } from '../../src/mysql/protocol.ts';
import { commandPacket } from '../../src/wire/packets.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';

const OUTAGE_MS = 300;

let mysqld: Mysqld;
beforeAll(async () => {
  mysqld = await startMysqld({ databases: ['main'] });
});
afterAll(() => mysqld?.stop());

const need = connectionNeed({ capabilities: 0, collationId: 255, database: 'main', settings: [] });
const owner = (): ConnectionOwner => ({ closed: false, onStateCaptured() {}, onHeldLost() {} });
const never = new AbortController().signal;

function poolAt(port: number, connectionsMax: number): TabletPool {
  const place = { alias: 'local-1', cell: 'local', keyspace: 'main', shard: '0', type: 'replica' } as const;
  return new TabletPool(
    { ...place, host: '127.0.0.1', port },
    { user: 'root', password: '', tls: 'off', certificates: () => ({}), connectMsMax: 5000 },
    {
      connectionsMax,
      scratchConnectionsMax: 1,
      waitMsMax: 30_000,
      waitersMax: 1000,
      idleMsMax: 60_000,
      statementsMax: 10,
      statementsPercentMax: 50,
    },
    () => {},
  );
}

test('recovers after a short outage in which many waited', async () => {
  let proxy = await CuttingProxy.start(mysqld.endpoint.port);
  const { port } = proxy;
  const pool = poolAt(port, 2);
  const done = { before: 0, after: 0 };
  let phase: 'before' | 'outage' | 'after' = 'before';
  let failures = 0;
  const worker = async (): Promise<void> => {
    const self = owner();
    // Each has to come through once before and once after.
    for (let mine = { before: 0, after: 0 }; mine.after === 0; ) {
      const asked = phase;
      try {
        const connection = await pool.take(need, self, undefined, never);
        const failed = await connection.query('SELECT 1').then(
          () => false,
          () => true,
        );
        pool.release(connection);
        if (failed || asked === 'outage') continue;
        mine = { ...mine, [asked]: mine[asked] + 1 };
        if (mine[asked] === 1) done[asked] += 1;
      } catch {
        failures += 1;
        await sleep(10);
      }
    }
  };
  const workers = Array.from({ length: 20 }, worker);
  while (done.before < workers.length) await sleep(5);
  phase = 'outage';
  await proxy.stop();
  await sleep(OUTAGE_MS);
  proxy = await CuttingProxy.start(mysqld.endpoint.port, undefined, port);
  phase = 'after';
  await Promise.all(workers);
  expect(done.after).toBe(workers.length);
  expect(failures).toBeGreaterThan(0);
  expect(pool.counts()).toMatchObject({ leased: 0, waiting: 0 });
  pool.retire();
  await proxy.stop();
});

test('a session whose triggers have run keeps few connections, however often its settings change', async () => {
  const pool = poolAt(mysqld.endpoint.port, 30);
  const [self, other] = [owner(), owner()];
  const used: BackendConnection[] = [];
  for (let seconds = 1000; seconds < 1020; seconds += 1) {
    const settings = [`@@session.lock_wait_timeout=${seconds}`];
    for (const each of [self, other]) {
      const own = connectionNeed({ capabilities: 0, collationId: 255, database: 'main', settings });
      const connection = await pool.take(own, each, undefined, never);
      const told = await connection.query('SELECT @@lock_wait_timeout');
      expect(textValues(told, 0)).toEqual([String(seconds)]);
      // As a statement does that may have fired triggers.
      connection.suspect = true;
      connection.triggered = true;
      pool.release(connection);
      used.push(connection);
    }
  }
  expect(pool.counts()).toMatchObject({ open: 8, leased: 0 });
  // What was used last is there as it was.
  const { need: last } = used.at(-2)!;
  const again = pool.tryTake(last!, self);
  expect(again).toBe(used.at(-2));
  pool.release(again!);
  pool.retire();
});

test('a connection paused by its receiver at the end of an answer is not lent paused', async () => {
  const pool = poolAt(mysqld.endpoint.port, 1);
  const slow = await pool.take(need, owner(), undefined, never);
  await new Promise<void>((resolve, reject) => {
    let ended = false;
    const receiver: AnswerReceiver = {
      onResponseBytes() {
        slow.pause();
        setImmediate(() => {
          if (!ended) slow.resume();
        });
      },
      onResponseEnd() {
        ended = true;
        resolve();
      },
      onResponseLost: (_answer, error) => reject(error),
    };
    const sql = Buffer.from("SELECT REPEAT('x', 300000)");
    const rest = { clientSequence: 1, addStatus: 0, clientCapabilities: 0, statementId: 0 };
    slow.send(commandPacket(command.query, sql), { kind: 'result', ...rest }, receiver);
  });
  pool.release(slow);
  const next: BackendConnection = await pool.take(need, owner(), undefined, never);
  expect(next).toBe(slow);
  expect(textValues(await next.query('SELECT 5'), 0)).toEqual(['5']);
  pool.release(next);
  pool.retire();
});
