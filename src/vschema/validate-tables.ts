/**
 * Compares a keyspace's VSchema with the tables as the tablets have them. The caller hands these over, since the room that
 * knows them stands above this one.
 */
import { suggestion } from '../config/suggestion.ts';
import { errorAt, memberPath, type VSchemaProblem, warningAt } from './problem.ts';
import type { ColumnVindex, KeyspaceVSchema, TableVSchema } from './vschema.ts';

type KnownColumn = Readonly<{ name: string; autoIncrement: boolean }>;

type KnownKey = Readonly<{ name: string; unique: boolean; columns: readonly (string | undefined)[] }>;

type KnownTable<C extends KnownColumn> = Readonly<{
  kind: 'table' | 'view';
  columns: readonly C[];
  keys: readonly KnownKey[];
}>;

/** The tables of one keyspace: what is used of `KeyspaceSchema`. */
export type KnownTables<C extends KnownColumn> = Readonly<{
  tables: ReadonlyMap<string, KnownTable<C>>;
}>;

/** Why MySQL may call two values of these columns equal that the vindex sends to different shards; undefined if never. */
export type WhyInexact<C> = (columnVindex: ColumnVindex, columns: readonly C[]) => string | undefined;

const SEQUENCE_COLUMNS = ['id', 'next_id', 'cache'] as const;

/** The problems of a keyspace that is sound in itself; `whyInexact` is asked where all columns of a vindex are known. */
export function validateTables<C extends KnownColumn>(
  keyspace: KeyspaceVSchema,
  known: KnownTables<C>,
  whyInexact?: WhyInexact<C>,
): VSchemaProblem[] {
  const problems: VSchemaProblem[] = [];
  for (const table of keyspace.tables.values()) {
    const path = memberPath('tables', table.name);
    const found = known.tables.get(table.name);
    if (found === undefined) {
      const hint = suggestion(table.name, [...known.tables.keys()]);
      problems.push(warningAt(path, `the tablets have no table "${table.name}"${hint}`));
    } else if (found.kind === 'table') {
      problems.push(...tableProblems(table, found, path, whyInexact));
    }
  }
  if (!keyspace.sharded) return problems;
  for (const [name, { kind }] of known.tables) {
    if (kind === 'view' || keyspace.tables.has(name)) continue;
    const message = 'is missing: the tablets have the table, but statements that use it are refused';
    problems.push(warningAt(memberPath('tables', name), message));
  }
  return problems;
}

function tableProblems<C extends KnownColumn>(
  table: TableVSchema,
  known: KnownTable<C>,
  path: string,
  whyInexact: WhyInexact<C> | undefined,
): VSchemaProblem[] {
  const columns = new Map(known.columns.map((column) => [column.name.toLowerCase(), column]));
  const missing = (name: string): string =>
    `the table has no column "${name}"${suggestion(
      name,
      [...known.columns].map((each) => each.name),
    )}`;
  const problems: VSchemaProblem[] = [];
  table.columnVindexes.forEach((each, at) => {
    const where = `${path}.column_vindexes[${at}]`;
    const unknown = each.columns.filter((name) => !columns.has(name.toLowerCase()));
    for (const name of unknown) problems.push(errorAt(where, missing(name)));
    if (unknown.length > 0) return;
    const why = whyInexact?.(
      each,
      each.columns.map((name) => columns.get(name.toLowerCase())!),
    );
    if (why !== undefined) problems.push(warningAt(where, inexact(each, why)));
  });
  const auto = table.autoIncrement?.column;
  if (auto !== undefined && !columns.has(auto.toLowerCase())) {
    problems.push(errorAt(`${path}.auto_increment.column`, missing(auto)));
  }
  table.columns.forEach(({ name }, at) => {
    if (columns.has(name.toLowerCase())) return;
    problems.push(warningAt(`${path}.columns[${at}].name`, missing(name)));
  });
  if (table.kind === 'sequence') {
    const lacking = SEQUENCE_COLUMNS.filter((name) => !columns.has(name));
    const message = `a sequence needs the columns id, next_id and cache; the table has no ${lacking.join(', ')}`;
    if (lacking.length > 0) problems.push(errorAt(`${path}.type`, message));
  }
  return [...problems, ...acrossShards(table, known, path)];
}

const inexact = ({ vindex }: ColumnVindex, why: string): string =>
  `${why}: where MySQL's comparison may match other spellings, statements by ${vindex.name} go to all shards. If there are none, promise it with "canonical_values": true`;

/** What MySQL guarantees within one server, and therefore not over several shards. */
function acrossShards<C extends KnownColumn>(
  { kind, columnVindexes, autoIncrement, pinned }: TableVSchema,
  { columns, keys }: KnownTable<C>,
  path: string,
): VSchemaProblem[] {
  if (kind !== 'sharded' || pinned !== undefined) return [];
  const counter = columns.find((column) => column.autoIncrement);
  const generated = autoIncrement?.column.toLowerCase();
  const problems: VSchemaProblem[] = [];
  if (counter !== undefined && generated !== counter.name.toLowerCase()) {
    const message = `${counter.name} is AUTO_INCREMENT in MySQL, where each shard counts by itself: name a sequence for it`;
    problems.push(warningAt(`${path}.auto_increment`, message));
  }
  for (const key of keys) {
    if (!key.unique || isEnforced(key, columnVindexes, generated)) continue;
    const primary = columnVindexes[0]?.columns.join(', ') ?? '';
    const message = `UNIQUE key ${key.name} does not contain ${primary}, so MySQL enforces it within each shard only`;
    problems.push(warningAt(path, message));
  }
  return problems;
}

/** Whether rows with equal keys meet in one shard, or cannot be made because a sequence gives one of the values. */
function isEnforced(
  { columns }: KnownKey,
  columnVindexes: readonly ColumnVindex[],
  generated: string | undefined,
): boolean {
  const parts = new Set(columns.map((name) => name?.toLowerCase()));
  if (generated !== undefined && parts.has(generated)) return true;
  return columnVindexes.some(
    ({ vindex, columns: own }) => vindex.vindex.unique && own.every((name) => parts.has(name.toLowerCase())),
  );
}
