/** Whatever somebody wrote into a record: the model is built, and what it uses is sound. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildVSchema } from './build-vschema.ts';
import { diffText, diffVSchema } from './diff.ts';
import { resolveTable } from './resolve-table.ts';

const valid = {
  sharded: true,
  require_explicit_routing: false,
  foreign_key_mode: 'managed',
  multi_tenant_spec: { tenant_id_column_name: 'a', tenant_id_column_type: 'INT64' },
  vindexes: {
    hash: { type: 'hash', params: { canonical_values: 'true' } },
    multi: { type: 'multicol', params: { column_count: '2' } },
    map: { type: 'numeric_static_map', params: { json: '{"1": 2}' } },
    lookup: { type: 'lookup', params: { table: 'l', from: 'b', to: 'id' }, owner: 't' },
  },
  tables: {
    t: {
      column_vindexes: [
        { column: 'id', name: 'hash', canonical_values: true },
        { columns: ['a', 'b'], name: 'multi' },
        { column: 'b', name: 'lookup' },
      ],
      columns: [{ name: 'id', type: 'INT64', size: 4, values: ['x'] }],
      auto_increment: { column: 'id', sequence: 's' },
    },
    s: { type: 'sequence', pinned: '00' },
    r: { type: 'reference', source: 'other.r' },
  },
};
const rules = {
  rules: [
    { from_table: 'x@replica', to_tables: ['ks.t'] },
    { from_table: 'y', to_tables: [] },
  ],
};

/** The value with one part, anywhere in it, replaced. */
function replaced(value: unknown, way: readonly number[], part: unknown): unknown {
  const [step, ...rest] = way;
  if (step === undefined || typeof value !== 'object' || value === null) return part;
  const keys = Object.keys(value);
  if (keys.length === 0) return part;
  const key = keys[step % keys.length]!;
  const inner = replaced((value as Record<string, unknown>)[key], rest, part);
  return Array.isArray(value) ? Object.assign([...value], { [key]: inner }) : { ...value, [key]: inner };
}

const way = fc.array(fc.nat({ max: 20 }), { maxLength: 6 });
const part = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', 'hash', 'lookup', 'ks.t', '0g', -1, [null]),
);

test('nothing throws, and a keyspace is used or says why not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(way, part), { maxLength: 4 }), way, part, (changes, ruleWay, rulePart) => {
      const vschema = changes.reduce<unknown>((value, [at, by]) => replaced(value, at, by), valid);
      const given = [
        { name: 'ks', sharded: true, vschema },
        { name: 'other', sharded: false, vschema: undefined },
      ];
      const wrongRules = replaced(rules, ruleWay, rulePart);
      const { vschema: built, problems } = buildVSchema(given, wrongRules);
      const keyspace = built.keyspaces.get('ks')!;
      const errors = problems.filter(({ keyspace, severity }) => keyspace === 'ks' && severity === 'error');
      expect(keyspace.problem !== undefined).toBe(errors.length > 0);
      for (const table of keyspace.tables.values()) {
        const placed = table.columnVindexes[0]?.vindex.vindex.unique === true || table.pinned !== undefined;
        expect(table.kind === 'reference' || placed).toBe(true);
      }
      for (const name of ['t', 'x', 'y', 'hash']) resolveTable(built, undefined, name, undefined, 'replica');
      diffText(diffVSchema(vschema, valid));
    }),
    { numRuns: 500 },
  );
});
