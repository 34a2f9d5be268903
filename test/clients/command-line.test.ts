/** MySQL's own programs at work: `mysql`, `mysqldump` and sysbench do to Headgate what they do to mysqld. */
import { globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findServers, type Servers } from '../../src/local/servers.ts';
import type { Endpoint } from '../support/raw-client.ts';
import { runClient } from '../support/run-client.ts';
import { type Pair, startPair } from '../support/system.ts';
import { shopSql } from './shop-sql.ts';

const database = 'clients';
let pair: Pair;
let servers: Servers;

beforeAll(async () => {
  servers = await findServers();
  pair = await startPair(database);
});
afterAll(() => pair?.stop());

const account = ({ host, port, user }: Endpoint) => [`--host=${host}`, `--port=${port}`, `--user=${user}`];

const mysql = (server: Endpoint, input: string, ...args: string[]) =>
  runClient(servers.mysql.mysql, ['--no-defaults', ...account(server), ...args, database], { input });

const dump = async (server: Endpoint, ...args: string[]) => {
  const { code, stdout, stderr } = await runClient(servers.mysql.mysqldump, [
    '--no-defaults',
    ...account(server),
    '--skip-dump-date',
    '--set-gtid-purged=OFF',
    ...args,
    database,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // Names the address it was read from.
  return stdout.replace(/^-- Host:.*$/m, '');
};

/** The same on both servers, mysqld first. */
async function same<T>(what: (server: Endpoint) => Promise<T>): Promise<T> {
  const baseline = await what(pair.reference);
  expect(await what(pair.router)).toEqual(baseline);
  return baseline;
}

describe('mysql', () => {
  test('loads a dump with tables, triggers, views, procedures', async () => {
    const run = await same((server) => mysql(server, shopSql));
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    ['batch', ['--batch']],
    ['table', ['--table']],
    ['vertical with types', ['--vertical', '--column-type-info']],
    ['verbose with warnings', ['-vvv', '--show-warnings']],
    ['XML', ['--xml']],
    ['latin1', ['--default-character-set=latin1', '--batch']],
    ['binary as hex', ['--binary-as-hex', '--table']],
    ['unbuffered', ['--quick', '--batch']],
  ])('%s output', async (_, args) => {
    const script = `
      SELECT * FROM items ORDER BY id; SELECT id, name, price * 2 AS twice FROM items WHERE name LIKE 'k%';
      SELECT * FROM items WHERE 1 = 0; SELECT 1/0, CAST('x' AS SIGNED); UPDATE items SET price = price + 1;
      SHOW TABLES; DESCRIBE items; SHOW CREATE TABLE items; SELECT DATABASE(); CALL cheapest(2); SELECT @@autocommit;
      BEGIN; DELETE FROM items WHERE id = 1; SELECT COUNT(*) FROM items; ROLLBACK; SELECT COUNT(*) FROM items;`;
    const run = await same(async (server) => {
      const { stdout, ...rest } = await mysql(server, script, ...args);
      // -vvv prints how long each statement took.
      return { ...rest, stdout: stdout.replaceAll(/\(\d+\.\d+ sec\)/g, '(time)') };
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('kiwi');
  });

  test('loads files of its own machine', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    const file = join(dir, 'rows.csv');
    const row = (id: number) => `${id},"name, ${id}",${'x'.repeat(80)}\n`;
    await writeFile(file, Array.from({ length: 40_000 }, (_, at) => row(at)).join(''));
    const fields = `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'`;
    const load = (path: string) => `LOAD DATA LOCAL INFILE '${path}' INTO TABLE loaded ${fields};`;
    const make =
      'DROP TABLE IF EXISTS loaded; CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(40), rest TEXT);';
    const count = 'SELECT COUNT(*), SUM(id), MAX(name) FROM loaded; SHOW WARNINGS; DROP TABLE loaded;';
    for (const args of [[], ['--compression-algorithms=zlib,zstd']]) {
      const script = `${make} ${load(file)} ${load(file)} ${count}`;
      const run = await same((server) => mysql(server, script, '--local-infile=1', '--force', ...args));
      expect(run.stdout).toContain('40000');
    }
    // The client has no such file and says so, after it has sent an empty one.
    const missing = `${make} ${load(join(dir, 'nothing'))} ${count}`;
    expect((await same((server) => mysql(server, missing, '--local-infile=1', '--force'))).stderr).toContain(
      'nothing',
    );
    // Without --local-infile.
    expect((await same((server) => mysql(server, `${make} ${load(file)}`))).stderr).toContain('2068');
    await rm(dir, { recursive: true });
  });

  test('stops at an error, or goes on with --force', async () => {
    const script = 'SELECT 1; SELECT nope; SELECT 2; SELEC 3; SELECT 4;';
    expect((await same((server) => mysql(server, script))).code).toBe(1);
    expect((await same((server) => mysql(server, script, '--force', '--comments'))).stdout).toContain('4');
  });

  test('delimiter, use, warnings, charset, reset', async () => {
    const script = [
      'delimiter //',
      "CREATE PROCEDURE two() BEGIN SELECT 'a;b'; SELECT 2; END//",
      'delimiter ;',
      'CALL two(); DROP PROCEDURE two; use mysql; SELECT DATABASE();',
      `use ${database}`,
      'SELECT DATABASE();',
      '\\W',
      'SELECT 1/0;',
      '\\w',
      '\\C latin1',
      'SELECT @@character_set_client; SET @a = 1;',
      '\\x',
      'SELECT @a, DATABASE();',
    ].join('\n');
    // Newer clients want to be asked for their own commands, older ones do not know the question.
    const run = await same((server) => mysql(server, script, '--loose-commands'));
    expect(run).toMatchObject({ code: 0, stderr: '' });
  });

  test.each(['DISABLED', 'PREFERRED', 'REQUIRED'])('--ssl-mode=%s', async (mode) => {
    const run = await same(async (server) => {
      const { stdout, ...rest } = await mysql(
        server,
        "SHOW STATUS LIKE 'Ssl_cipher'; SHOW GLOBAL STATUS WHERE Variable_name = 'Ssl_version'; SELECT 1;",
        `--ssl-mode=${mode}`,
        '--batch',
      );
      // Which of the ciphers is taken is the server's choice.
      return { ...rest, stdout: stdout.replace(/TLS_\w+/, 'some cipher') };
    });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout.includes('some cipher')).toBe(mode !== 'DISABLED');
  });

  test.each([
    ['zlib', []],
    ['zstd', []],
    ['zstd', ['--zstd-compression-level=22']],
    ['zlib', ['--ssl-mode=REQUIRED']],
  ])('--compression-algorithms=%s %s', async (algorithm, more) => {
    const rows = Array.from({ length: 300 }, (_, at) => `SELECT ${at}, REPEAT('row ', ${at})`);
    const status =
      "SHOW STATUS LIKE 'compress%'; SHOW SESSION STATUS WHERE Variable_name = 'Compression_level'";
    const script = `${rows.join(' UNION ALL ')}; ${status}; SELECT nope; SELECT REPEAT('x', 9000000);`;
    const run = await same((server) =>
      mysql(server, script, `--compression-algorithms=${algorithm}`, '--force', ...more),
    );
    expect(run.stdout.length).toBeGreaterThan(9_000_000);
  });

  test('over the unix socket', async () => {
    const over = (socket: string) =>
      runClient(
        servers.mysql.mysql,
        ['--no-defaults', `--socket=${socket}`, '--user=root', '--table', database],
        { input: "SELECT USER(), CURRENT_USER(), 1; SELECT REPEAT('x', 100000); SELECT nope" },
      );
    const baseline = await over(pair.sockets.reference);
    expect(await over(pair.sockets.router)).toEqual(baseline);
    expect(baseline.stdout).toContain('root@localhost');
  });

  test('wrong passwords and unknown databases are refused alike', async () => {
    await same(async (server) => {
      const { code, stderr } = await mysql(server, 'SELECT 1', '--password=wrong');
      return { code, stderr };
    });
    await same((server) => mysql(server, 'SELECT 1', '--database=nowhere_at_all'));
  });

  test('a statement and a result of many megabytes', async () => {
    const big = 'b'.repeat(3_000_000);
    const run = await same((server) =>
      mysql(
        server,
        `SELECT LENGTH('${big}'); SELECT REPEAT('c', 5000000);`,
        '--batch',
        '--skip-column-names',
      ),
    );
    expect(run.stdout.length).toBeGreaterThan(5_000_000);
  });
});

describe('mysqldump', () => {
  test.each([
    ['as it is', []],
    ['in one transaction', ['--single-transaction', '--routines', '--triggers', '--events']],
    ['row by row', ['--skip-extended-insert', '--complete-insert', '--hex-blob', '--no-create-info']],
    ['with locks', ['--lock-tables', '--add-drop-database', '--order-by-primary']],
  ])('%s', async (_, args) => {
    const text = await same((server) => dump(server, ...args));
    expect(text).toContain('kiwi');
  });

  test('a dump taken through Headgate can be loaded through Headgate', async () => {
    const before = await dump(pair.router, '--routines');
    expect(await mysql(pair.router, before)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await dump(pair.router, '--routines')).toBe(before);
  });
});

describe('sysbench', () => {
  const bench = (server: Endpoint, test: string, command: string, ...args: string[]) =>
    runClient(
      servers.sysbench!,
      [
        '--db-driver=mysql',
        `--mysql-host=${server.host}`,
        `--mysql-port=${server.port}`,
        `--mysql-user=${server.user}`,
        `--mysql-db=${database}`,
        '--tables=2',
        '--table-size=300',
        '--threads=4',
        '--rand-seed=1',
        ...args,
        test,
        command,
      ],
      { timeoutMs: 100_000, env: { MARIADB_PLUGIN_DIR: pluginDir() } },
    );

  // sysbench is linked with MariaDB's library, which looks for its plugins where the system has them.
  const pluginDir = () =>
    globSync('usr/lib/*/libmariadb3/plugin', { cwd: join(dirname(servers.sysbench!), '../root') })
      .map((path) => join(dirname(servers.sysbench!), '../root', path))
      .at(0) ?? '';

  test.each([
    ['oltp_read_write', 300, []],
    ['oltp_point_select', 2000, []],
    ['oltp_read_write', 200, ['--db-ps-mode=disable']],
    ['oltp_read_only', 200, ['--range-size=50']],
  ])('%s, %i events %j', async (name, events, args) => {
    expect(servers.sysbench, 'sysbench comes with the servers').toBeDefined();
    for (const server of [pair.reference, pair.router]) {
      expect((await bench(server, name, 'prepare')).code).toBe(0);
      const run = await bench(server, name, 'run', `--events=${events}`, '--time=60', ...args);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(/total number of events:\s+(\d+)/.exec(run.stdout)?.[1]).toBe(String(events));
      expect(run.stdout).toMatch(/ignored errors:\s+\d+/);
      expect(run.stdout).toMatch(/reconnects:\s+0 /);
      expect((await bench(server, name, 'cleanup')).code).toBe(0);
    }
  });
});
