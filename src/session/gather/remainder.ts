/** The rest of a gathered query, on the connection that has its temporary tables. */
import type { RowProducer, RowsError } from '../../engine/row-stream.ts';
import type { RowReaderOwner } from '../../engine/rows/row-reader.ts';
import { shardRows } from '../../engine/rows/shard-rows.ts';
import { textValues } from '../../gateway/answer-collector.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { runStatus } from '../../mysql/protocol.ts';
import { textOf } from '../../planner/bind.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { effect } from '../../sql/statement.ts';
import { userVariableNames } from '../../sql/user-variables.ts';
import type { CombinedRun } from '../combined.ts';
import { lexModeIn } from '../read-statement.ts';
import type { RowAnswer } from '../row-answer.ts';
import { WARNINGS_KEPT_MAX } from '../shard-reads.ts';
import { takeVariables } from '../user-variables.ts';
import { type Originals, withOriginalColumns } from './original-columns.ts';
import type { ScratchConnection } from './scratch-connection.ts';

/** How the remainder ended; what the client has of it is its rows, if there are any. */
export type RemainderEnd = Readonly<{
  error: RowsError | undefined;
  /** SELECT … INTO: there is no result but an OK. */
  hasRows: boolean;
  affectedRows: bigint;
  warnings: number;
  warningRows: readonly Buffer[];
  /** Bits of `runStatus`. */
  status: number;
  /** With SQL_CALC_FOUND_ROWS. */
  foundRows: bigint | undefined;
}>;

/** Runs it and sends its rows. Rejects only before anything was sent. */
export async function runRemainder(
  run: CombinedRun,
  plan: GatherPlan,
  scratch: ScratchConnection,
  originals: Originals,
  answer: RowAnswer,
): Promise<RemainderEnd> {
  const { connection } = scratch;
  const packet = await packetOf(run, plan, scratch);
  let freed!: () => void;
  const free = new Promise<void>((resolve) => {
    freed = resolve;
  });
  let hasRows = true;
  const owner: RowReaderOwner = {
    onAnswerEnd: (relay) => {
      hasRows = relay.hasRows || relay.error !== undefined;
      freed();
    },
    onAnswerLost: () => freed(),
    onCancelled: () => connection.close(),
  };
  const rows = shardRows(connection, packet, owner);
  const { measured, answerRows } = run;
  const allowed = noRowsAllowed(rows, () => !hasRows);
  const own = withOriginalColumns(allowed, originals, plan.views ?? []);
  const counted = measured === undefined ? own : measured.rows(plan, '', own);
  const { error } = await answer.send(answerRows?.(counted) ?? counted, () => 0);
  await free;
  const { warnings, status, affectedRows } = connection.answer;
  const failed = error ?? undefined;
  const warningRows =
    connection.closed || (warnings === 0 && failed === undefined) ? [] : await warningsOn(scratch);
  const ending = { error: failed, hasRows, affectedRows, warnings, warningRows, status: status & runStatus };
  // An error comes when variables may have been set.
  if (failed === undefined || !connection.closed) return { ...ending, foundRows: await learn(run, scratch) };
  return { ...ending, foundRows: undefined };
}

async function packetOf(run: CombinedRun, plan: GatherPlan, scratch: ScratchConnection): Promise<Buffer> {
  const values = run.values();
  const text = textOf(plan.text, values);
  return run.ask(text, values.markers()).packet(scratch.connection);
}

/** SELECT … INTO answers with an OK, which is the end of no rows at all. */
const noRowsAllowed =
  (rows: RowProducer, hasNone: () => boolean): RowProducer =>
  (sink) =>
    rows({
      fields: (definitions) => sink.fields(definitions),
      row: (bytes, at, end) => sink.row(bytes, at, end),
      end: (summary) => sink.end(summary),
      fail: (error) => (hasNone() ? sink.end({ warnings: 0, status: 0 }) : sink.fail(error)),
    });

async function warningsOn(scratch: ScratchConnection): Promise<readonly Buffer[]> {
  const { rows } = await scratch.query('SHOW WARNINGS');
  return rows.slice(0, WARNINGS_KEPT_MAX);
}

/** What the remainder has left for the session's next statements. Returns what FOUND_ROWS() is, where that is another number than of the rows sent. */
async function learn(
  { session, scan, source }: CombinedRun,
  scratch: ScratchConnection,
): Promise<bigint | undefined> {
  const { effects, start, end } = scan;
  let foundRows: bigint | undefined;
  if ((effects & effect.calcFoundRows) !== 0) {
    const answer = await demand(scratch.query('SELECT FOUND_ROWS() LIMIT 1'));
    foundRows = BigInt(textValues(answer, 0)[0]!);
  }
  if ((effects & effect.lastInsertIdWrite) !== 0) {
    const answer = await demand(scratch.query('SELECT LAST_INSERT_ID() LIMIT 1'));
    await session.diagnostics.noteInsertId(BigInt(textValues(answer, 0)[0]!));
  }
  if ((effects & effect.writesUserVariable) !== 0) {
    const names = userVariableNames(source, start, end, lexModeIn(session));
    await takeVariables(session, new Map(names.map((name) => [name, name])), scratch.connection);
  }
  return foundRows;
}

/** A refusal as an error of rows. */
export const asRefusal = (error: unknown): RowsError | undefined =>
  error instanceof TabletRefusal ? error.answer : undefined;
