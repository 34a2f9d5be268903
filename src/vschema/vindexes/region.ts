/** The `region_experimental` and `region_json` vindexes: a region's number comes first, then the hash of an id. */
import { hashKeyspaceId } from './hash.ts';
import { numberOf } from './number-of.ts';
import {
  badParam,
  fileParam,
  integerParam,
  numberTable,
  type ReadFile,
  type VindexParams,
} from './params.ts';
import { prefixRange } from './prefix.ts';
import { atKeyspaceId, bytesOf, type Destination, NOWHERE, type Vindex, type VindexValue } from './vindex.ts';

type Describe = Readonly<{
  type: string;
  columnsMin: number;
  map(values: readonly VindexValue[]): Destination;
}>;

const regionVindex = ({ type, columnsMin, map }: Describe): Vindex =>
  Object.freeze({
    type,
    unique: true,
    functional: true,
    cost: 1,
    columnCount: { min: columnsMin, max: 2 },
    ordered: false,
    map,
  });

/** The region is a number in the first column, of which the low bytes are taken. The first column alone gives a range. */
export function regionExperimental(params: VindexParams): Vindex {
  const type = 'region_experimental';
  const bytes = regionBytes(type, params);
  return regionVindex({
    type,
    columnsMin: 1,
    map: (values) => {
      if (values.length > 2) return NOWHERE;
      const region = numberOf(values[0]!);
      if (region === undefined) return NOWHERE;
      const prefix = lowBytes(region, bytes);
      if (values[1] === undefined) return prefixRange(prefix);
      const id = numberOf(values[1]);
      return id === undefined ? NOWHERE : atKeyspaceId(Buffer.concat([prefix, hashKeyspaceId(id)]));
    },
  });
}

/** The region is the number of the country in the second column, as a file says it; the id is in the first column. */
export function regionJson(params: VindexParams, readFile?: ReadFile): Vindex {
  const type = 'region_json';
  const bytes = regionBytes(type, params);
  const json = fileParam(type, params, 'region_map', readFile);
  const regions = numberTable(type, 'region_map', json, (country) => country);
  return regionVindex({
    type,
    columnsMin: 2,
    map: (values) => {
      if (values.length !== 2) return NOWHERE;
      const id = numberOf(values[0]!);
      const region = regions.get(bytesOf(values[1]!).toString('utf8'));
      if (id === undefined || region === undefined) return NOWHERE;
      return atKeyspaceId(Buffer.concat([lowBytes(region, bytes), hashKeyspaceId(id)]));
    },
  });
}

function regionBytes(type: string, params: VindexParams): number {
  const bytes = integerParam(type, params, 'region_bytes', 1, 2);
  if (bytes === undefined) throw badParam(type, 'region_bytes', 'is missing: it is 1 or 2');
  return bytes;
}

function lowBytes(number: bigint, bytes: number): Buffer {
  const low = Buffer.alloc(bytes);
  low.writeUIntBE(Number(BigInt.asUintN(bytes * 8, number)), 0, bytes);
  return low;
}
