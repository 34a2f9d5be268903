/** `headgate explain`: plans from files alone. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const bin = join(import.meta.dirname, '../../bin/headgate.mjs');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-explain-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const byId = { column_vindexes: [{ column: 'id', name: 'bits' }] };
  const user = {
    sharded: true,
    vindexes: { bits: { type: 'reverse_bits' } },
    tables: { account: byId, visit: byId },
  };
  write('user.json', JSON.stringify(user));
  write('cluster.json', JSON.stringify({ keyspaces: { user, main: { tables: { note: {} } } } }));
  write('broken.json', '{"sharded": true,\n "tables": }');
  write(
    'user.sql',
    'CREATE TABLE account (id BIGINT PRIMARY KEY, name VARCHAR(20));\nCREATE TABLE visit (id BIGINT, at DATETIME(3));',
  );
  write('main.sql', 'CREATE TABLE note (id INT PRIMARY KEY, body TEXT);');
  write('odd.sql', 'CREATE TABLE account (id BIGINT);\n\nCREATE TABLE visit (id BIGINT,, at DATE);');
  write('queries.sql', 'SELECT name FROM account WHERE id = 1;\nSELECT name FROM account WHERE name = 2;\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const explain = (...args: string[]) =>
  spawnSync(process.execPath, [bin, 'explain', ...args], { cwd: folder, encoding: 'utf8' });

const files = ['--vschema', 'user.json', '--schema', 'user.sql'];

test('a statement for one shard, as a tree', () => {
  const { stdout, stderr, status } = explain(
    ...files,
    '--shards',
    'user=-40,40-80,80-',
    'SELECT name FROM account WHERE id = 2',
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(`Route: keyspace user; shards 40-80
  rows: tables account; where id = 2 by bits; shards 40-80; vindex id by bits; exact true
    because: equal values of id (bigint) are written in one way
  sql: SELECT name FROM account WHERE id = 2
`);
  expect(status).toBe(0);
});

test('a statement over all shards as JSON, with what makes it go there', () => {
  const { stdout } = explain(
    ...files,
    '--shards',
    'user=4',
    '--format',
    'json',
    'SELECT MAX(name) FROM account',
  );
  const { plan, scatters } = JSON.parse(stdout);
  expect(plan.operator).toBe('Project');
  expect(scatters).toEqual(['goes to all 4 shards of user: account without a condition on id by bits']);
});

test('several keyspaces of one file, and a table of the unsharded one', () => {
  const { stdout } = explain(
    '--vschema',
    'cluster.json',
    '--schema',
    'user.sql',
    '--schema',
    'main=main.sql',
    '--keyspace',
    'main',
    'SELECT body FROM note; SELECT at FROM user.visit WHERE id = 3',
  );
  expect(stdout).toContain('-- line 1: SELECT body FROM note\nRoute: keyspace main; shards 0\n');
  expect(stdout).toContain('where id = 3 by bits');
});

test('a folder, and statements of a file that are checked', () => {
  const args = ['--vschema', 'user=user.json', '--schema', 'user=user.sql', '--file', 'queries.sql'];
  const found = explain(...args, '--check', 'scatter');
  expect(found.stdout).toContain('-- line 2: SELECT name FROM account WHERE name = 2\n');
  expect(found.stdout).toContain('scatter: goes to all 2 shards of user');
  expect(found.status).toBe(1);
  expect(explain(...args, '--check', 'refused').status).toBe(0);
});

test.each([
  [['--vschema', 'broken.json', 'SELECT 1'], /^headgate: broken\.json:2:12: /],
  [['--vschema', 'gone.json', 'SELECT 1'], /^headgate: cannot read gone\.json: /],
  [[...files, '--schema', 'odd.sql', 'SELECT 1'], /odd\.sql:3: not understood/],
  [[...files, '--keyspace', 'users', 'SELECT 1'], /there is no keyspace users; did you mean user\?/],
  [[...files, '--shards', 'user=-80', 'SELECT 1'], /--shards user: no shard has the keyspace ids from 80 on/],
  [[...files, '--shards', 'user=x', 'SELECT 1'], /shard name `x` is not valid/],
  [[...files], /give a statement/],
])('%s is refused', (args, message) => {
  const { stderr, status } = explain(...args);
  expect(stderr).toMatch(message);
  expect(status).toBe(1);
});

test('a misspelt table, and a syntax error, are what is shown', () => {
  const { stdout, status } = explain(...files, 'SELECT 1 FROM acount; SELECT 1 FROM WHERE; SELECT 1');
  expect(stdout).toMatch(/Refused: error ER_NO_SUCH_TABLE; errno 1146\n.*did you mean account\?/);
  expect(stdout).toMatch(/Refused: error HG_PARSER_GAP/);
  expect(stdout).toContain('note: it reads no table: any shard will do');
  expect(explain('--vschema', 'user.json', 'SELECT 1 FROM account').stdout).toContain('with --schema');
  expect(status).toBe(0);
});
