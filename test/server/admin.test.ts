import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminServer, startAdminServer } from '../../src/server/admin/admin-server.ts';
import type { Readiness, RouterStatus } from '../../src/server/admin/status.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { queryKind } from '../../src/telemetry/query-kinds.ts';

const metrics = new Metrics(['primary']);
let readiness: Readiness = { ready: true, reasons: [] };
let fails = false;
let server: AdminServer;

const status = (): RouterStatus => {
  if (fails) throw new Error('secret detail');
  return {
    version: '0.1.0',
    serverVersion: '8.4.0',
    state: 'serving',
    pid: process.pid,
    startedAtMs: Date.now() - 1000,
    nowMs: Date.now(),
    cell: '',
    listeners: [{ protocol: 'MySQL', host: '127.0.0.1', port: 3306, tls: 'off' }],
    topology: {
      etcd: ['127.0.0.1:2379'],
      prefix: '/headgate',
      revision: 1,
      confirmedAtMs: Date.now(),
      keyspaces: [],
      tablets: [],
    },
    sessions: { open: 0, inTransaction: 0, pinned: 0, max: 10 },
    rssBytes: process.memoryUsage.rss(),
    metrics: metrics.snapshot(),
  };
};
const providers = { readiness: () => readiness, metrics: () => metrics.text(), status };
const get = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, server.url), init);

beforeAll(async () => {
  server = await startAdminServer({ host: '127.0.0.1', port: 0, providers });
});
afterAll(async () => {
  await server.close();
  metrics.close();
});

test('health and readiness', async () => {
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
  readiness = { ready: false, reasons: ['the topology is not known yet'] };
  const answer = await get('/readyz');
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('the topology is not known yet');
  expect((await get('/healthz')).status).toBe(200);
  readiness = { ready: true, reasons: [] };
});

test('metrics in the text format of Prometheus', async () => {
  metrics.query(queryKind.select, 0, 100, false);
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain(
    'headgate_queries_total{kind="select",tablet_type="primary",result="ok"} 1',
  );
});

test('status as JSON', async () => {
  const answer = await get('/status.json');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await answer.json()).toMatchObject({ version: '0.1.0', readiness: { ready: true } });
});

test('the page is self-contained and its policy allows exactly its own style and script', async () => {
  const answer = await get('/?x=1');
  const page = await answer.text();
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  const policy = answer.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  for (const tag of ['style', 'script']) {
    const [, content] = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))!;
    expect(policy).toContain(`sha256-${createHash('sha256').update(content!).digest('base64')}`);
  }
});

test('unknown path, wrong method, HEAD, failing provider', async () => {
  expect((await get('/nothing')).status).toBe(404);
  const wrong = await get('/metrics', { method: 'POST', body: 'x' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  const head = await get('/', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  fails = true;
  const broken = await get('/status.json');
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain('secret detail');
  fails = false;
});

test('a busy port is a configuration error that names the key and the flag', async () => {
  await expect(startAdminServer({ host: '127.0.0.1', port: server.port, providers })).rejects.toMatchObject({
    code: 'HG_CONFIG',
    message: expect.stringMatching(/admin\.port: 127\.0\.0\.1:\d+ is already in use.*--admin-port/),
  });
  await expect(startAdminServer({ host: '192.0.2.1', port: 0, providers })).rejects.toMatchObject({
    code: 'HG_CONFIG',
    message: expect.stringContaining('--admin-host'),
  });
});

test('close ends idle connections and frees the port', async () => {
  const other = await startAdminServer({ host: '127.0.0.1', port: 0, providers });
  await (await fetch(other.url)).text();
  await other.close();
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(other.port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
});
