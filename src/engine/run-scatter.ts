/** From a scatter plan to running operators: what stands between the shards' rows and the client's. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { PlanAggregate, PlanKey, Scatter, Step } from '../planner/plan.ts';
import type { Measurements } from './measurements.ts';
import type { Aggregate } from './operators/aggregates.ts';
import { concatenate } from './operators/concatenate.ts';
import { distinctHash, groupHash } from './operators/group-hash.ts';
import { distinctSorted, groupSorted } from './operators/group-sorted.ts';
import type { ShardRows } from './operators/inputs.ts';
import { type LimitOptions, limit } from './operators/limit.ts';
import type { MemoryBudget } from './operators/memory-budget.ts';
import { mergeSort } from './operators/merge-sort.ts';
import { Operator } from './operators/operator.ts';
import { project } from './operators/project.ts';
import { sortInMemory } from './operators/sort-in-memory.ts';
import type { RowProducer } from './row-stream.ts';
import { columnTitle } from './rows/column-kind.ts';
import type { RowProtocol } from './rows/formats.ts';
import type { SortKey } from './rows/sort-key.ts';

/** What an execution adds to its plan. */
export type ScatterRun = Readonly<{
  protocol: RowProtocol;
  budget: MemoryBudget;
  /** The rows that a LIMIT step passes on. */
  rowsWanted: (step: Extract<Step, { kind: 'limit' }>) => Readonly<{ offset: number; count: number }>;
  /** Of EXPLAIN ANALYZE: what passes between the operators, by step; of the shards and behind their merge by the plan itself. */
  measured?: Measurements | undefined;
}>;

/** The client's rows from the shards' rows. */
export function scatterRows(plan: Scatter, shards: readonly ShardRows[], run: ScatterRun): RowProducer {
  const { columns, merge, titles = [] } = plan;
  const { measured } = run;
  const expected =
    columns === undefined
      ? shards
      : shards.map(({ name, rows }) => ({ name, rows: expectColumns(rows, { name, columns, titles }) }));
  const inputs =
    measured === undefined
      ? expected
      : expected.map((each) => ({ name: each.name, rows: measured.rows(plan, each.name, each.rows) }));
  const rows =
    merge === undefined
      ? concatenate(inputs, run.protocol)
      : mergeSort(inputs, run.protocol, merge.map(sortKey));
  return withSteps(measured === undefined ? rows : measured.rows(plan, '', rows), plan.steps, run);
}

/** What steps make of rows, one after the other. */
export const withSteps = (rows: RowProducer, steps: readonly Step[], run: ScatterRun): RowProducer =>
  steps.reduce((before, step, at) => {
    const after = applied(step, steps[at + 1], before, run);
    return run.measured?.rows(step, '', after) ?? after;
  }, rows);

function applied(step: Step, next: Step | undefined, rows: RowProducer, run: ScatterRun): RowProducer {
  const { protocol, budget } = run;
  switch (step.kind) {
    case 'group': {
      const keys = step.keys.map(sortKey);
      const aggregates = step.aggregates.map(aggregateOf);
      if (step.method === 'sorted')
        return groupSorted(rows, { protocol, keys, budget, always: step.always }, aggregates);
      return groupHash(rows, { protocol, keys, budget }, aggregates);
    }
    case 'distinct': {
      const keys = step.keys.map(sortKey);
      return step.method === 'sorted'
        ? distinctSorted(rows, protocol, keys)
        : distinctHash(rows, { protocol, keys, budget });
    }
    case 'sort': {
      const keys = step.keys.map(sortKey);
      if (next?.kind !== 'limit') return sortInMemory(rows, { protocol, keys, budget });
      const { offset, count } = run.rowsWanted(next);
      return sortInMemory(rows, { protocol, keys, budget, rowsMax: offset + count });
    }
    case 'limit':
      return limit(rows, limitOf(step, run));
    case 'project':
      return project(rows, protocol, step.visible);
    default:
      return unreachable(step);
  }
}

/** Up to so many rows of a shard are read and dropped rather than stopped by KILL QUERY, which costs a connection. */
const DRAINED_ROWS_MAX = 10_000;

function limitOf(step: Extract<Step, { kind: 'limit' }>, run: ScatterRun): LimitOptions {
  const { offset, count } = run.rowsWanted(step);
  return { offset, count, drains: step.pushed && offset + count <= DRAINED_ROWS_MAX };
}

const sortKey = ({ column, weight, descending = false }: PlanKey): SortKey =>
  weight === undefined ? { column, descending } : { column, weight, descending };

function aggregateOf(aggregate: PlanAggregate): Aggregate {
  if (aggregate.kind !== 'min' && aggregate.kind !== 'max') return aggregate;
  return { kind: aggregate.kind, column: aggregate.column, by: sortKey(aggregate.by) };
}

/** What a plan knows of the columns that a shard sends. */
export type Expected = Readonly<{ name: string; columns: number; titles: readonly (string | undefined)[] }>;

class ExpectColumns extends Operator {
  readonly #expected: Expected;

  constructor(sink: Operator['sink'], expected: Expected) {
    super(sink);
    this.#expected = expected;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { name, columns, titles } = this.#expected;
    if (definitions.length !== columns) {
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `${name} sends ${definitions.length} columns where the plan has ${columns}`,
      });
    }
    for (const [at, title] of titles.entries()) {
      const sent = columnTitle(definitions[at]!);
      // Beyond ASCII a title comes in the client's own character set.
      if (title === undefined || !ascii.test(title) || sent.toLowerCase() === title.toLowerCase()) continue;
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `column ${at + 1} of ${name} is ${sent} where the plan has ${title}`,
      });
    }
    this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }
}

const ascii = /^[ -~]*$/;

/** A plan finds its columns by number: a table that has changed meanwhile must not shift them. */
export const expectColumns =
  (input: RowProducer, expected: Expected): RowProducer =>
  (sink) =>
    new ExpectColumns(sink, expected).start(input);
