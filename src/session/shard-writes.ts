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
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command, runStatus, serverStatus } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { buildTextRow, commandPacket, readTextRow } from '../wire/packets.ts';
import type { BoundParameter } from './bound-parameters.ts';
import { executeContent } from './execute-values.ts';
import { sendAhead } from './long-data.ts';
import type { Session, Statement } from './session.ts';
import type { Place } from './statement-place.ts';
import { suspect } from './suspect.ts';
import { prepareOnTablet } from './tablet-prepare.ts';

/** By position from 0; undefined where it is not known. */
type RowNumbering = Readonly<{ length: number; at(position: number): number | undefined }>;

/** One shard's part. */
export type ShardStatement = Readonly<{
  place: Place;
  text: Buffer;
  /** Of INSERT and LOAD: the numbers of its rows in the client's statement. */
  rowNumbers: RowNumbering | undefined;
  /** Of a prepared statement: what its markers stand for, in their order; undefined for a text. */
  parameters: readonly BoundParameter[] | undefined;
  /** Makes what is sent in place of `text` (EXECUTE of a name), readying the connection for it. */
  textOn?: (connection: BackendConnection) => Promise<Buffer>;
}>;

/** What all shards together did. */
export type WriteOutcome = {
  affectedRows: bigint;
  warnings: number;
  /** Bits of `runStatus`. */
  status: number;
  /** Rows of SHOW WARNINGS. */
  warningRows: Buffer[];
  /** By shard. */
  parts: { affectedRows: bigint; info: string; rows: number }[];
};

const ERRNO_DEADLOCK = 1213;
const SAVEPOINT = '`headgate statement`';
/** MySQL keeps no more for SHOW WARNINGS (max_error_count). */
const WARNINGS_KEPT_MAX = 1024;

export type Part = Readonly<{ statement: ShardStatement; connection: BackendConnection }>;

/** How one part ended, if its tablet was not lost. */
export type Ran = Readonly<{
  answer: Pick<CollectedAnswer, 'error' | 'affectedRows' | 'warnings' | 'status'>;
  info: string;
}>;

export type PartsRunner = Readonly<{
  /** Runs all parts, and ends with as many answers; fewer only behind one that failed. */
  run(session: Session, parts: readonly Part[]): Promise<PromiseSettledResult<Ran>[]>;
  /** Takes back what `run` has changed on the connections, when nobody will ask them about the statement any more. */
  clean(parts: readonly Part[]): Promise<unknown>;
}>;

/** Runs the parts; rejects with what the first of them (in the order of the shards) failed with, nothing being changed then. */
export async function writeOnShards(
  session: Session,
  { scan }: Statement,
  statements: readonly ShardStatement[],
  runner: PartsRunner = statementRunner,
): Promise<WriteOutcome> {
  const { holding, diagnostics } = session;
  const places = statements.map(({ place }) => place);
  const connections = await holding.leaseAll(scan, places);
  const parts = statements.map((statement, at): Part => ({ statement, connection: connections[at]! }));
  session.runsOn(connections, places[0]!);
  try {
    for (const connection of connections) await diagnostics.prime(scan, connection);
    const isOpen = holding.inTransaction || !session.state.autocommit;
    return await (isOpen ? inTransaction(session, parts, runner) : inOwnTransaction(session, parts, runner));
  } finally {
    settleAll(session, scan, parts);
  }
}

/** What the connections are after the statement: open in a transaction they are held, else given back. */
function settleAll(session: Session, scan: StatementScan, parts: readonly Part[]): void {
  const { holding } = session;
  // A lost one first: with it the whole transaction is gone, and no other may be held for it.
  for (const { connection } of parts) if (connection.closed) holding.lost(connection);
  for (const { connection } of parts) {
    session.running.delete(connection);
    connection.pending &= pendingState.lastInsertId;
    suspect(session, scan, connection);
  }
  for (const { connection, statement } of parts) {
    if (session.closed) connection.close();
    else holding.settle(scan, connection.answer, connection, statement.place);
  }
}

const statementRunner: PartsRunner = { run: answersOf, clean: () => Promise.resolve() };

const participantsOf = (parts: readonly Part[]): Participant[] =>
  parts.map(({ connection, statement }) => ({ connection, shard: statement.place.shard.name }));

async function inOwnTransaction(
  session: Session,
  parts: readonly Part[],
  runner: PartsRunner,
): Promise<WriteOutcome> {
  const participants = participantsOf(parts);
  // A single shard is its own transaction.
  if (parts.length === 1) return runAll(session, parts, runner);
  try {
    await runOnAll(participants, 'START TRANSACTION');
    const outcome = await runAll(session, parts, runner);
    if (session.closed) throw new HeadgateError('ER_QUERY_INTERRUPTED');
    // From here on neither KILL nor the client's end may stop one shard of several.
    for (const { connection } of parts) session.running.delete(connection);
    await commitInOrder(participants);
    return outcome;
  } catch (error) {
    await rollbackAll(
      participants.filter(({ connection }) => (connection.status & serverStatus.inTransaction) !== 0),
    );
    throw error;
  }
}

async function inTransaction(
  session: Session,
  parts: readonly Part[],
  runner: PartsRunner,
): Promise<WriteOutcome> {
  const participants = participantsOf(parts);
  // A statement that fails on its only shard is undone there by MySQL itself.
  const guarded = parts.length > 1;
  if (guarded) await runOnAll(participants, `SAVEPOINT ${SAVEPOINT}`);
  try {
    return await runAll(session, parts, runner);
  } catch (error) {
    if (isDeadlock(error)) {
      // One shard has lost its part of the transaction: the others have to before the client hears of it.
      await session.holding.complete('rollback');
      await rollbackAll(participants);
    } else if (guarded && parts.every(({ connection }) => !connection.closed)) {
      await runOnAll(participants, `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
    }
    throw error;
  }
}

/**
 * Runs the parts. Rows that are new meet few others, so INSERT runs on all shards at once. UPDATE and DELETE run on one after the other,
 * always in the same order: two that lock the same rows would else wait for each other on two servers, which neither can notice.
 */
function answersOf(session: Session, parts: readonly Part[]): Promise<PromiseSettledResult<Ran>[]> {
  return parts[0]!.statement.rowNumbers === undefined
    ? oneByOne(session, parts)
    : Promise.allSettled(parts.map((part) => run(session, part)));
}

/** Up to the first that fails. */
async function oneByOne(session: Session, parts: readonly Part[]): Promise<PromiseSettledResult<Ran>[]> {
  const answers: PromiseSettledResult<Ran>[] = [];
  for (const part of parts) {
    const [answer] = await Promise.allSettled([run(session, part)]);
    answers.push(answer);
    if (failureOf(answer, part.statement) !== undefined) break;
  }
  return answers;
}

async function runAll(session: Session, parts: readonly Part[], runner: PartsRunner): Promise<WriteOutcome> {
  try {
    const answers = await runner.run(session, parts);
    // KILL QUERY hits whatever runs when it arrives, which must not be what follows.
    await Promise.all(parts.map(({ connection }) => connection.killing));
    return await outcomeOf(session, parts, answers);
  } finally {
    await runner.clean(parts);
  }
}

async function outcomeOf(
  session: Session,
  parts: readonly Part[],
  answers: readonly PromiseSettledResult<Ran>[],
): Promise<WriteOutcome> {
  const failures = answers.map((answer, at) => failureOf(answer, parts[at]!.statement));
  const first = firstFailure(failures);
  if (first >= 0) {
    await keepWarnings(session, parts[first]!);
    throw failures[first];
  }
  const outcome: WriteOutcome = { affectedRows: 0n, warnings: 0, status: 0, warningRows: [], parts: [] };
  for (const [at, { connection, statement }] of parts.entries()) {
    const { value } = answers[at] as PromiseFulfilledResult<Ran>;
    const { affectedRows, warnings, status } = value.answer;
    outcome.affectedRows += affectedRows;
    outcome.status |= status & runStatus;
    outcome.warnings += warnings;
    outcome.parts.push({ affectedRows, info: value.info, rows: statement.rowNumbers?.length ?? 0 });
    if (warnings > 0) outcome.warningRows.push(...(await warningsOn(connection, statement)));
  }
  if (parts.length > 1 && parts[0]!.statement.rowNumbers !== undefined) sortByRow(outcome.warningRows);
  outcome.warningRows.splice(WARNINGS_KEPT_MAX);
  return outcome;
}

async function run(session: Session, { connection, statement }: Part): Promise<Ran> {
  const { text, parameters, textOn } = statement;
  // A KILL that came between two shards has met nothing on any tablet.
  session.activity.requireUninterrupted();
  if (parameters === undefined) {
    const sent = textOn === undefined ? text : await textOn(connection);
    const answer = await connection.ask(command.query, sent);
    return { answer, info: connection.answer.info };
  }
  const prepared = await prepareOnTablet(session, connection, text);
  if (prepared.error !== undefined) return { answer: prepared, info: '' };
  sendAhead(connection, prepared.statementId, parameters);
  const answer = await connection.ask(command.stmtExecute, executeContent(prepared.statementId, parameters));
  const { info } = connection.answer;
  connection.sendSilently(
    commandPacket(command.stmtClose, executeContent(prepared.statementId, []).subarray(0, 4)),
  );
  return { answer, info };
}

/** A deadlock has undone the whole transaction on its shard, so it is what has to be told. */
function firstFailure(failures: readonly unknown[]): number {
  const deadlock = failures.findIndex(isDeadlock);
  return deadlock >= 0 ? deadlock : failures.findIndex((error) => error !== undefined);
}

const isDeadlock = (error: unknown): boolean =>
  error instanceof TabletRefusal && error.answer.errno === ERRNO_DEADLOCK;

/** What SHOW WARNINGS says of the statement that has failed; what follows on the connection would clear it. */
async function keepWarnings(session: Session, { connection, statement }: Part): Promise<void> {
  if (!connection.closed) session.diagnostics.failedWith(await warningsOn(connection, statement));
}

function failureOf(answer: PromiseSettledResult<Ran>, { rowNumbers }: ShardStatement): unknown {
  if (answer.status === 'rejected') return answer.reason;
  const { error } = answer.value.answer;
  return error === undefined ? undefined : new TabletRefusal(withRowNumber(error, rowNumbers));
}

async function warningsOn(connection: BackendConnection, { rowNumbers }: ShardStatement): Promise<Buffer[]> {
  const { rows } = await connection.query('SHOW WARNINGS');
  return rows.slice(0, WARNINGS_KEPT_MAX).map((row) => {
    const [level, code, message] = readTextRow(row, 3);
    return buildTextRow([level!, code!, Buffer.from(withOwnNumber(message!.toString(), rowNumbers))]);
  });
}

/** One MySQL warns in the order of the rows. */
function sortByRow(warningRows: Buffer[]): void {
  const numbers = new Map(warningRows.map((row) => [row, rowNumberIn(row.toString('latin1'))]));
  warningRows.sort((a, b) => numbers.get(a)! - numbers.get(b)!);
}

/** Which row a row of SHOW WARNINGS speaks of; 0 for none. */
const rowNumberIn = (text: string): number =>
  Number(/ at row (\d+)$|Row (\d+) (?:doesn't contain|was truncated)/.exec(text)?.slice(1).join('') ?? 0);

const withRowNumber = (error: ServerError, rowNumbers: RowNumbering | undefined): ServerError => ({
  errno: error.errno,
  sqlState: error.sqlState,
  message: withOwnNumber(error.message, rowNumbers),
});

/** "… at row 2" counts the rows that the shard got. */
function withOwnNumber(message: string, rowNumbers: RowNumbering | undefined): string {
  if (rowNumbers === undefined) return message;
  return message.replace(
    /(^Row | at row )(\d+)(?=$| (?:doesn't contain|was truncated))/,
    (whole, word, number) => {
      const own = rowNumbers.at(Number(number) - 1);
      return own === undefined ? whole : `${word}${own}`;
    },
  );
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
