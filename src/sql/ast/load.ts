import type { Assignment } from './dml.ts';
import type { ColumnReference, UserVariable } from './expression.ts';
import type { TableName } from './table.ts';

/** LOAD DATA and LOAD XML. */
export type LoadStatement = Readonly<{
  kind: 'load';
  start: number;
  end: number;
  format: 'data' | 'xml';
  /** The client sends the file; else it is one of the server's. */
  local: boolean;
  duplicates: 'replace' | 'ignore' | undefined;
  table: TableName;
  /** PARTITION (…) is given. */
  hasPartitions: boolean;
  /** CHARACTER SET, lower case. */
  charset: string | undefined;
  /** What the statement says of FIELDS and LINES, as bytes; undefined where it says nothing. */
  fields: FieldOptions;
  lines: LineOptions;
  /** `IGNORE n LINES`: the number as written, and where it stands; undefined without. */
  ignoredLines: Readonly<{ start: number; end: number; count: string }> | undefined;
  /** The list of columns and variables; undefined without one, empty for `()`. */
  columns: readonly (ColumnReference | UserVariable)[] | undefined;
  /** From the list's `(` to behind its `)`; where the list would stand, both, without one. */
  columnsStart: number;
  columnsEnd: number;
  assignments: readonly Assignment[];
  /** The first option of bulk loading (URL, COUNT, PARALLEL …) or of XML: its word. */
  bulkOption: string | undefined;
  hasVersionComment: boolean;
}>;

export type FieldOptions = Readonly<{
  terminated: Buffer | undefined;
  enclosed: Buffer | undefined;
  optionally: boolean;
  escaped: Buffer | undefined;
}>;

export type LineOptions = Readonly<{ starting: Buffer | undefined; terminated: Buffer | undefined }>;
