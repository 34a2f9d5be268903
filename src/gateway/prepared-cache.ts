import type { StatementBudget } from './statement-budget.ts';

/** A statement as one tablet connection has it prepared. */
export type PreparedOnTablet = {
  readonly id: number;
  /** Parameter types that the tablet heard last for it; it keeps them until others come. */
  types: Buffer | undefined;
  /** When it was used last, in uses of the cache. */
  usedAt: number;
};

/** A statement that is kept out of the cache for a while. */
export type TakenStatement = Readonly<{ key: string; prepared: PreparedOnTablet }>;

/** The statements prepared on one connection, least recently used first to go. Bounded, since a server counts them all. */
export class PreparedCache {
  readonly #byKey = new Map<string, PreparedOnTablet>();
  #uses = 0;
  readonly #budget: StatementBudget;

  constructor(budget: StatementBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): PreparedOnTablet | undefined {
    const found = this.#byKey.get(key);
    if (found !== undefined) found.usedAt = ++this.#uses;
    return found;
  }

  /** Adds one and returns the id of a statement that has to be closed for it, if any. */
  add(key: string, id: number): number | undefined {
    const replaced = this.#byKey.get(key);
    this.#byKey.delete(key);
    this.#byKey.set(key, { id, types: undefined, usedAt: ++this.#uses });
    if (replaced !== undefined) return replaced.id;
    this.#budget.open++;
    const { size } = this.#byKey;
    if (size === 1 || !(size > this.#budget.perConnectionMax || this.#budget.isExceeded)) return undefined;
    return this.evict();
  }

  /** Forgets the least recently used one and returns its id, which has to be closed. */
  evict(): number | undefined {
    let oldest: string | undefined;
    let usedAt = Number.POSITIVE_INFINITY;
    for (const [key, statement] of this.#byKey) {
      if (statement.usedAt >= usedAt) continue;
      oldest = key;
      usedAt = statement.usedAt;
    }
    if (oldest === undefined) return undefined;
    this.#budget.evicted++;
    return this.remove(oldest);
  }

  /** Keeps one under another key. */
  rename(from: string, to: string): PreparedOnTablet | undefined {
    const found = this.#byKey.get(from);
    if (found === undefined) return undefined;
    this.#byKey.delete(from);
    this.#byKey.set(to, found);
    found.usedAt = ++this.#uses;
    return found;
  }

  /** Takes out the one with this id, for a use of which nobody else may know: `put` brings it back. */
  take(id: number): TakenStatement | undefined {
    for (const [key, prepared] of this.#byKey) {
      if (prepared.id !== id) continue;
      this.remove(key);
      return { key, prepared };
    }
    return undefined;
  }

  /** Brings back what was taken. Returns the id of a statement that has to be closed for it, if any. */
  put({ key, prepared }: TakenStatement): number | undefined {
    const replaced = this.add(key, prepared.id);
    this.#byKey.get(key)!.types = prepared.types;
    return replaced;
  }

  /** Forgets one and returns its id. */
  remove(key: string): number | undefined {
    const id = this.#byKey.get(key)?.id;
    if (this.#byKey.delete(key)) this.#budget.open--;
    return id;
  }

  /** After a reset the tablet knows none of them any more, nor after the connection's end. */
  clear(): void {
    this.#budget.open -= this.#byKey.size;
    this.#byKey.clear();
  }
}
