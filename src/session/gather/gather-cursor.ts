/** A cursor over the answer of a gathered query: the tablet keeps it, on the connection that has the temporary tables. */
import type { RowsError, RowsSummary } from '../../engine/row-stream.ts';
import { shardRows } from '../../engine/rows/shard-rows.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { serverStatus } from '../../mysql/protocol.ts';
import { textOf } from '../../planner/bind.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { lenencInteger } from '../../wire/lenenc.ts';
import { buildResultEnd } from '../../wire/packets.ts';
import type { ClientStatement } from '../client-statement.ts';
import type { CombinedRun } from '../combined.ts';
import { type Cursor, fetchScan } from '../cursor.ts';
import { CURSOR_READ_ONLY, flagsAt, idAt } from '../execute-packet.ts';
import type { Session } from '../session.ts';
import { type Originals, originalColumn } from './original-columns.ts';
import type { ScratchConnection } from './scratch-connection.ts';

/** Runs the remainder with a cursor, which has the connection from now on, and answers EXECUTE. Rejects before anything was sent. */
export async function openGatherCursor(
  run: CombinedRun,
  plan: GatherPlan,
  statement: ClientStatement,
  scratch: ScratchConnection,
  originals: Originals,
): Promise<void> {
  const { session } = run;
  const { connection } = scratch;
  const values = run.values();
  const text = textOf(plan.text, values);
  const packet = await run.ask(text, values.markers()).packet(connection);
  packet[flagsAt] = CURSOR_READ_ONLY;
  const { definitions, warnings } = await opened(scratch, packet);
  const warningRows = warnings === 0 ? [] : (await scratch.query('SHOW WARNINGS')).rows;
  session.running.delete(connection);
  if (session.closed) throw new HeadgateError('ER_QUERY_INTERRUPTED');
  const cursor = new GatherCursor(session, statement, scratch, packet.readUInt32LE(idAt));
  statement.cursor = cursor;
  session.prepared.cursors.add(cursor);
  session.answered();
  session.port.cork();
  session.sendPayload(lenencInteger(definitions.length));
  for (const definition of definitions)
    session.sendPayload(originalColumn(definition, originals, plan.views ?? []));
  const status = session.statusFlags | serverStatus.cursorExists;
  session.sendPayload(buildResultEnd(status, warnings, session.port.capabilities));
  session.port.uncork();
  session.diagnostics.noteSeveral({ rows: undefined, affectedRows: -1n, warnings, warningRows });
  session.finished(false);
}

type Opened = Readonly<{ definitions: readonly Buffer[]; warnings: number }>;

/** Runs an EXECUTE that asks for a cursor: its answer has no rows. Rejects with what the tablet has against it. */
function opened({ connection }: ScratchConnection, packet: Buffer): Promise<Opened> {
  return new Promise((resolve, reject) => {
    let definitions: readonly Buffer[] = [];
    const owner = { onAnswerEnd: () => {}, onAnswerLost: () => {}, onCancelled: () => {} };
    shardRows(
      connection,
      packet,
      owner,
    )({
      fields: (given) => {
        definitions = given;
      },
      row: () => {},
      end: ({ warnings }: RowsSummary) => {
        if (connection.answer.opensCursor) resolve({ definitions, warnings });
        else reject(new HeadgateError('HG_INTERNAL', { detail: 'a tablet opened no cursor' }));
      },
      fail: (error: RowsError) => reject(error instanceof HeadgateError ? error : new TabletRefusal(error)),
    });
  });
}

class GatherCursor implements Cursor {
  readonly #session: Session;
  readonly #statement: ClientStatement;
  readonly #scratch: ScratchConnection;
  /** The tablet's statement. */
  readonly #id: number;

  constructor(session: Session, statement: ClientStatement, scratch: ScratchConnection, id: number) {
    this.#session = session;
    this.#statement = statement;
    this.#scratch = scratch;
    this.#id = id;
  }

  isOn(): boolean {
    return false;
  }

  async fetch(packet: Buffer): Promise<void> {
    const session = this.#session;
    const { connection, place } = this.#scratch;
    if (connection.closed) {
      this.close();
      throw new HeadgateError('HG_SESSION_STATE_LOST', { detail: 'cursor' });
    }
    await connection.killing;
    packet.writeUInt32LE(this.#id, idAt);
    session.addStatus |= session.holding.statusFlags;
    const { start, end } = this.#statement.scan;
    const statement = { source: this.#statement.text, scan: { ...fetchScan, start, end }, packet };
    const answer = await session.exchange(statement, place, connection, 'fetch');
    const failed = answer.error !== undefined || connection.closed;
    if (!failed) {
      // The connection has nothing to tell about the session's last statement.
      const warnings = Math.min(answer.warnings, 0xffff);
      session.diagnostics.noteSeveral({ rows: undefined, affectedRows: -1n, warnings, warningRows: [] });
    }
    connection.pending = 0;
    session.last = undefined;
    if (failed || (answer.status & serverStatus.lastRowSent) !== 0) this.close();
    session.finished(failed);
  }

  close(): void {
    if (this.#statement.cursor === this) this.#statement.cursor = undefined;
    this.#session.prepared.cursors.delete(this);
    this.#scratch.release();
  }

  leave(): void {
    this.#scratch.release();
  }
}
