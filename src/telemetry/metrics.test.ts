import { afterEach, beforeEach, expect, test } from 'vitest';
import { Metrics } from './metrics.ts';
import { queryKind } from './query-kinds.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics(['primary', 'replica']);
});
afterEach(() => metrics.close());

const lines = async (start: string): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(start));

test('statements are counted by kind, tablet type and result', async () => {
  metrics.query(queryKind.select, 0, 900, false);
  metrics.query(queryKind.select, 0, 1_500, true);
  metrics.query(queryKind.commit, 1, 10, false);
  metrics.query(queryKind.other, metrics.noTablet, 10, false);
  expect(await lines('headgate_queries_total')).toEqual([
    'headgate_queries_total{kind="select",tablet_type="primary",result="ok"} 1',
    'headgate_queries_total{kind="select",tablet_type="primary",result="error"} 1',
    'headgate_queries_total{kind="commit",tablet_type="replica",result="ok"} 1',
    'headgate_queries_total{kind="commit",tablet_type="replica",result="error"} 0',
    'headgate_queries_total{kind="other",tablet_type="none",result="ok"} 1',
    'headgate_queries_total{kind="other",tablet_type="none",result="error"} 0',
  ]);
});

test('durations are a Prometheus histogram: cumulative, in seconds, with sum and count', async () => {
  metrics.query(queryKind.select, 0, 900, false);
  metrics.query(queryKind.select, 0, 1_500, false);
  metrics.query(queryKind.select, 0, 200_000_000, false);
  const text = await metrics.text();
  expect(text).toContain('# TYPE headgate_query_duration_seconds histogram');
  const labels = 'kind="select",tablet_type="primary"';
  const wanted = [
    `headgate_query_duration_seconds_bucket{${labels},le="0.0005"} 0`,
    `headgate_query_duration_seconds_bucket{${labels},le="0.001"} 1`,
    `headgate_query_duration_seconds_bucket{${labels},le="0.002"} 2`,
    `headgate_query_duration_seconds_bucket{${labels},le="100"} 2`,
    `headgate_query_duration_seconds_bucket{${labels},le="+Inf"} 3`,
    `headgate_query_duration_seconds_sum{${labels}} 200.0024`,
    `headgate_query_duration_seconds_count{${labels}} 3`,
  ];
  for (const line of wanted) expect(text.split('\n')).toContain(line);
});

test('error numbers beyond the limit are counted together', async () => {
  for (let errno = 1001; errno <= 1300; errno++) metrics.error(errno);
  metrics.error(1001);
  const shown = await lines('headgate_errors_total');
  expect(shown).toHaveLength(257);
  expect(shown).toContain('headgate_errors_total{errno="1001"} 2');
  expect(shown).toContain('headgate_errors_total{errno="other"} 44');
  expect(metrics.snapshot().errors.total).toBe(301);
});

test('bytes and connections', async () => {
  metrics.clientIn(1);
  metrics.clientOut(2);
  metrics.tabletIn(3);
  metrics.tabletOut(4);
  metrics.connectionOpened();
  metrics.connectionOpened();
  metrics.connectionClosed();
  metrics.connectionRefused('limit');
  const text = await metrics.text();
  for (const line of [
    'headgate_client_bytes_total{direction="in"} 1',
    'headgate_client_bytes_total{direction="out"} 2',
    'headgate_tablet_bytes_total{direction="in"} 3',
    'headgate_tablet_bytes_total{direction="out"} 4',
    'headgate_client_connections 1',
    'headgate_client_connections_opened_total 2',
    'headgate_client_connections_refused_total{reason="limit"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('collectors are asked at each scrape until they are removed; labels are escaped', async () => {
  const help = { headgate_pool_connections: 'Connections to a tablet.' };
  const first = metrics.onCollect((set) => set('headgate_pool_connections', { tablet: 'a"\n' }, 1), help);
  metrics.onCollect((set) => set('headgate_pool_connections', { tablet: 'b' }, 2), help);
  const text = await metrics.text();
  expect(text.match(/# TYPE headgate_pool_connections gauge/g)).toHaveLength(1);
  expect(text).toContain('headgate_pool_connections{tablet="a\\"\\n"} 1');
  first();
  expect(await lines('headgate_pool_connections')).toEqual(['headgate_pool_connections{tablet="b"} 2']);
});

test('the process is described too', async () => {
  const text = await metrics.text();
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^process_cpu_seconds_total [\d.e-]+$/m);
  expect(text).toMatch(/^headgate_event_loop_delay_seconds\{quantile="0.99"\} /m);
});

test('a snapshot for people', () => {
  expect(metrics.snapshot().latency).toBeUndefined();
  for (let index = 0; index < 10; index++) metrics.query(queryKind.insert, 0, 2_000, index === 0);
  metrics.error(1064);
  const snapshot = metrics.snapshot();
  expect(snapshot.queries).toMatchObject({ total: 10, failed: 1 });
  expect(snapshot.queries.byKind).toMatchObject([{ kind: 'insert', total: 10 }]);
  expect(snapshot.queries.perSecond).toBeGreaterThan(0);
  expect(snapshot.latency!.p50Us).toBeGreaterThan(1_700);
  expect(snapshot.latency!.p50Us).toBeLessThan(2_300);
  expect(snapshot.errors.byErrno).toEqual([{ errno: 1064, total: 1 }]);
});
