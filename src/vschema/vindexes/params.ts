/** Reading the parameters of vindexes; whatever is wrong with one is an HG_VINDEX_PARAM that names it. */
import { HeadgateError } from '../../errors/headgate-error.ts';

const UINT64_MAX = 2n ** 64n - 1n;

export type VindexParams = Readonly<Record<string, string>>;

/** Gives the text of a file that a parameter names; may throw. */
export type ReadFile = (path: string) => string;

export function badParam(type: string, name: string, problem: string): HeadgateError {
  return new HeadgateError('HG_VINDEX_PARAM', { detail: `parameter ${name} of ${type} ${problem}` });
}

/** A whole number from `min` to `max`; undefined where the parameter is missing or empty. */
export function integerParam(
  type: string,
  params: VindexParams,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = params[name]?.trim();
  if (text === undefined || text === '') return undefined;
  return integerIn(type, name, text, min, max);
}

/** A whole number within a parameter's text. */
export function integerIn(type: string, name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw badParam(type, name, `must be a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}

/** The text of the file that a parameter names. */
export function fileParam(
  type: string,
  params: VindexParams,
  name: string,
  readFile: ReadFile | undefined,
): string {
  const path = params[name];
  if (path === undefined || path === '') throw badParam(type, name, 'is missing: it names a file');
  if (readFile === undefined) throw badParam(type, name, `names the file ${path}, which cannot be read here`);
  try {
    return readFile(path);
  } catch (cause) {
    throw badParam(type, name, `names the file ${path}, which cannot be read: ${String(cause)}`);
  }
}

const MEMBER = /\s*("(?:[^"\\]|\\.)*")\s*:\s*(\d{1,20})\s*([,}])/y;

/**
 * A JSON object whose members are unsigned 64-bit numbers, which JSON.parse would round.
 * `keyOf` gives undefined for a key that is not allowed.
 */
export function numberTable<Key>(
  type: string,
  name: string,
  json: string,
  keyOf: (text: string) => Key | undefined,
): ReadonlyMap<Key, bigint> {
  const wrong = (): HeadgateError =>
    badParam(type, name, 'must be a JSON object whose values are whole numbers of 64 bits');
  const text = json.trim();
  if (!isJson(text) || !text.startsWith('{')) throw wrong();
  const table = new Map<Key, bigint>();
  if (/^\{\s*\}$/.test(text)) return table;
  MEMBER.lastIndex = 1;
  for (let sign = ','; sign === ','; ) {
    const member = MEMBER.exec(text);
    if (member === null) throw wrong();
    const key = keyOf(JSON.parse(member[1]!) as string);
    const number = BigInt(member[2]!);
    if (key === undefined || number > UINT64_MAX) throw wrong();
    table.set(key, number);
    sign = member[3]!;
  }
  return table;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
