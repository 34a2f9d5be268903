import { expect, test } from 'vitest';
import { buildVSchema } from './build-vschema.ts';
import { shareUnchanged } from './share-unchanged.ts';

const keyspace = (name: string, column: string) => ({
  name,
  sharded: true,
  vschema: {
    sharded: true,
    vindexes: { hash: { type: 'hash' } },
    tables: { t: { column_vindexes: [{ column, name: 'hash' }] } },
  },
});
const rule = (to: string) => ({ rules: [{ from_table: 'r', to_tables: [to] }] });
const build = (columns: readonly string[], rules?: unknown) =>
  buildVSchema(
    columns.map((column, at) => keyspace(`ks${at}`, column)),
    rules,
  ).vschema;

test('what says the same is the same object', () => {
  const before = build(['a', 'b'], rule('ks0.t'));
  expect(shareUnchanged(build(['a', 'b'], rule('ks0.t')), before)).toBe(before);

  const other = shareUnchanged(build(['a', 'c'], rule('ks0.t')), before);
  expect(other.keyspaces.get('ks0')).toBe(before.keyspaces.get('ks0'));
  expect(other.keyspaces.get('ks1')!.tables.get('t')!.columnVindexes[0]!.columns).toEqual(['c']);
  expect(other.routingRules).toBe(before.routingRules);

  const ruled = shareUnchanged(build(['a', 'b'], rule('ks1.t')), before);
  expect(ruled.keyspaces).toBe(before.keyspaces);
  expect(ruled.routingRules.get('r')).toMatchObject({ keyspace: 'ks1' });

  expect([...shareUnchanged(build(['a']), before).keyspaces.keys()]).toEqual(['ks0']);
  expect(shareUnchanged(build(['a', 'b'], { rules: 1 }), before).routingRulesProblem).toBeDefined();
});
