/** Everything besides a statement's text that a plan depends on, as a small number. */

/** Two sessions with equal contexts may use each other's plans. */
export type PlanContext = Readonly<{
  /** The session's target as it was resolved: keyspace, shard, tablet type. */
  target: string;
  /** `sql_mode` in full: it changes how text is read and what statements mean. */
  sqlMode: string;
  /** CLIENT_IGNORE_SPACE. */
  ignoreSpace: boolean;
  /** Of the client's text. */
  charset: string;
  collation: string;
  serverVersion: number;
  /** The session's directives that change plans. */
  directives: string;
  /** How the session does transactions over several shards. */
  transactionMode: string;
  vschemaVersion: number;
  schemaVersion: number;
}>;

const CONTEXTS_MAX = 10_000;

/**
 * Numbers for contexts. A number never comes to mean another context; when there are too many, all are forgotten, and
 * equal contexts get new numbers, under which plans are made again.
 */
export class ContextIds {
  readonly #contextsMax: number;
  readonly #ids = new Map<string, number>();
  #last = 0;

  constructor(contextsMax = CONTEXTS_MAX) {
    this.#contextsMax = contextsMax;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Not for each statement: sessions ask again when something of their context changed. */
  idOf(context: PlanContext): number {
    const text = JSON.stringify([
      context.target,
      context.sqlMode,
      context.ignoreSpace,
      context.charset,
      context.collation,
      context.serverVersion,
      context.directives,
      context.transactionMode,
      context.vschemaVersion,
      context.schemaVersion,
    ]);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#ids.size >= this.#contextsMax) this.#ids.clear();
    this.#last++;
    this.#ids.set(text, this.#last);
    return this.#last;
  }
}
