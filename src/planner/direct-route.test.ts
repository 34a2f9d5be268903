import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ColumnSchema } from '../schema/schema.ts';
import { hash } from '../vschema/vindexes/hash.ts';
import { numeric } from '../vschema/vindexes/numeric.ts';
import { reverseBits } from '../vschema/vindexes/reverse-bits.ts';
import type { Vindex } from '../vschema/vindexes/vindex.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { directRoute, directShard } from './direct-route.ts';
import { Operands } from './operands.ts';
import type { RoutedGroup } from './plan.ts';
import { resolveRoute } from './route.ts';
import { buildShardMap } from './shard-map.ts';

const map = buildShardMap('ks', ['-40', '40-80', '80-c0', 'c0-']);
const context = { sqlMode: new Set<string>(), charset: 'utf8mb4', collation: '', timeZone: undefined };

function groupOf(vindex: Vindex, dataType: string, unsigned: boolean): RoutedGroup {
  const column = { name: 'id', dataType, columnType: dataType, unsigned } as ColumnSchema;
  const columnVindex = { vindex: { name: vindex.type, vindex }, columns: ['id'] } as unknown as ColumnVindex;
  const key = { columnVindex, columns: [column] };
  const route = {
    kind: 'equal' as const,
    key,
    values: [{ kind: 'parameter' as const, index: 0, negative: false }],
  };
  return { tables: ['t'], route, key };
}

const bits = (dataType: string): bigint => (dataType === 'bigint' ? 64n : dataType === 'int' ? 32n : 8n);

const value = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 31n, 2n ** 32n, -1n, 0n),
);

describe.each([hash, numeric, reverseBits])('$type', (vindex) => {
  test.each(['bigint', 'int', 'tinyint'])('an integer leads where its value would, in %s', (dataType) => {
    fc.assert(
      fc.property(value, fc.boolean(), (number, unsigned) => {
        const group = groupOf(vindex, dataType, unsigned);
        const block = Buffer.alloc(8);
        block.writeBigUInt64BE(BigInt.asUintN(64, number));
        const at = directShard(directRoute([group])!, block, number < 0n, number >= 2n ** 63n, map);
        const bound = [{ kind: 'integer', value: number } as const];
        const operands = new Operands(Buffer.alloc(0), {} as never, undefined, bound, context);
        const isHeld = unsigned
          ? number >= 0n && number < 2n ** bits(dataType)
          : number >= -(2n ** (bits(dataType) - 1n)) && number < 2n ** (bits(dataType) - 1n);
        if (at < 0) expect(isHeld && (vindex === hash || number >= 0n)).toBe(false);
        else expect([at]).toEqual(resolveRoute(group.route, operands, map));
      }),
      { numRuns: 300 },
    );
  });
});

test('other plans have none', () => {
  expect(directRoute([])).toBeUndefined();
  const group = groupOf(hash, 'bigint', false);
  expect(directRoute([group, group])).toBeUndefined();
  expect(directRoute([groupOf(hash, 'varchar', false)])).toBeUndefined();
});
