/**
 * What a column definition packet says about how the column's values are compared. Text says nothing here: its definition
 * names the client's character set, not the column's collation, so text is compared by its WEIGHT_STRING (`text-weight.ts`).
 * Source: protocol page "Column Definition"; type and flag numbers of `include/mysql_com.h`.
 */
import { columnType } from '../../mysql/protocol.ts';
import { PayloadReader } from '../../wire/payload-reader.ts';

/** The facts of a column definition that operators need. */
export type ColumnFacts = Readonly<{
  type: number;
  flags: number;
  charset: number;
  /** Fraction digits; 31 for a double without a fixed number of them. */
  decimals: number;
}>;

/** How values are compared, and how they lie in a row. */
export type ColumnKind =
  /** `bytes`: the width in binary rows. */
  | Readonly<{ kind: 'integer'; unsigned: boolean; bytes: 1 | 2 | 4 | 8 }>
  | Readonly<{ kind: 'decimal' | 'float' | 'double' | 'date' | 'time' | 'year' | 'bytes' }>
  /** Only NULL can be in it. */
  | Readonly<{ kind: 'null' }>
  /** Needs a WEIGHT_STRING beside it. */
  | Readonly<{ kind: 'text' }>
  /** ENUM and SET sort by number: needs `c + 0` beside it. */
  | Readonly<{ kind: 'enumeration' }>
  | Readonly<{ kind: 'json' | 'spatial' | 'vector' }>;

export const columnFlag = { unsigned: 1 << 5, enum: 1 << 8, set: 1 << 11 } as const;
const BINARY_CHARSET = 63;

export function readColumnFacts(definition: Buffer): ColumnFacts {
  const reader = new PayloadReader(definition);
  // Catalog, schema, table, original table, name, original name.
  for (let names = 0; names < 6; names++) reader.lenencString('a name');
  reader.skip(1, 'the length of the fixed fields');
  const charset = reader.uint16('the character set');
  reader.skip(4, 'the display width');
  const type = reader.uint8('the type');
  const flags = reader.uint16('the flags');
  return { type, flags, charset, decimals: reader.uint8('the decimals') };
}

/** The title of a column, as latin1. */
export function columnTitle(definition: Buffer): string {
  const reader = new PayloadReader(definition);
  // Catalog, schema, table, original table.
  for (let names = 0; names < 4; names++) reader.lenencString('a name');
  return reader.lenencString('the title').toString('latin1');
}

const widths: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  [columnType.tiny]: 1,
  [columnType.short]: 2,
  [columnType.int24]: 4,
  [columnType.long]: 4,
  [columnType.longlong]: 8,
};

const kinds: Readonly<Record<number, ColumnKind>> = {
  [columnType.decimal]: { kind: 'decimal' },
  [columnType.newDecimal]: { kind: 'decimal' },
  [columnType.float]: { kind: 'float' },
  [columnType.double]: { kind: 'double' },
  [columnType.null]: { kind: 'null' },
  [columnType.timestamp]: { kind: 'date' },
  [columnType.datetime]: { kind: 'date' },
  [columnType.date]: { kind: 'date' },
  [columnType.time]: { kind: 'time' },
  [columnType.year]: { kind: 'year' },
  [columnType.bit]: { kind: 'bytes' },
  [columnType.json]: { kind: 'json' },
  [columnType.geometry]: { kind: 'spatial' },
  [columnType.vector]: { kind: 'vector' },
  [columnType.enum]: { kind: 'enumeration' },
  [columnType.set]: { kind: 'enumeration' },
};

export function columnKind({ type, flags, charset }: ColumnFacts): ColumnKind {
  const bytes = widths[type];
  if (bytes !== undefined) return { kind: 'integer', unsigned: (flags & columnFlag.unsigned) !== 0, bytes };
  const known = kinds[type];
  if (known !== undefined) return known;
  if (flags & (columnFlag.enum | columnFlag.set)) return { kind: 'enumeration' };
  return charset === BINARY_CHARSET ? { kind: 'bytes' } : { kind: 'text' };
}
