/** The column definitions of joined rows: those of the sides, as MySQL has them in a join. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { lenencWidth, readLenenc } from '../../wire/lenenc.ts';
import { Operator } from '../operators/operator.ts';
import type { RowProducer } from '../row-stream.ts';
import { readColumnFacts } from '../rows/column-kind.ts';
import type { JoinColumn } from './compose-rows.ts';

const NOT_NULL_FLAG = 1;
const BINARY_FLAG = 128;
const NO_DEFAULT_FLAG = 4096;
/** Catalog, schema, table, original table, title, original name. */
const NAMES = 6;
/** The length of the fixed fields, character set, width, type. */
const BEFORE_FLAGS = 1 + 2 + 4 + 1;

/** `isNullable`: there may be no inner row. */
export const joinedDefinitions = (
  outer: readonly Buffer[],
  inner: readonly Buffer[],
  columns: readonly JoinColumn[],
  isNullable: boolean,
): Buffer[] =>
  columns.map(({ side, column }) => {
    const definition = (side === 'outer' ? outer : inner)[column];
    if (definition === undefined)
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `a shard sends fewer columns than the plan has (column ${column + 1})`,
      });
    return side === 'inner' && isNullable ? withoutNotNull(definition) : definition;
  });

function withoutNotNull(definition: Buffer): Buffer {
  const at = flagsAt(definition);
  return withFlags(definition, definition.readUInt16LE(at) & ~NOT_NULL_FLAG);
}

const flagsAt = (definition: Buffer): number => {
  let at = 0;
  for (let names = 0; names < NAMES; names++) at += lenencWidth(definition, at) + readLenenc(definition, at);
  return at + BEFORE_FLAGS;
};

function withFlags(definition: Buffer, flags: number): Buffer {
  const at = flagsAt(definition);
  if (definition.readUInt16LE(at) === flags) return definition;
  const copy = Buffer.from(definition);
  copy.writeUInt16LE(flags, at);
  return copy;
}

class SingleGroup extends Operator {
  protected override onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(
      definitions.map((each) =>
        withFlags(each, (each.readUInt16LE(flagsAt(each)) & ~NO_DEFAULT_FLAG) | BINARY_FLAG),
      ),
    );
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }
}

/**
 * The row of aggregates of numbers and times without GROUP BY: MySQL needs no table for it, and so says BINARY of them, and
 * nothing of defaults. The shards, which have groups, do otherwise.
 */
export const singleGroup =
  (input: RowProducer): RowProducer =>
  (sink) =>
    new SingleGroup(sink).start(input);

/** A table that changes between two lookups must not shift columns. Raises HG_SCHEMA_CHANGED. */
export function requireSameColumns(known: readonly Buffer[], sent: readonly Buffer[]): void {
  const isSame =
    known.length === sent.length &&
    known.every((one, at) => one.equals(sent[at]!) || sameForm(one, sent[at]!));
  if (!isSame)
    throw new HeadgateError('HG_SCHEMA_CHANGED', { detail: 'columns changed while the statement ran' });
}

function sameForm(a: Buffer, b: Buffer): boolean {
  const [one, other] = [readColumnFacts(a), readColumnFacts(b)];
  return one.type === other.type && one.flags === other.flags && one.charset === other.charset;
}
