import { expect, test } from 'vitest';
import { wideNames } from './wide-names.ts';

test.each([
  ['\0d\0e\0f', '\0n\0a'],
  ['d\0e\0f\0', 'n\0a\0'],
  ['\0\0\0d\0\0\0e\0\0\0f', '\0\0\0n\0\0\0a'],
])('names like %j', (catalog, name) => {
  const { narrow, wide } = wideNames(Buffer.from(catalog))!;
  expect(narrow(Buffer.from(name)).toString()).toBe('na');
  expect(wide(Buffer.from('na')).toString()).toBe(name);
  expect(narrow(wide(Buffer.from('größe 😀'))).toString()).toBe('größe 😀');
});

test('names of single bytes', () => expect(wideNames(Buffer.from('def'))).toBeUndefined());
