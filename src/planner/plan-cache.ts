/**
 * Plans by the fingerprint of their statements, bounded by bytes: the ones used longest ago go first. A lookup allocates
 * nothing and never trusts a hash: it compares the key's bytes.
 */
import type { CacheKey } from '../sql/fingerprint-key.ts';

/** Counters since the start, and what is in the cache now. */
export type PlanCacheFigures = Readonly<{
  hits: number;
  misses: number;
  /** Entries that made room for others. */
  evictions: number;
  entries: number;
  bytes: number;
}>;

/** About what an entry costs beside its key and its plan. */
const ENTRY_BYTES = 240;
/** A larger share of the cache than this is not given to one entry. */
const SHARE_MAX = 1 / 8;
/** Statements that were chosen to have one hash push each other out instead of making lookups slow. */
const CHAIN_MAX = 8;

type Entry<T> = {
  readonly slot: number;
  readonly context: number;
  readonly hash: number;
  readonly length: number;
  readonly words: Int32Array;
  readonly value: T;
  readonly bytes: number;
  hits: number;
  /** The next entry with the same slot. */
  chained: Entry<T> | undefined;
  older: Entry<T> | undefined;
  newer: Entry<T> | undefined;
};

export class PlanCache<T> {
  readonly #bytesMax: number;
  readonly #chains = new Map<number, Entry<T>>();
  #newest: Entry<T> | undefined = undefined;
  #oldest: Entry<T> | undefined = undefined;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #entries = 0;
  #bytes = 0;

  /** With `bytesMax` 0 nothing is kept. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get figures(): PlanCacheFigures {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      entries: this.#entries,
      bytes: this.#bytes,
    };
  }

  /** The plan for a statement's key in a context (see `ContextIds`). */
  get(key: CacheKey, context: number): T | undefined {
    const entry = this.#find(key, context);
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    entry.hits++;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#linkNewest(entry);
    }
    return entry.value;
  }

  /** Keeps a plan that takes about `valueBytes`, in place of the one that was kept for that key and context. */
  set(key: CacheKey, context: number, value: T, valueBytes: number): void {
    const known = this.#find(key, context);
    if (known !== undefined) this.#remove(known);
    const words = key.words.slice(0, (key.length + 3) >>> 2);
    const bytes = ENTRY_BYTES + words.byteLength + valueBytes;
    if (bytes > this.#bytesMax * SHARE_MAX) return;
    const slot = slotOf(key.hash, context);
    const { hash, length } = key;
    this.#makeRoomInChain(slot);
    const chained = this.#chains.get(slot);
    const entry: Entry<T> = {
      slot,
      context,
      hash,
      length,
      words,
      value,
      bytes,
      hits: 0,
      chained,
      older: undefined,
      newer: undefined,
    };
    this.#chains.set(slot, entry);
    this.#linkNewest(entry);
    this.#entries++;
    this.#bytes += bytes;
    while (this.#bytes > this.#bytesMax) this.#evict(this.#oldest!);
  }

  /** What is kept, the one used last first. */
  *entries(): Generator<Readonly<{ value: T; hits: number; bytes: number }>> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) yield entry;
  }

  /** Drops what the predicate is true for; returns how many that were. */
  dropIf(predicate: (value: T, context: number) => boolean): number {
    let dropped = 0;
    for (let entry = this.#oldest; entry !== undefined; ) {
      const { newer } = entry;
      if (predicate(entry.value, entry.context)) {
        this.#remove(entry);
        dropped++;
      }
      entry = newer;
    }
    return dropped;
  }

  clear(): void {
    this.#chains.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
    this.#entries = 0;
    this.#bytes = 0;
  }

  #find(key: CacheKey, context: number): Entry<T> | undefined {
    const { hash, length, words } = key;
    let entry = this.#chains.get(slotOf(hash, context));
    while (entry !== undefined) {
      if (entry.hash === hash && entry.context === context && entry.length === length) {
        const kept = entry.words;
        let i = kept.length - 1;
        while (i >= 0 && kept[i] === words[i]) i--;
        if (i < 0) return entry;
      }
      entry = entry.chained;
    }
    return undefined;
  }

  #makeRoomInChain(slot: number): void {
    let count = 0;
    let last: Entry<T> | undefined;
    for (let entry = this.#chains.get(slot); entry !== undefined; entry = entry.chained) {
      last = entry;
      count++;
    }
    if (count >= CHAIN_MAX) this.#evict(last!);
  }

  #evict(entry: Entry<T>): void {
    this.#remove(entry);
    this.#evictions++;
  }

  #remove(entry: Entry<T>): void {
    this.#unlink(entry);
    const first = this.#chains.get(entry.slot)!;
    if (first === entry) {
      if (entry.chained === undefined) this.#chains.delete(entry.slot);
      else this.#chains.set(entry.slot, entry.chained);
    } else {
      let before = first;
      while (before.chained !== entry) before = before.chained!;
      before.chained = entry.chained;
    }
    this.#entries--;
    this.#bytes -= entry.bytes;
  }

  #linkNewest(entry: Entry<T>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<T>): void {
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
  }
}

/** 31 bits, so that the map's keys are small integers. */
const slotOf = (hash: number, context: number): number =>
  (hash ^ Math.imul(context, 0x9e37_79b1)) & 0x7fff_ffff;
