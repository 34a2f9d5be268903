/** A plan with the values of one execution: which shards, and what text each of them gets. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Operands } from './operands.ts';
import { isRefusal, type QueryPlan, type Refusal, type RoutedGroup } from './plan.ts';
import { type Doubts, resolveRoute } from './route.ts';
import { type ShardMap, type ShardSet, union } from './shard-map.ts';
import { fillTemplate, type Template, type TemplateValues } from './template.ts';

/** Raises a refusal as the error that the client gets. */
export function refuse({ code, detail }: Refusal): never {
  throw new HeadgateError(code, { detail });
}

/**
 * The shards that a statement has to run on. More than one only if all its rows are in one group; none where no row can match.
 * `refusal` says why several shards will not do. Raises it, and HG_KEY_RANGE where the shards leave some of the rows out.
 */
export function shardsFor(
  groups: readonly RoutedGroup[],
  operands: Operands,
  map: ShardMap,
  refusal: Refusal | undefined,
  doubts?: Doubts,
): ShardSet {
  let shards: ShardSet = [];
  for (const { route } of groups) {
    shards = union(shards, resolveRoute(route, operands, map, doubts));
  }
  if (shards.length > 1 && refusal !== undefined) refuse(refusal);
  return shards;
}

export const refusalOf = (scatter: QueryPlan['scatter']): Refusal | undefined =>
  isRefusal(scatter) ? scatter : undefined;

const MARKER = Buffer.from('?');

/** What fills the templates of one execution. */
export class TextValues implements TemplateValues {
  readonly #text: Buffer;
  readonly #operands: Operands;
  readonly #nowMs: number;
  #markers: number[] = [];
  /** The lists of a gathered input's reductions, where there are any. */
  lists: ((index: number) => Buffer | undefined) | undefined;

  /** `nowMs`: the moment of the statement. */
  constructor(text: Buffer, operands: Operands, nowMs: number) {
    this.#text = text;
    this.#operands = operands;
    this.#nowMs = nowMs;
  }

  slot(slot: number): Buffer {
    const { start, end } = this.#operands.slotRange(slot);
    return this.#text.subarray(start, end);
  }

  parameter(index: number): Buffer {
    this.#markers.push(index);
    return MARKER;
  }

  markers(): readonly number[] {
    const markers = this.#markers;
    this.#markers = [];
    return markers;
  }

  sum(operands: Parameters<TemplateValues['sum']>[0]): bigint {
    let sum = 0n;
    for (const operand of operands) sum += rowCountOf(this.#operands, operand);
    return sum > UNLIMITED ? UNLIMITED : sum;
  }

  reduction(index: number): Buffer | undefined {
    return this.lists?.(index);
  }

  timestamp(): string {
    return (this.#operands.context.timestamp || this.#nowMs / 1000).toFixed(6);
  }
}

const UNLIMITED = 2n ** 64n - 1n;

/** The number that a LIMIT says. */
export function rowCountOf(operands: Operands, operand: Parameters<Operands['value']>[0]): bigint {
  const value = operands.value(operand);
  if (value.kind === 'integer' && value.value >= 0n) return value.value;
  // A bound string of digits is taken for the number.
  if (value.kind === 'string' && /^[0-9]{1,19}$/.test(value.bytes.toString('latin1')))
    return BigInt(value.bytes.toString('latin1'));
  throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
    detail: 'a LIMIT that is no number of rows, over several shards',
  });
}

export const textOf = (template: Template, values: TemplateValues): Buffer => fillTemplate(template, values);
