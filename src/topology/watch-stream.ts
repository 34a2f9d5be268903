import type { IDuplexStream, IWatchRequest, IWatchResponse } from 'etcd3';
import { messageOf } from '../errors/headgate-error.ts';
import type { EtcdMember } from './etcd-client.ts';

/** `compacted`: the history that the watch wanted is gone. `missed`: it was found to have skipped a change. */
export type WatchEndKind = 'failed' | 'compacted' | 'missed' | 'closed';

/** Why a watch ended. */
export class WatchEnded extends Error {
  override readonly name = 'WatchEnded';
  readonly kind: WatchEndKind;

  constructor(kind: WatchEndKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export type WatchRange = Readonly<{ start: Buffer; end: Buffer; fromRevision: number }>;

/**
 * One watch on one member, from its opening to its first trouble of any kind, which is told exactly once.
 * Whether the member is alive at all is not its business: that is what the watcher's confirmations are for.
 */
export class WatchStream {
  readonly #onChanges: (response: IWatchResponse) => void;
  readonly #onEnd: (why: WatchEnded) => void;
  readonly #opened = Promise.withResolvers<void>();
  #stream: IDuplexStream<IWatchRequest, IWatchResponse> | undefined;
  #live = true;

  constructor(onChanges: (response: IWatchResponse) => void, onEnd: (why: WatchEnded) => void) {
    this.#onChanges = onChanges;
    this.#onEnd = onEnd;
    this.#opened.promise.catch(() => {});
  }

  /** Resolves when the member has accepted the watch; all later changes will be told. */
  async open(member: EtcdMember, range: WatchRange, timeoutMs: number): Promise<void> {
    const timer = setTimeout(
      () => this.#end(new WatchEnded('failed', 'the watch was not opened in time')),
      timeoutMs,
    );
    member.watch().then(
      (stream) => this.#attach(stream, range),
      (cause: unknown) => this.#end(new WatchEnded('failed', messageOf(cause), cause)),
    );
    try {
      await this.#opened.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** No more calls from now on. Never waits: the stream is cut on our side, whatever the member does. */
  stop(): void {
    this.#live = false;
    this.#opened.reject(new WatchEnded('closed', 'the watch was stopped'));
    this.#stream?.cancel();
  }

  #attach(stream: IDuplexStream<IWatchRequest, IWatchResponse>, range: WatchRange): void {
    // The listener for errors stays for good: a stream that is cut reports that as an error, too.
    stream.on('error', (cause) => this.#end(new WatchEnded('failed', cause.message, cause)));
    stream.on('end', () => this.#end(new WatchEnded('failed', 'etcd ended the watch')));
    stream.on('data', (response) => this.#take(response));
    this.#stream = stream;
    if (!this.#live) {
      stream.cancel();
      return;
    }
    stream.write({
      create_request: { key: range.start, range_end: range.end, start_revision: range.fromRevision },
    });
  }

  #take(response: IWatchResponse): void {
    if (!this.#live) return;
    if (response.canceled) {
      const compacted = response.compact_revision !== '0';
      const why = compacted ? `history before ${response.compact_revision} is gone` : response.cancel_reason;
      this.#end(new WatchEnded(compacted ? 'compacted' : 'failed', `etcd cancelled the watch: ${why}`));
      return;
    }
    if (response.created) this.#opened.resolve();
    if (response.events.length > 0) this.#onChanges(response);
  }

  #end(why: WatchEnded): void {
    if (!this.#live) return;
    this.#live = false;
    this.#opened.reject(why);
    this.#stream?.cancel();
    this.#onEnd(why);
  }
}
