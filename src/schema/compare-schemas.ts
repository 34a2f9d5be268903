/**
 * The tables of a keyspace as its shards have them, made one. Shards are changed one after the other, hence they may disagree
 * for a while: a table can be used again as soon as it is the same everywhere.
 *
 * What makes a table unusable is what could mislabel or misalign the columns of an answer, or let a row be stored or compared
 * differently depending on its shard. Keys do not; nor does whether a column takes NULL.
 */
import type { ColumnSchema, KeySchema, TableSchema } from './schema.ts';

/** What one shard has. `shard` is its full name (`commerce/-80`), as messages show it. */
export type ShardTables = Readonly<{ shard: string; tables: ReadonlyMap<string, TableSchema> }>;

/** One table's fate; `parts` is what it was made from, in the order of the shards. */
type Outcome = Readonly<{
  parts: readonly (TableSchema | undefined)[];
  table: TableSchema | undefined;
  disagreement: string | undefined;
}>;

export type MergedTables = Readonly<{
  tables: ReadonlyMap<string, TableSchema>;
  disagreements: ReadonlyMap<string, string>;
  /** By which the next merge finds what has not changed. */
  outcomes: ReadonlyMap<string, Outcome>;
}>;

/**
 * One table for each name that any shard has. What is as it was in `previous` stays the same object; if nothing has changed,
 * so do `tables` and `disagreements`.
 */
export function mergeShards(shards: readonly ShardTables[], previous?: MergedTables): MergedTables {
  const names = new Set(shards.flatMap(({ tables }) => [...tables.keys()]));
  const tables = new Map<string, TableSchema>();
  const disagreements = new Map<string, string>();
  const outcomes = new Map<string, Outcome>();
  let changed = previous === undefined || previous.outcomes.size !== names.size;
  for (const name of [...names].sort()) {
    const parts = shards.map((shard) => shard.tables.get(name));
    const before = previous?.outcomes.get(name);
    const outcome =
      before !== undefined && sameParts(before.parts, parts) ? before : mergeTable(name, shards, parts);
    const same = before?.table === outcome.table && before?.disagreement === outcome.disagreement;
    if (before === undefined || !same) changed = true;
    outcomes.set(name, outcome);
    if (outcome.table !== undefined) tables.set(name, outcome.table);
    if (outcome.disagreement !== undefined) disagreements.set(name, outcome.disagreement);
  }
  if (changed || previous === undefined) return { tables, disagreements, outcomes };
  return { ...previous, outcomes };
}

const sameParts = (a: Outcome['parts'], b: Outcome['parts']): boolean =>
  a.length === b.length && a.every((part, at) => part === b[at]);

function mergeTable(name: string, shards: readonly ShardTables[], parts: Outcome['parts']): Outcome {
  const differences = tableDifferences(shards, parts);
  if (differences.length === 0)
    return { parts, table: unite(parts as readonly TableSchema[]), disagreement: undefined };
  const disagreement = `the shards have different tables \`${name}\`: ${differences.join('; ')}`;
  return { parts, table: undefined, disagreement };
}

/** What a message names at most; a table with other columns altogether has one for each. */
const DIFFERENCES_MAX = 5;

function tableDifferences(shards: readonly ShardTables[], parts: Outcome['parts']): string[] {
  const missing = shards.filter((_shard, at) => parts[at] === undefined).map(({ shard }) => shard);
  if (missing.length > 0) {
    const there = shards.filter((_shard, at) => parts[at] !== undefined).map(({ shard }) => shard);
    return [`it is missing on ${list(missing)} and there on ${list(there)}`];
  }
  const [first] = parts as readonly TableSchema[];
  // Shards with the same difference are named together.
  const byText = new Map<string, string[]>();
  for (const [at, part] of (parts as readonly TableSchema[]).entries()) {
    if (part === first) continue;
    for (const text of differencesBetween(first!, part)) {
      const named = byText.get(text) ?? [];
      named.push(shards[at]!.shard);
      byText.set(text, named);
    }
  }
  const found = [...byText].map(
    ([text, named]) => `compared with ${shards[0]!.shard}, ${text} on ${list(named)}`,
  );
  if (found.length <= DIFFERENCES_MAX) return found;
  return [...found.slice(0, DIFFERENCES_MAX), `and ${found.length - DIFFERENCES_MAX} more`];
}

const list = (names: readonly string[]): string => names.join(', ');

/** What makes `other` unusable together with `first`; empty where nothing does. */
export function differencesBetween(first: TableSchema, other: TableSchema): string[] {
  if (first.kind !== other.kind) return [`it is a ${other.kind} and no ${first.kind}`];
  if (first.definition !== other.definition) return ["the view's SELECT differs"];
  const missing = first.columns.filter(({ name }) => !has(other, name));
  const added = other.columns.filter(({ name }) => !has(first, name));
  if (missing.length > 0 || added.length > 0) {
    return [
      ...missing.map(({ name }) => `column \`${name}\` is missing`),
      ...added.map(({ name }) => `there is a column \`${name}\` more`),
    ];
  }
  const moved = first.columns.filter(({ name }, at) => other.columns[at]!.name !== name);
  if (moved.length > 0) return ['the columns are in another order'];
  return first.columns.flatMap((column, at) => columnDifferences(column, other.columns[at]!));
}

const has = (table: TableSchema, name: string): boolean =>
  table.columns.some((column) => column.name === name);

/** What is compared of a column, with its word in messages. */
const compared = [
  ['columnType', 'type'],
  ['collation', 'collation'],
  ['defaultText', 'default'],
  ['defaultIsExpression', 'kind of default'],
  ['generated', 'generation'],
  ['invisible', 'invisibility'],
] as const satisfies readonly (readonly [keyof ColumnSchema, string])[];

function columnDifferences(first: ColumnSchema, other: ColumnSchema): string[] {
  const differing = compared.filter(([field]) => first[field] !== other[field]);
  return differing.map(([field, word]) => {
    const [here, there] = [first[field], other[field]];
    return `the ${word} of column \`${first.name}\` is ${shown(there)} instead of ${shown(here)}`;
  });
}

const shown = (value: string | boolean | undefined): string => (value === undefined ? 'none' : String(value));

/** Tables without a difference that matters, as one: what holds on all of them. */
function unite(parts: readonly TableSchema[]): TableSchema {
  const first = parts[0]!;
  if (parts.every((part) => part === first)) return first;
  return Object.freeze({
    ...first,
    columns: Object.freeze(first.columns.map((column, at) => uniteColumn(column, parts, at))),
    keys: Object.freeze(
      first.keys.filter((key) => parts.every((part) => part.keys.some((other) => sameKey(key, other)))),
    ),
  });
}

function uniteColumn(column: ColumnSchema, parts: readonly TableSchema[], at: number): ColumnSchema {
  const nullable = parts.some((part) => part.columns[at]!.nullable);
  const autoIncrement = parts.some((part) => part.columns[at]!.autoIncrement);
  if (nullable === column.nullable && autoIncrement === column.autoIncrement) return column;
  return Object.freeze({ ...column, nullable, autoIncrement });
}

/** Whether two keys are one, whatever they are called. */
const sameKey = (a: KeySchema, b: KeySchema): boolean =>
  a.unique === b.unique &&
  a.primary === b.primary &&
  a.columns.length === b.columns.length &&
  a.columns.every((column, at) => column !== undefined && column === b.columns[at]);
