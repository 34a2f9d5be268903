/** The column definitions of joined rows: those of the sides, as MySQL has them in a join. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { lenencWidth, readLenenc } from '../../wire/lenenc.ts';
import { readColumnFacts } from '../rows/column-kind.ts';
import type { JoinColumn } from './compose-rows.ts';

const NOT_NULL_FLAG = 1;
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
  let at = 0;
  for (let names = 0; names < NAMES; names++) at += lenencWidth(definition, at) + readLenenc(definition, at);
  at += BEFORE_FLAGS;
  if ((definition[at]! & NOT_NULL_FLAG) === 0) return definition;
  const copy = Buffer.from(definition);
  copy[at] = copy[at]! & ~NOT_NULL_FLAG;
  return copy;
}

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
