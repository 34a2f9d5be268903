/** Aggregates with DISTINCT: the shards have a row for each of the values, and of equal ones the first counts. */
import type { RowProtocol } from '../rows/formats.ts';
import { type HashKey, hashKey } from '../rows/hash-key.ts';
import type { FieldRanges, RowBuilder } from '../rows/row-format.ts';
import type { RowKey } from '../rows/sort-key.ts';
import type { Accumulator } from './aggregates.ts';

/** What an entry of a set takes beside its text (measured roughly, on the high side). */
const ENTRY_BYTES = 96;

/** Gives each accumulator only the first of the rows that are equal by these columns; all of them without columns. */
export function distinctOnly(
  start: () => Accumulator,
  definitions: readonly Buffer[],
  protocol: RowProtocol,
  columns: readonly RowKey[] | undefined,
): () => Accumulator {
  if (columns === undefined) return start;
  const key = hashKey(definitions, protocol, columns);
  return () => new DistinctOnly(start(), key);
}

class DistinctOnly implements Accumulator {
  readonly #inner: Accumulator;
  readonly #key: HashKey;
  readonly #seen = new Set<string>();

  constructor(inner: Accumulator, key: HashKey) {
    this.#inner = inner;
    this.#key = key;
  }

  add(bytes: Buffer, ranges: FieldRanges): number {
    const key = this.#key(bytes, ranges);
    if (this.#seen.has(key)) return 0;
    this.#seen.add(key);
    return ENTRY_BYTES + key.length + this.#inner.add(bytes, ranges);
  }

  write(builder: RowBuilder, column: number): void {
    this.#inner.write(builder, column);
  }
}
