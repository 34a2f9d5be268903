/**
 * One query over several shards on behalf of a session: leases the connections, lets the operators run, and ends when the client has
 * the whole result and every connection is free again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardRows } from '../engine/operators/inputs.ts';
import type { RowProducer, RowsError } from '../engine/row-stream.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { preparedError } from './prepared-error.ts';
import { isTabletLost, RowAnswer } from './row-answer.ts';
import type { Session } from './session.ts';
import { type ShardQuestion, ShardReads } from './shard-reads.ts';
import type { Place } from './statement-place.ts';

/** All questions of one statement. `original` is the client's own text where the shards get another one. */
export type ScatterQuestion = Readonly<{ questions: readonly ShardQuestion[]; original: Buffer | undefined }>;

/** What makes the client's rows of the shards' rows. */
type RowsOf = (shards: readonly ShardRows[]) => RowProducer;

const REPEAT_MS = 20;
const ERRNO_BAD_FIELD = 1054;

/**
 * Asks the shards and sends the client the rows that `rowsOf` makes of theirs. A read whose tablet was lost before the client had anything
 * is repeated once. Rejects only before anything was sent.
 */
export async function scatterRead(
  session: Session,
  scan: StatementScan,
  question: ScatterQuestion,
  rowsOf: RowsOf,
): Promise<void> {
  const lost = await readOnce(session, scan, question, rowsOf, scan.readOnly);
  if (!lost) return;
  await sleep(REPEAT_MS);
  await readOnce(session, scan, question, rowsOf, false);
}

/** The text as the client has it is right: what was added to it names a column that is gone. */
export function changedColumns(error: ServerError, places: readonly Place[]): ServerError {
  if (error.errno !== ERRNO_BAD_FIELD) return error;
  const shards = places.map(({ shard }) => shard.name).join(', ');
  return new HeadgateError('HG_SCHEMA_CHANGED', { detail: `${shards}: ${error.message}` });
}

/** Errors of names and forms (also 1052, an ambiguous column, and two of ONLY_FULL_GROUP_BY); all others come of running. */
export const isAboutText = ({ sqlState, errno }: ServerError): boolean =>
  sqlState.startsWith('42') ||
  sqlState.startsWith('21') ||
  errno === 1052 ||
  errno === 3029 ||
  errno === 3065;

/** True: nothing was sent since a tablet was lost, and the query may be repeated. */
async function readOnce(
  session: Session,
  scan: StatementScan,
  { questions, original }: ScatterQuestion,
  rowsOf: RowsOf,
  repeatable: boolean,
): Promise<boolean> {
  const reads = new ShardReads(session, scan);
  await reads.lease(questions.map(({ place }) => place));
  const answer = new RowAnswer(session);
  const shards = questions.map((question) => ({
    name: question.place.shard.name,
    rows: reads.rows(question),
  }));
  reads.seal();
  let ended: ReturnType<RowAnswer['send']>;
  try {
    ended = answer.send(rowsOf(shards), () => reads.runStatus);
  } catch (error) {
    reads.abandon();
    throw error;
  }
  const ending = await ended;
  // Also those whose rest nobody wants: the next statement may need them.
  await reads.freed();
  if (session.closed) return false;
  const { summary } = ending;
  if (summary !== undefined) {
    const { warningRows, ranWith } = reads;
    answer.end({ warnings: summary.warnings, warningRows, status: ranWith });
    return false;
  }
  // A shard that has begun to answer had nothing against the text.
  const error = await ownError(session, ending.error, reads.places, answer.sent ? undefined : original);
  if (isTabletLost(error) && repeatable && !answer.sent && !reads.wasHeld) return true;
  answer.fail(error, reads.failedRows);
  return false;
}

/** MySQL's words about a statement that it refuses are about its own text, not about what was added to it. */
export async function ownError(
  session: Session,
  error: RowsError | undefined,
  places: readonly Place[],
  original: Buffer | undefined,
): Promise<RowsError | undefined> {
  if (error === undefined || error instanceof HeadgateError || !isAboutText(error)) return error;
  const own = original && (await preparedError(session, places[0]!, original));
  return own ?? changedColumns(error, places);
}
