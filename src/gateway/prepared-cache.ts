/** A statement as one tablet connection has it prepared. */
export type PreparedOnTablet = {
  readonly id: number;
  /** Parameter types that the tablet heard last for it; it keeps them until others come. */
  types: Buffer | undefined;
};

/** The statements prepared on one connection, least recently used first to go. Bounded, since a server counts them all. */
export class PreparedCache {
  #byKey = new Map<string, PreparedOnTablet>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): PreparedOnTablet | undefined {
    const found = this.#byKey.get(key);
    if (found !== undefined) {
      this.#byKey.delete(key);
      this.#byKey.set(key, found);
    }
    return found;
  }

  /** Adds one and returns the id of a statement that has to be closed for it, if any. */
  add(key: string, id: number): number | undefined {
    const replaced = this.#byKey.get(key);
    this.#byKey.delete(key);
    this.#byKey.set(key, { id, types: undefined });
    if (replaced !== undefined) return replaced.id;
    if (this.#byKey.size <= Math.max(1, this.#max)) return undefined;
    return this.evict();
  }

  /** Forgets the least recently used one and returns its id, which has to be closed. */
  evict(): number | undefined {
    const oldest = this.#byKey.entries().next();
    if (oldest.done) return undefined;
    this.#byKey.delete(oldest.value[0]);
    return oldest.value[1].id;
  }

  /** Forgets one and returns its id. */
  remove(key: string): number | undefined {
    const id = this.#byKey.get(key)?.id;
    this.#byKey.delete(key);
    return id;
  }

  /** After a reset the tablet knows none of them any more. */
  clear(): void {
    this.#byKey.clear();
  }
}
