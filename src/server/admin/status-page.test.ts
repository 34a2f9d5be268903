import { afterAll, describe, expect, test } from 'vitest';
import { Metrics } from '../../telemetry/metrics.ts';
import type { RouterStatus, TabletStatus } from './status.ts';
import { statusPage } from './status-page.ts';

const metrics = new Metrics(['primary']);
afterAll(() => metrics.close());

const nowMs = 1_800_000_000_000;
const tablet = (given: Partial<TabletStatus>): TabletStatus => ({
  alias: 'zone1-1',
  cell: 'zone1',
  keyspace: 'commerce',
  shard: '0',
  type: 'primary',
  host: '127.0.0.1',
  port: 33_061,
  pool: { open: 2, busy: 1, max: 256, waiting: 0 },
  lastError: undefined,
  ...given,
});

const status = (topology: Partial<RouterStatus['topology']> = {}): RouterStatus => ({
  version: '0.1.0',
  serverVersion: '8.4.0',
  state: 'serving',
  pid: 1,
  startedAtMs: nowMs - 60_000,
  nowMs,
  cell: '',
  listeners: [{ protocol: 'MySQL', host: '0.0.0.0', port: 3306, tls: 'off' }],
  topology: {
    etcd: ['127.0.0.1:2379'],
    prefix: '/headgate',
    revision: 7,
    confirmedAtMs: nowMs - 500,
    keyspaces: [
      { name: 'commerce', sharded: false, shards: [{ name: '0', primaryAlias: 'zone1-1', term: 3 }] },
    ],
    tablets: [tablet({})],
    ...topology,
  },
  sessions: { open: 1, inTransaction: 0, pinned: 0, max: 10 },
  rssBytes: 1024,
  metrics: metrics.snapshot(),
});

const page = (given: RouterStatus, reasons: string[] = []): string =>
  statusPage(given, { ready: reasons.length === 0, reasons });

describe('the page', () => {
  test('says how to connect, with an address that one can connect to', () => {
    expect(page(status())).toContain('mysql -h 127.0.0.1 -P 3306 -u root commerce');
  });

  test('names what is wrong with a shard', () => {
    const shards = [{ name: '0', primaryAlias: null, term: 3 }];
    const keyspaces = [{ name: 'commerce', sharded: false, shards }];
    expect(page(status())).not.toContain('no primary');
    expect(page(status({ keyspaces }))).toContain('no primary');
    expect(page(status({ tablets: [] }))).toContain('has no tablets');
    expect(page(status({ tablets: [tablet({ alias: 'zone1-2', type: 'replica' })] }))).toContain(
      'zone1-1 unknown',
    );
    expect(page(status({ tablets: [tablet({ keyspace: 'gone' })] }))).toContain('no such shard');
  });

  test('tells silence of etcd from its answer', () => {
    expect(page(status())).toContain('by etcd');
    expect(page(status({ confirmedAtMs: nowMs - 60_000 }))).toContain('etcd is silent');
    expect(page(status({ confirmedAtMs: 0 }))).toContain('has not answered yet');
  });

  test('escapes whatever comes from outside', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const given = status({
      etcd: [evil],
      keyspaces: [{ name: evil, sharded: false, shards: [{ name: evil, primaryAlias: evil, term: 1 }] }],
      tablets: [
        tablet({
          keyspace: evil,
          shard: evil,
          host: evil,
          type: evil,
          lastError: { message: evil, atMs: nowMs },
        }),
        tablet({ keyspace: `${evil}2` }),
      ],
    });
    const text = page({ ...given, version: evil, cell: evil, serverVersion: evil }, [evil]);
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img');
  });
});
