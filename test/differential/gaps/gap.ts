/** What a gap list is made of. */
import type { RowOrder } from '../case.ts';

/**
 * A construct that routers of sharded databases are known to refuse or to answer wrongly. The session selects `market`.
 * `id`: G… what is refused elsewhere, W… what is answered wrongly there; a letter tells the ways to write it apart.
 */
export type Gap = Readonly<{
  id: string;
  sql: string;
  /** `total` where it is not given: the query fixes the order. */
  order?: RowOrder;
  /** Columns (from 0) of which MySQL may give any of the values that it calls equal. */
  loose?: readonly number[];
  /** Only the kind of its values is the same on two servers. */
  volatile?: true;
  /** Statements of the same session that go before. */
  before?: readonly string[];
  /** Statements of the same session that show what it left. */
  behind?: readonly string[];
}>;

export type GapText = readonly [id: string, sql: string, more?: Omit<Gap, 'id' | 'sql'>];

export const gapsOf = (texts: readonly GapText[]): Gap[] =>
  texts.map(([id, sql, more]) => ({ id, sql, ...more }));

/** No ORDER BY fixes the order. */
export const any = { order: 'any' } as const;
/** MySQL may choose the rows. */
export const count = { order: 'count' } as const;
