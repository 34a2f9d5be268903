/** All that a column definition packet says about a column's type. Source: protocol page "Column Definition". */
import { PayloadReader } from '../../wire/payload-reader.ts';

export type ColumnDefinition = Readonly<{
  /** Of a table's column, or of a derived table's that MySQL has written down: its values have been stored with this type. */
  stored: boolean;
  title: Buffer;
  /** Id of the collation. */
  charset: number;
  /** The longest value, in bytes of `charset`, or as many characters as a number has with sign and point. */
  length: number;
  type: number;
  flags: number;
  /** Digits after the point; `decimalsNotFixed` for a number without a fixed count, and for text. */
  decimals: number;
}>;

export const decimalsNotFixed = 31;
export const columnFlags = {
  notNull: 1 << 0,
  unsigned: 1 << 5,
  zerofill: 1 << 6,
  enum: 1 << 8,
  set: 1 << 11,
} as const;

export function readColumnDefinition(definition: Buffer): ColumnDefinition {
  const reader = new PayloadReader(definition);
  // Catalog, schema, table, original table.
  for (let names = 0; names < 4; names++) reader.lenencString('a name');
  const title = reader.lenencString('the title');
  const stored = reader.lenencString('the original name').length > 0;
  reader.skip(1, 'the length of the fixed fields');
  const charset = reader.uint16('the character set');
  const length = reader.uint32('the display width');
  const type = reader.uint8('the type');
  const flags = reader.uint16('the flags');
  return { stored, title, charset, length, type, flags, decimals: reader.uint8('the decimals') };
}
