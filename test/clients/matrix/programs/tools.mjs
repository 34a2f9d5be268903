// The command-line programs of MySQL or MariaDB, as CLIENT_TOOLS says: their output and their exit codes.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { account, check, folder, setup, statements } from './checks.mjs';

const { CLIENT_TOOLS: kind, CLIENT_TOOL: known, CLIENT_CA: ca } = process.env;
const maria = kind === 'mariadb';

// One wrapper is there: it knows the loader and the libraries, and can start the programs that lie beside its own, too.
const wrapper = readFileSync(known, 'utf8');
const wrapped = wrapper.startsWith('#!/bin/sh');
const names = maria
  ? {
      mysql: 'mariadb',
      mysqldump: 'mariadb-dump',
      mysqladmin: 'mariadb-admin',
      mysqlshow: 'mariadb-show',
      mysqlimport: 'mariadb-import',
      mysqlcheck: 'mariadb-check',
      mysqlslap: 'mariadb-slap',
    }
  : {};

function command(name) {
  const program = names[name] ?? name;
  if (!wrapped) return [program];
  const own = /usr\/bin\/([\w-]+)" /.exec(wrapper)[1];
  const text = wrapper
    .replace(/^r=.*$/m, `r=${join(dirname(known), '../root')}`)
    .replaceAll(`usr/bin/${own}"`, `usr/bin/${program}"`);
  return ['/bin/sh', '-c', text, program];
}

const login = (user = account.user) => [
  ...(wrapped && maria ? [] : ['--no-defaults']),
  `--host=${account.host}`,
  `--port=${account.port}`,
  `--user=${user}`,
  ...(maria ? ['--disable-ssl-verify-server-cert'] : []),
];

function run(name, args, { input = '', user, password = account.password } = {}) {
  const [file, ...before] = command(name);
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...before, ...login(user), ...args], {
      env: { ...process.env, MYSQL_PWD: password },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({
        code,
        stdout: stdout.replaceAll(/_time="[^"]*"/g, '_time'),
        stderr: stderr.replaceAll(/^[\w-]*: Deprecated program name.*\n/gm, ''),
      }),
    );
    child.stdin.end(input);
  });
}

// Commands like `status` are read from a pipe only where that is asked for, by newer programs.
const mysql = (input, ...args) =>
  run('mysql', [...(maria ? [] : ['--commands']), ...args, account.database], { input });
const withoutTimes = ({ code, stdout, stderr }) => ({
  code,
  stdout: stdout
    .replaceAll(/\d+\.\d+ sec/g, 'N sec')
    .replaceAll(
      /^(mysql +Ver|Connection id|Uptime|Connection|Threads|UNIX socket|TCP port|Server version|SSL|Server|Current user|Current pager).*$/gm,
      '$1',
    )
    .replaceAll(/ connections?\b.*$/gm, ''),
  stderr,
});

await check('tables are made and filled', () => mysql(setup.join(';\n')));
for (const [name, sql] of statements('queries.txt')) await check(`batch: ${name}`, () => mysql(sql));
for (const [name, sql] of statements('errors.txt')) await check(`error: ${name}`, () => mysql(sql));
const types = 'SELECT * FROM check_types ORDER BY id';
for (const [name, ...args] of [
  ['table', '--table'],
  ['vertical', '--vertical'],
  ['XML', '--xml'],
  ['HTML', '--html'],
  ['raw', '--raw', '--skip-column-names'],
  ['with types of columns', '--column-type-info', '--table'],
  ['binary as hex', '--binary-as-hex'],
  ['rows as they come', '--quick'],
  ['latin1', '--default-character-set=latin1'],
  ['safe updates', '--safe-updates'],
  ['completion', '--auto-rehash'],
  ['compressed', '--compress'],
  ['a command on the way in', '--init-command=SET @a = 1'],
])
  await check(`output: ${name}`, () => mysql(types, ...args));
await check('verbose', async () =>
  withoutTimes(
    await mysql(
      'SELECT 1;\nUPDATE check_types SET si = si WHERE id = 1;\nSELECT 1/0;\nSHOW WARNINGS;',
      '-vvv',
      '--show-warnings',
    ),
  ),
);
await check('errors do not end it', () => mysql('SELECT 1;\nSELECT nope;\nSELECT 2;', '--force'));
await check('the first error ends it', () => mysql('SELECT 1;\nSELECT nope FROM check_types;\nSELECT 2;'));
await check('status', async () => withoutTimes(await mysql('\\s')));
await check('another database', () =>
  mysql(`USE information_schema\nSELECT DATABASE();\nUSE ${account.database}\nSELECT DATABASE();`),
);
await check('delimiter and procedure', () =>
  mysql(
    'DROP PROCEDURE IF EXISTS check_tool;\nDELIMITER //\nCREATE PROCEDURE check_tool() BEGIN SELECT 1 AS a; SELECT 2 AS b; END//\nDELIMITER ;\nCALL check_tool();\nDROP PROCEDURE check_tool;',
  ),
);
await check('transaction', () =>
  mysql(
    "BEGIN;\nINSERT INTO check_item (name) VALUES ('undone');\nSELECT COUNT(*) FROM check_item;\nROLLBACK;\nSELECT COUNT(*) FROM check_item;",
  ),
);
await check('a script', () => {
  writeFileSync(join(folder, 'script.sql'), 'SELECT 1 AS a;\n-- a comment\nSELECT 2 AS b;\n');
  return mysql(`\\. ${join(folder, 'script.sql')}`);
});
await check('user variables and comments', () =>
  mysql('SET @a = 5; SELECT @a /* comment */;\nSELECT /*! 1 + */ 2;', '--comments'),
);
await check('reset of the connection', () => mysql('SET @a = 5;\n\\x\nSELECT @a;'));
await check('LOAD DATA LOCAL', () => {
  const file = join(folder, 'rows.csv');
  writeFileSync(file, '101,first,1\n102,"zażółć",2\n103,third,\\N\n');
  return mysql(
    `DELETE FROM check_load; LOAD DATA LOCAL INFILE '${file}' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'; SELECT * FROM check_load ORDER BY id;`,
    '--local-infile=1',
    '-vv',
  ).then(withoutTimes);
});
const tls = maria
  ? { verified: [`--ssl-ca=${ca}`], off: ['--skip-ssl'] }
  : {
      verified: ['--ssl-mode=VERIFY_IDENTITY', `--ssl-ca=${ca}`],
      off: ['--ssl-mode=DISABLED', '--get-server-public-key'],
    };
await check('login: password, TLS', () =>
  run('mysql', [...tls.verified, '-e', 'SELECT USER()'], { user: 'freshtls' }),
);
if (!maria)
  await check('login: password, plain text', () =>
    run('mysql', [...tls.off, '-e', 'SELECT USER()'], { user: 'freshrsa' }),
  );
await check('login: wrong password', () => run('mysql', ['-e', 'SELECT 1'], { password: 'wrong' }));
await check('login: unknown database', () => run('mysql', ['-e', 'SELECT 1', 'nowhere_at_all']));
await check(
  'TLS of the connection',
  async () =>
    (await run('mysql', [...tls.verified, '-N', '-e', "SHOW STATUS LIKE 'Ssl_cipher'"])).stdout.trim()
      .length > 15,
);

const plainDump = [
  '--skip-dump-date',
  '--skip-comments',
  ...(maria ? [] : ['--set-gtid-purged=OFF']),
  '--no-tablespaces',
];
const dump = (...args) => run('mysqldump', [...plainDump, ...args]);
const checkTables = ['check_types', 'check_item', 'check_line', 'check_load'];
await check('dump: definitions', () => dump('--no-data', account.database, ...checkTables));
await check('dump: everything', () => dump('--order-by-primary', account.database, ...checkTables));
await check('dump: one transaction', () =>
  dump(
    '--single-transaction',
    '--order-by-primary',
    '--skip-extended-insert',
    account.database,
    'check_types',
  ),
);
await check('dump: complete inserts, hex', () =>
  dump(
    '--complete-insert',
    '--hex-blob',
    '--single-transaction',
    '--order-by-primary',
    account.database,
    'check_types',
  ),
);
await check('dump: some rows', () =>
  dump('--where=id < 3', '--single-transaction', '--order-by-primary', account.database, 'check_types'),
);
await check('dump: XML', () =>
  dump('--xml', '--single-transaction', '--order-by-primary', account.database, 'check_load'),
);
await check('dump: routines and triggers', () =>
  dump('--routines', '--triggers', '--events', '--no-data', account.database, 'check_load'),
);
await check('dump: locks', () => dump('--lock-tables', '--order-by-primary', account.database, 'check_load'));
await check('dump: without locks', () =>
  dump('--skip-lock-tables', '--order-by-primary', account.database, 'check_types', 'check_load'),
);
await check('dump: and load again', async () => {
  const { stdout } = await dump('--skip-lock-tables', '--skip-add-locks', account.database, 'check_load');
  const loaded = await mysql(stdout);
  return [loaded, await mysql('SELECT * FROM check_load ORDER BY id')];
});
const admin = (...args) => run('mysqladmin', args);
await check('admin: ping', () => admin('ping'));
await check('admin: status', async () => (await admin('status')).stdout.replaceAll(/[\d.]+/g, 'N'));
await check('admin: version', async () =>
  (await admin('version')).stdout
    .split('\n')
    .map((line) => line.split(/\t|:/)[0])
    .slice(1),
);
await check('admin: processlist', async () => ({ ...(await admin('processlist')), stdout: '' }));
await check('admin: variables', async () => (await admin('variables')).stdout.split('\n').length > 400);
await check(
  'admin: extended-status',
  async () => (await admin('extended-status')).stdout.split('\n').length > 200,
);
await check('admin: an unknown thread', () => admin('kill', '999999'));
await check('show: databases', async () =>
  (await run('mysqlshow', [])).stdout.includes(` ${account.database} `),
);
await check('show: tables', async () => await run('mysqlshow', [account.database, 'check%']));
await check('show: columns', () => run('mysqlshow', ['--keys', account.database, 'check_load']));
await check('import', async () => {
  writeFileSync(join(folder, 'check_load.txt'), '201\tfirst\t1\n202\tsecond\t\\N\n');
  return [
    await run('mysqlimport', ['--local', '--delete', account.database, join(folder, 'check_load.txt')]),
    await mysql('SELECT * FROM check_load ORDER BY id'),
  ];
});
await check('import in place of rows', async () => {
  writeFileSync(join(folder, 'check_load.txt'), '202,again,5\n203,third,6\n');
  return [
    await run('mysqlimport', [
      '--local',
      '--replace',
      '--fields-terminated-by=,',
      account.database,
      join(folder, 'check_load.txt'),
    ]),
    await mysql('SELECT * FROM check_load ORDER BY id'),
  ];
});
await check('check of tables', () => run('mysqlcheck', ['--check', account.database, 'check_load']));
await check('load of a few clients', async () => {
  const { code, stderr } = await run('mysqlslap', [
    '--concurrency=3',
    '--iterations=2',
    `--create-schema=${account.database}`,
    '--no-drop',
    '--query=SELECT id FROM check_types WHERE id = 1; SELECT COUNT(*) FROM check_item',
    '--delimiter=;',
  ]);
  return { code, stderr };
});
process.exit(0);
