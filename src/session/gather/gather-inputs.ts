/** The inputs of a gathered query, bound to the shards and texts of one execution. */
import type { ShardRows } from '../../engine/operators/inputs.ts';
import type { RowProducer } from '../../engine/row-stream.ts';
import type { RowProtocol } from '../../engine/rows/formats.ts';
import { scatterRows } from '../../engine/run-scatter.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { refusalOf, shardsFor, textOf } from '../../planner/bind.ts';
import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import { isCombined, isRefusal, type QueryPlan, type Scatter } from '../../planner/plan.ts';
import { type Asked, asExecute, asText } from '../asking.ts';
import type { CombinedRun } from '../combined.ts';
import { limitsOf, memoryBudget, placeAt } from '../planned.ts';
import type { ShardQuestion, ShardReads } from '../shard-reads.ts';
import type { InputLists } from './input-lists.ts';

/** Where an input's rows are, and how they are asked for. */
export type BoundInput = Readonly<{
  input: GatherInput;
  questions: readonly ShardQuestion[];
  /** What is done to the rows of several shards; undefined for one. */
  scatter: Scatter | undefined;
  protocol: RowProtocol;
  /** Rows of SHOW WARNINGS that a PREPARE of the client's own text has given, once it has. */
  textWarnings: readonly Buffer[];
}>;

/** Binds an input, whose text waits for its lists. Raises what `shardsFor` and `placeAt` raise. */
export function bindInput(run: CombinedRun, input: GatherInput, lists: InputLists): BoundInput {
  const { plan } = input;
  const { session, operands } = run;
  const map = session.services.plans.shardMap(plan.keyspace);
  const found = shardsFor(plan.groups, operands, map, refusalOf(plan.scatter));
  const shards = found.length === 0 ? [0] : found;
  const scatter = shards.length > 1 ? scatterOf(plan) : undefined;
  const values = run.values();
  const template = scatter?.text ?? textFor(plan);
  const text = textOf(template, values);
  const markers = values.markers();
  // In text a FLOAT has not all of its digits.
  const isText = markers.length === 0 && input.columns.every(({ type }) => type !== undefined);
  const textWarnings: Buffer[] = [];
  // All shards say the same of a text; to a client's EXECUTE its own PREPARE has said it.
  const note = (rows: readonly Buffer[]): number => textWarnings.push(...rows);
  const asking = (own: Buffer, isFirst: boolean): Asked => {
    if (isText) return asText(own);
    const onWarnings = isFirst && run.prepared === undefined ? note : undefined;
    return markers.length === 0 ? asExecute(session, own, [], onWarnings) : run.ask(own, markers);
  };
  const questionAt = (shard: number, at: number): ShardQuestion & Asked => {
    const asked = asking(text, at === 0);
    const reduced = async (connection: BackendConnection): Promise<Buffer> => {
      const own = run.values();
      own.lists = await lists.of(input);
      return asking(textOf(template, own), at === 0).packet(connection);
    };
    const packet = input.reductions.length === 0 ? asked.packet : reduced;
    return { place: placeAt(session, plan.keyspace, map, shard), ...asked, packet };
  };
  const questions = shards.map(questionAt);
  return { input, questions, scatter, protocol: questions[0]!.protocol, textWarnings };
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
