/** TLS beyond its mere use: client certificates, revocation, versions, REQUIRE, files that change. The same on mysqld. */
import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';
import { findServers } from '../../src/local/servers.ts';
import { readResults } from '../support/decode.ts';
import { type ConnectOptions, type Endpoint, RawClient, ServerError } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { runClient } from '../support/run-client.ts';
import { value } from '../support/session-play.ts';

const run = promisify(execFile);
let stage: RouterStage;
let router: RouterUnderTest;
/** A certificate of mysqld's own authority, one of somebody else's. */
let good: ConnectOptions;
let foreign: ConnectOptions;
const server = (name: string): string => join(stage.second.dataDir, name);
const own = (name: string): string => join(stage.dir, name);

const tlsFlags = (folder: (name: string) => string): string[] => [
  '--listen-tls-mode=optional',
  `--listen-tls-cert-file=${folder('server-cert.pem')}`,
  `--listen-tls-key-file=${folder('server-key.pem')}`,
  `--listen-tls-ca-file=${folder('ca.pem')}`,
];

/** A key and a certificate that the authority in `ca` signs, or nobody. */
async function certify(name: string, subject: string, ca?: string): Promise<ConnectOptions> {
  const [key, cert] = [own(`${name}.key`), own(`${name}.pem`)];
  const request = ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', subject, '-keyout', key];
  if (ca === undefined) await run('openssl', [...request, '-x509', '-days', '2', '-out', cert]);
  else {
    await run('openssl', [...request, '-out', `${cert}.csr`]);
    const signer = ['-CA', ca, '-CAkey', ca.replace('ca.pem', 'ca-key.pem'), '-CAcreateserial'];
    await run('openssl', ['x509', '-req', '-in', `${cert}.csr`, ...signer, '-days', '2', '-out', cert]);
  }
  return { tls: true, tlsOptions: { cert: await readFile(cert), key: await readFile(key) } };
}

const requirements = {
  anyone: '',
  tls: 'REQUIRE SSL',
  certified: 'REQUIRE X509',
  named: "REQUIRE SUBJECT '/C=SE/O=Shop, Ltd/CN=app'",
  misnamed: "REQUIRE SUBJECT '/CN=app'",
  issued: 'REQUIRE ISSUER ',
  both: "REQUIRE SUBJECT '/C=SE/O=Shop, Ltd/CN=app' AND ISSUER ",
  misciphered: "REQUIRE CIPHER 'TLS_AES_128_CCM_SHA256'",
};

/** The same in the words of the users file. */
const asYaml = (requirement: string): string => {
  if (requirement === '') return '';
  if (requirement === 'REQUIRE SSL' || requirement === 'REQUIRE X509')
    return `, require: ${requirement.slice(8)}`;
  const parts = [...requirement.matchAll(/(SUBJECT|ISSUER|CIPHER) ('[^']*')/g)];
  return `, require: { ${parts.map(([, key, text]) => `${key!.toLowerCase()}: ${text}`).join(', ')} }`;
};

beforeAll(async () => {
  stage = await RouterStage.set();
  const ca = server('ca.pem');
  const subject = (await run('openssl', ['x509', '-in', ca, '-noout', '-subject', '-nameopt', 'compat']))
    .stdout;
  const issuer = `'${subject.trim().replace(/^subject=\s*/, '')}'`;
  requirements.issued += issuer;
  requirements.both += issuer;
  good = await certify('good', '/C=SE/O=Shop, Ltd/CN=app', ca);
  foreign = await certify('foreign', '/C=SE/O=Shop, Ltd/CN=app');
  const hash = hashPassword('secret').cachingSha2;
  const lines = Object.entries(requirements).map(
    ([name, requirement]) => `  - { name: ${name}, cachingSha2: ${hash}${asYaml(requirement)} }\n`,
  );
  lines.push(`  - { name: old, native: '${hashPassword('secret').native}' }\n`);
  await writeFile(own('users.yaml'), `users:\n${lines.join('')}`);
  router = await stage.startRouter([...tlsFlags(server), `--listen-users-file=${own('users.yaml')}`]);
  const root = await RawClient.connect(stage.baseline);
  for (const [name, requirement] of Object.entries(requirements)) {
    await value(root, `CREATE USER '${name}' IDENTIFIED BY 'secret' ${requirement}`);
    await value(root, `GRANT ALL ON main.* TO '${name}'`);
  }
  await root.quit();
});
afterAll(() => stage?.stop());

/** 'in', the refusal, or 'lost': a TLS that was not agreed on. */
async function outcome(endpoint: Endpoint, user: string, options: ConnectOptions): Promise<string> {
  try {
    const client = await RawClient.connect({ ...endpoint, user, password: 'secret' }, options);
    const [result] = readResults(await client.query('SELECT 1'));
    client.destroy();
    return result === undefined ? 'lost' : 'in';
  } catch (error) {
    return error instanceof ServerError ? error.message : 'lost';
  }
}

test.each(Object.keys(requirements))('REQUIRE: %s', async (user) => {
  const played = async (endpoint: Endpoint) => {
    const outcomes: string[] = [];
    for (const options of [{}, { tls: true }, good, foreign])
      outcomes.push(await outcome(endpoint, user, options));
    return outcomes;
  };
  const baseline = await played(stage.baseline);
  expect(await played(router.endpoint)).toEqual(baseline);
  // A certificate of somebody else's authority does not get as far as a login.
  expect(baseline[3]).toBe('lost');
});

test('COM_CHANGE_USER demands the same', async () => {
  const change = async (endpoint: Endpoint, options: ConnectOptions) => {
    const client = await RawClient.connect({ ...endpoint, user: 'anyone', password: 'secret' }, options);
    const { packets } = await client.changeUser({ user: 'named' });
    client.destroy();
    return packets.at(-1)!.payload[0];
  };
  for (const options of [{}, { tls: true }, good]) {
    expect(await change(router.endpoint, options)).toBe(await change(stage.baseline, options));
  }
});

test('the mysql client with a certificate', async () => {
  const { mysql } = await findServers();
  const login = ({ host, port }: Endpoint) =>
    runClient(
      mysql.mysql,
      ['--no-defaults', `--host=${host}`, `--port=${port}`, '--user=both', '--password=secret']
        .concat([`--ssl-ca=${server('ca.pem')}`, '--ssl-mode=VERIFY_CA'])
        .concat([`--ssl-cert=${own('good.pem')}`, `--ssl-key=${own('good.key')}`, '-e', 'SELECT 1']),
    );
  const baseline = await login(stage.baseline);
  expect(await login(router.endpoint)).toEqual(baseline);
  expect(baseline.code).toBe(0);
});

test('a native hash without TLS: the RSA key for who knows no other way', async () => {
  const { mysql } = await findServers();
  const { host, port } = router.endpoint;
  const flags = ['--no-defaults', `--host=${host}`, `--port=${port}`, '--user=old', '--ssl-mode=DISABLED'];
  const login = (password: string) =>
    runClient(mysql.mysql, [...flags, '--get-server-public-key', `--password=${password}`, '-e', 'SELECT 1']);
  // The key is made in the background.
  await until('the password is taken', async () => (await login('secret')).code === 0);
  expect((await login('wrong')).stderr).toContain('ERROR 1045');
  expect(await outcome(router.endpoint, 'old', { plugin: 'caching_sha2_password' })).toBe('in');
});

test('certificates demanded of all, and versions', async () => {
  const strict = await stage.startRouter([
    ...tlsFlags(server),
    '--listen-tls-client-certificates=required',
    '--listen-tls-min-version=TLSv1.3',
  ]);
  const { endpoint } = strict;
  const root = { ...endpoint, password: '' };
  const login = (options: ConnectOptions) =>
    RawClient.connect(root, options).then(
      async (client) => {
        const answer = await client.query('SELECT 1');
        const protocol = client.tls?.getProtocol();
        client.destroy();
        return answer.closed ? 'lost' : protocol;
      },
      () => 'lost',
    );
  expect(await login({ tls: true })).toBe('lost');
  expect(await login(good)).toBe('TLSv1.3');
  expect(await login({ ...good, tlsOptions: { ...good.tlsOptions, maxVersion: 'TLSv1.2' } })).toBe('lost');
  const { tlsOptions } = good;
  expect(
    await outcome(router.endpoint, 'certified', {
      tls: true,
      tlsOptions: { ...tlsOptions, maxVersion: 'TLSv1.2' },
    }),
  ).toBe('in');
  await strict.stop();
});

test('a session that is resumed keeps its certificate', async () => {
  const { tlsOptions } = good;
  const endpoint = { ...router.endpoint, user: 'named', password: 'secret' };
  const first = await RawClient.connect(endpoint, {
    tls: true,
    tlsOptions: { ...tlsOptions, maxVersion: 'TLSv1.2' },
  });
  await first.query('SELECT 1');
  const session = first.tls!.getSession();
  await first.quit();
  const options = { tls: true, tlsOptions: { ...tlsOptions, maxVersion: 'TLSv1.2' as const, session } };
  const second = await RawClient.connect(endpoint, options);
  expect(second.tls!.isSessionReused()).toBe(true);
  await second.quit();
});

describe('files that change', () => {
  const copied = ['server-cert.pem', 'server-key.pem', 'ca.pem', 'ca-key.pem'];
  let reloading: RouterUnderTest;
  beforeAll(async () => {
    for (const name of copied) await copyFile(server(name), own(name));
    await writeFile(own('index.txt'), '');
    await writeFile(own('crlnumber'), '01\n');
    await writeFile(
      own('ca.cnf'),
      `[ca]\ndefault_ca=c\n[c]\ndatabase=${own('index.txt')}\ncrlnumber=${own('crlnumber')}\ndefault_md=sha256\ndefault_crl_days=2\n`,
    );
    await revoke();
    reloading = await stage.startRouter([
      ...tlsFlags(own),
      `--listen-tls-crl-file=${own('crl.pem')}`,
      `--listen-users-file=${own('users.yaml')}`,
    ]);
  });

  const openssl = (...args: string[]) => run('openssl', args);
  /** A revocation list with the certificates that are named. */
  async function revoke(...names: string[]): Promise<void> {
    const authority = ['-config', own('ca.cnf'), '-cert', own('ca.pem'), '-keyfile', own('ca-key.pem')];
    for (const name of names) await openssl('ca', ...authority, '-revoke', own(`${name}.pem`));
    await openssl('ca', ...authority, '-gencrl', '-out', own('crl.pem'));
  }

  const shown = async (): Promise<string | undefined> => {
    const endpoint = { ...reloading.endpoint, user: 'anyone', password: 'secret' };
    const client = await RawClient.connect(endpoint, { tls: true });
    const { subject } = client.tls!.getPeerX509Certificate()!;
    client.destroy();
    return subject;
  };

  test('a certificate that is revoked lets nobody in any more; who is in stays', async () => {
    const endpoint = { ...reloading.endpoint, user: 'certified', password: 'secret' };
    const client = await RawClient.connect(endpoint, good);
    await revoke('good');
    await reloading.logged('certificates for clients read again');
    expect(await outcome(reloading.endpoint, 'certified', good)).toBe('lost');
    expect(await outcome(reloading.endpoint, 'anyone', { tls: true })).toBe('in');
    expect(readResults(await client.query('SELECT 1'))[0]?.rows).toEqual([['1']]);
    await client.quit();
  });

  test('new connections see a new certificate; a broken one changes nothing', async () => {
    const before = await shown();
    await certify('next', '/CN=next', own('ca.pem'));
    await writeFile(own('server-cert.pem'), await readFile(own('next.pem')));
    // The pair does not fit until the key has come, too.
    await reloading.logged(
      'certificates for clients: the changed files are wrong; the old content stays in force',
    );
    expect(await shown()).toBe(before);
    await writeFile(own('server-key.pem'), await readFile(own('next.key')));
    await until('the new certificate is shown', async () => (await shown()) === 'CN=next');
    await writeFile(own('server-cert.pem'), 'no certificate');
    await until(
      'the log has another line',
      () => reloading.log().filter(({ msg }) => msg.includes('the changed files are wrong')).length > 1,
    );
    expect(await shown()).toBe('CN=next');
  });
});

test('a tablet that wants a certificate gets the router’s', async () => {
  const root = await RawClient.connect(stage.tablet);
  await value(root, "CREATE USER gate IDENTIFIED BY 'secret' REQUIRE X509");
  await value(root, 'GRANT ALL ON *.* TO gate');
  const tabletFile = (name: string) => join(stage.first.dataDir, name);
  const gate = ['--gateway-user=gate', '--gateway-password=secret', '--gateway-tls=required'];
  const second = await RawClient.connect(stage.baseline);
  await value(second, "CREATE USER gate IDENTIFIED BY 'secret'");
  await value(second, 'GRANT ALL ON *.* TO gate');
  const certified = await stage.startRouter([
    ...gate,
    `--gateway-cert-file=${tabletFile('client-cert.pem')}`,
    `--gateway-key-file=${tabletFile('client-key.pem')}`,
  ]);
  const client = await RawClient.connect(certified.endpoint, { database: 'main' });
  expect(await value(client, 'SELECT 1')).toBe('1');
  client.destroy();
  await certified.stop();
  root.destroy();
  second.destroy();
});
