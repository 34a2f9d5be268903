/** The outer shape of a VSchema file, as Vitess writes it: the names that objects may have at each level. */
import { suggestion } from '../../config/suggestion.ts';

/** `path` is where in the file: `tables.customer.column_vindexes`; empty for the whole. */
export type ShapeProblem = Readonly<{ path: string; message: string }>;

const KEYSPACE = {
  sharded: 'boolean',
  require_explicit_routing: 'boolean',
  foreign_key_mode: 'string',
  multi_tenant_spec: 'object',
  vindexes: 'object',
  tables: 'object',
} as const;
const VINDEX = { type: 'string', params: 'object', owner: 'string' } as const;
const TABLE = {
  type: 'string',
  column_vindexes: 'list',
  auto_increment: 'object',
  columns: 'list',
  pinned: 'string',
  column_list_authoritative: 'boolean',
  source: 'string',
} as const;

type Kind = 'boolean' | 'string' | 'object' | 'list';
type Shape = Readonly<Record<string, Kind>>;

const article: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  string: 'a string',
  object: 'an object',
  list: 'a list',
};

/** All deviations; none means that the file may be stored. */
export function vschemaShapeProblems(vschema: unknown): ShapeProblem[] {
  const problems = shapeProblems('', vschema, KEYSPACE);
  if (!isObject(vschema)) return problems;
  for (const [folder, shape] of [
    ['vindexes', VINDEX],
    ['tables', TABLE],
  ] as const) {
    const members = vschema[folder];
    if (!isObject(members)) continue;
    for (const [name, member] of Object.entries(members)) {
      problems.push(...shapeProblems(`${folder}.${name}`, member, shape));
    }
  }
  return problems;
}

function shapeProblems(path: string, value: unknown, shape: Shape): ShapeProblem[] {
  if (!isObject(value)) {
    return [{ path, message: `must be an object, not ${value === null ? 'null' : kindOf(value)}` }];
  }
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const known = snakeCase(name);
    const wanted = Object.hasOwn(shape, known) ? shape[known] : undefined;
    if (wanted === undefined) {
      return [{ path: at, message: `is not known here${suggestion(name, Object.keys(shape))}` }];
    }
    // Vitess leaves out what is empty, and some of its tools write null in its place.
    return member === null || kindOf(member) === wanted
      ? []
      : [{ path: at, message: `must be ${article[wanted]}` }];
  });
}

/** Vitess reads both spellings of each name: `column_vindexes` and `columnVindexes`. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
