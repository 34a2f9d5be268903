/** Queries whose rows come from places that cannot see each other: which of the ways of putting them together. */
import type { Measurements } from '../engine/measurements.ts';
import type { RowProducer } from '../engine/row-stream.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { TextValues } from '../planner/bind.ts';
import type { Operands } from '../planner/operands.ts';
import type { CombinedPlan } from '../planner/plan.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { Asked, Asking } from './asking.ts';
import type { ClientStatement } from './client-statement.ts';
import { runGather } from './gather/run-gather.ts';
import { joinRead } from './join-read.ts';
import type { Session } from './session.ts';

/** One execution, by whichever of the ways in which a client can ask for it. */
export type CombinedRun = Readonly<{
  session: Session;
  scan: StatementScan;
  /** Where the client's own text is: the scan's positions are in it. */
  source: Buffer;
  /** Values that stay valid while other statements are read. */
  operands: Operands;
  /** What fills the plan's templates: all of them have the same moment. */
  values: () => TextValues;
  /** How texts made of the plan's templates are asked of tablets. */
  ask: Asking;
  /** The same by statements that stay prepared, with integers for the last markers of the text; undefined where the client's is not prepared. */
  askKept?: (text: Buffer, markers: readonly number[], integers: readonly bigint[]) => Asked;
  /** As `ask`, by EXECUTEs that open cursors; undefined where there can be none. */
  askCursor?: Asking;
  /** Of EXPLAIN ANALYZE: what counts rows, and what makes its own rows of those of the answer. */
  measured?: Measurements;
  answerRows?: (rows: RowProducer) => RowProducer;
  /**
   * The text that is run is one of the router's own: with rows in it, or the query of a statement whose answer is an OK, or comes of what is done
   * next.
   */
  madeAs?: 'rows' | 'ok' | (() => Promise<unknown>) | undefined;
  /** The keyspace on whose tablets the rows have to be put together; undefined: what is best. */
  scratchIn?: string | undefined;
  /** Of COM_STMT_EXECUTE: the answer is in the binary protocol. */
  prepared: ClientStatement | undefined;
}>;

/** Ends when the client has the whole answer. */
export function runCombined(run: CombinedRun, plan: CombinedPlan): Promise<void> {
  requireWhole(run.session, plan);
  switch (plan.kind) {
    case 'gather':
      return runGather(run, plan);
    case 'join':
      return joinRead(run, plan);
    default:
      return unreachable(plan);
  }
}

/** With one of its shards selected a keyspace is that shard, and the others' rows are not meant. Raises HG_SEVERAL_KEYSPACES. */
function requireWhole({ state, services }: Session, { keyspaces }: CombinedPlan): void {
  const { keyspace, shard } = state.target;
  if (shard === undefined || !keyspaces.includes(keyspace)) return;
  if (services.plans.shardMap(keyspace).names.length === 1) return;
  throw new HeadgateError('HG_SEVERAL_KEYSPACES', {
    detail: `${keyspaces.join(', ')}, with shard ${shard} of ${keyspace} selected`,
  });
}
