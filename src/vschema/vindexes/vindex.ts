/** What a vindex is: a function from column values to the keyspace ids by which rows are placed. */
import type { KeyRange } from '../key-range.ts';

/** A column's value as it is hashed; `bytes` is its text (of `binary` the bytes themselves), as MySQL sends it. */
export type VindexValue =
  | Readonly<{ kind: 'null' }>
  | Readonly<{ kind: 'integer' | 'unsigned' | 'decimal' | 'float' | 'text' | 'binary'; bytes: Buffer }>;

/** Where a value's rows are. `none`: the vindex gives it no keyspace id. */
export type Destination =
  | Readonly<{ kind: 'keyspaceId'; id: Buffer }>
  /** All ids of a range: the first columns alone of a key of several. */
  | Readonly<{ kind: 'keyRange'; range: KeyRange }>
  | Readonly<{ kind: 'none' }>;

export type Vindex = Readonly<{
  type: string;
  /** One keyspace id per value. */
  unique: boolean;
  /** Computed from the value alone; others are kept in tables and must not be mapped. */
  functional: boolean;
  /** Vitess' figure for choosing between several. */
  cost: number;
  columnCount: Readonly<{ min: number; max: number }>;
  /** Keyspace ids sort as the values do. */
  ordered: boolean;
  /** One value per column, or of a prefix of them. Raises HG_VINDEX_VALUE for values that the reference refuses. */
  map: (values: readonly VindexValue[]) => Destination;
}>;
