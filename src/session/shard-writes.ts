/**
 * A statement that writes on several shards: all of it, or nothing. Without a transaction of the client's it gets one of its own; within
 * one, a savepoint is what it goes back to when a shard refuses.
 */
import {
  commitInOrder,
  type Participant,
  rollbackAll,
  runOnAll,
} from '../engine/transactions/shard-transactions.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { CollectedAnswer } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command, serverStatus } from '../mysql/protocol.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { buildTextRow, readTextRow } from '../wire/packets.ts';
import { pin } from './pins.ts';
import type { Session, Statement } from './session.ts';
import type { Place } from './statement-place.ts';

/** One shard's part. */
export type ShardStatement = Readonly<{
  place: Place;
  text: Buffer;
  /** Of INSERT: the numbers of its rows in the client's statement. */
  rowNumbers: readonly number[] | undefined;
}>;

/** What all shards together did. */
export type WriteOutcome = {
  affectedRows: bigint;
  warnings: number;
  /** Rows of SHOW WARNINGS. */
  warningRows: Buffer[];
  /** Of the shards' OK packets, '' where a shard had none. */
  infos: string[];
};

const ERRNO_DEADLOCK = 1213;
const SAVEPOINT = '`headgate statement`';
/** MySQL keeps no more for SHOW WARNINGS (max_error_count). */
const WARNINGS_KEPT_MAX = 1024;

type Part = Readonly<{ statement: ShardStatement; connection: BackendConnection }>;

/** Runs the parts; rejects with what the first of them (in the order of the shards) failed with, nothing being changed then. */
export async function writeOnShards(
  session: Session,
  { scan }: Statement,
  statements: readonly ShardStatement[],
): Promise<WriteOutcome> {
  const { holding } = session;
  const connections = await holding.leaseAll(
    scan,
    statements.map(({ place }) => place),
  );
  const parts = statements.map((statement, at): Part => ({ statement, connection: connections[at]! }));
  session.runsOn(connections, statements[0]!.place);
  try {
    const isOpen = holding.inTransaction || !session.state.autocommit;
    return await (isOpen ? inTransaction(session, parts) : inOwnTransaction(parts));
  } finally {
    for (const { connection, statement } of parts) settle(session, connection, statement.place);
  }
}

/** What a shard's connection is after the statement: open in a transaction it is held, else given back. */
function settle(session: Session, connection: BackendConnection, place: Place): void {
  const { holding } = session;
  session.running.delete(connection);
  if (connection.closed) {
    holding.lost(connection);
    return;
  }
  connection.pending = 0;
  if ((connection.status & serverStatus.inTransaction) !== 0)
    holding.hold(connection, place, pin.transaction);
  else holding.giveBack(connection);
}

const participantsOf = (parts: readonly Part[]): Participant[] =>
  parts.map(({ connection, statement }) => ({ connection, shard: statement.place.shard.name }));

async function inOwnTransaction(parts: readonly Part[]): Promise<WriteOutcome> {
  const participants = participantsOf(parts);
  // A single shard is its own transaction.
  if (parts.length === 1) return runAll(parts);
  try {
    await runOnAll(participants, 'START TRANSACTION');
    const outcome = await runAll(parts);
    await commitInOrder(participants);
    return outcome;
  } catch (error) {
    await rollbackAll(
      participants.filter(({ connection }) => (connection.status & serverStatus.inTransaction) !== 0),
    );
    throw error;
  }
}

async function inTransaction(session: Session, parts: readonly Part[]): Promise<WriteOutcome> {
  const participants = participantsOf(parts);
  // A statement that fails on its only shard is undone there by MySQL itself.
  const guarded = parts.length > 1;
  if (guarded) await runOnAll(participants, `SAVEPOINT ${SAVEPOINT}`);
  try {
    return await runAll(parts);
  } catch (error) {
    if (error instanceof TabletRefusal && error.answer.errno === ERRNO_DEADLOCK) {
      session.holding.rolledBack(
        parts.find(({ connection }) => connection.answer.error?.errno === ERRNO_DEADLOCK)!.connection,
      );
    } else if (guarded && parts.every(({ connection }) => !connection.closed)) {
      await runOnAll(participants, `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
    }
    throw error;
  }
}

/** Sends all parts at once and waits for all of them. */
async function runAll(parts: readonly Part[]): Promise<WriteOutcome> {
  const answers = await Promise.allSettled(
    parts.map(({ connection, statement }) => connection.ask(command.query, statement.text)),
  );
  // A deadlock has undone the whole transaction on its shard, so it is what has to be told.
  const failures = answers.map((answer, at) => failureOf(answer, parts[at]!.statement));
  const first =
    failures.find((error) => error instanceof TabletRefusal && error.answer.errno === ERRNO_DEADLOCK) ??
    failures.find((error) => error !== undefined);
  if (first !== undefined) throw first;
  const outcome: WriteOutcome = { affectedRows: 0n, warnings: 0, warningRows: [], infos: [] };
  for (const [at, { connection, statement }] of parts.entries()) {
    const { value } = answers[at] as PromiseFulfilledResult<CollectedAnswer>;
    outcome.affectedRows += value.affectedRows;
    outcome.warnings += value.warnings;
    outcome.infos.push(connection.answer.info);
    if (value.warnings > 0) await addWarnings(outcome, connection, statement);
  }
  return outcome;
}

function failureOf(answer: PromiseSettledResult<CollectedAnswer>, { rowNumbers }: ShardStatement): unknown {
  if (answer.status === 'rejected') return answer.reason;
  const { error } = answer.value;
  return error === undefined ? undefined : new TabletRefusal(withRowNumber(error, rowNumbers));
}

async function addWarnings(
  outcome: WriteOutcome,
  connection: BackendConnection,
  { rowNumbers }: ShardStatement,
): Promise<void> {
  const { rows } = await connection.query('SHOW WARNINGS');
  for (const row of rows) {
    if (outcome.warningRows.length >= WARNINGS_KEPT_MAX) return;
    const [level, code, message] = readTextRow(row, 3);
    outcome.warningRows.push(
      buildTextRow([level!, code!, Buffer.from(withOwnNumber(message!.toString(), rowNumbers))]),
    );
  }
}

const withRowNumber = (error: ServerError, rowNumbers: readonly number[] | undefined): ServerError => ({
  errno: error.errno,
  sqlState: error.sqlState,
  message: withOwnNumber(error.message, rowNumbers),
});

/** "… at row 2" counts the rows that the shard got. */
function withOwnNumber(message: string, rowNumbers: readonly number[] | undefined): string {
  if (rowNumbers === undefined) return message;
  return message.replace(/ at row (\d+)$/, (whole, number: string) => {
    const own = rowNumbers[Number(number) - 1];
    return own === undefined ? whole : ` at row ${own}`;
  });
}

/** The numbers of info strings, added up (`Rows matched: 3  Changed: 1  Warnings: 0`), in the words of the first. */
export function addedInfo(infos: readonly string[]): string {
  const known = infos.filter((info) => info !== '');
  const [form] = known;
  if (form === undefined) return '';
  const sums: bigint[] = [];
  for (const info of known)
    for (const [at, number] of [...info.matchAll(/\d+/g)].entries())
      sums[at] = (sums[at] ?? 0n) + BigInt(number[0]);
  let at = 0;
  return form.replace(/\d+/g, () => String(sums[at++]));
}

/** Raised where a statement needs something of the session that only one connection has. */
export const notOverShards = (what: string): HeadgateError =>
  new HeadgateError('HG_SHARDED_NOT_PLANNED', { detail: `${what}, over several shards` });
