/**
 * The `multicol` vindex: each column has a hashing vindex of its own, of which the first few bytes are taken; joined, they are
 * the keyspace id. The first columns alone give the range of all ids that begin so.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { hashingTypes } from './hashing-types.ts';
import { badParam, integerIn, integerParam, type VindexParams } from './params.ts';
import { prefixRange } from './prefix.ts';
import { atKeyspaceId, type Destination, NOWHERE, type Vindex, type VindexValue } from './vindex.ts';

const TYPE = 'multicol';
const BYTES_MAX = 8;

type Part = Readonly<{ vindex: Vindex; bytes: number }>;

const partTypes = [...hashingTypes, 'numeric_static_map'];

/** `createPart` makes the vindex of one column; of one that has parameters they are among these. */
export function multicol(params: VindexParams, createPart: (type: string) => Vindex): Vindex {
  const count = integerParam(TYPE, params, 'column_count', 1, BYTES_MAX);
  if (count === undefined) throw badParam(TYPE, 'column_count', 'is missing');
  const bytes = bytesPerColumn(params, count);
  const vindexes = vindexPerColumn(params, count, createPart);
  const parts = vindexes.map((vindex, at): Part => ({ vindex, bytes: bytes[at]! }));
  return Object.freeze({
    type: TYPE,
    unique: true,
    functional: true,
    cost: vindexes.reduce((sum, { cost }) => sum + cost, 0),
    columnCount: { min: 1, max: count },
    ordered: false,
    map: (values: readonly VindexValue[]): Destination => destination(parts, values),
  });
}

/** Empty members share what the others leave, the first of them getting the larger shares. */
function bytesPerColumn({ column_bytes: text = '' }: VindexParams, count: number): readonly number[] {
  const listed = listOf(text, 'column_bytes', count);
  const given = listed.map((each) => (each === '' ? 0 : integerIn(TYPE, 'column_bytes', each, 1, BYTES_MAX)));
  let open = given.filter((bytes) => bytes === 0).length;
  let left = BYTES_MAX - given.reduce((sum, bytes) => sum + bytes, 0);
  if (left < open) {
    throw badParam(TYPE, 'column_bytes', `must leave a byte for each column; ${BYTES_MAX} are there in all`);
  }
  return given.map((bytes) => {
    if (bytes > 0) return bytes;
    const share = Math.ceil(left / open);
    left -= share;
    open--;
    return share;
  });
}

function vindexPerColumn(
  { column_vindex: text = '' }: VindexParams,
  count: number,
  createPart: (type: string) => Vindex,
): readonly Vindex[] {
  return listOf(text, 'column_vindex', count).map((name) => {
    const type = name === '' ? 'hash' : name;
    if (partTypes.includes(type)) return createPart(type);
    throw badParam(
      TYPE,
      'column_vindex',
      `must name hashing vindexes (${partTypes.join(', ')}), not ${type}`,
    );
  });
}

/** A comma-separated list, filled up to the number of columns with empty members. */
function listOf(text: string, name: string, count: number): readonly string[] {
  const listed = text === '' ? [] : text.split(',').map((each) => each.trim());
  if (listed.length > count) throw badParam(TYPE, name, `has more members than column_count (${count})`);
  return Array.from({ length: count }, (_, at) => listed[at] ?? '');
}

function destination(parts: readonly Part[], values: readonly VindexValue[]): Destination {
  if (values.length > parts.length) return NOWHERE;
  const id = Buffer.alloc(BYTES_MAX);
  let start = 0;
  let length = 0;
  for (const [at, value] of values.entries()) {
    const { vindex, bytes } = parts[at]!;
    const own = idOf(vindex, value);
    if (own === undefined) return NOWHERE;
    // Zeros stand where a column's id is shorter than its share, but not behind the last one.
    length = start + own.copy(id, start, 0, bytes);
    start += bytes;
  }
  const joined = id.subarray(0, length);
  return values.length < parts.length ? prefixRange(joined) : atKeyspaceId(joined);
}

/** What a column's vindex refuses has no place here, as in the reference. */
function idOf(vindex: Vindex, value: VindexValue): Buffer | undefined {
  try {
    const own = vindex.map([value]);
    return own.kind === 'keyspaceId' ? own.id : undefined;
  } catch (cause) {
    if (cause instanceof HeadgateError && cause.code === 'HG_VINDEX_VALUE') return undefined;
    throw cause;
  }
}
