/**
 * Named locks (GET_LOCK) of one session: as long as one of them may be held, its connection is kept. Which names were asked for is read from the
 * statements; which are held is what the tablet says. A lock whose name is not a literal is taken to be held until RELEASE_ALL_LOCKS.
 */

import { textValues } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { lockCallsOf } from '../sql/lock-calls.ts';
import { pin } from './pins.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';

/** Of one connection; asking about more is not worth it. */
const NAMES_MAX = 100;

type Locks = {
  readonly names: Set<string>;
  /** Statements after which locks of unknown names may be held. */
  unread: number;
};

export class NamedLocks {
  readonly #session: Session;
  readonly #byConnection = new WeakMap<BackendConnection, Locks>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** A statement that calls lock functions was answered on a connection, which is held for it: lets it go where no lock is held. */
  async settle({ source, scan }: Statement, failed: boolean, connection: BackendConnection): Promise<void> {
    const { holding } = this.#session;
    const calls = lockCallsOf(source, scan.start, scan.end, lexModeIn(this.#session));
    const locks = this.#of(connection);
    if (!calls.takesUnnamed) locks.unread--;
    for (const name of calls.taken) locks.names.add(name);
    if (locks.names.size > NAMES_MAX) locks.unread = Number.POSITIVE_INFINITY;
    if (calls.releasesAll && !failed && calls.taken.length === 0 && !calls.takesUnnamed) {
      locks.names.clear();
      locks.unread = 0;
    }
    if (locks.unread > 0 || connection.closed) return;
    await this.#ask(locks.names, connection);
    if (locks.names.size > 0) return;
    holding.unpin(pin.namedLocks, connection);
    holding.unholdIfFree();
  }

  /** A statement has called lock functions on a connection; if `settle` does not follow, whatever they took stays. */
  note(connection: BackendConnection): void {
    this.#of(connection).unread++;
  }

  #of(connection: BackendConnection): Locks {
    let locks = this.#byConnection.get(connection);
    if (locks === undefined) {
      locks = { names: new Set(), unread: 0 };
      this.#byConnection.set(connection, locks);
    }
    return locks;
  }

  /** Leaves the names that are held. */
  async #ask(names: Set<string>, connection: BackendConnection): Promise<void> {
    if (names.size === 0) return;
    const all = [...names];
    const each = all.map(
      (name) =>
        `IS_USED_LOCK(CONVERT(0x${Buffer.from(name).toString('hex')} USING utf8mb4)) <=> ${connection.threadId}`,
    );
    try {
      const pool = this.#session.services.gateway.poolOf(connection);
      const answer = await pool?.observer.query(`SELECT ${each.join(', ')}`);
      if (answer === undefined) return;
      all.forEach((name, at) => {
        if (textValues(answer, 0)[at] === '0') names.delete(name);
      });
    } catch {
      // Without an answer they are taken to be held.
    }
  }
}
