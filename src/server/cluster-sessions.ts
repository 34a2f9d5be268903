/** Sessions of all routers: this one's are looked up here, the others' routers are asked. */
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { Asker, Cluster, Gathered, Process, RouterFacts, SessionFacts } from '../session/cluster.ts';
import { clientHost, processOf } from '../session/process-row.ts';
import { factsOf } from '../session/session-facts.ts';
import type { PeerAnswer } from '../topology/peers/router-peers.ts';
import type { RouterRecord } from '../topology/records.ts';
import type { ClientConnection } from './client-connection.ts';
import { routerOf } from './connection-ids.ts';

/** Asks other routers: see `RouterPeers`. */
export interface Peers {
  others(): Promise<readonly number[]>;
  routers(): Promise<readonly RouterRecord[]>;
  ask(number: number, content: unknown): Promise<PeerAnswer>;
}

type KillOutcome = 'done' | 'unknown' | 'denied';

type Question =
  | Readonly<{ kind: 'kill'; id: number; queryOnly: boolean; asker: Asker }>
  | Readonly<{ kind: 'processes'; asker: Asker }>
  | Readonly<{ kind: 'sessions'; asker: Asker }>;

/** Of all statements' texts in one answer to another router. */
const INFO_BYTES_MAX = 512 * 1024;
const INFO_BYTES_MIN = 400;

export class ClusterSessions implements Cluster {
  readonly #connections: ReadonlyMap<number, ClientConnection>;
  readonly #peers: Peers;
  readonly #number: () => number;

  /** `number`: this router's; 0 while it has none. */
  constructor(connections: ReadonlyMap<number, ClientConnection>, peers: Peers, number: () => number) {
    this.#connections = connections;
    this.#peers = peers;
    this.#number = number;
  }

  async kill(id: number, queryOnly: boolean, asker: Asker): Promise<void> {
    let outcome = this.#killHere(id, queryOnly, asker);
    if (outcome === 'unknown' && routerOf(id) !== 0) outcome = await this.#killThere(id, queryOnly, asker);
    if (outcome === 'unknown')
      throw new HeadgateError('ER_NO_SUCH_THREAD', { message: `Unknown thread id: ${id}` });
    if (outcome === 'denied')
      throw new HeadgateError('ER_KILL_DENIED_ERROR', { message: `You are not owner of thread ${id}` });
  }

  async processes(asker: Asker): Promise<Gathered<Process>> {
    const own = this.#processesHere(asker, Number.MAX_SAFE_INTEGER);
    const { rows, missing } = await this.#gather<Process>({ kind: 'processes', asker });
    return { rows: [...own, ...rows].sort((a, b) => a.id - b.id), missing };
  }

  async sessions(asker: Asker): Promise<Gathered<SessionFacts>> {
    const own = this.#sessionsHere(asker, Number.MAX_SAFE_INTEGER);
    const { rows, missing } = await this.#gather<SessionFacts>({ kind: 'sessions', asker });
    return { rows: [...own, ...rows].sort((a, b) => a.process.id - b.process.id), missing };
  }

  async routers(): Promise<readonly RouterFacts[]> {
    const records = await this.#peers.routers();
    return records.map((record) => ({ ...record, isThis: record.number === this.#number() }));
  }

  /** Answers another router's question. */
  answer(content: unknown): unknown {
    const question = content as Question;
    switch (question.kind) {
      case 'kill':
        return this.#killHere(question.id, question.queryOnly, question.asker);
      case 'processes':
        return this.#processesHere(question.asker, this.#infoShare());
      case 'sessions':
        return this.#sessionsHere(question.asker, this.#infoShare());
      default:
        throw new Error(
          `unknown question ${JSON.stringify(content).slice(0, 100)}: routers of two versions?`,
        );
    }
  }

  #killHere(id: number, queryOnly: boolean, asker: Asker): KillOutcome {
    const connection = this.#connections.get(id);
    if (connection?.session === undefined) return 'unknown';
    if (!asker.isAdmin && connection.userName !== asker.userName) return 'denied';
    connection.session.kill(queryOnly);
    return 'done';
  }

  /** A connection may be older than its router's number: if that is not found, all are asked. */
  async #killThere(id: number, queryOnly: boolean, asker: Asker): Promise<KillOutcome> {
    const question: Question = { kind: 'kill', id, queryOnly, asker };
    const owner = routerOf(id);
    const others = await this.#peers.others().catch(silent);
    const first = others.includes(owner) ? await this.#askToKill(owner, question) : 'unknown';
    if (first !== 'unknown') return first;
    const rest = others.filter((number) => number !== owner);
    const outcomes = await Promise.allSettled(rest.map((number) => this.#askToKill(number, question)));
    const found = outcomes.find((each) => each.status === 'fulfilled' && each.value !== 'unknown');
    return found?.status === 'fulfilled' ? found.value : 'unknown';
  }

  async #askToKill(number: number, question: Question): Promise<KillOutcome> {
    const answer = await this.#peers.ask(number, question).catch(silent);
    if (answer.kind === 'answered') return answer.content as KillOutcome;
    if (answer.kind === 'gone') return 'unknown';
    throw new HeadgateError('HG_ROUTER_SILENT', { detail: answer.detail });
  }

  /** What of each statement's text fits an answer to another router. */
  #infoShare(): number {
    let running = 1;
    for (const { session } of this.#connections.values())
      if (session?.activity.packet !== undefined) running++;
    return Math.max(INFO_BYTES_MIN, Math.floor(INFO_BYTES_MAX / running));
  }

  #sessionsHere(asker: Asker, infoBytesMax: number): SessionFacts[] {
    const nowMs = performance.now();
    const rows: SessionFacts[] = [];
    for (const { session, userName } of this.#connections.values()) {
      if (session === undefined || (!asker.isAdmin && userName !== asker.userName)) continue;
      rows.push(factsOf(session, this.#number(), nowMs, infoBytesMax));
    }
    return rows;
  }

  #processesHere(asker: Asker, infoBytesMax: number): Process[] {
    const nowMs = performance.now();
    const rows: Process[] = [];
    for (const connection of this.#connections.values()) {
      const { session, userName } = connection;
      if (!asker.isAdmin && userName !== asker.userName) continue;
      rows.push(session === undefined ? atLogin(connection, nowMs) : processOf(session, nowMs, infoBytesMax));
    }
    return rows;
  }

  async #gather<T>(question: Question): Promise<Gathered<T>> {
    const rows: T[] = [];
    const missing: string[] = [];
    try {
      const others = await this.#peers.others();
      const asked = others.map(async (number) => {
        const answer = await this.#peers.ask(number, question);
        if (answer.kind === 'answered') rows.push(...(answer.content as T[]));
        else if (answer.kind !== 'gone') missing.push(answer.detail);
      });
      for (const result of await Promise.allSettled(asked))
        if (result.status === 'rejected') missing.push(messageOf(result.reason));
    } catch (error) {
      missing.push(messageOf(error));
    }
    return { rows, missing };
  }
}

const silent = (cause: unknown): never => {
  throw new HeadgateError('HG_ROUTER_SILENT', { detail: messageOf(cause), cause });
};

/** As MySQL shows a client that has not logged in yet. */
const atLogin = (connection: ClientConnection, nowMs: number): Process => ({
  id: connection.connectionId,
  user: 'unauthenticated user',
  host: clientHost(connection),
  database: null,
  command: 'Connect',
  seconds: Math.floor((nowMs - connection.sinceMs) / 1000),
  state: 'login',
  info: null,
});
