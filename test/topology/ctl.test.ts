import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identifyProcess } from '../../src/local/process-identity.ts';
import { leaseRouterNumber } from '../../src/topology/router-lease.ts';
import { type EtcdCluster, startEtcd } from '../support/etcd.ts';

const program = join(import.meta.dirname, '../../bin/headgate.mjs');

let etcd: EtcdCluster;
let folder: string;
let prefix: string;
let tests = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  folder = await mkdtemp(join(tmpdir(), 'headgate-ctl-'));
});
afterAll(async () => {
  await etcd.destroy();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  tests += 1;
  prefix = `/ctl/${tests}`;
});

type Ran = { code: number | null; out: string; err: string };

function run(args: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(process.execPath, [program, 'ctl', ...args], { stdio: 'pipe' });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    ran.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ran.err += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...ran, code })));
}

/** A command line on this test's cluster. */
const ctl = (line: string, input?: string): Promise<Ran> =>
  run([...line.split(' '), '--etcd', etcd.hosts[0]!, '--prefix', prefix], input);

async function json(line: string, input?: string): Promise<unknown> {
  const { code, out, err } = await ctl(`${line} --json`, input);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

async function refused(line: string, code: number, message: string | RegExp, input?: string): Promise<void> {
  const ran = await ctl(line, input);
  expect(ran).toEqual({ code, out: '', err: expect.stringMatching(message) });
  expect(ran.err).toMatch(/^headgate: /);
}

const ADD_TABLET = 'tablets add zone1-101 --keyspace customer --shard -80 --host 10.0.0.1 --port 3306';

async function setUp(): Promise<void> {
  await json('keyspaces add customer --sharded');
  await json('shards add customer -80');
  await json(ADD_TABLET);
}

test('a cluster is described, command by command, and each command may be repeated', async () => {
  const steps: [string, object][] = [
    ['keyspaces add customer --sharded', { keyspace: 'customer', sharded: true }],
    ['keyspaces add commerce', { keyspace: 'commerce', sharded: false }],
    ['shards add customer c0-', { keyspace: 'customer', shard: 'c0-' }],
    ['shards add customer -C0', { keyspace: 'customer', shard: '-c0' }],
    ['shards add commerce -', { keyspace: 'commerce', shard: '-' }],
    [ADD_TABLET.replace('-80', '-c0'), { tablet: 'zone1-101' }],
    ['vschema apply commerce -', { keyspace: 'commerce' }],
  ];
  for (const [line, names] of steps) {
    expect(await json(line, '{"tables": {}}')).toMatchObject({ outcome: 'created', ...names });
    expect(await json(line, '{"tables": {}}')).toMatchObject({ outcome: 'unchanged', ...names });
  }
  expect(await json('keyspaces')).toEqual([
    { name: 'commerce', sharded: false, shards: ['-'], vschema: true, scatterPolicy: null },
    { name: 'customer', sharded: true, shards: ['-c0', 'c0-'], vschema: false, scatterPolicy: null },
  ]);
  for (const [policy, outcome, scatterPolicy] of [
    ['deny', 'changed', 'deny'],
    ['deny', 'unchanged', 'deny'],
    ['default', 'changed', null],
  ])
    expect(await json(`keyspaces scatter customer ${policy}`)).toEqual({
      outcome,
      keyspace: 'customer',
      scatterPolicy,
    });
  expect(await json('shards list --keyspace customer')).toEqual([
    { keyspace: 'customer', shard: '-c0', primaryAlias: null, term: 0 },
    { keyspace: 'customer', shard: 'c0-', primaryAlias: null, term: 0 },
  ]);
  expect(await json('tablets')).toEqual([
    {
      alias: 'zone1-101',
      cell: 'zone1',
      keyspace: 'customer',
      shard: '-c0',
      type: 'replica',
      host: '10.0.0.1',
      port: 3306,
    },
  ]);
});

test('set-primary raises the term and shows old and new', async () => {
  await setUp();
  await json(ADD_TABLET.replace('101', '102'));
  const names = { keyspace: 'customer', shard: '-80' };
  expect(await json('set-primary customer/-80 zone1-101')).toEqual({
    outcome: 'changed',
    ...names,
    previousAlias: null,
    primaryAlias: 'zone1-101',
    term: 1,
  });
  expect(await json('set-primary customer/-80 zone1-101')).toMatchObject({ outcome: 'unchanged', term: 1 });
  expect((await ctl('set-primary customer/-80 zone1-102')).out).toBe(
    'shard customer/-80: primary zone1-101 → zone1-102 (term 2)\n',
  );
  expect(await json('set-primary customer/-80 zone1-102 --raise-term')).toMatchObject({
    outcome: 'changed',
    term: 3,
  });
  expect(await json('tablets --keyspace customer')).toMatchObject([
    { alias: 'zone1-101', type: 'replica' },
    { alias: 'zone1-102', type: 'primary' },
  ]);
  await refused('set-primary customer/-80 zone1-9', 1, 'there is no tablet `zone1-9`');
  await refused('set-primary customer zone1-101', 1, 'write KEYSPACE/SHARD');
  await refused('set-primary customer/80- zone1-101', 1, 'there is no shard `customer/80-`');
});

test('tables are aligned', async () => {
  expect((await ctl('tablets')).out).toMatch(/^no tablets; add one with/);
  await setUp();
  expect((await ctl('tablets')).out).toBe(
    [
      'ALIAS      KEYSPACE  SHARD  TYPE     ADDRESS        CELL',
      'zone1-101  customer  -80    replica  10.0.0.1:3306  zone1',
      '',
    ].join('\n'),
  );
});

test('what is in use is kept unless forced; what is absent needs no removal', async () => {
  await setUp();
  await json('set-primary customer/-80 zone1-101');
  await refused('tablets remove zone1-101', 1, 'is the primary of customer/-80');
  await refused('shards remove customer -80', 1, /still has 1 tablet \(zone1-101\)/);
  await refused('keyspaces remove customer', 1, 'still has 1 shard');
  expect(await json('tablets remove zone1-101 --force')).toEqual({ outcome: 'removed', tablet: 'zone1-101' });
  expect(await json('tablets remove zone1-101')).toEqual({ outcome: 'absent', tablet: 'zone1-101' });
  expect(await json('shards')).toMatchObject([{ primaryAlias: null, term: 2 }]);
  expect(await json('keyspaces remove customer --force')).toEqual({
    outcome: 'removed',
    keyspace: 'customer',
  });
  expect(await json('shards remove customer -80')).toMatchObject({ outcome: 'absent' });
});

test('what differs is refused unless forced', async () => {
  await setUp();
  const moved = `${ADD_TABLET}7`;
  await refused(moved, 1, 'exists and differs: it is replica of customer/-80 at 10.0.0.1:3306');
  expect(await json(`${moved} --force`)).toMatchObject({ outcome: 'changed' });
  await refused('keyspaces add customer', 1, 'exists and is sharded');
});

const T =
  '{"sharded": true, "vindexes": {"hash": {"type": "hash"}}, "tables": {"t": {"column_vindexes": [{"column": "id", "name": "hash"}]}}}';

describe('vschema', () => {
  test('apply and get, only over what was read where that is wanted', async () => {
    await setUp();
    await refused('vschema get customer', 1, 'has no VSchema');
    const file = join(folder, 'customer.json');
    await writeFile(file, T);
    const vschema = JSON.parse(T) as object;
    expect(await json(`vschema apply customer ${file} --revision 0`)).toEqual({
      outcome: 'created',
      keyspace: 'customer',
      changes: Object.entries(vschema).map(([path, after]) => ({ path, after })),
      warnings: [],
    });
    const got = (await json('vschema get customer')) as { revision: number };
    expect(got).toEqual({ keyspace: 'customer', revision: expect.any(Number), vschema });
    expect(JSON.parse((await ctl('vschema get customer')).out)).toEqual(vschema);
    const next = '{"sharded": true}';
    await refused('vschema apply customer - --revision 0', 1, 'was changed by somebody else', next);
    expect(await json(`vschema apply customer - --revision ${got.revision}`, next)).toMatchObject({
      outcome: 'changed',
    });
    await refused('vschema apply customer -', 1, 'says sharded: false', '{}');
    await refused('vschema apply nothing -', 1, 'there is no keyspace `nothing`; known are customer', '{}');
  });

  test('a dry run shows the changes and makes none', async () => {
    await setUp();
    await json('vschema apply customer -', T);
    const next = T.replace('"id"', '"user_id"').replace('"tables": {', '"tables": {"p": {"pinned": "00"}, ');
    const { out } = await ctl('vschema apply customer - --dry-run', next);
    expect(out.split('\n')).toEqual([
      'VSchema of keyspace customer: would be changed',
      '~ tables.t.column_vindexes[0].column: "id" → "user_id"',
      '+ tables.p: {"pinned":"00"}',
      '',
    ]);
    expect(await json('vschema apply customer - --dry-run', next)).toMatchObject({
      outcome: 'changed',
      dryRun: true,
      changes: [
        { path: 'tables.t.column_vindexes[0].column', before: 'id', after: 'user_id' },
        { path: 'tables.p' },
      ],
    });
    expect(await json('vschema get customer')).toMatchObject({ vschema: JSON.parse(T) });
    expect(await json('vschema apply customer - --dry-run', T)).toMatchObject({ outcome: 'unchanged' });
  });

  test('a broken file is refused with its line and column, a strange one with its paths', async () => {
    await setUp();
    await refused('vschema apply customer -', 1, 'standard input:2:3: expected a value', '{"a":\n  ,}');
    const broken = await run(['vschema', 'validate', '-', '--json'], '{"a":\n  ,}');
    expect(broken).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(broken.out)).toEqual({
      valid: false,
      problems: [{ path: '', severity: 'error', line: 2, column: 3, message: 'expected a value, found ","' }],
    });
    const strange = '{"tables": {"t": {"pined": "00"}}}';
    const warned = await run(['vschema', 'validate', '-'], strange);
    expect(warned).toEqual({
      code: 0,
      out: 'standard input: warning: tables.t.pined is not known here; did you mean pinned?\nstandard input: valid\n',
      err: '',
    });
    const strict = await run(['vschema', 'validate', '-', '--json', '--strict'], strange);
    expect(strict).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(strict.out)).toEqual({
      valid: false,
      problems: [
        {
          path: 'tables.t.pined',
          severity: 'warning',
          message: 'is not known here; did you mean pinned?',
        },
      ],
    });
    expect(await run(['vschema', 'validate', '-', '--json'], '{}')).toEqual({
      code: 0,
      out: '{"valid":true,"problems":[]}\n',
      err: '',
    });
  });

  test('warnings are told, and refused where that is wanted', async () => {
    await setUp();
    const strange = T.replace('"hash"}}', '"hash", "params": {"x": "1"}}}');
    await refused(
      'vschema apply customer - --strict',
      1,
      'vindexes.hash.params.x is no parameter of hash',
      strange,
    );
    const { code, out, err } = await ctl('vschema apply customer -', strange);
    expect([code, out.split('\n')[0]]).toEqual([0, 'VSchema of keyspace customer: created']);
    expect(err).toMatch(/^headgate: standard input: warning: vindexes\.hash\.params\.x is no parameter/);
  });

  test('what breaks another keyspace or a rule is refused', async () => {
    await setUp();
    await json('keyspaces add commerce');
    const counted = T.replace('}]}', '}], "auto_increment": {"column": "id", "sequence": "commerce.seq"}}');
    const missing = 'there is no table "seq" in keyspace commerce';
    await refused('vschema apply customer -', 1, `auto_increment.sequence ${missing}`, counted);
    const sequence = '{"tables": {"seq": {"type": "sequence"}}}';
    await json('vschema apply commerce -', sequence);
    await json('vschema apply customer -', counted);
    await json('routing-rules apply -', '{"rules": [{"from_table": "t2", "to_tables": ["customer.t"]}]}');
    await refused(
      'vschema apply commerce -',
      1,
      /^headgate: this breaks keyspace customer: tables\.t\.auto_increment\.sequence there is no table "seq"/,
      '{}',
    );
    await refused(
      'vschema apply customer -',
      1,
      /this breaks the routing rules: rules\[0\]\.to_tables\[0\]/,
      '{"sharded": true}',
    );
    const checked = await ctl('vschema validate - --keyspace commerce', '{}');
    expect(checked.out).toMatch(/this breaks keyspace customer: tables\.t\.auto_increment\.sequence/);
    expect(checked.code).toBe(1);
    expect(await json('vschema apply commerce - --force', '{}')).toMatchObject({ outcome: 'changed' });
    const stored = await ctl('vschema validate customer');
    expect(stored).toMatchObject({ code: 1, out: expect.stringContaining(missing) });
  });

  test('the sample is valid, by itself and in its cluster', async () => {
    await json('keyspaces add customer --sharded');
    await json('keyspaces add commerce');
    for (const name of ['commerce', 'customer']) {
      const file = join(import.meta.dirname, `../../vschema/${name}.json`);
      expect((await run(['vschema', 'validate', file])).out).toBe(`${file}: valid\n`);
      expect(await json(`vschema apply ${name} ${file}`)).toMatchObject({ outcome: 'created', warnings: [] });
      expect((await ctl(`vschema validate ${name}`)).out).toBe(`keyspace ${name}: valid\n`);
    }
  });
});

test('routing rules are checked against the VSchemas, stored, shown', async () => {
  await setUp();
  await json('vschema apply customer -', T);
  expect(await json('routing-rules get')).toEqual({ revision: 0, routingRules: { rules: [] } });
  const rules = '{"rules": [{"from_table": "people", "to_tables": ["customer.t"]}]}';
  const wrong = rules.replace('customer.t', 'customer.tt');
  const message = 'rules[0].to_tables[0] there is no table "tt" in the VSchema of customer; did you mean t?';
  await refused('routing-rules apply -', 1, message.replaceAll(/[[\]?]/g, '.'), wrong);
  expect(await ctl('routing-rules validate -', wrong)).toEqual({
    code: 1,
    out: `standard input: ${message}\n`,
    err: '',
  });
  expect((await ctl('routing-rules apply - --dry-run', rules)).out).toBe(
    'routing rules: would be created\n+ rules: [{"from_table":"people","to_tables":["customer.t"]}]\n',
  );
  expect(await json('routing-rules apply - --revision 0', rules)).toMatchObject({ outcome: 'created' });
  expect(await json('routing-rules apply -', rules)).toMatchObject({ outcome: 'unchanged', changes: [] });
  const got = (await json('routing-rules get')) as { revision: number };
  expect(got).toEqual({ revision: expect.any(Number), routingRules: JSON.parse(rules) });
  await refused('routing-rules apply - --revision 0', 1, 'was changed by|were changed by', '{}');
  expect((await ctl('routing-rules validate')).out).toBe('routing rules: valid\n');
});

test('live routers are listed', async () => {
  const router = {
    host: '127.0.0.1',
    port: 3306,
    adminUrl: 'http://127.0.0.1:15000',
    pid: 7,
    startedAt: '2026-01-01T00:00:00Z',
  };
  const lease = leaseRouterNumber({ hosts: etcd.hosts, prefix, router });
  const numbers = async (): Promise<unknown[]> => (await json('routers')) as unknown[];
  while ((await numbers()).length === 0);
  expect(await numbers()).toEqual([{ number: lease.number, ...router }]);
  expect((await ctl('routers')).out).toContain('127.0.0.1:3306');
  await lease.close();
  expect(await numbers()).toEqual([]);
});

test('the cluster of `headgate local` is found by its data directory', async () => {
  await setUp();
  const [host, port] = etcd.hosts[0]!.split(':');
  const state = { etcd: { host, port: Number(port), process: identifyProcess(process.pid) } };
  await writeFile(join(folder, 'state.json'), JSON.stringify(state));
  const { out } = await run(['keyspaces', '--json', '--data', folder, '--prefix', prefix]);
  expect(JSON.parse(out)).toMatchObject([{ name: 'customer' }]);
  const elsewhere = await run(['keyspaces', '--data', join(folder, 'nothing')]);
  expect(elsewhere).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('no local cluster runs in'),
  });
});

describe('wrong usage ends with code 2', () => {
  test.each([
    ['keyspaces ad customer', 'did you mean add?'],
    ['shards add customer -80 --forse', "unknown option '--forse'"],
    ['shards remove customer -80 --forse', 'did you mean --force?'],
    ['shards add customer -80 80-', 'one shard at a time'],
    ['tablets add zone1-1', "required option '--keyspace <name>'"],
    [`${ADD_TABLET} --port 0`, 'a whole number from 1 to 65535'],
    ['keyspaces --data x', 'cannot be used with option'],
    ['bogus', "unknown command 'bogus'"],
  ])('%s', async (line, message) => {
    await refused(line, 2, message);
  });

  test('an address that is none', async () => {
    const { code, err } = await run(['keyspaces', '--etcd', 'somewhere']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('write HOST:PORT') });
  });
});

test('without etcd the failure is told within the time given', async () => {
  const { code, err } = await run(['keyspaces', '--etcd', '127.0.0.1:1', '--timeout-ms', '300']);
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringMatching(/^headgate: etcd at 127\.0\.0\.1:1 did not answer within 300 ms/),
  });
});
