/** The `numeric_static_map` vindex: a table gives the number for a number; what it lacks stays or goes to another vindex. */
import { hashingTypes } from './hashing-types.ts';
import { bigEndian, numberOf } from './number-of.ts';
import { badParam, fileParam, numberTable, type ReadFile, type VindexParams } from './params.ts';
import { singleColumn, type Vindex } from './vindex.ts';

const TYPE = 'numeric_static_map';

/** `createFallback` makes the vindex for what the table lacks. */
export function numericStaticMap(
  params: VindexParams,
  createFallback: (type: string) => Vindex,
  readFile?: ReadFile,
): Vindex {
  const table = tableOf(params, readFile);
  const fallback = fallbackOf(params, createFallback);
  return singleColumn({
    type: TYPE,
    cost: 1,
    keyspaceId: (value) => {
      const number = numberOf(value);
      if (number === undefined) return undefined;
      const mapped = table.get(number);
      if (mapped !== undefined) return bigEndian(mapped);
      if (fallback === undefined) return bigEndian(number);
      const destination = fallback.map([value]);
      return destination.kind === 'keyspaceId' ? destination.id : undefined;
    },
  });
}

function tableOf(params: VindexParams, readFile: ReadFile | undefined): ReadonlyMap<bigint, bigint> {
  const { json, json_path: path } = params;
  if ((json ?? '') !== '' && (path ?? '') !== '')
    throw badParam(TYPE, 'json', 'excludes json_path: give one');
  const isFile = (json ?? '') === '';
  if (isFile && (path ?? '') === '') throw badParam(TYPE, 'json', 'or json_path is missing');
  const name = isFile ? 'json_path' : 'json';
  const text = isFile ? fileParam(TYPE, params, name, readFile) : json!;
  return numberTable(TYPE, name, text, (key) => numberOf({ kind: 'text', bytes: Buffer.from(key) }));
}

function fallbackOf(
  { fallback_type: type }: VindexParams,
  create: (type: string) => Vindex,
): Vindex | undefined {
  if (type === undefined || type === '') return undefined;
  if (hashingTypes.includes(type)) return create(type);
  throw badParam(
    TYPE,
    'fallback_type',
    `must be one of ${hashingTypes.join(', ')}, not ${JSON.stringify(type)}`,
  );
}
