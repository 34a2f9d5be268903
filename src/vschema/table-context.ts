/** What the loaders of a table and of its vindexes have in common. */
import { suggestion } from '../config/suggestion.ts';
import type { ColumnSource, KeyspaceSource } from './load-keyspace.ts';
import { errorAt, type VSchemaProblem } from './problem.ts';
import type { VindexDefinition } from './vschema.ts';

/** What tables are loaded with. */
export type TableContext = Readonly<{
  keyspace: string;
  source: KeyspaceSource;
  vindexes: ReadonlyMap<string, VindexDefinition>;
  /** The keyspace of a sequence that is named without one. */
  sequenceHome: (sequence: string) => string | undefined;
  problems: VSchemaProblem[];
}>;

/** Where the list of columns is complete, a column must be on it. */
export function checkListed(
  column: string,
  columns: readonly ColumnSource[],
  path: string,
  problems: VSchemaProblem[],
): void {
  const names = columns.map(({ name = '' }) => name);
  if (names.length === 0 || names.some((name) => name.toLowerCase() === column.toLowerCase())) return;
  problems.push(
    errorAt(path, `"${column}" is not among the table's \`columns\`${suggestion(column, names)}`),
  );
}
