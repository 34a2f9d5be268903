/** What the generator of whole queries knows of tables, columns and expressions: enough to ask only what has one answer. */
import type { Random } from '../../../support/random.ts';
import type { Fragment } from '../../fragment.ts';

/** `wide`: integers near the ends of their range, kept away from arithmetic. `other`: only selected, sorted and grouped. */
export type Kind =
  | 'number'
  | 'wide'
  | 'decimal'
  | 'float'
  | 'text'
  | 'binary'
  | 'date'
  | 'datetime'
  | 'time'
  | 'json'
  | 'other';

export type Value = Readonly<{
  kind: Kind;
  /** Of texts. */
  collation: string | undefined;
  /** Values that MySQL calls equal may differ in bytes. */
  loose: boolean;
  /** Which of such values it is was MySQL’s choice: only what the collation cannot tell apart may be made of it. */
  unsure: boolean;
  /** Values to compare it with, as SQL literals. */
  pool: readonly string[];
}>;

/** A column as the query names it. */
export type Col = Value & Readonly<{ ref: string; name: string }>;

/** An expression. `fuzzy`: its last digits depend on the order of rows, so it is only shown. */
export type Item = Value & Readonly<{ text: Fragment; fuzzy: boolean }>;

/** A table or join in FROM. */
export type Relation = Readonly<{
  from: Fragment;
  columns: readonly Col[];
  /** Sorting by these is total; rows that tie in them are equal but for what collations overlook. */
  unique: readonly string[];
  /** No two rows tie at all. */
  strict: boolean;
  /** An estimate, to keep products small. */
  rows: number;
  /** Its tables with a key, on which their other columns depend. */
  keyed: readonly Readonly<{ columns: readonly Col[]; unique: readonly string[] }>[];
}>;

export type Cte = Readonly<{
  name: string;
  columns: readonly Item[];
  names: readonly string[];
  rows: number;
}>;

/** Where a query is made. */
export type Env = Readonly<{
  random: Random;
  /** The next alias. */
  names: { next: number };
  /** How many queries may still be nested. */
  depth: number;
  /** Columns of the queries around that may be used. */
  outer: readonly Col[];
  ctes: readonly Cte[];
  /** What the case is about, for the report. */
  topics: Set<string>;
}>;

export const alias = (env: Env, letter: string): string => {
  env.names.next += 1;
  return `${letter}${env.names.next}`;
};

export const deeper = (env: Env, outer: readonly Col[] = []): Env => ({
  ...env,
  depth: env.depth - 1,
  outer,
});

export const isNumeric = ({ kind }: Value): boolean =>
  kind === 'number' || kind === 'wide' || kind === 'decimal' || kind === 'float';

/** Whether two values may be compared: of one class, with no conversion that can warn or fail. */
export function comparable(a: Value, b: Value): boolean {
  if (isNumeric(a)) return isNumeric(b);
  if (a.kind === 'text') return b.kind === 'text' && a.collation === b.collation;
  return a.kind === b.kind && a.kind !== 'json' && a.kind !== 'other';
}

export const sure = (columns: readonly Col[]): Col[] => columns.filter(({ unsure }) => !unsure);

/** The value after MySQL has chosen among equals. */
export const chosen = <T extends Value>(value: T): T => (value.loose ? { ...value, unsure: true } : value);
