import { expect, test } from 'vitest';
import { vschemaShapeProblems } from './vschema-shape.ts';

test('what Vitess writes has no problems', () => {
  const vschema = {
    sharded: true,
    foreignKeyMode: 'managed',
    vindexes: {
      hash: { type: 'hash' },
      by_name: { type: 'lookup', params: { table: 't' }, owner: 'customer' },
    },
    tables: {
      customer: {
        column_vindexes: [{ column: 'id', name: 'hash' }],
        autoIncrement: { column: 'id', sequence: 'seq' },
        columns: null,
      },
      country: { type: 'reference', source: 'commerce.country' },
    },
  };
  expect(vschemaShapeProblems(vschema)).toEqual([]);
});

test.each<[unknown, string, string]>([
  [[], '', 'must be an object, not list'],
  [null, '', 'must be an object, not null'],
  [{ shraded: true }, 'shraded', 'is not known here; did you mean sharded?'],
  [{ sharded: 'yes' }, 'sharded', 'must be true or false'],
  [{ tables: [] }, 'tables', 'must be an object'],
  [{ tables: { t: 1 } }, 'tables.t', 'must be an object, not number'],
  [{ tables: { t: { pined: '00' } } }, 'tables.t.pined', 'is not known here; did you mean pinned?'],
  [{ vindexes: { v: { typ: 'hash' } } }, 'vindexes.v.typ', 'is not known here; did you mean type?'],
  [{ constructor: {} }, 'constructor', 'is not known here'],
])('%j', (vschema, path, message) => {
  expect(vschemaShapeProblems(vschema)).toEqual([{ path, message }]);
});
