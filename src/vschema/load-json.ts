/**
 * Reads JSON objects as Vitess reads its VSchemas (protobuf's JSON form): names in both spellings (`column_vindexes`,
 * `columnVindexes`), null for what is not there, numbers also as strings, unknown names ignored, though not silently.
 */
import { suggestion } from '../config/suggestion.ts';
import { errorAt, memberPath, type VSchemaProblem, warningAt } from './problem.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `strings`: an object of strings; `texts`: a list of them. */
type FieldType = 'boolean' | 'string' | 'number' | 'object' | 'list' | 'strings' | 'texts';
export type Shape = Readonly<Record<string, FieldType>>;

type ValueOf = {
  boolean: boolean;
  string: string;
  number: number;
  object: JsonObject;
  list: readonly unknown[];
  strings: Readonly<Record<string, string>>;
  texts: readonly string[];
};

export type Fields<S extends Shape> = { readonly [Name in keyof S]?: ValueOf[S[Name]] };

const wanted: Readonly<Record<FieldType, string>> = {
  boolean: 'true or false',
  string: 'a string',
  number: 'a whole number',
  object: 'an object',
  list: 'a list',
  strings: 'an object',
  texts: 'a list of strings',
};

/** The fields of an object that are there and as wanted; all others become problems. Undefined for what is no object. */
export function readFields<S extends Shape>(
  value: unknown,
  shape: S,
  path: string,
  problems: VSchemaProblem[],
): Fields<S> | undefined {
  if (!isJsonObject(value)) {
    problems.push(errorAt(path, `must be an object, not ${kindOf(value)}`));
    return undefined;
  }
  const fields: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const at = memberPath(path, name);
    const known = snakeCase(name);
    const type = Object.hasOwn(shape, known) ? shape[known] : undefined;
    if (type === undefined) {
      problems.push(warningAt(at, `is not known here${suggestion(name, Object.keys(shape))}`));
    } else if (known in fields) {
      problems.push(errorAt(at, `stands here twice, also as ${known}`));
    } else if (member !== null) {
      const read = readValue(member, type, at, problems);
      if (read !== undefined) fields[known] = read;
    }
  }
  return fields as Fields<S>;
}

function readValue(value: unknown, type: FieldType, path: string, problems: VSchemaProblem[]): unknown {
  switch (type) {
    case 'number': {
      const number = typeof value === 'string' && value !== '' ? Number(value) : value;
      if (Number.isInteger(number)) return number;
      break;
    }
    case 'strings':
      if (isJsonObject(value)) return readStrings(value, path, problems);
      break;
    case 'texts':
      if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
      break;
    default:
      if (kindOf(value) === type) return value;
  }
  problems.push(errorAt(path, `must be ${wanted[type]}, not ${kindOf(value)}`));
  return undefined;
}

function readStrings(value: JsonObject, path: string, problems: VSchemaProblem[]): Record<string, string> {
  const strings: Record<string, string> = {};
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string') strings[name] = member;
    else {
      const instead = JSON.stringify(typeof member === 'object' ? JSON.stringify(member) : String(member));
      problems.push(
        errorAt(memberPath(path, name), `must be a string, not ${kindOf(member)}; write ${instead}`),
      );
    }
  }
  return strings;
}

/** The members of an object of objects (`tables`, `vindexes`), each under its name. */
export function* membersOf(
  folder: JsonObject | undefined,
  path: string,
): Generator<readonly [name: string, value: unknown, path: string]> {
  for (const [name, value] of Object.entries(folder ?? {})) {
    // Vitess' tools write null for an object without fields.
    yield [name, value ?? {}, memberPath(path, name)];
  }
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
