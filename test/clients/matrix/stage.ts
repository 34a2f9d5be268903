/**
 * What the clients talk to: a mysqld, and a Headgate with the same database unsharded (`hgflat`) and over two shards
 * (`hgwide`). Both have the same users, the same certificate and the same settings.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hashPassword } from '../../../src/config/users.ts';
import { type LocalCluster, startCluster } from '../../../src/local/cluster.ts';
import { type Mysqld, runStatements, startMysqld } from '../../support/mysqld.ts';
import { sequences, shardedVschema, unshardedVschema } from './vschemas.ts';

/** Where a client's checks run. */
export const places = ['mysqld', 'unsharded', 'sharded'] as const;
export type Place = (typeof places)[number];

/** Databases of one length, so that nothing else in an answer depends on which it is. */
export const databases: Readonly<Record<Place, string>> = {
  mysqld: 'hgflat',
  unsharded: 'hgflat',
  sharded: 'hgwide',
};

export const PASSWORD = 'Check:er-1';

/** All but root have the password; `fresh…` log in once per client, without anything that a server remembers of them. */
const users = ['checker', 'other', 'freshtls', 'freshrsa'] as const;

const run = promisify(execFile);

/** A certificate for 127.0.0.1 and localhost, and the authority that signed it. */
async function writeCertificates(folder: string): Promise<{ ca: string; cert: string; key: string }> {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await run('openssl', [
    ...[
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=check authority',
      '-keyout',
      at('ca-key.pem'),
      '-out',
      at('ca.pem'),
    ],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  await writeFile(
    at('names.cnf'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n',
  );
  await run('openssl', [
    'req',
    ...key,
    '-subj',
    '/CN=127.0.0.1',
    '-keyout',
    at('key.pem'),
    '-out',
    at('request.pem'),
  ]);
  await run('openssl', [
    ...['x509', '-req', '-in', at('request.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca-key.pem')],
    ...['-CAcreateserial', '-days', '2', '-extfile', at('names.cnf'), '-out', at('cert.pem')],
  ]);
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') };
}

function usersYaml(): string {
  const { cachingSha2 } = hashPassword(PASSWORD);
  const named = users.map((name) => `  - { name: ${name}, cachingSha2: '${cachingSha2}' }\n`);
  return `users:\n  - { name: root, hosts: [localhost, 127.0.0.1], password: '' }\n${named.join('')}`;
}

const sequenceTables = sequences.flatMap((name) => [
  `CREATE TABLE ${name} (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence';`,
  `INSERT INTO ${name} VALUES (0, 1, 100);`,
]);

async function writeDefinitions(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'hgflat.json'), JSON.stringify(unshardedVschema));
  await writeFile(join(folder, 'hgwide.json'), JSON.stringify(shardedVschema));
  await writeFile(join(folder, 'hgflat.sql'), sequenceTables.join('\n'));
}

async function startReference(files: { ca: string; cert: string; key: string }): Promise<Mysqld> {
  const reference = await startMysqld({
    flags: [
      `--ssl-ca=${files.ca}`,
      `--ssl-cert=${files.cert}`,
      `--ssl-key=${files.key}`,
      '--local-infile=ON',
      '--max-allowed-packet=64M',
    ],
  });
  await runStatements(reference.endpoint, [
    'CREATE DATABASE hgflat CHARACTER SET utf8mb4',
    ...users.flatMap((name) => [
      `CREATE USER ${name}@'%' IDENTIFIED BY '${PASSWORD}'`,
      `GRANT ALL ON *.* TO ${name}@'%'`,
    ]),
  ]);
  return reference;
}

/** The servers of all clients' checks. */
export class ClientStage {
  readonly dir: string;
  readonly ca: string;
  readonly #reference: Mysqld;
  readonly #cluster: LocalCluster;
  readonly #ports: Readonly<Record<Place, number>>;

  private constructor(
    dir: string,
    ca: string,
    reference: Mysqld,
    cluster: LocalCluster,
    ports: Readonly<Record<Place, number>>,
  ) {
    this.dir = dir;
    this.ca = ca;
    this.#reference = reference;
    this.#cluster = cluster;
    this.#ports = ports;
  }

  static async set(): Promise<ClientStage> {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    const files = await writeCertificates(dir);
    await writeFile(join(dir, 'users.yaml'), usersYaml());
    await writeDefinitions(join(dir, 'definitions'));
    const reference = await startReference(files);
    try {
      const cluster = await startCluster({
        dataDir: join(dir, 'cluster'),
        keyspaces: [
          { name: 'hgflat', shards: 1 },
          { name: 'hgwide', shards: 2 },
        ],
        vschemaDir: join(dir, 'definitions'),
        schemaDir: join(dir, 'definitions'),
        replicas: 0,
        port: 0,
        adminPort: 0,
        routerArgs: [
          // The last one counts: the cluster's own has root only.
          `--listen-users-file=${join(dir, 'users.yaml')}`,
          '--listen-tls-mode=optional',
          `--listen-tls-cert-file=${files.cert}`,
          `--listen-tls-key-file=${files.key}`,
        ],
      });
      const { router } = await cluster.status();
      const mysqld = reference.endpoint.port;
      return new ClientStage(dir, files.ca, reference, cluster, {
        mysqld,
        unsharded: router.port,
        sharded: router.port,
      });
    } catch (error) {
      await reference.stop();
      throw error;
    }
  }

  port(place: Place): number {
    return this.#ports[place];
  }

  /** Makes mysqld forget which passwords it has seen, so that the next login with one takes the whole way. */
  forgetLogins(): Promise<void> {
    return runStatements(this.#reference.endpoint, ['FLUSH PRIVILEGES']);
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
    await this.#reference.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
