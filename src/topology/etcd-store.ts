import type { ICompare, IRequestOp } from 'etcd3';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { Step, View } from './changes.ts';
import { EtcdClient, pause, prefixEnd, rootOf } from './etcd-client.ts';
import { DEFAULT_PREFIX, encodeRecord, keyOfRecord } from './records.ts';
import { buildTopology, type Entry, readEntry } from './snapshot.ts';
import { TopologyStore } from './store.ts';

const TIMEOUT_MS = 5_000;
const ATTEMPTS_MAX = 100;

export type EtcdStoreOptions = Readonly<{
  /** `HOST:PORT` of the etcd members. */
  hosts: readonly string[];
  /** Root of all keys; `/headgate` unless told otherwise. */
  prefix?: string;
  /** How long one operation may take in all. */
  timeoutMs?: number;
  /** Told about records that cannot be read and are therefore ignored. */
  onProblem?: (message: string) => void;
}>;

/**
 * The records in etcd. Every write is a compare-and-swap on the mod revisions of all records that it was decided on.
 * When an answer is lost the write may have been made or not: the records are looked at again, and a wanted state
 * that is found there is a success.
 */
export class EtcdTopologyStore extends TopologyStore {
  readonly #client: EtcdClient;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #onProblem: (message: string) => void;

  /** Returns at once; the first operation connects. */
  static connect(options: EtcdStoreOptions): EtcdTopologyStore {
    return new EtcdTopologyStore(options);
  }

  constructor(options: EtcdStoreOptions) {
    super();
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#client = new EtcdClient(options.hosts, this.#timeoutMs);
    this.#root = rootOf(options.prefix ?? DEFAULT_PREFIX);
    this.#onProblem = options.onProblem ?? (() => {});
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  protected async view(): Promise<View> {
    const response = await this.#client.repeatable((member, timeoutMs) =>
      member.range({ key: Buffer.from(this.#root), range_end: prefixEnd(this.#root) }, timeoutMs),
    );
    const entries = new Map<string, Entry>();
    for (const kv of response.kvs) {
      const key = kv.key.toString().slice(this.#root.length);
      entries.set(key, readEntry(key, kv.value, Number(kv.mod_revision), this.#onProblem));
    }
    const revision = Number(response.header.revision);
    return { entries, revision, topology: buildTopology(entries, revision) };
  }

  protected async change<T>(decide: (view: View) => Step<T>): Promise<T> {
    const endMs = Date.now() + this.#timeoutMs;
    let failure: unknown = new Error('the records kept changing');
    for (let attempt = 1; attempt <= ATTEMPTS_MAX && Date.now() < endMs; attempt += 1) {
      const view = await this.view();
      const step = decide(view);
      if (!writes(step)) return step.result;
      try {
        if ((await this.#commit(view, step, endMs)) && step.more !== true) return step.result;
        if (step.more === true) continue;
      } catch (cause) {
        failure = cause;
      }
      await pause(Math.random() * Math.min(100, 5 * attempt));
    }
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `the change was given up: ${messageOf(failure)}`,
      cause: failure,
    });
  }

  async #commit<T>(view: View, step: Step<T>, endMs: number): Promise<boolean> {
    const compare = this.#conditions(view, step);
    const operations = this.#operations(step);
    const answer = await this.#client.once(
      (member, timeoutMs) => member.txn(compare, operations, timeoutMs),
      endMs,
    );
    return answer.succeeded;
  }

  #conditions<T>(view: View, step: Step<T>): ICompare[] {
    const keys: ICompare[] = (step.unchanged ?? []).map((key) => ({
      key: this.#key(key),
      target: 'Mod',
      result: 'Equal',
      mod_revision: view.entries.get(key)?.modRevision ?? 0,
    }));
    const folders: ICompare[] = (step.unchangedBelow ?? []).map((folder) => ({
      key: this.#key(folder),
      range_end: prefixEnd(this.#root + folder),
      target: 'Mod',
      result: 'Less',
      mod_revision: view.revision + 1,
    }));
    return [...keys, ...folders];
  }

  #operations<T>(step: Step<T>): IRequestOp[] {
    const puts = (step.put ?? []).map((record) => ({
      request_put: { key: this.#key(keyOfRecord(record)), value: Buffer.from(encodeRecord(record)) },
    }));
    const removals = (step.remove ?? []).map((key) => ({ request_delete_range: { key: this.#key(key) } }));
    const folders = (step.removeBelow ?? []).map((folder) => ({
      request_delete_range: { key: this.#key(folder), range_end: prefixEnd(this.#root + folder) },
    }));
    return [...puts, ...removals, ...folders];
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#root + key);
  }
}

const writes = <T>(step: Step<T>): boolean =>
  [step.put, step.remove, step.removeBelow].some((list) => list !== undefined && list.length > 0);
