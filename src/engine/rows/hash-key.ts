/**
 * Rows as map keys: two rows have the same key exactly when the comparison by the same columns (`sort-key.ts`) finds them equal.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { spaceWeight } from '../../mysql/space-weights.ts';
import { columnKind, readColumnFacts } from './column-kind.ts';
import type { RowProtocol } from './formats.ts';
import type { FieldRanges } from './row-format.ts';
import { keyComparator, type RowKey } from './sort-key.ts';

/** The key of a row whose fields were located. */
export type HashKey = (bytes: Buffer, ranges: FieldRanges) => string;

type ValueKey = (bytes: Buffer, start: number, end: number) => string;

const asBytes: ValueKey = (bytes, start, end) => bytes.toString('latin1', start, end);

/** Weights that differ by weights of spaces at the end only are equal. */
const withoutSpaces =
  (space: Buffer): ValueKey =>
  (bytes, start, end) => {
    const unit = space.length;
    let last = end;
    while (last - start >= unit && endsWithSpace(bytes, last, space)) last -= unit;
    return bytes.toString('latin1', start, last);
  };

function endsWithSpace(bytes: Buffer, end: number, space: Buffer): boolean {
  for (let i = 0; i < space.length; i++) if (bytes[end - space.length + i] !== space[i]) return false;
  return true;
}

/** A number has more than one text (`-0`, `1.50`, `007`). */
const asDecimal: ValueKey = (bytes, start, end) => {
  const text = bytes.toString('latin1', start, end);
  const [, minus, whole, fraction] = /^(-?)0*([0-9]*)(?:\.([0-9]*?)0*)?$/.exec(text) ?? [];
  const digits = `${whole ?? text}.${fraction ?? ''}`;
  return digits === '.' ? digits : `${minus ?? ''}${digits}`;
};

const asDouble: ValueKey = (bytes, start, end) => String(Number(bytes.toString('latin1', start, end)));

function valueKey(definitions: readonly Buffer[], protocol: RowProtocol, key: RowKey): ValueKey {
  if (key.weight !== undefined) {
    const space = spaceWeight(key.weight.collationId);
    return space === undefined ? asBytes : withoutSpaces(space);
  }
  const kind = columnKind(readColumnFacts(definitions[key.column]!));
  if (kind.kind === 'decimal') return asDecimal;
  if (protocol === 'text') {
    if (kind.kind === 'integer') return asDecimal;
    return kind.kind === 'double' ? asDouble : asBytes;
  }
  if (kind.kind === 'double') return (bytes, start) => String(bytes.readDoubleLE(start));
  if (kind.kind === 'float') return (bytes, start) => String(bytes.readFloatLE(start));
  if (kind.kind === 'date' || kind.kind === 'time') return withoutZeros;
  return asBytes;
}

/** Dates and times leave out what is zero at their end, but need not. */
const withoutZeros: ValueKey = (bytes, start, end) => {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  return bytes.toString('latin1', start, last);
};

/** The key by these columns. Throws HG_NOT_COMPARABLE for columns that cannot be compared, as `rowComparator` does. */
export function hashKey(
  definitions: readonly Buffer[],
  protocol: RowProtocol,
  keys: readonly RowKey[],
): HashKey {
  for (const key of keys) keyComparator(definitions, protocol, key);
  const values = keys.map((key) => valueKey(definitions, protocol, key));
  return (bytes, ranges) => {
    let text = '';
    for (let i = 0; i < keys.length; i++) {
      const { column, weight } = keys[i]!;
      const slot = 2 * (weight?.column ?? column);
      const start = ranges[slot]!;
      if (start < 0) {
        if (ranges[2 * column]! >= 0) throw new HeadgateError('HG_VALUE_TOO_LONG');
        text += 'N';
        continue;
      }
      const value = values[i]!(bytes, start, ranges[slot + 1]!);
      text += `${value.length}:${value}`;
    }
    return text;
  };
}
