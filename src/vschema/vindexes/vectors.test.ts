/** Every functional vindex against what Vitess' own code gave for the same values. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { keyRangeName } from '../key-range.ts';
import { createVindex } from './registry.ts';
import type { Vindex, VindexValue } from './vindex.ts';

type Vector = Readonly<{
  vindex: string;
  params?: Readonly<Record<string, string>>;
  input: readonly Readonly<{ type: string; hex?: string }>[];
  /** The keyspace id in hexadecimal; missing where it is empty. */
  result?: string;
  range?: string;
  none?: true;
  error?: true;
}>;

const file = join(import.meta.dirname, 'vectors/functional.json');
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'));

const kinds = {
  INT64: 'integer',
  UINT64: 'unsigned',
  DECIMAL: 'decimal',
  FLOAT64: 'float',
  VARCHAR: 'text',
  VARBINARY: 'binary',
} as const;

function vindexValue({ type, hex = '' }: Vector['input'][number]): VindexValue {
  if (type === 'NULL_TYPE') return { kind: 'null' };
  return { kind: kinds[type as keyof typeof kinds], bytes: Buffer.from(hex, 'hex') };
}

function outcomeOf(vindex: Vindex, input: Vector['input']): Omit<Vector, 'vindex' | 'input'> {
  try {
    const destination = vindex.map(input.map(vindexValue));
    switch (destination.kind) {
      case 'keyspaceId':
        return { result: destination.id.toString('hex') };
      case 'keyRange':
        return { range: `DestinationKeyRange(${keyRangeName(destination.range)})` };
      case 'none':
        return { none: true };
    }
  } catch (cause) {
    if (cause instanceof HeadgateError && cause.code === 'HG_VINDEX_VALUE') return { error: true };
    throw cause;
  }
}

const groups = Map.groupBy(vectors, ({ vindex, params }) => `${vindex} ${JSON.stringify(params ?? {})}`);

test.each([...groups])('%s', (_name, lines) => {
  const vindex = createVindex(lines[0]!.vindex, lines[0]!.params ?? {});
  const got = lines.map(({ input }) => ({ input, ...outcomeOf(vindex, input) }));
  const expected = lines.map(({ vindex: _type, params, input, ...outcome }) =>
    Object.keys(outcome).length === 0 ? { input, result: '' } : { input, ...outcome },
  );
  expect(got).toEqual(expected);
});
