import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { markerCount, preparedForm } from './prepared-forms.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);
const form = (sql: string) => preparedForm(Buffer.from(sql), 0, sql.length, mode);

test('the three forms', () => {
  expect(form("PREPARE s FROM 'SELECT ''a'', ?'")).toEqual({
    kind: 'prepare',
    name: 's',
    source: { kind: 'literal', text: Buffer.from("SELECT 'a', ?") },
  });
  expect(form('/* x */ prepare `My s` from @Text')).toEqual({
    kind: 'prepare',
    name: 'My s',
    source: { kind: 'variable', name: 'text' },
  });
  expect(form('EXECUTE s')).toEqual({ kind: 'execute', name: 's', variables: [] });
  expect(form('EXECUTE s USING @a , @`B`')).toEqual({ kind: 'execute', name: 's', variables: ['a', 'b'] });
  expect(form('DEALLOCATE PREPARE s')).toEqual({ kind: 'deallocate', name: 's' });
  expect(form('DROP PREPARE s')).toEqual({ kind: 'deallocate', name: 's' });
});

test.each([
  'PREPARE s',
  'PREPARE s FROM 1',
  "PREPARE s FROM 'a' 'b'",
  "PREPARE s FROM N'a'",
  'EXECUTE s USING',
  'EXECUTE s USING @a,',
  'EXECUTE s USING 1',
  'EXECUTE s @a',
  'DEALLOCATE s',
  'DROP PREPARE s t',
  'DROP TABLE s',
])('%s is none', (sql) => {
  expect(form(sql)).toBeUndefined();
});

test('markers are counted outside of texts and comments', () => {
  expect(markerCount(Buffer.from("SELECT ?, '?', `?`, ? /* ? */ -- ?"), mode)).toBe(2);
});
