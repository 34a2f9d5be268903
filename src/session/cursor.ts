/**
 * Cursors of prepared statements: EXECUTE has answered with definitions only, and COM_STMT_FETCH takes the rows in parts. A
 * tablet that keeps them knows them by its own statement, which nobody else may execute meanwhile.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { TakenStatement } from '../gateway/prepared-cache.ts';
import { serverStatus } from '../mysql/protocol.ts';
import { lexModeOf } from '../sql/lex-mode.ts';
import type { StatementKind } from '../sql/statement.ts';
import { type StatementScan, scanStatement } from '../sql/statement-scan.ts';
import type { ClientStatement } from './client-statement.ts';
import { idAt } from './execute-packet.ts';
import type { Answered } from './held.ts';
import { pin } from './pins.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';

/** Rows that wait for COM_STMT_FETCH. */
export interface Cursor {
  /** Answers COM_STMT_FETCH, header and command byte included, for so many rows. Raises HG_SESSION_STATE_LOST. */
  fetch(packet: Buffer, rows: number): Promise<void>;
  /** Whether some of its rows wait there. */
  isOn(connection: BackendConnection): boolean;
  /** Gives up the rows that are left. */
  close(): void;
  /** The session gives back all that it holds; this is for what it does not hold by itself. */
  leave?(): void;
}

/** Where COM_STMT_FETCH says how many rows are wanted. */
export const rowCountAt = idAt + 4;

/**
 * Rows of SHOW and EXPLAIN come at once although a cursor was asked for, as MySQL itself does for some of them. For others it says that it
 * has opened one, and ends when it is asked for the rows (seen with 9.7.4: EXPLAIN, SHOW PROCESSLIST).
 */
export const mayHaveCursor = (kind: StatementKind): boolean => kind !== 'show' && kind !== 'explain';

/** What the session runs itself. Raises MySQL's error for a cursor that such a statement cannot have. */
export function requireCursorable(kind: StatementKind): void {
  if (kind === 'set' || kind === 'commit' || kind === 'rollback' || kind === 'kill') {
    throw new HeadgateError('ER_WRONG_ARGUMENTS', { message: 'Incorrect arguments to with cursor' });
  }
}

/**
 * Under what key a connection has a statement prepared for cursors. Once it had one, MySQL (9.7.4) answers an EXECUTE without a cursor with
 * definitions and no rows.
 */
export const cursorKey = (key: string): string => `${key}\ncursor`;

/** COM_STMT_FETCH. Raises 1421 where the statement has no cursor. */
export async function fetchRows(session: Session, statement: ClientStatement, packet: Buffer): Promise<void> {
  session.holding.requireState();
  const { cursor, id } = statement;
  if (cursor === undefined) {
    throw new HeadgateError('ER_STMT_HAS_NO_OPEN_CURSOR', {
      message: `The statement (${id}) has no open cursor.`,
    });
  }
  await cursor.fetch(packet, packet.readUInt32LE(rowCountAt));
}

/** What COM_STMT_RESET, the next EXECUTE and the end of the statement do. */
export function closeCursor(statement: ClientStatement): void {
  const { cursor } = statement;
  statement.cursor = undefined;
  cursor?.close();
}

/** An EXECUTE that asked for a cursor was answered. Returns bits of `pin`. */
export function cursorOpened(
  session: Session,
  statement: ClientStatement,
  place: Place,
  { answer, connection, packet }: Answered,
): number {
  if (!answer.opensCursor) return 0;
  const id = packet.readUInt32LE(idAt);
  const cursor = new TabletCursor(session, statement, {
    connection,
    place,
    id,
    taken: connection.prepared.take(id),
  });
  statement.cursor = cursor;
  session.prepared.cursors.add(cursor);
  return pin.cursor;
}

/** Stands for COM_STMT_FETCH where a statement is wanted: it reads, and leaves nothing. */
export const fetchScan = scanStatement(
  Buffer.from('SELECT 1'),
  0,
  lexModeOf('', 'utf8mb4', 80_400, false),
  new Set(),
);

type Whereabouts = Readonly<{
  connection: BackendConnection;
  place: Place;
  /** The tablet's statement. */
  id: number;
  /** The same as it was in the connection's cache; undefined: it is of no use to others. */
  taken: TakenStatement | undefined;
}>;

/** A cursor that one tablet keeps, where FETCH goes to FETCH. */
class TabletCursor implements Cursor {
  readonly #session: Session;
  readonly #statement: ClientStatement;
  readonly #at: Whereabouts;
  readonly #scan: StatementScan;

  constructor(session: Session, statement: ClientStatement, at: Whereabouts) {
    this.#session = session;
    this.#statement = statement;
    this.#at = at;
    const { start, end } = statement.scan;
    this.#scan = { ...fetchScan, start, end };
  }

  isOn(connection: BackendConnection): boolean {
    return connection === this.#at.connection;
  }

  async fetch(packet: Buffer): Promise<void> {
    const session = this.#session;
    const { connection, place, id } = this.#at;
    if (!this.#isThere) {
      this.#forget();
      throw new HeadgateError('HG_SESSION_STATE_LOST', { detail: 'cursor' });
    }
    await connection.killing;
    packet.writeUInt32LE(id, idAt);
    const statement = { source: this.#statement.text, scan: this.#scan, packet };
    const answer = await session.exchange(statement, place, connection, 'fetch');
    const failed = answer.error !== undefined || connection.closed;
    if (failed) this.close();
    else if ((answer.status & serverStatus.lastRowSent) !== 0) this.#finish();
    session.holding.settle(this.#scan, answer, connection, place);
    session.finished(failed);
  }

  /** The connection may have been lost, or reset, since. */
  get #isThere(): boolean {
    const { connection } = this.#at;
    return !connection.closed && this.#session.holding.isPinned(connection, pin.cursor);
  }

  /** MySQL has closed it with its last row. */
  #finish(): void {
    const { connection, taken } = this.#at;
    if (taken === undefined) connection.closeStatement(this.#at.id);
    else connection.closeStatement(connection.prepared.put(taken));
    this.#unpin();
  }

  close(): void {
    if (!this.#isThere) return this.#forget();
    this.#at.connection.closeStatement(this.#at.id);
    this.#unpin();
    this.#session.holding.unholdIfFree();
  }

  #unpin(): void {
    this.#forget();
    const { connection } = this.#at;
    const { holding, prepared } = this.#session;
    if (![...prepared.cursors].some((other) => other.isOn(connection))) holding.unpin(pin.cursor, connection);
  }

  #forget(): void {
    if (this.#statement.cursor === this) this.#statement.cursor = undefined;
    this.#session.prepared.cursors.delete(this);
  }
}
