/** What changes between two VSchemas (or sets of routing rules), in words that people can check before they apply it. */
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from './load-json.ts';
import { memberPath } from './problem.ts';

/** `before` is undefined for what is added, `after` for what is removed. */
export type VSchemaChange = Readonly<{ path: string; before: unknown; after: unknown }>;

/**
 * The changes from one JSON value to the other, in the order of the first, additions last. Members of objects are compared by
 * name; lists whose members have names (columns, rules) by these, all other lists by position. Fields that are
 * empty count as not there.
 */
export function diffVSchema(before: unknown, after: unknown): VSchemaChange[] {
  const changes: VSchemaChange[] = [];
  compare('', before ?? {}, after ?? {}, changes);
  return changes;
}

/** One line for each change: `+` added, `-` removed, `~` changed. */
export function diffText(changes: readonly VSchemaChange[]): string {
  return changes
    .map(({ path, before, after }) => {
      if (before === undefined) return `+ ${path}: ${JSON.stringify(after)}`;
      if (after === undefined) return `- ${path}: ${JSON.stringify(before)}`;
      return `~ ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`;
    })
    .join('\n');
}

function compare(path: string, before: unknown, after: unknown, changes: VSchemaChange[]): void {
  if (isDeepStrictEqual(before, after)) return;
  const [old, next] = [membersOf(before, path), membersOf(after, path)];
  if (old === undefined || next === undefined) {
    changes.push({ path, before, after });
    return;
  }
  for (const [at, value] of old) {
    if (next.has(at)) compare(at, value, next.get(at), changes);
    else changes.push({ path: at, before: value, after: undefined });
  }
  for (const [at, value] of next) {
    if (!old.has(at)) changes.push({ path: at, before: undefined, after: value });
  }
}

/** Where names are the user's own; everywhere else they are fields, which have two spellings. */
const FREE_NAMES = /^(?:tables|vindexes|vindexes\..*\.params)$/;

/** The parts of an object or a list by their paths; undefined for other values. */
function membersOf(value: unknown, path: string): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const names = value.map(nameOf);
    const byName = names.every((name) => name !== undefined) && new Set(names).size === names.length;
    return new Map(value.map((each, at) => [`${path}[${byName ? names[at] : at}]`, each]));
  }
  if (!isJsonObject(value)) return undefined;
  const present = Object.entries(value).filter(([, each]) => !isAbsent(each));
  const spelt = FREE_NAMES.test(path) ? (name: string) => name : snakeCase;
  return new Map(present.map(([name, each]) => [memberPath(path, spelt(name)), each]));
}

/** By what a list's member is known: columns have `name` and `type`, rules `from_table`. */
function nameOf(member: unknown): string | undefined {
  if (!isJsonObject(member)) return undefined;
  const isColumnVindex = 'column' in member || 'columns' in member;
  const name = member.from_table ?? member.fromTable ?? (isColumnVindex ? undefined : member.name);
  return typeof name === 'string' ? name : undefined;
}

const isAbsent = (value: unknown): boolean =>
  value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
