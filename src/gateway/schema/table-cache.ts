import type { TableSchema } from '../../schema/schema.ts';

/**
 * The tables of one keyspace by name and digest, whichever shard they were read from: a table that is the same on all shards
 * is read once and is one object, and stays that object while it does not change.
 */
export class TableCache {
  readonly #tables = new Map<string, TableSchema>();

  get(name: string, digest: string): TableSchema | undefined {
    return this.#tables.get(keyOf(name, digest));
  }

  /** Keeps `table` unless the same one is there: shards that are read at the same time share what came first. */
  put(table: TableSchema, digest: string): void {
    const key = keyOf(table.name, digest);
    if (!this.#tables.has(key)) this.#tables.set(key, table);
  }

  /** Forgets all tables that are not in use. */
  retain(inUse: ReadonlySet<TableSchema>): void {
    for (const [key, table] of this.#tables) if (!inUse.has(table)) this.#tables.delete(key);
  }
}

const keyOf = (name: string, digest: string): string => `${name}\0${digest}`;
