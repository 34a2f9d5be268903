/**
 * A number for a router that no other live router has: it becomes part of its connection ids, so that KILL finds the
 * router from anywhere. The number is a key in etcd on a lease that the router keeps alive; a router that dies frees it.
 * etcd may come later, go and return: the router works on meanwhile, and takes the same number again if it is still free.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IKeyValue } from 'etcd3';
import { messageOf } from '../errors/headgate-error.ts';
import { EtcdClient, type EtcdMember, prefixEnd, rootOf } from './etcd-client.ts';
import { DEFAULT_PREFIX, encodeRecord, keyOf, ROUTER_NUMBER_MAX, type RouterRecord } from './records.ts';

const TTL_SECONDS = 10;
const RETRY_MS = 500;
const REVOKE_MS_MAX = 1_000;
const CLOSE_MS_MAX = 1_500;

export type RouterLeaseOptions = Readonly<{
  hosts: readonly string[];
  prefix?: string;
  /** What is shown of this router to the others. */
  router: Omit<RouterRecord, 'number'>;
  /** How long the number stays taken after the router has died. */
  ttlSeconds?: number;
  /** The number is ours; called again after a loss, then perhaps with another one. */
  onAcquired?: (number: number) => void;
  /** Another router has our number now. */
  onLost?: (number: number) => void;
  /** Told when etcd cannot be reached or has no free number; tried again until it works. */
  onProblem?: (message: string) => void;
}>;

export class RouterLease {
  readonly #options: RouterLeaseOptions;
  readonly #root: string;
  readonly #ttlSeconds: number;
  readonly #client: EtcdClient;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #number: number | undefined;
  #leaseId: string | undefined;
  #troubled = false;

  /** Begins at once and in the background. */
  constructor(options: RouterLeaseOptions) {
    this.#options = options;
    this.#root = rootOf(options.prefix ?? DEFAULT_PREFIX);
    this.#ttlSeconds = options.ttlSeconds ?? TTL_SECONDS;
    this.#client = new EtcdClient(options.hosts, (this.#ttlSeconds * 1_000) / 3);
    this.#running = this.#run();
  }

  /** The number, from the first time that it was acquired; also while etcd is away. */
  get number(): number | undefined {
    return this.#number;
  }

  /** The lease under which the number is held; other keys of the router may be on it. Undefined while there is none. */
  get leaseId(): string | undefined {
    return this.#leaseId;
  }

  /** Frees the number if etcd answers, and ends soon in any case. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.race([this.#running, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
    this.#client.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const alive = this.#leaseId !== undefined && (await this.#keepAlive(this.#leaseId));
        if (!alive) await this.#acquire();
        this.#troubled = false;
        if (!signal.aborted) await sleep((this.#ttlSeconds * 1_000) / 3, undefined, { signal });
      } catch (cause) {
        if (signal.aborted) break;
        this.#report(messageOf(cause));
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
    await this.#revoke();
  }

  async #keepAlive(leaseId: string): Promise<boolean> {
    const seconds = await this.#client.repeatable((member, timeoutMs) =>
      member.leaseKeepAlive(leaseId, timeoutMs),
    );
    if (seconds <= 0) this.#leaseId = undefined;
    return seconds > 0 && this.#number !== undefined;
  }

  async #acquire(): Promise<void> {
    this.#leaseId ??= await this.#client.repeatable((member, timeoutMs) =>
      member.leaseGrant(this.#ttlSeconds, timeoutMs),
    );
    const taken = await this.#taken();
    const own = [...taken].find(([, kv]) => kv.lease === this.#leaseId)?.[0];
    const before = this.#number;
    if (own !== undefined) return this.#acquired(own);
    if (before !== undefined && taken.has(before)) {
      this.#number = undefined;
      this.#options.onLost?.(before);
    }
    const number = this.#number ?? freeNumber(taken);
    if (await this.#take(number, this.#leaseId)) return this.#acquired(number);
    throw new Error(`router number ${number} was taken by another router at the same moment`);
  }

  #acquired(number: number): void {
    this.#number = number;
    this.#options.onAcquired?.(number);
  }

  async #taken(): Promise<Map<number, IKeyValue>> {
    const folder = this.#root + keyOf.router('');
    const { kvs } = await this.#client.repeatable((member, timeoutMs) =>
      member.range({ key: Buffer.from(folder), range_end: prefixEnd(folder) }, timeoutMs),
    );
    return new Map(kvs.map((kv) => [Number(kv.key.toString().slice(folder.length)), kv]));
  }

  async #take(number: number, lease: string): Promise<boolean> {
    const key = Buffer.from(this.#root + keyOf.router(number));
    const record = { kind: 'router', record: { ...this.#options.router, number } } as const;
    const put = { request_put: { key, value: Buffer.from(encodeRecord(record)), lease } };
    const free = { key, target: 'Create', result: 'Equal', create_revision: 0 } as const;
    const attempt = (member: EtcdMember, timeoutMs: number) => member.txn([free], [put], timeoutMs);
    return (await this.#client.once(attempt)).succeeded;
  }

  async #revoke(): Promise<void> {
    const leaseId = this.#leaseId;
    if (leaseId === undefined) return;
    // Without an answer the lease ends by itself.
    await this.#client.once((member) => member.leaseRevoke(leaseId, REVOKE_MS_MAX)).catch(() => {});
  }

  #report(message: string): void {
    if (this.#troubled) return;
    this.#troubled = true;
    this.#options.onProblem?.(message);
  }
}

/** Any free number: not the lowest, because ids of a router that has just died may still be in somebody's hands. */
function freeNumber(taken: ReadonlyMap<number, unknown>): number {
  const free = Array.from({ length: ROUTER_NUMBER_MAX }, (_, at) => at + 1).filter(
    (each) => !taken.has(each),
  );
  const chosen = free[Math.floor(Math.random() * free.length)];
  if (chosen === undefined) throw new Error(`all ${ROUTER_NUMBER_MAX} router numbers are taken`);
  return chosen;
}

/** Leases a router number, see `RouterLease`. */
export const leaseRouterNumber = (options: RouterLeaseOptions): RouterLease => new RouterLease(options);
