import { HeadgateError } from '../../errors/headgate-error.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';
import { fieldsNeeded, type RowKey } from '../rows/sort-key.ts';
import { type JoinKey, joinKey } from './join-key.ts';

/** One side's columns, and how its rows are told apart. */
export class Side {
  readonly definitions: readonly Buffer[];
  readonly format: RowFormat;
  readonly #key: JoinKey;
  readonly #fieldCount: number;
  readonly #ranges: FieldRanges;

  constructor(definitions: readonly Buffer[], protocol: RowProtocol, keys: readonly RowKey[]) {
    this.#fieldCount = fieldsNeeded(keys);
    if (this.#fieldCount > definitions.length)
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `a shard sends ${definitions.length} columns where the plan joins by column ${this.#fieldCount}`,
      });
    this.definitions = definitions;
    this.format = formatOf(protocol, definitions);
    this.#key = joinKey(definitions, protocol, keys);
    this.#ranges = fieldRanges(this.#fieldCount);
  }

  keyOf(bytes: Buffer, at: number, end: number): number | string | undefined {
    this.format.locate(bytes, at, end, this.#fieldCount, this.#ranges);
    return this.#key(bytes, this.#ranges);
  }
}
