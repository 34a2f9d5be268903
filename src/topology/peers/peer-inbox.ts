/**
 * What other routers have left in etcd for this one: one folder, followed. As everywhere, a watch is the fast way only; the
 * folder is listed again every second, and a member that fails or is late is left for the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IKeyValue, IRangeRequest } from 'etcd3';
import { EtcdMember, prefixEnd } from '../etcd-client.ts';
import { WatchEnded, WatchStream } from '../watch-stream.ts';

const LIST_EVERY_MS = 1_000;
const BACKOFF_MS_MAX = 1_000;
const BACKOFF_MS_MIN = 20;

export type PeerInboxOptions = Readonly<{
  hosts: readonly string[];
  /** Ends in `/`. */
  folder: string;
  callMsMax: number;
  /** A key below the folder (without it) that is there; told again with each listing. Must not throw. */
  onEntry: (key: string, kv: IKeyValue) => void;
}>;

export class PeerInbox {
  readonly #options: PeerInboxOptions;
  readonly #closing = new AbortController();
  #failures = 0;

  /** Begins at once and in the background. */
  constructor(options: PeerInboxOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Nothing is told afterwards; waits for nothing. */
  close(): void {
    this.#closing.abort(new WatchEnded('closed', 'the inbox was closed'));
  }

  async #run(): Promise<void> {
    const { hosts } = this.#options;
    for (let at = Math.floor(Math.random() * hosts.length); ; at = (at + 1) % hosts.length) {
      await this.#follow(hosts[at]!).catch(() => {});
      if (this.#closing.signal.aborted) return;
      this.#failures += 1;
      const ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(this.#failures, 20));
      await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  /** One member, until something about it fails. */
  async #follow(host: string): Promise<never> {
    const { callMsMax, folder } = this.#options;
    const cycle = new AbortController();
    const member = new EtcdMember(host);
    const watch = new WatchStream(
      ({ events }) => {
        // What was put and removed in one batch is told by its end alone.
        const last = new Map(events.map((event) => [event.kv.key.toString(), event]));
        for (const { type, kv } of last.values()) if (type === 'Put') this.#tell(kv);
      },
      (why) => cycle.abort(why),
    );
    const onClose = (): void => {
      watch.stop();
      cycle.abort(this.#closing.signal.reason);
    };
    this.#closing.signal.addEventListener('abort', onClose);
    try {
      const revision = await this.#list(member);
      const range = { start: Buffer.from(folder), end: prefixEnd(folder), fromRevision: revision + 1 };
      await watch.open(member, range, callMsMax);
      for (;;) {
        await sleep(LIST_EVERY_MS * (0.75 + Math.random() / 2), undefined, { signal: cycle.signal });
        await this.#list(member);
        this.#failures = 0;
      }
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose);
      watch.stop();
      member.close();
    }
  }

  async #list(member: EtcdMember): Promise<number> {
    const { callMsMax, folder } = this.#options;
    const everything: IRangeRequest = { key: Buffer.from(folder), range_end: prefixEnd(folder) };
    const { kvs, header } = await member.range(everything, callMsMax);
    for (const kv of kvs) this.#tell(kv);
    return Number(header.revision);
  }

  #tell(kv: IKeyValue): void {
    if (this.#closing.signal.aborted) return;
    this.#options.onEntry(kv.key.toString().slice(this.#options.folder.length), kv);
  }
}
