/** Rows of MySQL's EXPLAIN in either protocol. */
import { readColumnFacts } from '../../engine/rows/column-kind.ts';
import { columnType } from '../../mysql/protocol.ts';
import { lenencString } from '../../wire/lenenc.ts';
import { buildTextRow } from '../../wire/packets.ts';

export type ShownRow = readonly (string | null)[];

/** The row for a client of the protocol; numbers are whole, but for DOUBLE. */
export function explainRow(
  row: ShownRow,
  definitions: readonly Buffer[],
  protocol: 'text' | 'binary',
): Buffer {
  if (protocol === 'text') return buildTextRow([...row]);
  // Behind the header a bit for each NULL, from the third bit on.
  const nulls = Buffer.alloc((row.length + 9) >> 3);
  const values = row.map((value, at) => {
    if (value !== null) return binaryValue(value, definitions[at]!);
    nulls[(at + 2) >> 3]! |= 1 << ((at + 2) & 7);
    return Buffer.alloc(0);
  });
  return Buffer.concat([Buffer.from([0]), nulls, ...values]);
}

function binaryValue(value: string, definition: Buffer): Buffer {
  const facts = readColumnFacts(definition);
  if (facts.type === columnType.longlong) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    return bytes;
  }
  if (facts.type === columnType.double) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(Number(value));
    return bytes;
  }
  if (facts.type === columnType.long) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(Number(value));
    return bytes;
  }
  return lenencString(Buffer.from(value));
}
