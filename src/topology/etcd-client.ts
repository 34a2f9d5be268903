/**
 * The way to etcd. It uses etcd3's calls one by one and none of its supervision: etcd3 1.1.2's own watch stays dead
 * after a compaction, its `cancel()` may never return, its circuit breaker and retries hide which member failed, and it
 * takes half a minute to leave a member that hangs. Here each member has a client of its own, every call has a
 * deadline, and a member that fails once is dropped with its connections and left for the next one.
 */
import {
  Etcd3,
  type ICompare,
  type IDuplexStream,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type ITxnResponse,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';

const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;
const ATTEMPT_MS_MAX = 1_000;
const ROUND_PAUSE_MS = 100;

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** etcd3 wants a fault policy; ours is none, because the callers above decide what a failure means. */
const noPolicy: Policy = {
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose: () => {} }),
  onFailure: () => ({ dispose: () => {} }),
  execute: async (run, signal = new AbortController().signal) => run({ signal }),
};

/** One member of the etcd cluster, over connections of its own. */
export class EtcdMember {
  readonly host: string;
  readonly #etcd: Etcd3;

  constructor(host: string) {
    this.host = host;
    this.#etcd = new Etcd3({
      hosts: host,
      faultHandling: { host: () => noPolicy, global: noPolicy },
      grpcOptions: {
        'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
        // Connections are never shared with another client object: dropping this one must drop them.
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_http_proxy': 0,
        'grpc.enable_retries': 0,
        'grpc.service_config_disable_resolution': 1,
        'grpc.initial_reconnect_backoff_ms': 50,
        'grpc.max_reconnect_backoff_ms': 500,
      },
    });
  }

  /** A linearizable read: a member cut off from the others cannot answer it. */
  range(request: IRangeRequest, timeoutMs: number): Promise<IRangeResponse> {
    return this.#etcd.kv.range(request, deadline(timeoutMs));
  }

  txn(compare: ICompare[], success: IRequestOp[], timeoutMs: number): Promise<ITxnResponse> {
    return this.#etcd.kv.txn({ compare, success }, deadline(timeoutMs));
  }

  /** Drops the history before a revision. */
  async compact(revision: string, timeoutMs: number): Promise<void> {
    await this.#etcd.kv.compact({ revision }, deadline(timeoutMs));
  }

  async leaseGrant(ttlSeconds: number, timeoutMs: number): Promise<string> {
    return (await this.#etcd.leaseClient.leaseGrant({ TTL: ttlSeconds }, deadline(timeoutMs))).ID;
  }

  async leaseRevoke(id: string, timeoutMs: number): Promise<void> {
    await this.#etcd.leaseClient.leaseRevoke({ ID: id }, deadline(timeoutMs));
  }

  /** Renews the lease once; resolves with the seconds it has now, 0 if it has ended. */
  async leaseKeepAlive(id: string, timeoutMs: number): Promise<number> {
    const stream = await this.#etcd.leaseClient.leaseKeepAlive(deadline(timeoutMs));
    return new Promise<number>((resolve, reject) => {
      stream.on('data', (response) => {
        resolve(Number(response.TTL));
        stream.end();
      });
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('etcd ended the keep-alive stream')));
      stream.write({ ID: id });
    });
  }

  /** A raw watch stream; it stays open until it fails or its `cancel()` is called, which never blocks. */
  watch(): Promise<IDuplexStream<IWatchRequest, IWatchResponse>> {
    return this.#etcd.watchClient.watch();
  }

  close(): void {
    this.#etcd.close();
  }
}

const deadline = (timeoutMs: number): { deadline: number } => ({ deadline: Date.now() + timeoutMs });

/** Splits and checks `HOST:PORT` addresses; throws HG_TOPOLOGY. */
export function checkHosts(hosts: readonly string[]): readonly string[] {
  if (hosts.length === 0) throw new HeadgateError('HG_TOPOLOGY', { detail: 'no etcd address was given' });
  for (const host of hosts) {
    if (/^(?:https?:\/\/)?(?:\[[0-9a-fA-F:]+\]|[^\s:/,]+):\d{1,5}$/.test(host)) continue;
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `etcd address \`${host}\` is not valid: write HOST:PORT, for example 127.0.0.1:2379`,
    });
  }
  return hosts;
}

/** A cluster of members for single calls: each call goes to the member that answered last, then to the others. */
export class EtcdClient {
  readonly #hosts: readonly string[];
  readonly #timeoutMs: number;
  #at = 0;
  #member: EtcdMember | undefined;
  #closed = false;

  constructor(hosts: readonly string[], timeoutMs: number) {
    this.#hosts = checkHosts(hosts);
    this.#timeoutMs = timeoutMs;
  }

  /** For calls that may be repeated: goes round the members until one answers or the time is over. */
  async repeatable<T>(run: (member: EtcdMember, timeoutMs: number) => Promise<T>): Promise<T> {
    const endMs = Date.now() + this.#timeoutMs;
    let last: unknown;
    for (let attempt = 1; Date.now() < endMs; attempt += 1) {
      try {
        return await this.once(run, endMs);
      } catch (cause) {
        if (this.#closed) throw cause;
        last = cause;
      }
      if (attempt % this.#hosts.length === 0) await pause(ROUND_PAUSE_MS);
    }
    throw this.#unreachable(last);
  }

  /** For calls whose second run may mean something else: one attempt; a failure leaves the outcome unknown. */
  async once<T>(
    run: (member: EtcdMember, timeoutMs: number) => Promise<T>,
    endMs = Date.now() + this.#timeoutMs,
  ): Promise<T> {
    if (this.#closed) throw new HeadgateError('HG_TOPOLOGY', { detail: 'the connection to etcd was closed' });
    this.#member ??= new EtcdMember(this.#hosts[this.#at]!);
    const member = this.#member;
    try {
      return await run(member, Math.max(1, Math.min(ATTEMPT_MS_MAX, endMs - Date.now())));
    } catch (cause) {
      this.#leave(member);
      throw cause;
    }
  }

  close(): void {
    this.#closed = true;
    this.#member?.close();
    this.#member = undefined;
  }

  #leave(member: EtcdMember): void {
    if (this.#member !== member) return;
    this.#member = undefined;
    this.#at = (this.#at + 1) % this.#hosts.length;
    member.close();
  }

  #unreachable(cause: unknown): HeadgateError {
    const detail = `etcd at ${this.#hosts.join(', ')} did not answer within ${this.#timeoutMs} ms (${messageOf(cause)}); check the address and that etcd runs`;
    return new HeadgateError('HG_TOPOLOGY', { detail, cause });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first key behind all keys with this prefix, as etcd wants it in `range_end`. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  // Prefixes end in `/` here, so the last byte can always be raised.
  end[end.length - 1] = end[end.length - 1]! + 1;
  return end;
}

/** Checks a root prefix and gives it its closing slash. */
export function rootOf(prefix: string): string {
  if (!/^\/\S*[^\s/]$/.test(prefix)) {
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `root prefix \`${prefix}\` is not valid: it starts with \`/\` and does not end with it`,
    });
  }
  return `${prefix}/`;
}
