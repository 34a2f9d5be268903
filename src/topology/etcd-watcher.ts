/**
 * Follows the records in etcd. A watch of etcd can fall silent in many ways (a member that hangs or is cut off from
 * the others, a compaction, a connection that is dead but not closed), so a watch is never trusted here: it is the
 * fast path only. Every second the store is asked, by a linearizable read with a deadline, for the number of keys and
 * the newest revision among them; whatever does not fit, fails or takes too long ends the whole cycle, and the next
 * one begins on the next member with a full listing. The last snapshot stays valid until a newer one is read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IRangeRequest } from 'etcd3';
import { messageOf } from '../errors/headgate-error.ts';
import { checkHosts, EtcdMember, prefixEnd, rootOf } from './etcd-client.ts';
import { RecordMirror, type Sum } from './record-mirror.ts';
import { DEFAULT_PREFIX } from './records.ts';
import type { Topology, TopologyWatcher } from './topology.ts';
import { WatchEnded, WatchStream } from './watch-stream.ts';

const CALL_MS_MAX = 1_000;
const CONFIRM_EVERY_MS = 1_000;
/** A store that is slow rather than dead must not be left for ever: deadlines grow with each round of failures. */
const DEADLINE_GROWTH_MAX = 4;
const BACKOFF_MS_MIN = 20;
const BACKOFF_MS_MAX = 1_000;
/** Changes in flight make the store and the mirror differ for a moment; only what stays so was missed. */
const COMPARISONS_MAX = 5;
const COMPARISON_PAUSE_MS = 50;

/**
 * `followed`: read in full and watched from there. `lost`: that has ended, or could not begin; told once until it is
 * followed again. `rewound`: the store is older than what is known. `problem`: a record or a listener is broken.
 */
export type WatcherEvent = 'followed' | 'lost' | 'compacted' | 'missed' | 'rewound' | 'problem';

export type EtcdWatcherOptions = Readonly<{
  hosts: readonly string[];
  prefix?: string;
  onEvent?: (kind: WatcherEvent, detail: string) => void;
  /** Deadline of each call, after which its member is left for the next one; it grows while none answers. */
  callMsMax?: number;
  confirmEveryMs?: number;
}>;

type Listener = (next: Topology, previous: Topology | undefined) => void;

export class EtcdTopologyWatcher implements TopologyWatcher {
  readonly #hosts: readonly string[];
  readonly #root: string;
  readonly #callMsMax: number;
  readonly #confirmEveryMs: number;
  readonly #onEvent: (kind: WatcherEvent, detail: string) => void;
  readonly #mirror: RecordMirror;
  readonly #listeners = new Set<Listener>();
  readonly #closing = new AbortController();
  #current: Topology | undefined;
  #confirmedAtMs = 0;
  /** The store's revision at which the mirror was last proven equal to it. */
  #provenRevision = '';
  #followed: boolean | undefined;
  #failures = 0;
  #publishing: NodeJS.Immediate | undefined;

  /** Begins at once and in the background; etcd need not be there yet. */
  static start(options: EtcdWatcherOptions): EtcdTopologyWatcher {
    const watcher = new EtcdTopologyWatcher(options);
    void watcher.#run();
    return watcher;
  }

  constructor(options: EtcdWatcherOptions) {
    this.#hosts = checkHosts(options.hosts);
    this.#root = rootOf(options.prefix ?? DEFAULT_PREFIX);
    this.#callMsMax = options.callMsMax ?? CALL_MS_MAX;
    this.#confirmEveryMs = options.confirmEveryMs ?? CONFIRM_EVERY_MS;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#mirror = new RecordMirror(this.#root, (message) => this.#onEvent('problem', message));
  }

  get current(): Topology | undefined {
    return this.#current;
  }

  get confirmedAtMs(): number {
    return this.#confirmedAtMs;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves at once: nothing here waits for etcd, and no listener is called afterwards. */
  async close(): Promise<void> {
    this.#listeners.clear();
    clearImmediate(this.#publishing);
    this.#closing.abort(new WatchEnded('closed', 'the watcher was closed'));
  }

  async #run(): Promise<void> {
    // Routers begin at different members, so that one member does not carry them all.
    let at = Math.floor(Math.random() * this.#hosts.length);
    while (!this.#closing.signal.aborted) {
      const host = this.#hosts[at]!;
      try {
        await this.#follow(host);
      } catch (cause) {
        if (this.#closing.signal.aborted) return;
        this.#report(host, cause);
      }
      this.#failures += 1;
      at = (at + 1) % this.#hosts.length;
      if (this.#failures >= this.#hosts.length) await this.#backOff();
    }
  }

  /** One cycle on one member: list, watch, confirm. Only ever ends by throwing. */
  async #follow(host: string): Promise<never> {
    const cycle = new AbortController();
    const member = new EtcdMember(host);
    const watch = new WatchStream(
      ({ events }) => {
        this.#mirror.apply(events);
        this.#publishSoon();
      },
      (why) => cycle.abort(why),
    );
    const onClose = (): void => {
      watch.stop();
      cycle.abort(this.#closing.signal.reason);
    };
    this.#closing.signal.addEventListener('abort', onClose);
    try {
      const revision = await this.#list(member, cycle.signal);
      const range = {
        start: Buffer.from(this.#root),
        end: prefixEnd(this.#root),
        fromRevision: revision + 1,
      };
      await watch.open(member, range, this.#deadlineMs);
      this.#reportFollowed(host);
      for (;;) {
        await sleep(this.#confirmEveryMs * (0.75 + Math.random() / 2), undefined, { signal: cycle.signal });
        await this.#confirm(member, cycle.signal);
        this.#failures = 0;
      }
    } catch (cause) {
      throw cycle.signal.aborted ? cycle.signal.reason : cause;
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose);
      watch.stop();
      member.close();
    }
  }

  async #list(member: EtcdMember, signal: AbortSignal): Promise<number> {
    const askedAtMs = Date.now();
    const answer = await member.range(this.#everything(), this.#deadlineMs);
    signal.throwIfAborted();
    const revision = Number(answer.header.revision);
    const before = Math.max(this.#mirror.revision, Number(this.#provenRevision));
    if (revision < before) {
      const what = `etcd is at revision ${revision}, ${before} was seen before`;
      // An etcd that lost its data is no reason to stop serving; one that was restored from a backup is believed.
      if (answer.kvs.length === 0) throw new WatchEnded('failed', `${what}, and it is empty: not believed`);
      this.#onEvent('rewound', what);
    }
    this.#mirror.replace(answer.kvs, revision);
    this.#provenRevision = answer.header.revision;
    this.#publish();
    this.#confirmedAtMs = askedAtMs;
    return revision;
  }

  async #confirm(member: EtcdMember, signal: AbortSignal): Promise<void> {
    for (let comparison = 1; ; comparison += 1) {
      const askedAtMs = Date.now();
      // Counting is cheap for etcd; looking for the newest revision makes it visit every key.
      const { header } = await member.range({ ...this.#everything(), count_only: true }, this.#deadlineMs);
      const proven = header.revision === this.#provenRevision || (await this.#compare(member));
      signal.throwIfAborted();
      if (proven) {
        this.#publish();
        this.#confirmedAtMs = askedAtMs;
        return;
      }
      if (comparison === COMPARISONS_MAX) throw new WatchEnded('missed', 'the watch has missed a change');
      await sleep(COMPARISON_PAUSE_MS, undefined, { signal });
    }
  }

  async #compare(member: EtcdMember): Promise<boolean> {
    const newestFirst = { sort_target: 'Mod', sort_order: 'Descend', limit: 1, keys_only: true } as const;
    const answer = await member.range({ ...this.#everything(), ...newestFirst }, this.#deadlineMs);
    const here = this.#mirror.sum();
    const there: Sum = {
      count: Number(answer.count),
      newestRevision: Number(answer.kvs[0]?.mod_revision ?? 0),
    };
    if (here.count !== there.count || here.newestRevision !== there.newestRevision) return false;
    this.#provenRevision = answer.header.revision;
    return true;
  }

  get #deadlineMs(): number {
    const rounds = Math.floor(this.#failures / this.#hosts.length);
    return this.#callMsMax * Math.min(DEADLINE_GROWTH_MAX, 1 + rounds);
  }

  #everything(): IRangeRequest {
    return { key: Buffer.from(this.#root), range_end: prefixEnd(this.#root) };
  }

  /** Several responses of one turn of the event loop become one snapshot. */
  #publishSoon(): void {
    this.#publishing ??= setImmediate(() => this.#publish());
  }

  #publish(): void {
    clearImmediate(this.#publishing);
    this.#publishing = undefined;
    const previous = this.#current;
    const next = this.#mirror.topology(previous);
    if (next === previous) return;
    this.#current = next;
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) listener(next, previous);
      } catch (cause) {
        this.#onEvent('problem', `a listener of the topology threw: ${messageOf(cause)}`);
      }
    }
  }

  async #backOff(): Promise<void> {
    const round = this.#failures / this.#hosts.length - 1;
    const ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(round, 20));
    const jittered = ms * (0.5 + Math.random() / 2);
    await sleep(jittered, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #reportFollowed(host: string): void {
    this.#followed = true;
    this.#onEvent('followed', `etcd at ${host}, revision ${this.#mirror.revision}`);
  }

  #report(host: string, cause: unknown): void {
    const detail = `etcd at ${host}: ${messageOf(cause)}`;
    const kind = cause instanceof WatchEnded ? cause.kind : 'failed';
    if (kind === 'compacted' || kind === 'missed') this.#onEvent(kind, detail);
    else if (this.#followed !== false) this.#onEvent('lost', detail);
    this.#followed = false;
  }
}
