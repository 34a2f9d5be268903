/**
 * Questions from router to router of one cluster. They go through etcd, which every router reaches and trusts already: no
 * further port, no address that has to be right, and a router that is gone is known by its number's missing key.
 *
 * A question is a key in the inbox of the router asked, on the asker's lease. Who takes it up replaces it in one step by a mark
 * in the asker's inbox, so that nothing is done twice, nor for somebody who has given up; the answer then replaces the mark.
 * The folder lies beside the cluster's records, because all routers follow those.
 */
import { randomUUID } from 'node:crypto';
import type { ICompare, IKeyValue } from 'etcd3';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import { EtcdClient, type EtcdMember, pause, prefixEnd, rootOf } from '../etcd-client.ts';
import { DEFAULT_PREFIX, decodeRecord, keyOf, type RouterRecord } from '../records.ts';
import { PeerInbox } from './peer-inbox.ts';
import { decodeMessage, encodeMessage } from './peer-message.ts';

/** `gone`: no router has the number. `silent`: it has not answered in time. `failed`: it could not do what it was asked. */
export type PeerAnswer =
  | Readonly<{ kind: 'answered'; content: unknown }>
  | Readonly<{ kind: 'gone' }>
  | Readonly<{ kind: 'silent'; detail: string }>
  | Readonly<{ kind: 'failed'; detail: string }>;

export type RouterPeersOptions = Readonly<{
  hosts: readonly string[];
  prefix?: string;
  /** Deadline of one call of etcd while nothing is asked. */
  callMsMax: number;
  /** How long another router may take to answer, and etcd to take the question. */
  answerMsMax: number;
  /** The router's lease in etcd; undefined while it has none. */
  leaseId: () => string | undefined;
  /** Answers another router's question. What it throws becomes `failed`. */
  answer: (content: unknown) => unknown;
  onProblem: (message: string) => void;
}>;

type Question = Readonly<{ from: number; lease: string; content: unknown }>;
type Reply = Readonly<{ content?: unknown; error?: string }>;

/** Questions that wait for their answer. */
const ASKED_MAX = 1_000;
/** Questions that are answered at a time. */
const ANSWERING_MAX = 100;
/** How often a router that has not answered yet is looked for. */
const LOOK_EVERY_MS = 300;
/** Stands for an answer to come. */
const MARK = Buffer.alloc(0);

export class RouterPeers {
  readonly #options: RouterPeersOptions;
  readonly #root: string;
  readonly #records: string;
  readonly #client: EtcdClient;
  readonly #asked = new Map<string, (reply: Reply) => void>();
  readonly #answering = new Set<string>();
  #number = 0;
  #inbox: PeerInbox | undefined;
  #closed = false;

  constructor(options: RouterPeersOptions) {
    this.#options = options;
    const prefix = options.prefix ?? DEFAULT_PREFIX;
    this.#records = rootOf(prefix);
    this.#root = rootOf(`${prefix}-peers`);
    this.#client = new EtcdClient(options.hosts, options.answerMsMax);
  }

  /** The number under which this router is asked from now on. */
  serve(number: number): void {
    if (this.#number === number || this.#closed) return;
    this.#number = number;
    this.#inbox?.close();
    this.#inbox = new PeerInbox({
      hosts: this.#options.hosts,
      folder: this.#folder(number),
      callMsMax: this.#options.callMsMax,
      onEntry: (key, kv) => this.#take(key, kv),
    });
  }

  close(): void {
    this.#closed = true;
    this.#inbox?.close();
    this.#client.close();
    for (const settle of this.#asked.values()) settle({ error: 'this router ends' });
  }

  /** All routers that are alive, this one too, by number. Rejects with HG_TOPOLOGY while etcd does not answer. */
  async routers(): Promise<readonly RouterRecord[]> {
    const folder = this.#records + keyOf.router('');
    const { kvs } = await this.#client.repeatable((member, timeoutMs) =>
      member.range({ key: Buffer.from(folder), range_end: prefixEnd(folder) }, timeoutMs),
    );
    return kvs
      .flatMap(({ key, value }) => {
        const stored = decodeRecord(key.toString().slice(this.#records.length), value);
        return stored?.kind === 'router' ? [stored.record] : [];
      })
      .sort((a, b) => a.number - b.number);
  }

  /** Numbers of all other routers that are alive. Rejects with HG_TOPOLOGY while etcd does not answer. */
  async others(): Promise<readonly number[]> {
    const folder = this.#records + keyOf.router('');
    const { kvs } = await this.#client.repeatable((member, timeoutMs) =>
      member.range({ key: Buffer.from(folder), range_end: prefixEnd(folder), keys_only: true }, timeoutMs),
    );
    return kvs
      .map((kv) => Number(kv.key.toString().slice(folder.length)))
      .filter((number) => number !== this.#number)
      .sort((a, b) => a - b);
  }

  /**
   * Asks one router. Rejects with HG_TOPOLOGY where the question could not be put: etcd does not answer, or this router has no
   * lease there.
   */
  async ask(number: number, content: unknown): Promise<PeerAnswer> {
    const lease = this.#options.leaseId();
    if (lease === undefined || this.#number === 0)
      throw new HeadgateError('HG_TOPOLOGY', { detail: 'this router has no lease in etcd now' });
    if (this.#asked.size >= ASKED_MAX)
      throw new HeadgateError('HG_TOPOLOGY', {
        detail: `${ASKED_MAX} questions to other routers wait already`,
      });
    const id = randomUUID();
    const question: Question = { from: this.#number, lease, content };
    const value = encodeMessage(question);
    const endMs = Date.now() + this.#options.answerMsMax;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#asked.set(id, resolve);
    const names = { asked: this.#questionKey(number, id), answer: this.#answerKey(this.#number, id) };
    try {
      if (!(await this.#put(number, names, value, lease))) return { kind: 'gone' };
      return await this.#wait(number, promise, endMs);
    } finally {
      this.#asked.delete(id);
      this.#remove(names.asked, names.answer);
    }
  }

  async #wait(number: number, reply: Promise<Reply>, endMs: number): Promise<PeerAnswer> {
    for (;;) {
      const leftMs = endMs - Date.now();
      if (leftMs <= 0) {
        const detail = `router ${number} did not answer within ${this.#options.answerMsMax} ms`;
        return { kind: 'silent', detail };
      }
      const come = await Promise.race([reply, pause(Math.min(LOOK_EVERY_MS, leftMs))]);
      if (come !== undefined) {
        return come.error === undefined
          ? { kind: 'answered', content: come.content }
          : { kind: 'failed', detail: `router ${number}: ${come.error}` };
      }
      // Without an answer of etcd there is nothing to be known yet.
      const lives = await this.#lives(number).catch(() => true);
      if (!lives) return { kind: 'gone' };
    }
  }

  /** False: there is no such router. An attempt whose outcome is unknown is repeated, and cannot put the question twice. */
  async #put(
    number: number,
    { asked, answer }: Readonly<{ asked: string; answer: string }>,
    value: Buffer,
    lease: string,
  ): Promise<boolean> {
    const compare: ICompare[] = [
      { key: this.#routerKey(number), target: 'Create', result: 'Greater', create_revision: 0 },
      { key: Buffer.from(asked), target: 'Create', result: 'Equal', create_revision: 0 },
      { key: Buffer.from(answer), target: 'Create', result: 'Equal', create_revision: 0 },
    ];
    const put = { request_put: { key: Buffer.from(asked), value, lease } };
    const { succeeded } = await this.#client.repeatable((member, timeoutMs) =>
      member.txn(compare, [put], timeoutMs),
    );
    return succeeded || (await this.#lives(number));
  }

  async #lives(number: number): Promise<boolean> {
    const request = { key: this.#routerKey(number), keys_only: true };
    const answer = await this.#client.repeatable((member, timeoutMs) => member.range(request, timeoutMs));
    return answer.kvs.length > 0;
  }

  #take(key: string, kv: IKeyValue): void {
    const [folder, id = ''] = key.split('/');
    if (folder === 'answers') this.#answered(id, kv);
    else if (folder === 'questions' && !this.#answering.has(id) && this.#answering.size < ANSWERING_MAX) {
      this.#answering.add(id);
      this.#respond(id, kv)
        .catch((error) => this.#options.onProblem(messageOf(error)))
        .finally(() => this.#answering.delete(id));
    }
  }

  #answered(id: string, { value }: IKeyValue): void {
    if (value.length === 0 && this.#asked.has(id)) return;
    const settle = this.#asked.get(id);
    // Nobody waits for it any more.
    if (settle === undefined) return this.#remove(this.#answerKey(this.#number, id));
    try {
      settle(decodeMessage(value) as Reply);
    } catch (error) {
      settle({ error: messageOf(error) });
    }
  }

  async #respond(id: string, kv: IKeyValue): Promise<void> {
    const { from, lease, content } = decodeMessage(kv.value) as Question;
    const answerKey = Buffer.from(this.#answerKey(from, id));
    const mark = { request_put: { key: answerKey, value: MARK, lease } };
    const unchanged: ICompare = {
      key: kv.key,
      target: 'Mod',
      result: 'Equal',
      mod_revision: Number(kv.mod_revision),
    };
    const claim = (member: EtcdMember, timeoutMs: number) =>
      member.txn([unchanged], [{ request_delete_range: { key: kv.key } }, mark], timeoutMs);
    // One attempt: with its outcome unknown, the question is better left alone.
    if (!(await this.#client.once(claim)).succeeded) return;
    let value: Buffer;
    try {
      value = encodeMessage({ content: await this.#options.answer(content) } satisfies Reply);
    } catch (error) {
      value = encodeMessage({ error: messageOf(error) } satisfies Reply);
    }
    const waiting: ICompare = { key: answerKey, target: 'Create', result: 'Greater', create_revision: 0 };
    await this.#client.repeatable((member, timeoutMs) =>
      member.txn([waiting], [{ request_put: { key: answerKey, value, lease } }], timeoutMs),
    );
  }

  /** Without success the lease's end does it. */
  #remove(...keys: readonly string[]): void {
    const operations = keys.map((key) => ({ request_delete_range: { key: Buffer.from(key) } }));
    this.#client.once((member, timeoutMs) => member.txn([], operations, timeoutMs)).catch(() => {});
  }

  #folder = (number: number): string => `${this.#root}${number}/`;
  #questionKey = (number: number, id: string): string => `${this.#folder(number)}questions/${id}`;
  #answerKey = (number: number, id: string): string => `${this.#folder(number)}answers/${id}`;
  #routerKey = (number: number): Buffer => Buffer.from(this.#records + keyOf.router(number));
}
