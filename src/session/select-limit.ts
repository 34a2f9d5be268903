/** sql_select_limit over several shards: each shard sends no more rows than that, and of all together no more go on. */
import type { Scatter, Step } from '../planner/plan.ts';
import type { SessionState } from './session-state.ts';

const NAME = 'sql_select_limit';

/** The plan as the session's sql_select_limit has it, which counts for a SELECT without LIMIT. */
export function underSelectLimit(state: SessionState, scatter: Scatter): Scatter {
  if (!hasSelectLimit(state)) return scatter;
  const { steps, unlimited, text } = scatter;
  const limited = stepsUnderSelectLimit(state, steps, unlimited === undefined);
  return { ...scatter, text: unlimited ?? text, steps: limited };
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
