/**
 * Every configuration key: its type, limits, default and meaning, once. The YAML file, the flags, the environment
 * variables and `docs/configuration.md` all follow from here; nothing else in the program knows a key's spelling.
 */
import { z } from 'zod';
import { parseHostRule } from './host-rule.ts';

/** How a key's text form (flag, environment) becomes a value, and how its values are described to people. */
export type KeyKind = 'text' | 'path' | 'integer' | 'choice' | 'list';

/** What zod does not say about a key. */
export type KeyFacts = Readonly<{
  kind: KeyKind;
  /** Completes "allowed: …". */
  allowed: string;
  /** Never shown in a message. */
  secret: boolean;
}>;

export const keyFacts = z.registry<KeyFacts>();

const register = <T extends z.ZodType>(schema: T, kind: KeyKind, allowed: string, secret = false): T => {
  keyFacts.add(schema, { kind, allowed, secret });
  return schema;
};

const text = (byDefault: string, description: string, allowed = 'text') =>
  register(z.string().default(byDefault).meta({ description }), 'text', allowed);

/** Something that a listener or a client can be given: never empty. */
const name = (byDefault: string, description: string, allowed: string) =>
  register(z.string().min(1).default(byDefault).meta({ description }), 'text', allowed);

const secret = (description: string) =>
  register(z.string().default('').meta({ description }), 'text', 'text', true);

const path = (description: string) =>
  register(z.string().min(1).optional().meta({ description }), 'path', 'the path of a file');

const integer = (byDefault: number, min: number, max: number, description: string) =>
  register(
    z.int().min(min).max(max).default(byDefault).meta({ description }),
    'integer',
    `a whole number from ${min} to ${max}`,
  );

const port = (byDefault: number, description: string) => integer(byDefault, 0, 65_535, description);
const milliseconds = (byDefault: number, min: number, description: string) =>
  integer(byDefault, min, 86_400_000, description);

const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  byDefault: NoInfer<T[number]>,
  description: string,
) =>
  register(
    z
      .enum(values)
      .default(byDefault as never)
      .meta({ description }),
    'choice',
    values.join(', '),
  );

const hostPort = /^(?:\[[0-9a-fA-F:]+\]|[^\s:/,]+):[0-9]{1,5}$/;

/** Everything is written as 0.0.0.0/0: trusting all the world is no slip of the pen then. */
const isAddressRule = (text: string): boolean => text !== '%' && parseHostRule(text) !== undefined;

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const listenTls = z
  .strictObject({
    mode: choice(
      ['off', 'optional', 'required'],
      'off',
      'Whether clients may (`optional`) or must (`required`) use TLS. Anything but `off` needs `certFile` and `keyFile`.',
    ),
    certFile: path('Certificate shown to clients, with its chain (PEM).'),
    keyFile: path('Private key of the certificate (PEM).'),
    caFile: path(
      'Certificate authorities (PEM) that sign the certificates of clients. With it clients are asked for one; one of another authority is refused.',
    ),
    crlFile: path('Certificates of these authorities that are no longer good: a revocation list (PEM).'),
    clientCertificates: choice(
      ['optional', 'required'],
      'optional',
      'Whether every client that uses TLS must show a certificate. Of single users it is demanded in the users file (`require`).',
    ),
    minVersion: choice(['TLSv1.2', 'TLSv1.3'], 'TLSv1.2', 'Least version of TLS that clients may use.'),
    groups: text(
      'auto',
      "Groups for the key exchange, in OpenSSL's notation; `auto` is OpenSSL's own choice, post-quantum ones first. `X25519:P-256` takes 14 KiB less memory per connection of clients that offer those.",
      'auto, or names such as X25519:P-256',
    ),
  })
  .prefault({})
  .meta({
    description:
      'TLS towards clients. The files are read again whenever they change; connections that stand keep theirs.',
  });

const listen = z
  .strictObject({
    host: name(
      '127.0.0.1',
      'Address to listen on for MySQL clients; `0.0.0.0` or `::` for every interface.',
      'a host name or address',
    ),
    port: port(3306, 'Port for MySQL clients; 0 takes a free one.'),
    socket: path(
      'Unix socket to listen on besides the port. A file that a dead process left behind is replaced.',
    ),
    socketMode: register(
      z
        .string()
        .regex(/^0?[0-7]{3}$/)
        .default('777')
        .meta({ description: 'Permissions of the socket file, octal.' }),
      'text',
      'three octal digits such as 770',
    ),
    proxyFrom: register(
      z.array(z.string().refine(isAddressRule)).max(1000).default([]).meta({
        description:
          'Load balancers that speak the PROXY protocol (version 1 or 2). Connections from these addresses must begin with its header, and count as coming from the address in it; from anywhere else a header is refused.',
      }),
      'list',
      'a list of addresses and networks such as 10.0.0.0/8',
    ),
    connectionsMax: integer(
      10_000,
      1,
      1_000_000,
      'Client connections at a time; the next one gets error 1040. One more is kept for an administrator.',
    ),
    userConnectionsMax: integer(
      0,
      0,
      1_000_000,
      'Connections of one user at a time, where the users file does not say otherwise (`connectionsMax`); the next one gets error 1203. 0: no limit.',
    ),
    keepAliveMs: milliseconds(
      60_000,
      1000,
      'After so long without a byte from a client its machine is probed (TCP keepalive); without an answer for 10 s the connection ends.',
    ),
    handshakeMsMax: milliseconds(10_000, 100, 'Time a client has to finish its handshake and login.'),
    packetBytesMax: integer(
      64 * MIB,
      64 * KIB,
      GIB,
      "As MySQL's `max_allowed_packet`: a client's commands must be shorter, others get error 1153. Keep it at or below that of the tablets.",
    ),
    localInfile: choice(
      ['on', 'off'],
      'on',
      'Whether clients may send files for LOAD DATA LOCAL; `off` gives error 3948. The tablets need `local_infile=ON` for it.',
    ),
    serverVersion: name(
      '8.4.0',
      "Server version shown to clients until the tablets' own is known.",
      'a version such as 8.4.0',
    ),
    usersFile: path(
      'Users and their password hashes; read again whenever it changes. Without it only `root` without a password from a loopback address may connect.',
    ),
    compression: register(
      z
        .array(z.enum(['zlib', 'zstd', 'uncompressed']))
        .min(1)
        .max(3)
        .default(['zlib', 'zstd', 'uncompressed'])
        .meta({
          description:
            "What clients may ask for, as MySQL's `protocol_compression_algorithms`. Without `uncompressed` only clients that compress may connect.",
        }),
      'list',
      'a list of zlib, zstd, uncompressed',
    ),
    tls: listenTls,
  })
  .prefault({})
  .meta({ description: 'Where and how MySQL clients connect.' });

const admin = z
  .strictObject({
    host: name(
      '127.0.0.1',
      'Address of the admin port. It has no login: keep it away from open networks.',
      'a host name or address',
    ),
    port: port(15_000, 'Port for the status page, `/healthz`, `/readyz` and `/metrics`; 0 takes a free one.'),
  })
  .prefault({})
  .meta({ description: 'The HTTP port for people and monitoring.' });

const topology = z
  .strictObject({
    etcd: register(
      z
        .array(z.string().regex(hostPort))
        .min(1)
        .max(64)
        .default(['127.0.0.1:2379'])
        .meta({ description: 'Addresses of the etcd members.' }),
      'list',
      'a list of one or more HOST:PORT',
    ),
    prefix: register(
      z
        .string()
        .regex(/^\/[^\s]*[^\s/]$/)
        .default('/headgate')
        .meta({ description: "Root of the cluster's records in etcd." }),
      'text',
      'a path that starts with / and does not end with it',
    ),
    timeoutMs: milliseconds(2000, 10, 'Time after which an unanswered request to etcd counts as failed.'),
    peerAnswerMsMax: milliseconds(
      3000,
      100,
      'How long KILL and the process list wait for the answer of another router.',
    ),
  })
  .prefault({})
  .meta({ description: 'Where the records of the cluster are kept.' });

const gateway = z
  .strictObject({
    user: name('root', 'User with which the router logs in to the tablets.', 'a user name'),
    password: secret('Its password. Better: `passwordFile`.'),
    passwordFile: path('File that holds the password (a newline at its end is ignored).'),
    tls: choice(
      ['off', 'preferred', 'required'],
      'preferred',
      'TLS towards tablets: never, where the tablet offers it (not over the loopback interface), or always.',
    ),
    caFile: path(
      "Certificate authority (PEM) that must have signed the tablets' certificates. Without it they are not verified.",
    ),
    certFile: path('Certificate that the router shows to tablets that ask for one, with its chain (PEM).'),
    keyFile: path('Private key of that certificate (PEM).'),
    connectMsMax: milliseconds(5000, 10, 'Time for connecting and logging in to a tablet.'),
    holdMsMax: milliseconds(10_000, 0, 'How long a statement waits for its shard to have a primary again.'),
    cell: text('', 'Cell of this router: replicas of the same cell are preferred. Empty: no preference.'),
  })
  .prefault({})
  .meta({ description: 'How the router connects to the tablets.' });

const pool = z
  .strictObject({
    connectionsMax: integer(
      256,
      1,
      100_000,
      "Connections to one tablet; below the tablet's `max_connections`.",
    ),
    scratchConnectionsMax: integer(
      32,
      1,
      100_000,
      'Connections to one tablet, beside `connectionsMax`, on which rows of several shards or keyspaces are put together in temporary tables.',
    ),
    waitMsMax: milliseconds(10_000, 1, 'How long a statement waits for a connection before error 9206.'),
    waitersMax: integer(
      10_000,
      0,
      1_000_000,
      'Statements waiting for one tablet; the next one gets error 9206 at once.',
    ),
    idleMsMax: milliseconds(60_000, 1000, 'Unused connections are closed after this time.'),
    statementsMax: integer(100, 0, 16_382, 'Prepared statements kept open on one connection to a tablet.'),
    statementsPercentMax: integer(
      50,
      1,
      100,
      "Prepared statements kept open on all connections to a tablet, in percent of the tablet's `max_prepared_stmt_count`. Routers of one cluster share that: with two, 50 for each is the most.",
    ),
  })
  .prefault({})
  .meta({ description: 'Connections kept to each tablet.' });

const session = z
  .strictObject({
    preparedStatementsMax: integer(10_000, 1, 1_000_000, 'Prepared statements that one client may hold.'),
    queryMsMax: milliseconds(
      0,
      0,
      'How long a query, INSERT, REPLACE, UPDATE, DELETE or CALL may take; then it is stopped (3024). 0: no limit. QUERY_TIMEOUT_MS in a statement goes before it.',
    ),
    preparedBytesMax: integer(
      64 * MIB,
      KIB,
      16 * GIB,
      'Bytes of the texts of the prepared statements that one client may hold.',
    ),
    longDataBytesMax: integer(
      64 * MIB,
      KIB,
      16 * GIB,
      'Bytes that one client may send ahead of EXECUTE (COM_STMT_SEND_LONG_DATA), for all its statements together.',
    ),
    userVariableBytesMax: integer(
      1 * MIB,
      0,
      64 * MIB,
      'Bytes of user variables that go with a session; longer ones keep one connection for it.',
    ),
    resultBufferBytesMax: integer(
      256 * KIB,
      64 * KIB,
      GIB,
      'Bytes of a result kept for one client that reads slowly; beyond it the tablet is made to wait.',
    ),
  })
  .prefault({})
  .meta({ description: 'Limits of one client connection.' });

const planner = z
  .strictObject({
    cacheBytesMax: integer(
      32 * MIB,
      0,
      16 * GIB,
      'Bytes of plans kept for statements of the same shape; the ones used longest ago go first. 0: every statement is planned anew.',
    ),
    scatterPolicy: choice(
      ['allow', 'warn', 'deny'],
      'allow',
      'What happens to queries, UPDATE and DELETE that look for rows on all shards of a keyspace because no condition names its vindex columns: `warn` adds a warning and a line in the log, `deny` refuses them with 9140. A policy set for the keyspace (`headgate ctl keyspaces scatter`) comes first, the directive ALLOW_SCATTER last.',
    ),
  })
  .prefault({})
  .meta({ description: 'How statements are planned.' });

const engine = z
  .strictObject({
    statementBytesMax: integer(
      64 * MIB,
      MIB,
      64 * GIB,
      'Memory that one statement may use in the router for sorting, grouping and DISTINCT over several shards; beyond it error 9121.',
    ),
    gatherRowsMax: integer(
      10_000_000,
      1,
      Number.MAX_SAFE_INTEGER,
      'Rows that one statement may bring together in temporary tables of one tablet; beyond it error 9128.',
    ),
    gatherBytesMax: integer(
      GIB,
      MIB,
      1024 * GIB,
      'Bytes of the rows that one statement may bring together in temporary tables of one tablet; beyond it error 9128.',
    ),
  })
  .prefault({})
  .meta({ description: 'Statements over several shards.' });

const log = z
  .strictObject({
    level: choice(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
      'Least level written.',
    ),
    format: choice(
      ['auto', 'json', 'pretty'],
      'auto',
      '`auto`: readable lines on a terminal, JSON everywhere else.',
    ),
    slowQueryMs: milliseconds(1000, 0, 'Statements slower than this get a log line; 0 turns it off.'),
    file: path('Write the log to this file (JSON unless `format` says `pretty`) instead of standard error.'),
  })
  .prefault({})
  .meta({ description: 'The log.' });

const shutdown = z
  .strictObject({
    drainMsMax: milliseconds(
      10_000,
      0,
      'After SIGTERM: how long statements and transactions may go on before their connections are closed.',
    ),
  })
  .prefault({})
  .meta({ description: 'How the router ends.' });

/** The whole file. */
export const configSchema = z.strictObject({
  listen,
  admin,
  topology,
  gateway,
  pool,
  session,
  engine,
  planner,
  log,
  shutdown,
});

type DeepReadonly<T> = T extends readonly (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** The configuration in force: complete, checked and frozen. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
