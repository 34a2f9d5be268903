import { expect, test } from 'vitest';
import type { HeadgateError } from '../../errors/headgate-error.ts';
import { keyRangeName } from '../key-range.ts';
import { createVindex, knownParams, vindexTypes } from './registry.ts';
import type { Destination, VindexValue } from './vindex.ts';

type Params = Readonly<Record<string, string>>;

const files: Readonly<Record<string, string>> = {
  'countries.json': '{"FR": 1, "US": 513}',
  'numbers.json': '{"7": 18446744073709551615}',
};

function readFile(path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error('no such file');
  return text;
}

const create = (type: string, params: Params = {}) => createVindex(type, params, readFile);

const text = (content: string): VindexValue => ({ kind: 'text', bytes: Buffer.from(content) });
const integer = (content: number): VindexValue => ({ kind: 'integer', bytes: Buffer.from(`${content}`) });

function shown(destination: Destination): string {
  switch (destination.kind) {
    case 'keyspaceId':
      return destination.id.toString('hex');
    case 'keyRange':
      return keyRangeName(destination.range);
    case 'none':
      return 'none';
  }
}

const lookupParams = { table: 'l', from: 'a,b', to: 'id' };
const paramsOf: Readonly<Record<string, Params>> = {
  multicol: { column_count: '2' },
  numeric_static_map: { json: '{}' },
  region_experimental: { region_bytes: '1' },
  region_json: { region_bytes: '1', region_map: 'countries.json' },
};

test('every type can be made, and says what it is', () => {
  const facts = vindexTypes.map((type) => {
    const vindex = create(type, type.includes('lookup') ? lookupParams : paramsOf[type]);
    const { unique, functional, cost, ordered, columnCount } = vindex;
    expect(vindex.type).toBe(type);
    const kind = `${unique ? 'unique' : ''} ${functional ? 'functional' : ''} ${ordered ? 'ordered' : ''}`;
    return `${type}: ${cost} ${columnCount.min}-${columnCount.max} ${kind.split(' ').filter(Boolean).join(' ')}`;
  });
  expect(facts.sort()).toEqual([
    'binary: 0 1-1 unique functional ordered',
    'binary_md5: 1 1-1 unique functional',
    'cfc: 1 1-1 unique functional',
    'consistent_lookup: 20 1-2 ',
    'consistent_lookup_unique: 10 1-2 unique',
    'hash: 1 1-1 unique functional',
    'lookup: 20 1-2 ',
    'lookup_cost: 5 1-16 ',
    'lookup_hash: 20 1-2 ',
    'lookup_hash_unique: 10 1-2 unique',
    'lookup_unicodeloosemd5_hash: 20 1-2 ',
    'lookup_unicodeloosemd5_hash_unique: 10 1-2 unique',
    'lookup_unique: 10 1-2 unique',
    'multicol: 2 1-2 unique functional',
    'null: 100 1-1 unique functional',
    'numeric: 0 1-1 unique functional ordered',
    'numeric_static_map: 1 1-1 unique functional',
    'region_experimental: 1 1-2 unique functional',
    'region_json: 1 2-2 unique functional',
    'reverse_bits: 1 1-1 unique functional',
    'unicode_loose_md5: 1 1-1 unique functional',
    'unicode_loose_xxhash: 1 1-1 unique functional',
    'xxhash: 1 1-1 unique functional',
  ]);
});

test.each<[string, Params, string]>([
  ['multicol', {}, 'column_count of multicol is missing'],
  ['multicol', { column_count: '9' }, 'column_count of multicol must be a number from 1 to 8, not "9"'],
  ['multicol', { column_count: '2', column_bytes: '1,2,3' }, 'column_bytes of multicol has more members'],
  ['multicol', { column_count: '2', column_bytes: '8' }, 'column_bytes of multicol must leave a byte'],
  ['multicol', { column_count: '2', column_bytes: 'x' }, 'column_bytes of multicol must be a number'],
  ['multicol', { column_count: '1', column_vindex: 'cfc' }, 'column_vindex of multicol must name hashing'],
  ['multicol', { column_count: '1', column_vindex: 'lookup' }, 'column_vindex of multicol must name hashing'],
  ['numeric_static_map', {}, 'json of numeric_static_map or json_path is missing'],
  [
    'numeric_static_map',
    { json: '{}', json_path: 'numbers.json' },
    'json of numeric_static_map excludes json_path',
  ],
  [
    'numeric_static_map',
    { json_path: 'none.json' },
    'json_path of numeric_static_map names the file none.json',
  ],
  ['numeric_static_map', { json: '{"a": 1}' }, 'json of numeric_static_map must be a JSON object'],
  ['numeric_static_map', { json: '{"1": -1}' }, 'json of numeric_static_map must be a JSON object'],
  [
    'numeric_static_map',
    { json: '{"1": 18446744073709551616}' },
    'json of numeric_static_map must be a JSON object',
  ],
  ['numeric_static_map', { json: '{"\\q": 1}' }, 'json of numeric_static_map must be a JSON object'],
  ['numeric_static_map', { json: '{"1": 1} x' }, 'json of numeric_static_map must be a JSON object'],
  [
    'numeric_static_map',
    { json: '{}', fallback_type: 'md5' },
    'fallback_type of numeric_static_map must be one of',
  ],
  ['region_experimental', {}, 'region_bytes of region_experimental is missing'],
  [
    'region_experimental',
    { region_bytes: '3' },
    'region_bytes of region_experimental must be a number from 1 to 2',
  ],
  ['region_json', { region_bytes: '1' }, 'region_map of region_json is missing'],
  ['cfc', { hash: 'sha1', offsets: '[1]' }, 'hash of cfc must be md5 or xxhash64'],
  ['cfc', { hash: 'toString', offsets: '[1]' }, 'hash of cfc must be md5 or xxhash64'],
  ['cfc', { hash: 'md5' }, 'offsets of cfc must be rising positions'],
  ['cfc', { hash: 'md5', offsets: '[4,2]' }, 'offsets of cfc must be rising positions'],
  ['cfc', { hash: 'md5', offsets: '[0]' }, 'offsets of cfc must be rising positions'],
  ['lookup', { table: 't', to: 'id' }, 'from of lookup is missing'],
  [
    'lookup',
    { ...lookupParams, autocommit: 'yes' },
    'autocommit of lookup must be "true" or "false", not "yes"',
  ],
  ['lookup_unique', { ...lookupParams, read_lock: 'all' }, 'read_lock of lookup_unique must be one of'],
  ['toString', {}, '"toString" is no vindex type'],
])('%s with %j is refused', (type, params, detail) => {
  const expected: Partial<HeadgateError> = {
    code: 'HG_VINDEX_PARAM',
    message: expect.stringContaining(detail) as unknown as string,
  };
  expect(() => create(type, params)).toThrow(expect.objectContaining(expected));
});

test.each<[string, Params, VindexValue[], string]>([
  ['hash', {}, [text(' 1\t')], '166b40b44aba4bd6'],
  ['hash', {}, [text('1 1')], 'none'],
  ['hash', {}, [text(`${'0'.repeat(90)}1`)], '166b40b44aba4bd6'],
  ['hash', {}, [text('9'.repeat(90))], 'none'],
  ['hash', {}, [{ kind: 'integer', bytes: Buffer.from('9223372036854775808') }], 'none'],
  ['hash', {}, [{ kind: 'integer', bytes: Buffer.from('-') }], 'none'],
  ['numeric', {}, [text('18446744073709551616')], 'none'],
  ['numeric_static_map', { json_path: 'numbers.json' }, [integer(7)], 'ffffffffffffffff'],
  ['numeric_static_map', { json: '{ "\\u0037" : 2 , "8":3}' }, [integer(8)], '0000000000000003'],
  [
    'region_json',
    { region_bytes: '1', region_map: 'countries.json' },
    [integer(1), text('US')],
    '01166b40b44aba4bd6',
  ],
  [
    'region_json',
    { region_bytes: '2', region_map: 'countries.json' },
    [integer(1), text('US')],
    '0201166b40b44aba4bd6',
  ],
  ['region_json', { region_bytes: '1', region_map: 'countries.json' }, [integer(1), text('us')], 'none'],
  ['region_json', { region_bytes: '1', region_map: 'countries.json' }, [integer(1)], 'none'],
  ['region_experimental', { region_bytes: '1' }, [integer(255)], 'ff-'],
  ['region_experimental', { region_bytes: '2' }, [integer(511)], '01ff-02'],
  ['multicol', { column_count: '2', column_vindex: 'binary' }, [text('a'), integer(1)], '61000000166b40b4'],
  ['multicol', { column_count: '2', column_vindex: 'binary' }, [text('')], '-'],
  [
    'multicol',
    { column_count: '2', column_vindex: ',numeric_static_map', column_bytes: '1,7', json: '{"1":258}' },
    [integer(1), integer(1)],
    '1600000000000001',
  ],
  [
    'multicol',
    { column_count: '2', column_vindex: 'unicode_loose_md5' },
    [{ kind: 'binary', bytes: Buffer.of(255) }],
    'none',
  ],
  ['cfc', { offsets: '[2]' }, [text('abc')], '616263'],
])('%s with %j maps %j', (type, params, values, expected) => {
  expect(shown(create(type, params).map(values))).toBe(expected);
});

test('what a vindex gives shares no memory with anything', () => {
  const types = vindexTypes.filter((type) => !type.includes('lookup'));
  for (const type of types.filter((each) => !paramsOf[each])) {
    const value = text('12345678');
    const before = shown(create(type).map([value]));
    for (const destination of [create(type).map([value]), create(type).map([value])]) {
      if (destination.kind === 'keyspaceId') destination.id.fill(0xee);
    }
    expect(shown(create(type).map([value])), type).toBe(before);
  }
});

test('what a lookup vindex knows is in a table', () => {
  expect(() => create('lookup', lookupParams).map([integer(1)])).toThrow('kept in a table');
  expect(knownParams('lookup')).toContain('table');
  expect(knownParams('no such type')).toEqual([]);
});
