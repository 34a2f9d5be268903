/**
 * The columns of a join's equalities as keys of a map. Two rows have the same key exactly when MySQL finds their columns equal: the planner
 * joins by columns of one equality only, which is that of numbers, bytes or weights.
 */
import { columnKind, readColumnFacts } from '../rows/column-kind.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { hashKey } from '../rows/hash-key.ts';
import type { FieldRanges } from '../rows/row-format.ts';
import type { RowKey } from '../rows/sort-key.ts';

/** Undefined where one of the columns is NULL, which is equal to nothing. */
export type JoinKey = (bytes: Buffer, ranges: FieldRanges) => number | string | undefined;

type ValueKey = (bytes: Buffer, ranges: FieldRanges) => number | string;

/** Numbers of so many digits are exact as they are; longer ones are keys as text. */
const EXACT_DIGITS = 15;
const EXACT_MAX = 10 ** EXACT_DIGITS;

/** The key by these columns. Throws HG_NOT_COMPARABLE for columns that cannot be compared. */
export function joinKey(
  definitions: readonly Buffer[],
  protocol: RowProtocol,
  keys: readonly RowKey[],
): JoinKey {
  const values = keys.map((key) => valueKey(definitions, protocol, key));
  const slots = keys.map(({ column }) => 2 * column);
  const [only] = values;
  if (values.length === 1) {
    const slot = slots[0]!;
    return (bytes, ranges) => (ranges[slot]! < 0 ? undefined : only!(bytes, ranges));
  }
  return (bytes, ranges) => {
    let text = '';
    for (let i = 0; i < values.length; i++) {
      if (ranges[slots[i]!]! < 0) return undefined;
      const value = String(values[i]!(bytes, ranges));
      text += `${value.length}:${value}`;
    }
    return text;
  };
}

function valueKey(definitions: readonly Buffer[], protocol: RowProtocol, key: RowKey): ValueKey {
  const facts = readColumnFacts(definitions[key.column]!);
  const kind = columnKind(facts);
  const slot = 2 * key.column;
  if (key.weight !== undefined || kind.kind !== 'integer') return hashKey(definitions, protocol, [key]);
  if (protocol === 'text') return (bytes, ranges) => integerText(bytes, ranges[slot]!, ranges[slot + 1]!);
  // Integers of any width are equal by their values.
  const { unsigned, bytes: width } = kind;
  if (width < 8) {
    return (bytes, ranges) => {
      const at = ranges[slot]!;
      return unsigned ? bytes.readUIntLE(at, width) : bytes.readIntLE(at, width);
    };
  }
  return (bytes, ranges) => {
    const at = ranges[slot]!;
    const value = unsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at);
    return value < EXACT_MAX && value > -EXACT_MAX ? Number(value) : String(value);
  };
}

/** An integer as it is written in text rows: ZEROFILL fills it up. */
function integerText(bytes: Buffer, start: number, end: number): number | string {
  const isNegative = bytes[start] === 0x2d;
  let at = isNegative ? start + 1 : start;
  while (at < end - 1 && bytes[at] === 0x30) at++;
  if (end - at > EXACT_DIGITS) return `${isNegative ? '-' : ''}${bytes.toString('latin1', at, end)}`;
  let value = 0;
  for (; at < end; at++) value = value * 10 + bytes[at]! - 0x30;
  return isNegative ? -value : value;
}
