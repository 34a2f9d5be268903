import { isDeepStrictEqual } from 'node:util';
import type { IEvent, IKeyValue } from 'etcd3';
import { buildTopology, type Entry, readEntry } from './snapshot.ts';
import type { Topology } from './topology.ts';

/** What a store says of the keys below a prefix; two equal sums mean equal keys, because revisions never come again. */
export type Sum = Readonly<{ count: number; newestRevision: number }>;

/** The records below a prefix as one etcd client has heard of them. Does no I/O. */
export class RecordMirror {
  readonly #root: string;
  readonly #onProblem: (message: string) => void;
  #entries = new Map<string, Entry>();
  #revision = 0;

  constructor(root: string, onProblem: (message: string) => void) {
    this.#root = root;
    this.#onProblem = onProblem;
  }

  /** The newest revision heard of. */
  get revision(): number {
    return this.#revision;
  }

  /** Takes a full listing in the place of everything known. */
  replace(kvs: readonly IKeyValue[], revision: number): void {
    const before = this.#entries;
    this.#entries = new Map();
    this.#revision = revision;
    for (const kv of kvs) {
      const key = this.#keyOf(kv);
      const entry = this.#read(key, kv);
      const known = before.get(key)?.record;
      // Equal records stay the same objects, so that nobody sees a change where there is none.
      const record = isDeepStrictEqual(known, entry.record) ? known : entry.record;
      this.#entries.set(key, { modRevision: entry.modRevision, record });
    }
  }

  /** Takes the changes of one watch response. */
  apply(events: readonly IEvent[]): void {
    for (const { type, kv } of events) {
      const key = this.#keyOf(kv);
      if (type === 'Delete') this.#entries.delete(key);
      else this.#entries.set(key, this.#read(key, kv));
      this.#revision = Math.max(this.#revision, Number(kv.mod_revision));
    }
  }

  sum(): Sum {
    let newestRevision = 0;
    for (const { modRevision } of this.#entries.values())
      newestRevision = Math.max(newestRevision, modRevision);
    return { count: this.#entries.size, newestRevision };
  }

  /** The snapshot; the previous one itself if nothing in it has changed. */
  topology(previous: Topology | undefined): Topology {
    return buildTopology(this.#entries, this.#revision, previous);
  }

  #keyOf(kv: IKeyValue): string {
    return kv.key.toString().slice(this.#root.length);
  }

  #read(key: string, kv: IKeyValue): Entry {
    return readEntry(key, kv.value, Number(kv.mod_revision), this.#onProblem);
  }
}
