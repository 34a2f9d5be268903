/**
 * Where a session's statements go: what USE, COM_INIT_DB and the handshake's database may say.
 * Grammar as in Vitess: `[keyspace][:shard | /shard][@type]`.
 */
import { suggestion } from '../config/suggestion.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { type TabletType, type Topology, tabletTypes } from '../topology/topology.ts';

export type Target = Readonly<{
  /** '' while no database is selected. */
  keyspace: string;
  /** Given explicitly; undefined leaves the choice to the planner. */
  shard: string | undefined;
  type: TabletType;
  /** `information_schema` and its like, selected with USE: served by any tablet. */
  systemSchema: string | undefined;
}>;

export const noTarget: Target = Object.freeze({
  keyspace: '',
  shard: undefined,
  type: 'primary',
  systemSchema: undefined,
});

const systemSchemas = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

export const isSystemSchema = (name: string): boolean => systemSchemas.has(name.toLowerCase());

/** What DATABASE() is under a target. */
export const databaseOf = (target: Target): string => target.systemSchema ?? target.keyspace;

/** A target in full, as USE takes it. */
export const targetText = ({ keyspace, shard, type, systemSchema }: Target): string =>
  `${systemSchema ?? keyspace}${shard === undefined ? '' : `:${shard}`}@${type}`;

const unknownDatabase = (name: string, why = ''): HeadgateError =>
  new HeadgateError('ER_BAD_DB_ERROR', { message: `Unknown database '${name}'${why}` });

/** MySQL's error for a database that is none, with a keyspace that may have been meant. */
export const noSuchDatabase = (name: string, keyspaces: Iterable<string>): HeadgateError =>
  unknownDatabase(name, suggestion(name, [...keyspaces]));

/** Reads a target; what it leaves out stays as in `current`. Raises 1049 for names that the topology does not have. */
export function parseTarget(text: string, current: Target, topology: Topology | undefined): Target {
  const at = text.lastIndexOf('@');
  const place = at < 0 ? text : text.slice(0, at);
  const type = at < 0 ? current.type : parseType(text, text.slice(at + 1));
  if (place === '') return Object.freeze({ ...current, type });
  if (isSystemSchema(place)) {
    return Object.freeze({ keyspace: '', shard: undefined, type, systemSchema: place });
  }
  const cut = place.search(/[:/]/);
  const keyspace = cut < 0 ? place : place.slice(0, cut) || current.keyspace;
  const shard = cut < 0 ? undefined : place.slice(cut + 1);
  if (topology === undefined) throw new HeadgateError('HG_NO_TOPOLOGY');
  const known = topology.keyspaces.get(keyspace);
  if (known === undefined) throw noSuchDatabase(text, topology.keyspaces.keys());
  if (shard !== undefined && !known.shards.has(shard)) {
    throw unknownDatabase(
      text,
      `: keyspace ${keyspace} has the shards ${[...known.shards.keys()].join(', ')}`,
    );
  }
  return Object.freeze({ keyspace, shard, type, systemSchema: undefined });
}

function parseType(text: string, name: string): TabletType {
  const lower = name.toLowerCase();
  const type = lower === 'master' ? 'primary' : lower === 'batch' ? 'rdonly' : lower;
  if (!(tabletTypes as readonly string[]).includes(type)) {
    throw unknownDatabase(text, `: @${name} is no tablet type; use one of ${tabletTypes.join(', ')}`);
  }
  return type as TabletType;
}
