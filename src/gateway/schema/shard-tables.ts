/**
 * The tables of one shard, as its primary has them. `poll` is the cheap look, `check` the sure one: it compares digests and
 * reads those tables that are not known yet.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { buildTables, columnFields, keyFields, tableFields, viewFields } from '../../schema/build-schema.ts';
import type { TableSchema } from '../../schema/schema.ts';
import { textValues } from '../answer-collector.ts';
import type { TabletPool } from '../tablet-pool.ts';
import {
  databaseQuestion,
  digestQuestion,
  readDigests,
  readRows,
  readSignature,
  type Signature,
  signatureQuestion,
  type TableDigest,
  tableQuestions,
} from './schema-questions.ts';
import type { TableCache } from './table-cache.ts';

/**
 * For so many polls after a change was noticed the sure look is taken each time: the system tables' rows change a moment
 * before the change can be seen.
 */
const SETTLING_POLLS = 10;
/** And after so many polls without any sign of a change. */
const SURE_EVERY_POLLS = 40;
/** So often tables may change while they are being read. */
const READS_MAX = 10;
/** Columns per question, so that no answer becomes too large. */
const COLUMNS_MAX = 20_000;

export class ShardTables {
  readonly pool: TabletPool;
  readonly #keyspace: string;
  readonly #cache: TableCache;
  /** Undefined until they were read; those of the primary before, if there was one. */
  tables: ReadonlyMap<string, TableSchema> | undefined;
  /** Why the last look failed. */
  failure: unknown;
  /** When the tables were last known to be as they are here; 0 before. */
  confirmedAtMs = 0;
  #connectionCount = 0;
  #signature: Signature | undefined;
  #quietPolls = 0;
  #settling = 0;
  #polling = false;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    pool: TabletPool,
    keyspace: string,
    cache: TableCache,
    before: ReadonlyMap<string, TableSchema> | undefined,
  ) {
    this.pool = pool;
    this.#keyspace = keyspace;
    this.#cache = cache;
    this.tables = before;
  }

  /** Looks whether anything may have changed and, if so, reads it. True if something has. */
  async poll(nowMs: number): Promise<boolean> {
    // The one before still waits for its answer.
    if (this.#polling || this.pool.observer.busy) return false;
    this.#polling = true;
    try {
      return await this.#look(nowMs);
    } finally {
      this.#polling = false;
    }
  }

  /** Brings `tables` up to what the tablet has after the call began. True if anything was different. */
  async check(nowMs: number): Promise<boolean> {
    // One after the other: of two at once the older answer could come last.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => {});
    try {
      const changed = await reading;
      this.#confirm(nowMs);
      return changed;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  #confirm(nowMs: number): void {
    this.failure = undefined;
    this.confirmedAtMs = nowMs;
  }

  async #look(nowMs: number): Promise<boolean> {
    const { observer, storedCodeDoubts } = this.pool;
    let signature: Signature;
    try {
      signature = readSignature(await observer.query(signatureQuestion(this.#keyspace)));
    } catch (error) {
      this.failure = error;
      // Not reached: nothing runs there either, and the assumption stays the careful one.
      this.pool.hasStoredCode = true;
      throw error;
    }
    this.pool.learnStoredCode(signature.hasStoredCode, storedCodeDoubts);
    if (!this.#isDue(signature)) {
      this.#confirm(nowMs);
      return false;
    }
    const changed = await this.check(nowMs);
    // Not before: after a failure the next poll has to look again.
    this.#signature = signature;
    this.#quietPolls = 0;
    this.#connectionCount = observer.connectionCount;
    return changed;
  }

  /** Whether the sure look is to be taken. */
  #isDue(signature: Signature): boolean {
    const before = this.#signature;
    if (before === undefined || this.failure !== undefined) return true;
    const moved =
      this.#connectionCount !== this.pool.observer.connectionCount ||
      signature.systemRows === undefined ||
      signature.systemRows !== before.systemRows ||
      signature.tables !== before.tables;
    if (moved) this.#settling = SETTLING_POLLS;
    if (this.#settling > 0) {
      this.#settling--;
      return true;
    }
    return ++this.#quietPolls >= SURE_EVERY_POLLS;
  }

  async #read(): Promise<boolean> {
    let digests = await this.#digests();
    for (let reads = 0; ; reads++) {
      const unknown = [...digests].filter(([name, { digest }]) => !this.#cache.get(name, digest));
      if (unknown.length === 0) return this.#take(digests);
      if (reads === READS_MAX) {
        throw new HeadgateError('HG_NO_SCHEMA', {
          keyspace: this.#keyspace,
          tablet: this.pool.tablet.alias,
          detail: `tables of ${this.#keyspace} on ${this.pool.tablet.alias} change faster than they can be read`,
        });
      }
      const tables = await this.#load(unknown, digests.size);
      const after = await this.#digests();
      // Several questions make up a table: only if it was the same before and after them do the answers fit together.
      for (const [name, { digest }] of unknown) {
        const table = tables.get(name);
        if (table !== undefined && after.get(name)?.digest === digest) this.#cache.put(table, digest);
      }
      digests = after;
    }
  }

  #take(digests: ReadonlyMap<string, TableDigest>): boolean {
    const tables = new Map([...digests].map(([name, { digest }]) => [name, this.#cache.get(name, digest)!]));
    const before = this.tables;
    const same =
      before?.size === tables.size && [...tables].every(([name, table]) => before.get(name) === table);
    if (!same) this.tables = tables;
    return !same;
  }

  async #digests(): Promise<ReadonlyMap<string, TableDigest>> {
    const { observer, tablet } = this.pool;
    const digests = readDigests(await observer.query(digestQuestion(this.#keyspace)));
    if (digests.size > 0) return digests;
    const [count] = textValues(await observer.query(databaseQuestion(this.#keyspace)), 0);
    if (count !== '0') return digests;
    throw new HeadgateError('HG_NO_SCHEMA', {
      keyspace: this.#keyspace,
      tablet: tablet.alias,
      detail: `${tablet.alias} (${tablet.host}:${tablet.port}) has no database ${this.#keyspace}, or the router's account has no rights on it`,
    });
  }

  async #load(
    wanted: readonly (readonly [string, TableDigest])[],
    tableCount: number,
  ): Promise<ReadonlyMap<string, TableSchema>> {
    const tables = new Map<string, TableSchema>();
    for (const names of batches(wanted)) {
      const all = names.length === tableCount;
      for (const [name, table] of await this.#loadBatch(all ? undefined : names)) tables.set(name, table);
    }
    return tables;
  }

  async #loadBatch(names: readonly string[] | undefined): Promise<ReadonlyMap<string, TableSchema>> {
    const { observer } = this.pool;
    const questions = tableQuestions(this.#keyspace, names);
    const [columns, keys, tables, views] = await Promise.all([
      observer.query(questions.columns),
      observer.query(questions.keys),
      observer.query(questions.tables),
      observer.query(questions.views),
    ]);
    return buildTables({
      columns: readRows(columns, columnFields),
      keys: readRows(keys, keyFields),
      tables: readRows(tables, tableFields),
      views: readRows(views, viewFields),
    });
  }
}

/** Names of tables, in groups of a bounded number of columns. */
function batches(tables: readonly (readonly [string, TableDigest])[]): string[][] {
  const groups: string[][] = [];
  let columns = Number.POSITIVE_INFINITY;
  for (const [name, { columnCount }] of tables) {
    columns += columnCount;
    if (columns > COLUMNS_MAX) {
      groups.push([]);
      columns = columnCount;
    }
    groups.at(-1)!.push(name);
  }
  return groups;
}
