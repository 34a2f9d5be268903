/** BIT_AND, BIT_OR and BIT_XOR of what the shards computed. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { columnKind, readColumnFacts } from '../rows/column-kind.ts';
import type { RowProtocol } from '../rows/formats.ts';
import type { FieldRanges, RowBuilder } from '../rows/row-format.ts';
import type { Accumulator, BitOperation } from './aggregates.ts';

/** Makes accumulators for a column. Throws HG_INTERNAL where it is no number of 64 bits. */
export function bitAccumulator(
  definitions: readonly Buffer[],
  protocol: RowProtocol,
  operation: BitOperation,
  column: number,
): () => Accumulator {
  const kind = columnKind(readColumnFacts(definitions[column]!));
  if (kind.kind === 'integer' && kind.bytes === 8)
    return () => new BitsOfNumbers(operation, column, protocol);
  throw new HeadgateError('HG_INTERNAL', { detail: `the plan combines bits of a ${kind.kind} column` });
}

/** BIT_AND of no rows. */
const ALL_ONES = 2n ** 64n - 1n;

class BitsOfNumbers implements Accumulator {
  readonly #operation: BitOperation;
  readonly #slot: number;
  readonly #protocol: RowProtocol;
  #bits: bigint;

  constructor(operation: BitOperation, column: number, protocol: RowProtocol) {
    this.#operation = operation;
    this.#slot = 2 * column;
    this.#protocol = protocol;
    this.#bits = operation === 'bitAnd' ? ALL_ONES : 0n;
  }

  add(bytes: Buffer, ranges: FieldRanges): number {
    const start = ranges[this.#slot]!;
    if (start < 0) return 0;
    const value =
      this.#protocol === 'text'
        ? BigInt(bytes.toString('latin1', start, ranges[this.#slot + 1]!))
        : bytes.readBigUInt64LE(start);
    if (this.#operation === 'bitAnd') this.#bits &= value;
    else if (this.#operation === 'bitOr') this.#bits |= value;
    else this.#bits ^= value;
    return 0;
  }

  write(builder: RowBuilder): void {
    if (this.#protocol === 'text') {
      const text = Buffer.from(String(this.#bits), 'latin1');
      return builder.field(text, 0, text.length);
    }
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64LE(this.#bits);
    builder.field(bytes, 0, 8);
  }
}
