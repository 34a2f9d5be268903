/**
 * What a vindex is: a function from column values to keyspace ids. Each functional vindex has a file of its own beside
 * this one; `registry.ts` makes them by name. Values arrive as MySQL's text of them, as in Vitess, because several
 * vindexes hash exactly these bytes.
 */
import type { KeyRange } from '../key-range.ts';

/**
 * One column value as a vindex sees it. `bytes` is the text as MySQL sends it (`42`, `-1.50`), of `binary` the bytes
 * themselves. `integer` is a signed number, `unsigned` one that was declared so: `hash` takes a minus from the former only.
 */
export type VindexValue = Readonly<
  { kind: 'null' } | { kind: 'integer' | 'unsigned' | 'decimal' | 'float' | 'text' | 'binary'; bytes: Buffer }
>;

/**
 * Where a value lives: at one keyspace id, somewhere in a range of them (only some of a multi-column vindex's columns
 * were given), or on no shard at all (the vindex has no keyspace id for it, so no row can have it).
 */
export type Destination = Readonly<
  { kind: 'keyspaceId'; id: Buffer } | { kind: 'keyRange'; range: KeyRange } | { kind: 'none' }
>;

/** A vindex with its parameters applied. */
export type Vindex = Readonly<{
  /** The name of the type, as VSchemas write it. */
  type: string;
  /** One value has one keyspace id at most. */
  unique: boolean;
  /** Computed from the value alone. Others are kept in a table: their `map` is never called. */
  functional: boolean;
  /** The planner takes the cheapest that fits. */
  cost: number;
  /** How many columns it takes; fewer than `max` give a key range. */
  columnCount: Readonly<{ min: number; max: number }>;
  /** Keyspace ids sort as the values do, so that BETWEEN can be routed. */
  ordered: boolean;
  /**
   * The destination of one row's values, in the order of the columns.
   * Throws HeadgateError (HG_VINDEX_VALUE) for values that the reference refuses.
   */
  map(values: readonly VindexValue[]): Destination;
  /** The way without values of its own, for what is done once per query; where there is none, `map` does. */
  placeInteger?: PlaceInteger;
}>;

/**
 * Makes the keyspace id of an integer's eight bytes (the highest first; of negative numbers their two's complement) in place, the same as `map`
 * would. False where `map` has to be asked: the bytes are then as they were.
 */
export type PlaceInteger = (block: Buffer, isNegative: boolean) => boolean;

/** The one destination that holds nothing. */
export const NOWHERE: Destination = Object.freeze({ kind: 'none' });

/** The destination of one keyspace id. */
export const atKeyspaceId = (id: Buffer): Destination => ({ kind: 'keyspaceId', id });

const EMPTY = Buffer.alloc(0);

/** The bytes of a value; NULL has none, which several vindexes take as the empty string. */
export const bytesOf = (value: VindexValue): Buffer => (value.kind === 'null' ? EMPTY : value.bytes);

/** The same in a buffer of its own: the value's may belong to a packet. */
export const copyOf = (value: VindexValue): Buffer => Buffer.from(bytesOf(value));

/** What a one-column vindex consists of. `keyspaceId` gives undefined where the value has no place. */
export type SingleColumn = Readonly<{
  type: string;
  cost: number;
  ordered?: boolean;
  keyspaceId(value: VindexValue): Buffer | undefined;
  placeInteger?: PlaceInteger;
}>;

/** A functional vindex over one column. */
export function singleColumn({
  type,
  cost,
  ordered = false,
  keyspaceId,
  placeInteger,
}: SingleColumn): Vindex {
  return Object.freeze({
    ...(placeInteger === undefined ? {} : { placeInteger }),
    type,
    unique: true,
    functional: true,
    cost,
    columnCount: { min: 1, max: 1 },
    ordered,
    map: (values: readonly VindexValue[]): Destination => {
      const value = values[0];
      const id = value === undefined ? undefined : keyspaceId(value);
      return id === undefined ? NOWHERE : atKeyspaceId(id);
    },
  });
}
