/**
 * Clients that say nothing, stop in the middle of a command, or do not take their answer: after MySQL's times (`wait_timeout`,
 * `net_read_timeout`, `net_write_timeout`, of the session or else of the tablets) they are disconnected as by MySQL. One timer looks at all of
 * them once a second, so that a command costs nothing for it.
 */
import type { ClientTimeouts } from '../gateway/tablet-facts.ts';
import { capability } from '../mysql/protocol.ts';
import type { Session } from '../session/session.ts';
import type { ClientConnection } from './client-connection.ts';

const EVERY_MS = 1_000;

/** A connection on which something should move: how much had, and since when nothing has. */
type Stuck = { bytes: number; sinceMs: number };

export class ClientWatch {
  readonly #connections: ReadonlyMap<number, ClientConnection>;
  readonly #timeouts: () => ClientTimeouts | undefined;
  readonly #stuck = new WeakMap<ClientConnection, Stuck>();
  readonly #timer = setInterval(() => this.#look(performance.now()), EVERY_MS).unref();

  /** `timeouts`: what holds for sessions that have not set them; undefined while no tablet has told. */
  constructor(
    connections: ReadonlyMap<number, ClientConnection>,
    timeouts: () => ClientTimeouts | undefined,
  ) {
    this.#connections = connections;
    this.#timeouts = timeouts;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(nowMs: number): void {
    const timeouts = this.#timeouts();
    if (timeouts === undefined) return;
    for (const connection of this.#connections.values()) {
      const { session } = connection;
      if (session !== undefined) this.#lookAt(connection, session, timeouts, nowMs);
    }
  }

  #lookAt(
    connection: ClientConnection,
    { state, activity }: Session,
    timeouts: ClientTimeouts,
    nowMs: number,
  ): void {
    const unsent = connection.unsentBytes;
    if (unsent > 0) {
      const limit = state.number('net_write_timeout') ?? timeouts.writeSeconds;
      const stuckMs = this.#stuckMs(connection, connection.bytesWritten - unsent, nowMs);
      if (stuckMs >= limit * 1000) connection.timeOut('write');
    } else if (connection.isReceiving) {
      const limit = state.number('net_read_timeout') ?? timeouts.readSeconds;
      if (this.#stuckMs(connection, connection.bytesRead, nowMs) >= limit * 1000) connection.timeOut('read');
    } else {
      this.#stuck.delete(connection);
      if (activity.idleMs(nowMs) < EVERY_MS) return;
      const interactive = (state.capabilities & capability.interactive) !== 0;
      const byDefault = interactive ? timeouts.interactiveSeconds : timeouts.waitSeconds;
      const limit = state.number('wait_timeout') ?? byDefault;
      if (activity.idleMs(nowMs) >= Math.max(1, limit) * 1000) connection.timeOut('idle');
    }
  }

  #stuckMs(connection: ClientConnection, bytes: number, nowMs: number): number {
    const stuck = this.#stuck.get(connection);
    if (stuck?.bytes === bytes) return nowMs - stuck.sinceMs;
    this.#stuck.set(connection, { bytes, sinceMs: nowMs });
    return 0;
  }
}
