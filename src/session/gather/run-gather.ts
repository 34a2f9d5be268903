/**
 * A query whose rows are gathered: reads the inputs on their shards, fills a tablet's temporary tables with them, runs the rest of the query
 * there and gives the client its answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asRowsError } from '../../engine/operators/operator.ts';
import type { RowProducer, RowSource, RowsError } from '../../engine/row-stream.ts';
import { type LoadedTable, loadTable } from '../../engine/scratch/load-table.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { toServerError } from '../../gateway/tablet-refusal.ts';
import { serverStatus } from '../../mysql/protocol.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { effect, type StatementScan } from '../../sql/statement.ts';
import type { CombinedRun } from '../combined.ts';
import { isTabletLost, RowAnswer } from '../row-answer.ts';
import { isAboutText, ownError } from '../scatter-read.ts';
import { ShardReads } from '../shard-reads.ts';
import { notOverShards } from '../shard-writes.ts';
import { checkGroups } from './check-groups.ts';
import { copyTable } from './copy-table.ts';
import { GatherBudget } from './gather-budget.ts';
import { openGatherCursor } from './gather-cursor.ts';
import { type BoundInput, bindInput, rowsOf } from './gather-inputs.ts';
import { InputLists } from './input-lists.ts';
import { originalsOf } from './originals.ts';
import { inKeyspaces, withoutCharsetWarnings, withSuggestion } from './own-words.ts';
import { type RemainderEnd, runRemainder } from './remainder.ts';
import { ScratchConnection } from './scratch-connection.ts';
import { scratchPlaces } from './scratch-place.ts';

const REPEAT_MS = 20;
const ERRNO_SYNTAX = 1064;

/** What only the session's own connection could do, or what would be left on another server. */
const ofOneConnection: readonly (readonly [number, string])[] = [
  [effect.namedLock, 'named locks'],
  [effect.foundRows, 'FOUND_ROWS()'],
  [effect.rowCount, 'ROW_COUNT()'],
  [effect.diagnosticsRead, 'the diagnostics of the last statement'],
  [effect.temporaryTable, 'temporary tables'],
  [effect.connectionLock, 'locks of a connection'],
];

function requireGatherable({ effects }: StatementScan): void {
  for (const [bits, what] of ofOneConnection) if ((effects & bits) !== 0) throw notOverShards(what);
}

/** Ends when the client has the whole answer. Rejects only before anything was sent. */
export async function runGather(run: CombinedRun, plan: GatherPlan): Promise<void> {
  const { scan } = run;
  requireGatherable(scan);
  const lost = await gather(run, plan, scan.readOnly);
  if (!lost) return;
  await sleep(REPEAT_MS);
  await gather(run, plan, false);
}

type BoundInputs = Readonly<{ inputs: readonly BoundInput[]; lists: InputLists }>;

/** Why there is no answer; `rows`: what SHOW WARNINGS said of it. */
type Failure = Readonly<{ error: RowsError; rows: readonly Buffer[] | undefined }>;

/** True: nothing was sent since a tablet was lost, and the query may be repeated. */
async function gather(run: CombinedRun, plan: GatherPlan, repeatable: boolean): Promise<boolean> {
  const { session, scan } = run;
  const lists = new InputLists(plan.inputs);
  const inputs = plan.inputs.map((input) => bindInput(run, input, lists));
  const reads = new ShardReads(session, scan, true);
  await reads.lease(inputs.flatMap(({ questions }) => questions.map(({ place }) => place)));
  const answer = new RowAnswer(session);
  const failure = await answered(run, plan, { inputs, lists }, reads, answer);
  // Whatever it had is free by now.
  if (failure === undefined && typeof run.madeAs === 'function') await run.madeAs();
  if (failure === undefined || session.closed) return false;
  const { error, rows } = failure;
  if (isTabletLost(error) && repeatable && !reads.wasHeld && !answer.sent) return true;
  answer.fail(answer.sent ? error : await inOwnWords(run, plan, reads, error), rows);
  return false;
}

/** Undefined: the client has its answer. */
async function answered(
  run: CombinedRun,
  plan: GatherPlan,
  bound: BoundInputs,
  reads: ShardReads,
  answer: RowAnswer,
): Promise<Failure | undefined> {
  const { session } = run;
  let scratch: ScratchConnection | undefined;
  const failureOf = (error: RowsError, rows: readonly Buffer[] | undefined): Failure => {
    const told = scratch === undefined ? error : inKeyspaces(error, plan, scratch.place.shard.keyspace);
    return { error: told, rows: told === error ? rows : undefined };
  };
  try {
    const shares = bound.inputs.flatMap(({ questions }) =>
      questions.map(({ place }) => ({ place, part: 1 / questions.length })),
    );
    scratch = await ScratchConnection.lease(session, scratchPlaces(session, plan, shares, run));
    await session.diagnostics.prime(run.scan, scratch.connection);
    const isChecked = await checkGroups(session, plan, scratch, run.values);
    const tables = await load(run, plan, bound, reads, scratch);
    await Promise.all([reads.freed(), scratch.settle(run.values().timestamp())]);
    if (isChecked) await scratch.allowAnyGroup();
    session.activity.requireUninterrupted();
    const originals = originalsOf(
      plan.inputs,
      tables.map(({ definitions }) => definitions),
    );
    const { prepared } = run;
    if (prepared?.wantsCursor === true) {
      await openGatherCursor(run, plan, prepared, scratch, originals);
      scratch = undefined;
      return undefined;
    }
    const end = await runRemainder(run, plan, scratch, originals, answer);
    if (end.error !== undefined) return failureOf(end.error, end.warningRows);
    const textWarnings = bound.inputs.flatMap((input) => input.textWarnings);
    if (typeof run.madeAs !== 'function') finish(run, answer, reads, end, tables, textWarnings);
    return undefined;
  } catch (error) {
    reads.stop();
    await reads.freed();
    return failureOf(toServerError(error) ?? asRowsError(error), reads.failedRows);
  } finally {
    scratch?.release();
  }
}

/** Fills the temporary tables. Rejects with the first error, when everything else is stopped. */
async function load(
  run: CombinedRun,
  plan: GatherPlan,
  { inputs, lists }: BoundInputs,
  reads: ShardReads,
  scratch: ScratchConnection,
): Promise<readonly LoadedTable[]> {
  const sources: RowSource[] = [];
  const kept =
    (rows: RowProducer): RowProducer =>
    (sink) => {
      const source = rows(sink);
      sources.push(source);
      return source;
    };
  const budget = new GatherBudget(run.session, run.scan, plan);
  const producers = inputs.map((bound, at) =>
    kept(lists.watched(at, rowsOf(run, bound, reads), bound.protocol)),
  );
  reads.seal();
  const { measured } = run;
  try {
    return await Promise.all(
      inputs.map(async ({ input, protocol }, at) => {
        const own = budget.of(input);
        const table = await loadTable(input, producers[at]!, { protocol, scratch, budget: own });
        await copyTable(input, table, scratch, own);
        measured?.note(input, '', table);
        return table;
      }),
    );
  } catch (error) {
    for (const source of sources) source.cancel();
    lists.release();
    throw error;
  }
}

/** The result's end, with what is noted of it. */
function finish(
  { session, source, madeAs }: CombinedRun,
  answer: RowAnswer,
  reads: ShardReads,
  given: RemainderEnd,
  tables: readonly LoadedTable[],
  textWarnings: readonly Buffer[],
): void {
  const end = madeAs === 'rows' ? withoutCharsetWarnings(given, source) : given;
  const { hasRows, foundRows } = end;
  const affectedRows = madeAs === 'ok' ? 0n : end.affectedRows;
  const own = end.warnings + textWarnings.length;
  const warnings = tables.reduce((sum, { summary }) => sum + summary.warnings, own);
  const warningRows = [...textWarnings, ...reads.warningRows, ...end.warningRows];
  // Whether an index was used of temporary tables is nobody's business.
  const status = (reads.ranWith | end.status) & serverStatus.queryWasSlow;
  if (hasRows)
    return answer.end({ warnings, warningRows, status, ...(foundRows === undefined ? {} : { foundRows }) });
  session.diagnostics.noteSeveral({ rows: foundRows ?? affectedRows, affectedRows, warnings, warningRows });
  session.okWith({ affectedRows, warnings, statusFlags: session.statusFlags | status });
}

/** An error that names what the router has made says nothing to a client: where one tablet knows all tables, it is asked. */
async function inOwnWords(
  { session, source, scan }: CombinedRun,
  plan: GatherPlan,
  reads: ShardReads,
  error: RowsError,
): Promise<RowsError> {
  if (error instanceof HeadgateError || !isAboutText(error) || session.closed) return error;
  // Of syntax any tablet says the same. Else MySQL's words are as near as can be.
  if (plan.keyspaces.length > 1 && error.errno !== ERRNO_SYNTAX) return withSuggestion(error, plan);
  const original = source.subarray(scan.start, scan.end);
  const own = await ownError(session, error, reads.places, original).catch(() => undefined);
  return own ?? error;
}
