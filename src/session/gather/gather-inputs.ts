/** The inputs of a gathered query, bound to the shards and texts of one execution. */
import type { ShardRows } from '../../engine/operators/inputs.ts';
import type { RowProducer } from '../../engine/row-stream.ts';
import type { RowProtocol } from '../../engine/rows/formats.ts';
import { scatterRows } from '../../engine/run-scatter.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import { command } from '../../mysql/protocol.ts';
import { refusalOf, shardsFor, textOf } from '../../planner/bind.ts';
import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import { isCombined, isRefusal, type QueryPlan, type Scatter } from '../../planner/plan.ts';
import { commandPacket } from '../../wire/packets.ts';
import type { BoundParameter } from '../bound-parameters.ts';
import type { CombinedRun } from '../combined.ts';
import { executeContent } from '../execute-values.ts';
import { sendAhead } from '../long-data.ts';
import { limitsOf, memoryBudget, placeAt } from '../planned.ts';
import type { ShardQuestion, ShardReads } from '../shard-reads.ts';
import type { Place } from '../statement-place.ts';
import { prepareOnTablet } from '../tablet-prepare.ts';
import { textPacket } from '../text-packet.ts';

/** Where an input's rows are, and how they are asked for. */
export type BoundInput = Readonly<{
  input: GatherInput;
  questions: readonly ShardQuestion[];
  /** What is done to the rows of several shards; undefined for one. */
  scatter: Scatter | undefined;
  protocol: RowProtocol;
}>;

/** Binds an input. Raises what `shardsFor` and `placeAt` raise. */
export function bindInput(run: CombinedRun, input: GatherInput): BoundInput {
  const { plan } = input;
  const { session, operands } = run;
  const map = session.services.plans.shardMap(plan.keyspace);
  const found = shardsFor(plan.groups, operands, map, refusalOf(plan.scatter));
  const shards = found.length === 0 ? [0] : found;
  const scatter = shards.length > 1 ? scatterOf(plan) : undefined;
  const values = run.values();
  const text = textOf(scatter?.text ?? textFor(plan), values);
  const bound = values.markers().map((parameter) => run.bound(parameter));
  // In text a FLOAT has not all of its digits.
  const isText = bound.length === 0 && input.columns.every(({ type }) => type !== undefined);
  const question = (place: Place) =>
    isText ? { place, packet: () => textPacket(text) } : executed(run, place, text, bound);
  const questions = shards.map((at) => question(placeAt(session, plan.keyspace, map, at)));
  return { input, questions, scatter, protocol: isText ? 'text' : 'binary' };
}

function scatterOf({ scatter }: QueryPlan): Scatter {
  if (isCombined(scatter) || isRefusal(scatter))
    throw new HeadgateError('HG_INTERNAL', { detail: 'a gathered input that shards cannot answer' });
  return scatter;
}

function textFor({ text }: QueryPlan): NonNullable<QueryPlan['text']> {
  if (text === undefined)
    throw new HeadgateError('HG_INTERNAL', { detail: 'a gathered input without a text' });
  return text;
}

/** The question as a prepared statement, of which nothing stays. */
function executed(
  { session }: CombinedRun,
  place: Place,
  text: Buffer,
  bound: readonly BoundParameter[],
): ShardQuestion {
  return {
    place,
    packet: async (connection: BackendConnection) => {
      const { statementId } = await demand(prepareOnTablet(session, connection, text));
      sendAhead(connection, statementId, bound);
      return commandPacket(command.stmtExecute, executeContent(statementId, bound));
    },
    after: (connection, sent) =>
      connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9))),
  };
}

/** The rows of an input on connections that have been leased. */
export function rowsOf(run: CombinedRun, bound: BoundInput, reads: ShardReads): RowProducer {
  const { questions, scatter, protocol } = bound;
  const shards = questions.map((question): ShardRows => {
    return { name: question.place.shard.name, rows: reads.rows(question) };
  });
  const { measured } = run;
  if (scatter === undefined) {
    const { name, rows } = shards[0]!;
    return measured === undefined ? rows : measured.rows(bound.input.plan, name, rows);
  }
  const budget = memoryBudget(run.session, run.scan);
  const limits = limitsOf(scatter, run.operands);
  return scatterRows(scatter, shards, {
    protocol,
    budget,
    measured,
    rowsWanted: (step) => limits.get(step)!,
  });
}
