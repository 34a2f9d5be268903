/** sql_select_limit over several shards: each shard sends no more rows than that, and of all together no more go on. */
import type { Scatter, Step } from '../planner/plan.ts';
import type { SessionState } from './session-state.ts';
import { notOverShards } from './shard-writes.ts';

const NAME = 'sql_select_limit';

/**
 * The plan as the session's sql_select_limit has it, which counts for a SELECT without LIMIT. Raises HG_SHARDED_NOT_PLANNED where
 * the first rows of each shard are not enough.
 */
export function underSelectLimit(state: SessionState, scatter: Scatter): Scatter {
  const { steps } = scatter;
  const limited = stepsUnderSelectLimit(state, steps, true);
  if (limited === steps) return scatter;
  if (steps.some(needsAllRows)) throw notOverShards(`a statement with groups or sorted groups under ${NAME}`);
  return { ...scatter, steps: limited };
}

/** The steps with the limit that the setting adds; the same where there is none. `pushed`: the shards send no more either. */
export function stepsUnderSelectLimit(
  state: SessionState,
  steps: readonly Step[],
  pushed: boolean,
): readonly Step[] {
  const count = state.number(NAME);
  if (count === undefined || count > Number.MAX_SAFE_INTEGER) return steps;
  if (steps.some(({ kind }) => kind === 'limit')) return steps;
  const limit: Step = {
    kind: 'limit',
    count: { kind: 'constant', value: { kind: 'integer', value: BigInt(count) } },
    offset: undefined,
    pushed,
  };
  const at = steps.at(-1)?.kind === 'project' ? steps.length - 1 : steps.length;
  return steps.toSpliced(at, 0, limit);
}

/** Whether tablets cut off results by themselves. */
export const hasSelectLimit = (state: SessionState): boolean => state.number(NAME) !== undefined;

/** Groups that several shards have parts of; their order may not be that of the rows that the shards send. */
const needsAllRows = (step: Step): boolean =>
  step.kind === 'sort' || (step.kind === 'group' && (step.keys.length > 0 || step.always === true));
