/**
 * Finding the real servers: those on PATH whose version fits, otherwise the ones that `scripts/servers.sh` unpacks.
 * Nothing else in this project may assume where a server program is.
 */
import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { findProgram } from './find-program.ts';
import { localError } from './local-error.ts';
import { runProgram } from './run-program.ts';

export type MysqlPrograms = Readonly<{
  version: string;
  mysqld: string;
  /** What has to come first among the arguments of mysqld. */
  mysqldArgs: readonly string[];
  mysql: string;
  mysqladmin: string;
  mysqldump: string;
}>;

export type EtcdPrograms = Readonly<{ version: string; etcd: string; etcdctl: string | undefined }>;

export type Servers = Readonly<{
  /** Whether MySQL is the system's own. */
  mysqlFromPath: boolean;
  mysql: MysqlPrograms;
  etcd: EtcdPrograms;
  /** For comparisons only; a system with its own mysqld and etcd may lack them. */
  haproxy: string | undefined;
  sysbench: string | undefined;
}>;

export type FindServersOptions = Readonly<{
  /** Default: what is missing is obtained. */
  install?: boolean;
  /** Default: programs on PATH are preferred when they fit. */
  usePath?: boolean;
  progress?: (line: string) => void;
}>;

const MYSQL_MIN = [8, 4] as const;
const ETCD_MIN = [3, 5] as const;

/** The folder of this package. */
export const packageRoot = resolve(import.meta.dirname, '../..');

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where servers and prepared data directories are kept: in the clone, or in the user's cache for an installed package. */
export function serversHome(): string {
  const inPackage = join(packageRoot, '.headgate');
  const installed = packageRoot.split(sep).includes('node_modules') || !isWritable(packageRoot);
  const home = installed ? join(homedir(), '.cache', 'headgate') : inPackage;
  mkdirSync(home, { recursive: true });
  return home;
}

/** The first `x.y.z` in a program's output. */
export const versionIn = (text: string): string | undefined => /\d+\.\d+\.\d+/.exec(text)?.[0];

/** Whether `version` is at least `major.minor`. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

/** Whether PATH leads to what the script has unpacked, as in the tests. */
const isOurs = (program: string): boolean =>
  realpathSync(program).startsWith(realpathSync(serversHome()) + sep);

const SCRIPT_BYTES = 4096;

/** A wrapper script may pass `--no-defaults` itself: it must come first and only once. */
function passesNoDefaults(program: string): boolean {
  const file = openSync(program, 'r');
  try {
    const start = Buffer.alloc(SCRIPT_BYTES);
    const text = start.toString('latin1', 0, readSync(file, start));
    return text.startsWith('#!') && text.includes('--no-defaults');
  } finally {
    closeSync(file);
  }
}

async function mysqlOnPath(): Promise<MysqlPrograms | undefined> {
  const [mysqld, mysql, mysqladmin, mysqldump] = ['mysqld', 'mysql', 'mysqladmin', 'mysqldump'].map(
    findProgram,
  );
  if (!mysqld || !mysql || !mysqladmin || !mysqldump || isOurs(mysqld)) return undefined;
  const { output } = await runProgram(mysqld, ['--no-defaults', '--version']);
  const version = versionIn(output);
  // MariaDB installs programs of the same names; its client reports as `mysql` too.
  if (/mariadb/i.test(output) || version === undefined || !isAtLeast(version, MYSQL_MIN)) return undefined;
  const client = await runProgram(mysql, ['--no-defaults', '--version']);
  if (/mariadb/i.test(client.output)) return undefined;
  const mysqldArgs = passesNoDefaults(mysqld) ? [] : ['--no-defaults', '--secure-file-priv=NULL'];
  return { version, mysqld, mysqldArgs, mysql, mysqladmin, mysqldump };
}

async function etcdOnPath(): Promise<EtcdPrograms | undefined> {
  const etcd = findProgram('etcd');
  if (etcd === undefined || isOurs(etcd)) return undefined;
  const version = versionIn((await runProgram(etcd, ['--version'])).output);
  if (version === undefined || !isAtLeast(version, ETCD_MIN)) return undefined;
  return { version, etcd, etcdctl: findProgram('etcdctl') };
}

type Unpacked = Readonly<{ mysql: MysqlPrograms; etcd: EtcdPrograms; haproxy: string; sysbench: string }>;

function unpackedIn(folder: string): Unpacked {
  const versions = new Map(
    readFileSync(join(folder, 'versions'), 'utf8')
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  const program = (name: string): string => join(folder, 'bin', name);
  return {
    mysql: {
      version: versions.get('mysqld') ?? 'unknown',
      mysqld: program('mysqld'),
      mysqldArgs: [],
      mysql: program('mysql'),
      mysqladmin: program('mysqladmin'),
      mysqldump: program('mysqldump'),
    },
    etcd: { version: versions.get('etcd') ?? 'unknown', etcd: program('etcd'), etcdctl: program('etcdctl') },
    haproxy: program('haproxy'),
    sysbench: program('sysbench'),
  };
}

/** Runs the script that obtains the servers; instant when they are there. */
export async function installServers(progress: (line: string) => void = () => {}): Promise<string> {
  const folder = join(serversHome(), 'servers');
  const child = spawn('bash', [join(packageRoot, 'scripts/servers.sh'), folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const problem: string[] = [];
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      problem.push(line.replace(/^headgate: /, '').trim());
      if (/…$/.test(line)) progress(line.replace(/^headgate: /, ''));
    }
  });
  const code = await new Promise<number | null>((done, reject) => {
    child.once('error', (cause) => reject(localError(`cannot run bash: ${cause.message}`, cause)));
    child.once('close', done);
  });
  if (code !== 0) {
    const reason = problem.filter((line) => line !== '' && !line.endsWith('…')).join(' ');
    throw localError(
      `the servers could not be obtained: ${reason || `scripts/servers.sh ended with code ${code}`}`,
    );
  }
  return folder;
}

/** The programs to run; obtains them when needed, which takes some seconds the first time. */
export async function findServers(options: FindServersOptions = {}): Promise<Servers> {
  const { install = true, usePath = true, progress } = options;
  const [mysql, etcd] = usePath ? await Promise.all([mysqlOnPath(), etcdOnPath()]) : [];
  const haproxy = findProgram('haproxy');
  const sysbench = findProgram('sysbench');
  if (mysql && etcd) return { mysqlFromPath: true, mysql, etcd, haproxy, sysbench };
  if (!install) throw localError('MySQL or etcd is missing. Run npm start once, it obtains them.');
  const unpacked = unpackedIn(await installServers(progress));
  return {
    mysqlFromPath: mysql !== undefined,
    mysql: mysql ?? unpacked.mysql,
    etcd: etcd ?? unpacked.etcd,
    haproxy: unpacked.haproxy,
    sysbench: unpacked.sysbench,
  };
}
