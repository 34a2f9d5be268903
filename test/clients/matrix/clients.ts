/** The clients of the matrix: how each is run, where it comes from, and why it is missing where it is. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/local/servers.ts';

/** A client that can be run here. */
export type Client = Readonly<{
  name: string;
  language: string;
  /** An ORM runs over one of the drivers. */
  kind: 'driver' | 'ORM' | 'tool';
  version: string;
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** For a client that cannot log in to this mysqld at all: why, and it is Headgate unsharded that sharded is compared with. */
  withoutMysqld?: string;
}>;

/** A client that cannot, and why. */
export type MissingClient = Readonly<{ name: string; language: string; reason: string }>;

export const isMissing = (each: Client | MissingClient): each is MissingClient => 'reason' in each;

export const clientsFolder = join(packageRoot, '.headgate/clients');
const npmFolder = join(clientsFolder, 'npm');
const debianProgram = (name: string): string => join(clientsFolder, 'debian/bin', name);

const program = (file: string): string => join(import.meta.dirname, 'programs', file);

/** What a program prints, or undefined where it cannot be run. */
function output(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string | undefined {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, ...env },
    }).trim();
  } catch {
    return undefined;
  }
}

/** An ORM over a client of npm. */
function npmOrm(name: string, title: string): Client | MissingClient {
  const version = npmVersion(name);
  const language = 'JavaScript';
  if (version === undefined) return { name: title, language, reason: 'npm could not install it' };
  const command = [process.execPath, program(`orms/${name.replace('-orm', '')}.mjs`)];
  return { name: title, language, kind: 'ORM', version, command, env: { CLIENT_NPM: npmFolder } };
}

function npmVersion(name: string): string | undefined {
  const file = join(npmFolder, 'node_modules', name, 'package.json');
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    : undefined;
}

function npmClient(name: string, apis: readonly string[]): (Client | MissingClient)[] {
  const version = npmVersion(name);
  return apis.map((api) => {
    const title = apis.length > 1 ? `${name} (${api})` : name;
    const language = 'JavaScript';
    if (version === undefined) return { name: title, language, reason: 'npm could not install it' };
    const env = { CLIENT_API: api, CLIENT_NPM: npmFolder };
    return {
      name: title,
      language,
      kind: 'driver',
      version,
      command: [process.execPath, program(`${name}.mjs`)],
      env,
    };
  });
}

/** An interpreter of Python, and what it needs to find its packages. */
type Python = Readonly<{ command: string; env: Readonly<Record<string, string>> }>;

const pythons: readonly Python[] = [
  { command: 'python3', env: { PYTHONPATH: join(clientsFolder, 'pypi'), PYTHONDONTWRITEBYTECODE: '1' } },
  { command: debianProgram('python3'), env: { PYTHONPATH: join(clientsFolder, 'pypi-debian') } },
];

const distribution = (name: string): string => `__import__('importlib.metadata').metadata.version('${name}')`;

/** Packages of PyPI first, then those that Debian has. EXPRESSION gives the version once MODULE is imported. */
function pythonClient(
  name: string,
  module: string,
  expression: string,
  orm?: string,
): Client | MissingClient {
  const language = 'Python';
  for (const { command, env } of pythons) {
    const version = output(command, ['-c', `import ${module}; print(${expression})`], env);
    if (version === undefined) continue;
    const file = orm === undefined ? 'python/main.py' : `orms/${orm}`;
    const kind = orm === undefined ? 'driver' : 'ORM';
    return { name, language, kind, version, command: [command, program(file), name], env };
  }
  return { name, language, reason: `no Python here has the module ${module}` };
}

const connector = (kind: string): Client | MissingClient =>
  pythonClient(
    `mysql-connector-python (${kind})`,
    `${kind === 'C' ? 'hashlib, _mysql_connector, ' : ''}mysql.connector`,
    'mysql.connector.__version__',
  );

/** A client that Debian packages; VERSION is what its interpreter prints of it. */
function debianClient(
  name: string,
  language: string,
  interpreter: string,
  version: readonly string[],
  args: readonly string[],
): Client | MissingClient {
  const command = debianProgram(interpreter);
  const found = existsSync(command) ? output(command, version) : undefined;
  if (!found) return { name, language, reason: `the packages of Debian are not here` };
  return { name, language, kind: 'driver', version: found, command: [command, ...args] };
}

const phpVersion = ['-r', 'echo PHP_VERSION;'];
const perlVersion = (module: string): string[] => ['-e', `use ${module}; print $${module}::VERSION`];

function goClient(mode: string): Client | MissingClient {
  const [name, language] = [`go-sql-driver/mysql (${mode})`, 'Go'];
  const command = join(clientsFolder, 'go/client');
  if (!existsSync(command)) return { name, language, reason: 'no Go has built it' };
  const [, version] = /go-sql-driver\/mysql v(\S+)/.exec(readFileSync(program('go/go.mod'), 'utf8'))!;
  return { name, language, kind: 'driver', version: version!, command: [command, mode] };
}

const javaDrivers = {
  'MySQL Connector/J': 'mysql-connector-j',
  'MariaDB Connector/J': 'mariadb-java-client',
};

/** `mode` is one of Modes in Main.java. */
function javaClient(driver: keyof typeof javaDrivers, mode: string): Client | MissingClient {
  const [name, language] = [`${driver} (${mode})`, 'Java'];
  const folder = join(clientsFolder, 'java');
  const jars = existsSync(join(folder, 'stamp')) ? readdirSync(join(folder, 'jars')) : [];
  const jar = jars.find((file) => file.startsWith(javaDrivers[driver]));
  if (jar === undefined) return { name, language, reason: 'no Java and Maven have built it' };
  const version = jar.slice(javaDrivers[driver].length + 1, -'.jar'.length);
  const classPath = `${join(folder, 'classes')}:${join(folder, 'jars')}/*`;
  const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx600m', '-cp', classPath];
  return { name, language, kind: 'driver', version, command: ['java', ...flags, 'Main', driver, mode] };
}

/** The command-line programs that lie beside FILE, a wrapper that knows their libraries. */
function tools(name: string, kind: string, file: string): Client | MissingClient {
  const language = 'command line';
  const found = existsSync(file) ? output(file, ['--version']) : undefined;
  const version = /\d+\.\d+\.\d+/.exec(found?.replace(/^.* from /, '') ?? '')?.[0];
  if (version === undefined) return { name, language, reason: 'the packages are not here' };
  const folder = globSync(join(clientsFolder, 'debian/root/usr/lib/*/libmariadb3/plugin'))[0];
  const env = {
    CLIENT_TOOLS: kind,
    CLIENT_TOOL: file,
    ...(folder === undefined ? {} : { MARIADB_PLUGIN_DIR: folder }),
  };
  return { name, language, kind: 'tool', version, command: [process.execPath, program('tools.mjs')], env };
}

/** All clients, in the order of the matrix. */
export function findClients(): readonly (Client | MissingClient)[] {
  return [
    ...npmClient('mysql2', ['promise', 'callback', 'pool']),
    ...npmClient('mysql', ['callback']).map((client) => ({
      ...client,
      withoutMysqld: 'it logs in by mysql_native_password only, which MySQL 9 no longer has',
    })),
    ...npmClient('mariadb', ['promise', 'callback', 'pool']),
    pythonClient('PyMySQL', 'pymysql', distribution('PyMySQL')),
    pythonClient('mysqlclient', 'MySQLdb', '".".join(map(str, MySQLdb.version_info[:3]))'),
    connector('pure'),
    connector('C'),
    pythonClient('aiomysql', 'aiomysql', 'aiomysql.__version__'),
    pythonClient('asyncmy', 'asyncmy', distribution('asyncmy')),
    goClient('prepared'),
    goClient('interpolate'),
    ...['text', 'prepared', 'cursors', 'batches', 'compressed'].map((mode) =>
      javaClient('MySQL Connector/J', mode),
    ),
    ...['text', 'prepared', 'compressed'].map((mode) => javaClient('MariaDB Connector/J', mode)),
    ...['mysqli', 'pdo', 'pdo-native'].map((kind) =>
      debianClient(`PHP ${kind}`, 'PHP', 'php', phpVersion, [program('php/checks.php'), kind]),
    ),
    debianClient(
      'mysql2 (gem)',
      'Ruby',
      'ruby',
      ['-e', 'require "mysql2"; print Mysql2::VERSION'],
      [program('ruby/checks.rb')],
    ),
    ...['mysql', 'MariaDB'].map((name) =>
      debianClient(`DBD::${name}`, 'Perl', 'perl', perlVersion(`DBD::${name}`), [
        program('perl/checks.pl'),
        name,
      ]),
    ),
    tools('MySQL programs', 'mysql', join(packageRoot, '.headgate/servers/bin/mysqldump')),
    tools('MariaDB programs', 'mariadb', debianProgram('mariadb')),
    npmOrm('sequelize', 'Sequelize'),
    npmOrm('typeorm', 'TypeORM'),
    npmOrm('knex', 'Knex and Objection'),
    npmOrm('drizzle-orm', 'Drizzle'),
    pythonClient(
      'SQLAlchemy and Alembic',
      'sqlalchemy, alembic, pymysql',
      'sqlalchemy.__version__',
      'sqlalchemy_orm.py',
    ),
    pythonClient('Django', 'django, pymysql', 'django.__version__', 'django_orm.py'),
  ];
}
