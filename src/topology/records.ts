/**
 * How the cluster's records lie in the store: keys below the root prefix, values as JSON with a version number.
 * Reading refuses what it does not understand; the callers decide whether that is an error (writers) or a record
 * to skip and report (routers, which must go on whatever somebody wrote).
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { canonicalShardName } from './shard-name.ts';
import {
  type ScatterPolicy,
  type ShardRecord,
  scatterPolicies,
  type TabletRecord,
  tabletTypes,
} from './topology.ts';

export const RECORD_VERSION = 1;
export const DEFAULT_PREFIX = '/headgate';
export const ROUTER_NUMBER_MAX = 255;

/** A live router, as it announces itself under its leased number. */
export type RouterRecord = Readonly<{
  number: number;
  host: string;
  port: number;
  adminUrl: string;
  pid: number;
  /** ISO 8601, UTC. */
  startedAt: string;
}>;

export type StoredRecord =
  | Readonly<{ kind: 'cell'; name: string }>
  | Readonly<{ kind: 'keyspace'; name: string; sharded: boolean; scatterPolicy: ScatterPolicy | undefined }>
  | Readonly<{ kind: 'vschema'; keyspace: string; vschema: unknown }>
  | Readonly<{ kind: 'routingRules'; routingRules: unknown }>
  | Readonly<{ kind: 'shard'; record: ShardRecord }>
  | Readonly<{ kind: 'tablet'; record: TabletRecord }>
  | Readonly<{ kind: 'router'; record: RouterRecord }>;

/** Keys relative to the root prefix. */
export const keyOf = {
  cell: (name: string): string => `cells/${name}`,
  keyspace: (name: string): string => `keyspaces/${name}/keyspace`,
  vschema: (name: string): string => `keyspaces/${name}/vschema`,
  routingRules: (): string => 'routing-rules',
  shard: (keyspace: string, shard: string): string => `keyspaces/${keyspace}/shards/${shard}`,
  tablet: (alias: string): string => `tablets/${alias}`,
  router: (number: number | ''): string => `routers/${number}`,
} as const;

export function keyOfRecord(stored: StoredRecord): string {
  switch (stored.kind) {
    case 'cell':
      return keyOf.cell(stored.name);
    case 'keyspace':
      return keyOf.keyspace(stored.name);
    case 'vschema':
      return keyOf.vschema(stored.keyspace);
    case 'routingRules':
      return keyOf.routingRules();
    case 'shard':
      return keyOf.shard(stored.record.keyspace, stored.record.shard);
    case 'tablet':
      return keyOf.tablet(stored.record.alias);
    case 'router':
      return keyOf.router(stored.record.number);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The value of a record as it is stored. */
export function encodeRecord(stored: StoredRecord): string {
  return JSON.stringify({ version: RECORD_VERSION, ...bodyOf(stored) });
}

function bodyOf(stored: StoredRecord): Fields {
  switch (stored.kind) {
    case 'cell':
      return { name: stored.name };
    case 'keyspace':
      return { sharded: stored.sharded, scatterPolicy: stored.scatterPolicy };
    case 'vschema':
      return { vschema: stored.vschema };
    case 'routingRules':
      return { routingRules: stored.routingRules };
    case 'shard':
      return { primaryAlias: stored.record.primaryAlias, term: stored.record.term };
    case 'tablet': {
      const { alias, cell, keyspace, shard, type, host, port } = stored.record;
      return { alias, cell, keyspace, shard, type, host, port };
    }
    case 'router': {
      const { host, port, adminUrl, pid, startedAt } = stored.record;
      return { host, port, adminUrl, pid, startedAt };
    }
  }
}

/** The record under a key; undefined for keys that are not ours to read. Throws HG_TOPOLOGY for a broken record. */
export function decodeRecord(key: string, value: Buffer | string): StoredRecord | undefined {
  const parts = key.split('/');
  const [room, name = ''] = parts;
  if (room === 'keyspaces') {
    if (parts.length === 3 && parts[2] === 'keyspace') return decodeKeyspace(key, name, value);
    if (parts.length === 3 && parts[2] === 'vschema') return decodeVschema(key, name, value);
    if (parts.length === 4 && parts[2] === 'shards') return decodeShard(key, name, parts[3] ?? '', value);
    return undefined;
  }
  if (key === keyOf.routingRules()) return decodeRoutingRules(key, value);
  if (parts.length !== 2) return undefined;
  switch (room) {
    case 'cells':
      return Object.freeze({ kind: 'cell', name: checkCell(name) });
    case 'tablets':
      return decodeTablet(key, name, value);
    case 'routers':
      return decodeRouter(key, name, value);
    default:
      return undefined;
  }
}

function decodeKeyspace(key: string, name: string, value: Buffer | string): StoredRecord {
  const { sharded, scatterPolicy } = fieldsOf(key, value);
  if (typeof sharded !== 'boolean') throw broken(key, '`sharded` must be true or false');
  const policy = scatterPolicies.find((known) => known === scatterPolicy);
  if (scatterPolicy !== undefined && policy === undefined)
    throw broken(key, `\`scatterPolicy\` must be one of ${scatterPolicies.join(', ')}`);
  return Object.freeze({ kind: 'keyspace', name: checkKeyspace(name), sharded, scatterPolicy: policy });
}

function decodeVschema(key: string, name: string, value: Buffer | string): StoredRecord {
  const vschema = fieldsOf(key, value).vschema;
  if (!isObject(vschema)) throw broken(key, '`vschema` must be an object');
  return Object.freeze({ kind: 'vschema', keyspace: checkKeyspace(name), vschema: deepFreeze(vschema) });
}

function decodeRoutingRules(key: string, value: Buffer | string): StoredRecord {
  const routingRules = fieldsOf(key, value).routingRules;
  if (!isObject(routingRules)) throw broken(key, '`routingRules` must be an object');
  return Object.freeze({ kind: 'routingRules', routingRules: deepFreeze(routingRules) });
}

function decodeShard(key: string, keyspace: string, shard: string, value: Buffer | string): StoredRecord {
  const { primaryAlias = null, term } = fieldsOf(key, value);
  if (canonicalShardName(shard) !== shard) throw broken(key, 'key ranges are stored in lower case');
  return Object.freeze({
    kind: 'shard',
    record: checkShard({ keyspace, shard, primaryAlias, term }),
  });
}

function decodeTablet(key: string, alias: string, value: Buffer | string): StoredRecord {
  const { alias: inside = alias, ...fields } = fieldsOf(key, value);
  if (inside !== alias) throw broken(key, `the record says alias ${JSON.stringify(inside)}`);
  return Object.freeze({ kind: 'tablet', record: checkTablet({ ...fields, alias }) });
}

function decodeRouter(key: string, name: string, value: Buffer | string): StoredRecord {
  const { host, port, adminUrl, pid, startedAt } = fieldsOf(key, value);
  const number = Number(name);
  if (!/^\d+$/.test(name) || number < 1 || number > ROUTER_NUMBER_MAX)
    throw broken(key, 'not a router number');
  if (typeof host !== 'string' || !Number.isInteger(port)) throw broken(key, 'no host and port');
  return Object.freeze({
    kind: 'router',
    record: Object.freeze({
      number,
      host,
      port: Number(port),
      adminUrl: typeof adminUrl === 'string' ? adminUrl : '',
      pid: Number.isInteger(pid) ? Number(pid) : 0,
      startedAt: typeof startedAt === 'string' ? startedAt : '',
    }),
  });
}

const RESERVED = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

/** A keyspace is addressed as a MySQL database, also as `keyspace:shard@type`, and is a part of etcd keys. */
export function checkKeyspace(name: unknown): string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name)) {
    throw refused(`keyspace name ${JSON.stringify(name)}`, 'use 1 to 64 letters, digits, `_` or `-`');
  }
  if (RESERVED.has(name.toLowerCase())) {
    throw refused(`keyspace name \`${name}\``, "it is one of MySQL's own databases");
  }
  return name;
}

export function checkCell(name: unknown): string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name)) {
    throw refused(`cell name ${JSON.stringify(name)}`, 'use 1 to 64 letters, digits, `_` or `-`');
  }
  return name;
}

/** The cell of a tablet's alias `CELL-UID`. */
export function cellOfAlias(alias: unknown): string {
  const match = typeof alias === 'string' ? /^(.+)-(\d{1,10})$/.exec(alias) : null;
  if (match === null) {
    throw refused(`tablet alias ${JSON.stringify(alias)}`, 'it is a cell and a number, such as `zone1-101`');
  }
  return checkCell(match[1]);
}

/** Checks what is to become (or claims to be) a shard's record. */
export function checkShard(fields: Fields): ShardRecord {
  const { primaryAlias, term } = fields;
  const keyspace = checkKeyspace(fields.keyspace);
  const shard = canonicalShardName(String(fields.shard));
  if (primaryAlias !== null) cellOfAlias(primaryAlias);
  if (typeof term !== 'number' || !Number.isSafeInteger(term) || term < 0) {
    throw refused(`shard ${keyspace}/${shard}`, `term ${JSON.stringify(term)} is not a whole number from 0`);
  }
  return Object.freeze({ keyspace, shard, primaryAlias: primaryAlias as string | null, term });
}

/** Checks what is to become (or claims to be) a tablet's record. */
export function checkTablet(fields: Fields): TabletRecord {
  const { alias, host, port, type } = fields;
  const cell = cellOfAlias(alias);
  const what = `tablet ${alias}`;
  if (fields.cell !== cell) {
    throw refused(what, `its alias says cell \`${cell}\`, its record ${JSON.stringify(fields.cell)}`);
  }
  const keyspace = checkKeyspace(fields.keyspace);
  const shard = canonicalShardName(String(fields.shard));
  if (type === 'primary') {
    throw refused(what, '`primary` is never stored: add it as `replica` and name it with set-primary');
  }
  if (!tabletTypes.some((known) => known === type)) {
    const known = tabletTypes.filter((each) => each !== 'primary').join(', ');
    throw refused(what, `type ${JSON.stringify(type)} is unknown; known are ${known}`);
  }
  if (typeof host !== 'string' || !/^[^\s/]{1,255}$/.test(host)) {
    throw refused(what, `host ${JSON.stringify(host)} is not a name or address`);
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw refused(what, `port ${JSON.stringify(port)} is not between 1 and 65535`);
  }
  return Object.freeze({
    alias: String(alias),
    cell,
    keyspace,
    shard,
    type: type as TabletRecord['type'],
    host,
    port,
  });
}

function fieldsOf(key: string, value: Buffer | string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch (cause) {
    throw broken(key, 'it is not JSON', cause);
  }
  if (!isObject(parsed)) throw broken(key, 'it is not a JSON object');
  if (parsed.version !== RECORD_VERSION) {
    throw broken(key, `version ${JSON.stringify(parsed.version)} is not known (this Headgate writes 1)`);
  }
  return parsed;
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

const refused = (what: string, why: string): HeadgateError =>
  new HeadgateError('HG_TOPOLOGY', { detail: `${what} is not valid: ${why}` });

const broken = (key: string, why: string, cause?: unknown): HeadgateError =>
  new HeadgateError('HG_TOPOLOGY', { detail: `record \`${key}\` is broken: ${why}`, cause });
