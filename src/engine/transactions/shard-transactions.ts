/**
 * The transaction of a session over its shards: how a shard joins, and how all of them end.
 *
 * A shard joins with its first statement, by `open` alone: what later decides between BEGIN and XA decides there. Every
 * participant has every savepoint, because those set before it joined are set on it as well.
 */
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { demand } from '../../gateway/prepare-connection.ts';

/** One shard's part. `shard` is its name in messages. */
export type Participant = Readonly<{ connection: BackendConnection; shard: string }>;

export type SavepointKind = 'savepoint' | 'rollbackTo' | 'release';

export class ShardTransactions {
  #begin: string | undefined;
  #snapshot = false;
  /** SET TRANSACTION as every shard gets it before it begins. */
  #characteristics: string | undefined;
  /** The same for the next transaction. */
  #next: string | undefined;
  /** Names in the order in which they were set. */
  #savepoints: string[] = [];

  /** BEGIN as a shard that joins gets it; undefined outside an explicit transaction. */
  get begin(): string | undefined {
    return this.#begin;
  }

  /** Whether a connection that joins gets savepoints, which a statement that begins nothing leaves there. */
  get hasSavepoints(): boolean {
    return this.#savepoints.length > 0;
  }

  get readOnly(): boolean {
    if (this.#begin?.endsWith('READ WRITE')) return false;
    return (
      this.#begin?.endsWith('READ ONLY') === true || this.#characteristics?.includes('READ ONLY') === true
    );
  }

  /** Said of it, whatever the session's transactions are otherwise. */
  get readWrite(): boolean {
    if (this.#begin?.endsWith('READ ONLY')) return false;
    return (
      this.#begin?.endsWith('READ WRITE') === true || this.#characteristics?.includes('READ WRITE') === true
    );
  }

  /** Begun WITH CONSISTENT SNAPSHOT: a shard that joins later could not show the same moment. */
  get snapshot(): boolean {
    return this.#snapshot;
  }

  get characteristics(): string | undefined {
    return this.#characteristics;
  }

  /** SET TRANSACTION for the next one, until that begins. */
  get next(): string | undefined {
    return this.#next;
  }

  set next(statement: string | undefined) {
    this.#next = statement;
  }

  /** Nothing is open any more. */
  clear(): void {
    this.#begin = undefined;
    this.#characteristics = undefined;
    this.#snapshot = false;
    this.#savepoints = [];
  }

  /** A transaction begins, without savepoints. `characteristics`: those of the one before, which it continues. */
  restart(begin: string | undefined, snapshot: boolean, characteristics?: string): void {
    this.#characteristics = characteristics;
    if (characteristics === undefined) this.#takeNext();
    this.#begin = begin;
    this.#snapshot = snapshot;
    this.#savepoints = [];
  }

  /** Makes a connection part of the transaction. Raises the tablet's refusal or HG_TABLET_LOST; the connection is then closed. */
  async open(connection: BackendConnection): Promise<void> {
    // Without BEGIN, the first statement begins it.
    if (this.#begin === undefined) this.#takeNext();
    try {
      if (this.#characteristics !== undefined) await demand(connection.query(this.#characteristics));
      if (this.#begin !== undefined) await demand(connection.query(this.#begin));
      for (const name of this.#savepoints) await demand(connection.query(savepointText('savepoint', name)));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Tells a connection of the next transaction's characteristics. Raises what `open` raises. */
  async announceNext(connection: BackendConnection): Promise<void> {
    // Should the statement begin nothing, they are still there.
    connection.suspect = true;
    try {
      if (this.#next !== undefined) await demand(connection.query(this.#next));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #takeNext(): void {
    if (this.#next === undefined) return;
    this.#characteristics = this.#next;
    this.#next = undefined;
  }

  /** A statement about a savepoint has succeeded on all participants, if there are any. */
  note(kind: SavepointKind, name: string): void {
    const at = this.#find(name);
    if (kind === 'savepoint') {
      // One of the same name is replaced.
      if (at >= 0) this.#savepoints.splice(at, 1);
      this.#savepoints.push(name);
    } else if (at >= 0) {
      // Later ones go; RELEASE takes the one that it names, too.
      this.#savepoints.length = kind === 'release' ? at : at + 1;
    }
  }

  /** Raises ER_SP_DOES_NOT_EXIST. */
  requireSavepoint(name: string): void {
    if (this.#find(name) >= 0) return;
    throw new HeadgateError('ER_SP_DOES_NOT_EXIST', { message: `SAVEPOINT ${name} does not exist` });
  }

  #find(name: string): number {
    const wanted = name.toLowerCase();
    return this.#savepoints.findIndex((known) => known.toLowerCase() === wanted);
  }
}

/** The statement on one participant. */
export function savepointText(kind: SavepointKind, name: string): string {
  const verbs = { savepoint: 'SAVEPOINT', rollbackTo: 'ROLLBACK TO SAVEPOINT', release: 'RELEASE SAVEPOINT' };
  return `${verbs[kind]} \`${name.replaceAll('`', '``')}\``;
}

/** Runs one statement on all participants at once; raises the first one's error after all have answered. */
export async function runOnAll(participants: readonly Participant[], sql: string): Promise<void> {
  const outcomes = await Promise.allSettled(
    participants.map(({ connection }) => demand(connection.query(sql))),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/**
 * Commits one participant after the other, in the order given. If the first fails, all others are rolled back and its error is
 * raised: nothing is committed, unless the connection was lost within COMMIT. If a later one fails, HG_PARTIAL_COMMIT tells
 * which shards have committed; the rest is rolled back.
 */
export async function commitInOrder(participants: readonly Participant[]): Promise<void> {
  for (const [at, { connection, shard }] of participants.entries()) {
    try {
      await demand(connection.query('COMMIT'));
    } catch (cause) {
      const rest = participants.slice(at + 1);
      await Promise.allSettled(rest.map((other) => demand(other.connection.query('ROLLBACK'))));
      if (at === 0) throw cause;
      const names = (some: readonly Participant[]) => some.map((other) => other.shard).join(', ');
      const undone = rest.length === 0 ? '' : `; rolled back on ${names(rest)}`;
      throw new HeadgateError('HG_PARTIAL_COMMIT', {
        detail: `committed on ${names(participants.slice(0, at))}; failed on ${shard} (${messageOf(cause)})${undone}`,
        cause,
      });
    }
  }
}

/** Rolls all participants back. A connection that cannot is closed, which does the same. */
export async function rollbackAll(participants: readonly Participant[]): Promise<void> {
  await Promise.all(
    participants.map(({ connection }) =>
      demand(connection.query('ROLLBACK')).catch(() => {
        connection.close();
      }),
    ),
  );
}
