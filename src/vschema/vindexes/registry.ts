/** All types of vindexes by the names that VSchemas use. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { binary } from './binary.ts';
import { binaryMd5 } from './binary-md5.ts';
import { cfc } from './cfc.ts';
import { hash } from './hash.ts';
import { lookupCost, lookupParams, lookupVindex } from './lookup.ts';
import { multicol } from './multicol.ts';
import { nullVindex } from './null.ts';
import { numeric } from './numeric.ts';
import { numericStaticMap } from './numeric-static-map.ts';
import type { ReadFile, VindexParams } from './params.ts';
import { regionExperimental, regionJson } from './region.ts';
import { reverseBits } from './reverse-bits.ts';
import { unicodeLooseMd5, unicodeLooseXxhash } from './unicode-loose.ts';
import type { Vindex } from './vindex.ts';
import { xxhash } from './xxhash.ts';

type Entry = Readonly<{
  params: readonly string[];
  create: (params: VindexParams, readFile: ReadFile | undefined) => Vindex;
}>;

const plain = (vindex: Vindex): [string, Entry] => [vindex.type, { params: [], create: () => vindex }];

const lookup = (type: string): [string, Entry] => [
  type,
  { params: lookupParams, create: (params) => lookupVindex(type, params) },
];

const staticMapParams = ['json', 'json_path', 'fallback_type'];

const entries: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ...[binary, binaryMd5, hash, numeric, nullVindex, reverseBits].map(plain),
  ...[unicodeLooseMd5, unicodeLooseXxhash, xxhash].map(plain),
  ['cfc', { params: ['hash', 'offsets'], create: cfc }],
  [
    'multicol',
    {
      params: ['column_count', 'column_bytes', 'column_vindex', ...staticMapParams],
      create: (params, readFile) => multicol(params, (type) => createVindex(type, params, readFile)),
    },
  ],
  [
    'numeric_static_map',
    {
      params: staticMapParams,
      create: (params, readFile) => numericStaticMap(params, (type) => createVindex(type, {}), readFile),
    },
  ],
  ['region_experimental', { params: ['region_bytes'], create: regionExperimental }],
  ['region_json', { params: ['region_map', 'region_bytes'], create: regionJson }],
  ...['lookup', 'lookup_hash', 'lookup_unicodeloosemd5_hash', 'consistent_lookup']
    .flatMap((type) => [type, `${type}_unique`])
    .map(lookup),
  ['lookup_cost', { params: ['cost'], create: lookupCost }],
]);

/** The names of all types. */
export const vindexTypes: readonly string[] = [...entries.keys()];

/** The parameters that a type reads; none for a type that does not exist. */
export const knownParams = (type: string): readonly string[] => entries.get(type)?.params ?? [];

/**
 * A vindex of a type with its parameters; unknown parameters are ignored, as in Vitess. `readFile` gives the text of a file that
 * a parameter names. Throws HeadgateError (HG_VINDEX_PARAM) naming the parameter that is wrong, or the unknown type.
 */
export function createVindex(type: string, params: VindexParams, readFile?: ReadFile): Vindex {
  const entry = entries.get(type);
  if (entry === undefined) {
    throw new HeadgateError('HG_VINDEX_PARAM', { detail: `${JSON.stringify(type)} is no vindex type` });
  }
  return entry.create(params, readFile);
}
