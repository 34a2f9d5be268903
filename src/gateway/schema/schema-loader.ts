/**
 * The schema snapshots of all keyspaces, kept in step with the tablets: at the start, when a primary changes, when somebody
 * says that definitions have changed, and by a cheap look at every primary in between.
 */
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import type { KeyspaceSchema } from '../../schema/schema.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SetMetric } from '../../telemetry/metrics.ts';
import type { TabletPool } from '../tablet-pool.ts';
import { KeyspaceTables, type KeyspaceTablesOwner, type ShardPrimary } from './keyspace-tables.ts';

export type SchemaListener = (schema: KeyspaceSchema, before: KeyspaceSchema | undefined) => void;

/** Names in a log line. */
const NAMES_MAX = 20;

export class SchemaLoader implements KeyspaceTablesOwner {
  readonly #log: Log;
  readonly #keyspaces = new Map<string, KeyspaceTables>();
  readonly #listeners = new Set<SchemaListener>();
  /** The last complaint about each shard: the same one is logged once. */
  readonly #complaints = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The current snapshot; undefined until the first one. */
  schema(keyspace: string): KeyspaceSchema | undefined {
    return this.#keyspaces.get(keyspace)?.schema;
  }

  /** Calls `listener` for each new snapshot; it must not throw. Returns the way to stop. */
  subscribe(listener: SchemaListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the topology. */
  apply(keyspaces: ReadonlyMap<string, readonly ShardPrimary[]>): void {
    for (const [name, tables] of this.#keyspaces) {
      if (keyspaces.has(name)) continue;
      tables.close();
      this.#keyspaces.delete(name);
    }
    for (const [name, shards] of keyspaces) {
      let tables = this.#keyspaces.get(name);
      if (tables === undefined) {
        tables = new KeyspaceTables(name, this);
        this.#keyspaces.set(name, tables);
      }
      tables.apply(shards);
    }
  }

  /** To be called regularly. */
  poll(): void {
    for (const tables of this.#keyspaces.values()) tables.poll();
  }

  /**
   * Definitions of the keyspace have changed: resolves when the snapshot shows all that its shards have at the time of the
   * call. A shard that cannot be asked keeps what was known of it, and is logged; the promise never rejects for that.
   */
  changed(keyspace: string): Promise<void> {
    return this.#keyspaces.get(keyspace)?.refresh() ?? Promise.resolve();
  }

  /** Why there is no snapshot. */
  missing(keyspace: string): HeadgateError {
    const tables = this.#keyspaces.get(keyspace);
    const [cause] = tables?.failures ?? [];
    const why = tables === undefined ? 'there is no such keyspace' : 'no primary has answered yet';
    const detail = cause === undefined ? why : messageOf(cause);
    return new HeadgateError('HG_NO_SCHEMA', { keyspace, detail: `${keyspace}: ${detail}`, cause });
  }

  collect(set: SetMetric): void {
    for (const [keyspace, { schema, confirmedAtMs, loads, lastRoundMs }] of this.#keyspaces) {
      if (confirmedAtMs > 0) {
        set('headgate_schema_age_seconds', { keyspace }, Math.max(0, Date.now() - confirmedAtMs) / 1000);
      }
      set('headgate_schema_loads_total', { keyspace }, loads);
      set('headgate_schema_load_seconds', { keyspace }, lastRoundMs / 1000);
      set('headgate_schema_tables', { keyspace }, schema?.tables.size ?? 0);
      set('headgate_schema_disagreements', { keyspace }, schema?.disagreements.size ?? 0);
    }
  }

  close(): void {
    for (const tables of this.#keyspaces.values()) tables.close();
    this.#keyspaces.clear();
    this.#listeners.clear();
  }

  onPublished(schema: KeyspaceSchema, before: KeyspaceSchema | undefined): void {
    const { keyspace, version } = schema;
    if (before === undefined) {
      this.#log.info({ keyspace, version, tables: schema.tables.size }, 'schema loaded');
    } else {
      this.#log.info({ keyspace, version, ...changedNames(schema, before) }, 'schema changed');
    }
    for (const [table, detail] of schema.disagreements) {
      if (before?.disagreements.get(table) === detail) continue;
      this.#log.warn({ keyspace, table, detail }, 'the shards disagree on a table');
    }
    for (const listener of [...this.#listeners]) listener(schema, before);
  }

  onShardRead(keyspace: string, shard: string, pool: TabletPool, error: unknown): void {
    const place = `${keyspace}/${shard}`;
    const complaint = error === undefined ? undefined : messageOf(error);
    if (this.#complaints.get(place) === complaint) return;
    if (complaint === undefined) this.#complaints.delete(place);
    else this.#complaints.set(place, complaint);
    const facts = { keyspace, shard, tablet: pool.tablet.alias };
    if (complaint === undefined) this.#log.info(facts, 'schema is read again');
    else this.#log.warn({ ...facts, err: error }, 'schema not read');
  }
}

/** Which tables and views are new, gone or different, some of them by name. */
function changedNames(schema: KeyspaceSchema, before: KeyspaceSchema): { changed: number; names: string[] } {
  const names = new Set([...schema.tables.keys(), ...before.tables.keys()]);
  const changed = [...names].filter((name) => schema.tables.get(name) !== before.tables.get(name));
  return { changed: changed.length, names: changed.slice(0, NAMES_MAX) };
}
