/** Which shard a statement runs on, from the session's target and the names in the statement. No I/O. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { ShardHandle } from '../gateway/shard-handle.ts';
import { effect, type ShowKind, type StatementKind, type StatementScan } from '../sql/statement.ts';
import type { TabletType } from '../topology/topology.ts';
import { databaseOf, isSystemSchema, noSuchDatabase, type Target } from './target.ts';

export type Place = Readonly<{
  shard: ShardHandle;
  type: TabletType;
  /** Default database that the connection must have. */
  database: string;
}>;

/** Statements about definitions, and about what one server makes of a statement: any shard of a keyspace can answer. */
const answeredByAnyShard: ReadonlySet<StatementKind> = new Set(['show', 'describe', 'help', 'explain']);

/** Statements that, without tables and unknown functions, mean the same on every shard. */
const sameOnEveryShard: ReadonlySet<StatementKind> = new Set([
  'select',
  'do',
  'values',
  'set',
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'rollbackTo',
  'release',
  'unlockTables',
  'signal',
  'getDiagnostics',
  'kill',
  'use',
  'empty',
  'deallocate',
]);

/** Kinds that use what the session's held connection has of the session, wherever that is. */
const heldKinds: ReadonlySet<StatementKind> = new Set([...sameOnEveryShard, 'execute', 'handler', 'xa']);
const heldShows: ReadonlySet<ShowKind> = new Set([
  'warnings',
  'errors',
  'countWarnings',
  'countErrors',
  'variables',
  'status',
]);

/** Neither the session's database nor the one that is shown: SHOW CREATE VIEW qualifies the names of all others. */
const ELSEWHERE = 'information_schema';

const shardEffects =
  effect.unknownFunction | effect.knownFunction | effect.lexError | effect.currentDatabase | effect.namedLock;

/** Whether a statement may mean something else on another shard: by its tables, stored code or default database. */
export function dependsOnShard(scan: StatementScan): boolean {
  if (namesTables(scan)) return true;
  if (scan.effects & shardEffects) return true;
  return !heldKinds.has(scan.kind) && !(scan.showKind !== undefined && heldShows.has(scan.showKind));
}

/** Whether tables, routines of CALL or a database are named. */
export const namesTables = (scan: StatementScan): boolean =>
  scan.qualifiers.length > 0 || scan.hasUnqualifiedTable || scan.databaseName !== undefined;

/** `source` is the buffer that was scanned. Raises HG_SHARDED_NOT_PLANNED, HG_SEVERAL_KEYSPACES, HG_NO_TABLET or ER_NOT_SUPPORTED_YET. */
export function placeOf(scan: StatementScan, target: Target, gateway: Gateway, source?: Buffer): Place {
  if ((scan.effects & effect.namedLock) !== 0 && !namesTables(scan)) return placeOfLocks(target, gateway);
  if (scan.databaseName !== undefined && scan.kind !== 'show') {
    return placeOfDatabaseDdl(scan.databaseName, scan, target, gateway, source);
  }
  const keyspace = keyspaceOf(scan, target, gateway);
  const { type } = target;
  if (keyspace === '') {
    const shard = gateway.anyShard();
    if (shard === undefined) throw new HeadgateError('HG_NO_TABLET', { detail: 'no keyspace has a primary' });
    return { shard, type, database: databaseOf(target) };
  }
  const own = keyspace === target.keyspace;
  const isSessions = own || databaseOf(target) === '' || target.systemSchema !== undefined;
  const database = isSessions ? databaseOf(target) : scan.showKind === 'other' ? ELSEWHERE : keyspace;
  const shard =
    own && target.shard !== undefined ? gateway.shard(keyspace, target.shard) : gateway.firstShard(keyspace);
  if (shard === undefined) {
    throw new HeadgateError('HG_NO_TABLET', {
      keyspace,
      detail: `${keyspace}:${target.shard ?? ''} is not in the topology`,
    });
  }
  const shardChosen = own && target.shard !== undefined;
  if (!shardChosen && gateway.topology?.keyspaces.get(keyspace)?.sharded === true)
    requireNoTables(scan, keyspace, gateway);
  return { shard, type, database };
}

/**
 * Named locks exclude each other only on one server: always the primary of the keyspace's first shard, whatever shard or tablet type is
 * selected; without a keyspace the first of those that are not sharded, also while it has no primary.
 */
function placeOfLocks(target: Target, gateway: Gateway): Place {
  const keyspaces = [...(gateway.topology?.keyspaces.values() ?? [])];
  const keyspace = target.keyspace || (keyspaces.find(({ sharded }) => !sharded) ?? keyspaces[0])?.name;
  const shard = keyspace === undefined ? undefined : gateway.firstShard(keyspace);
  if (shard === undefined) throw new HeadgateError('HG_NO_TABLET', { detail: 'no keyspace has a shard' });
  return { shard, type: 'primary', database: databaseOf(target) };
}

function keyspaceOf(scan: StatementScan, target: Target, gateway: Gateway): string {
  if (scan.qualifiers.length === 0) {
    return scan.kind === 'show' && scan.databaseName !== undefined && gateway.keyspaces.has(scan.databaseName)
      ? scan.databaseName
      : target.keyspace;
  }
  const named = scan.qualifiers.filter((name) => gateway.keyspaces.has(name));
  const system = scan.qualifiers.some(isSystemSchema);
  if (system && named.length === 0 && scan.schemaLiterals.length === 1) return scan.schemaLiterals[0]!;
  const foreign = named.filter((name) => name !== target.keyspace);
  if (foreign.length === 0) return target.keyspace;
  const others = named.length > 1 || (scan.hasUnqualifiedTable && target.keyspace !== '');
  if (others) {
    const all = [...new Set([target.keyspace, ...named])].filter((name) => name !== '');
    throw new HeadgateError('HG_SEVERAL_KEYSPACES', { detail: all.join(', ') });
  }
  return foreign[0]!;
}

function requireNoTables(scan: StatementScan, keyspace: string, gateway: Gateway): void {
  const system = scan.qualifiers.every(isSystemSchema);
  const tables = scan.hasUnqualifiedTable || !system || scan.databaseName !== undefined;
  const hidden = (scan.effects & (effect.unknownFunction | effect.lexError)) !== 0;
  if (answeredByAnyShard.has(scan.kind) || (sameOnEveryShard.has(scan.kind) && !tables && !hidden)) return;
  const unknown = scan.qualifiers.find((name) => !gateway.keyspaces.has(name) && !isSystemSchema(name));
  if (unknown !== undefined) throw noSuchDatabase(unknown, gateway.keyspaces);
  const shards = [...(gateway.topology?.keyspaces.get(keyspace)?.shards.keys() ?? [])];
  throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
    keyspace,
    detail: `keyspace ${keyspace}; select one of its shards, for example USE \`${keyspace}:${shards[0]}\` (${shards.join(', ')})`,
  });
}

/** CREATE DATABASE of a keyspace: its tablet has the database, so MySQL's own error or warning says that it exists. */
function placeOfDatabaseDdl(
  name: string,
  scan: StatementScan,
  target: Target,
  gateway: Gateway,
  source: Buffer | undefined,
): Place {
  const shard = gateway.firstShard(name);
  if (shard !== undefined && /^create\b/i.test(source?.toString('latin1', scan.start, scan.end) ?? '')) {
    return { shard, type: 'primary', database: databaseOf(target) === '' ? '' : name };
  }
  throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
    message: `Headgate does not create, change or drop databases ('${name}'): a keyspace is made with \`headgate ctl keyspaces add\` and a database on each of its tablets`,
  });
}
