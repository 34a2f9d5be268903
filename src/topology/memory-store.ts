import type { Step, View } from './changes.ts';
import { encodeRecord, keyOfRecord } from './records.ts';
import { buildTopology, type Entry, readEntry } from './snapshot.ts';
import { TopologyStore } from './store.ts';
import type { Topology, TopologyWatcher } from './topology.ts';

type Listener = (next: Topology, previous: Topology | undefined) => void;

/** The records of one process, for tests: the rules of the real store, and a watcher that never lags. */
export class MemoryTopologyStore extends TopologyStore {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<Listener>();
  #revision = 1;
  #topology = buildTopology(this.#entries, this.#revision);

  /** Shows every change as soon as it is made. */
  watch(): TopologyWatcher {
    const store = this;
    const own = new Set<Listener>();
    return {
      get current(): Topology {
        return store.#topology;
      },
      get confirmedAtMs(): number {
        return Date.now();
      },
      subscribe: (listener) => {
        own.add(listener);
        this.#listeners.add(listener);
        return () => {
          own.delete(listener);
          this.#listeners.delete(listener);
        };
      },
      close: async () => {
        for (const listener of own) this.#listeners.delete(listener);
      },
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  protected async view(): Promise<View> {
    return { entries: this.#entries, revision: this.#revision, topology: this.#topology };
  }

  protected async change<T>(decide: (view: View) => Step<T>): Promise<T> {
    for (;;) {
      const step = decide(await this.view());
      this.#apply(step);
      if (step.more !== true) return step.result;
    }
  }

  #apply<T>({ put = [], remove = [], removeBelow = [] }: Step<T>): void {
    if (put.length + remove.length + removeBelow.length === 0) return;
    this.#revision += 1;
    for (const record of put) {
      const key = keyOfRecord(record);
      const value = Buffer.from(encodeRecord(record));
      this.#entries.set(
        key,
        readEntry(key, value, this.#revision, (message) => this.#refuse(message)),
      );
    }
    for (const key of this.#entries.keys()) {
      if (remove.includes(key) || removeBelow.some((folder) => key.startsWith(folder)))
        this.#entries.delete(key);
    }
    const previous = this.#topology;
    this.#topology = buildTopology(this.#entries, this.#revision, previous);
    if (this.#topology === previous) return;
    for (const listener of [...this.#listeners]) listener(this.#topology, previous);
  }

  #refuse(message: string): never {
    throw new Error(`the store wrote a record that it cannot read: ${message}`);
  }
}
