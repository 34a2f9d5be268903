/** What a session does now, for the process list and for whoever has to interrupt it. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Place } from './statement-place.ts';

/** A shard to which a connection is awaited, or another thing in words. */
export type Awaited = Pick<Place, 'shard' | 'type'> | string;

export class Activity {
  /** The command in progress; undefined while the session is idle. */
  packet: Buffer | undefined;
  /** Since when (`performance.now()`) it is in progress, or the session idle. */
  sinceMs = performance.now();
  /** What the statement waits for before anything of it runs on a tablet. */
  waitsFor: Awaited | undefined;
  #interruption: AbortController | undefined;
  #limit: NodeJS.Timeout | undefined;

  /** Calls `end` unless the command in progress is over by then. */
  limit(ms: number, end: () => void): void {
    this.#limit = setTimeout(end, ms);
  }

  begin(packet: Buffer): void {
    this.packet = packet;
    this.sinceMs = performance.now();
  }

  /** For how long the session has waited for its client's next command. `nowMs` as `sinceMs`. */
  idleMs(nowMs: number): number {
    return this.packet === undefined ? nowMs - this.sinceMs : 0;
  }

  /** The command is over. */
  rest(): void {
    this.packet = undefined;
    this.waitsFor = undefined;
    this.#interruption = undefined;
    if (this.#limit !== undefined) clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  /** For everything that the statement waits for: aborted when it is killed, or its client is gone. */
  get signal(): AbortSignal {
    this.#interruption ??= new AbortController();
    return this.#interruption.signal;
  }

  get interrupted(): boolean {
    return this.#interruption?.signal.aborted === true;
  }

  /** Raises ER_QUERY_INTERRUPTED if the statement in progress was killed. */
  requireUninterrupted(): void {
    if (this.interrupted) throw new HeadgateError('ER_QUERY_INTERRUPTED');
  }

  /** Ends the waits of the statement in progress, if there is one. */
  interrupt(): void {
    if (this.packet !== undefined) this.close();
  }

  /** Ends all waits, also those to come. */
  close(): void {
    this.#interruption ??= new AbortController();
    this.#interruption.abort();
  }

  /** `work`, shown as a wait for `what`. */
  async during<T>(what: Awaited, work: Promise<T>): Promise<T> {
    this.waitsFor = what;
    try {
      return await work;
    } finally {
      this.waitsFor = undefined;
    }
  }
}
