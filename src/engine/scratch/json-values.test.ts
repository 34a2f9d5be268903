import { expect, test } from 'vitest';
import { jsonAsText, jsonWithTypes } from './json-values.ts';

type Types = readonly (string | null)[] | null;
const withTypes = (text: string, root: string, members: Types, elements: Types): string =>
  jsonWithTypes(JSON.stringify([root, members, elements, text]));

test('what its text says is sent as text', () => {
  expect(
    withTypes(
      '{"a": [1, 2.5, "x", null, true]}',
      'OBJECT',
      ['ARRAY'],
      ['INTEGER', 'DOUBLE', 'STRING', null, 'BOOLEAN'],
    ),
  ).toBe(`'{"a": [1, 2.5, "x", null, true]}'`);
  expect(withTypes(`["it's \\\\"]`, 'ARRAY', null, ['STRING'])).toBe(`'["it\\'s \\\\\\\\"]'`);
  expect(withTypes('[18446744073709551615]', 'ARRAY', null, ['UNSIGNED INTEGER'])).toBe(
    `'[18446744073709551615]'`,
  );
});

test('what it does not say is put in again', () => {
  expect(withTypes('{"p": 1.50, "q": 1.5}', 'OBJECT', ['DECIMAL', 'DOUBLE'], null)).toBe(
    `JSON_SET('{"p": 1.50, "q": 1.5}', '$."p"', CAST('1.50' AS DECIMAL(3,2)))`,
  );
  // Members of all objects on a level first, then what is in them.
  expect(
    withTypes(
      '{"a": {"k": "2024-01-02"}, "b": [5, "10:00:00.000000"]}',
      'OBJECT',
      ['OBJECT', 'ARRAY', 'DATE'],
      ['UNSIGNED INTEGER', 'TIME'],
    ),
  ).toMatch(
    /\$\."a"\."k"', DATE'2024-01-02', '\$\."b"\[0\]', CAST\(5 AS UNSIGNED\), '\$\."b"\[1\]', TIME'10:00:00.000000'\)$/,
  );
  expect(withTypes('-0.05', 'DECIMAL', null, null)).toBe("CAST(CAST('-0.05' AS DECIMAL(2,2)) AS JSON)");
  expect(withTypes('"base64:type15:AP8="', 'BLOB', null, null)).toBe("CAST(x'00ff' AS JSON)");
});

test('what nothing makes again is refused, and so are types that are not the document’s', () => {
  expect(() => withTypes('"base64:type252:AP8="', 'BLOB', null, null)).toThrow(
    expect.objectContaining({ code: 'HG_NOT_COPYABLE' }),
  );
  expect(() => withTypes('{"a": 1}', 'OBJECT', null, null)).toThrow(/not its own/);
  expect(() => withTypes('{"a": 1}', 'OBJECT', ['INTEGER', 'INTEGER'], null)).toThrow(/not its own/);
});

test('without types, numbers that no double prints are DECIMALs', () => {
  expect(jsonAsText('{"a": 1.0, "b": 2.5, "c": "1.50"}')).toBe(`'{"a": 1.0, "b": 2.5, "c": "1.50"}'`);
  expect(jsonAsText('[1.50]')).toBe(`JSON_SET('[1.50]', '$[0]', CAST('1.50' AS DECIMAL(3,2)))`);
  expect(jsonAsText('0.123456789012345678')).toMatch(
    /^CAST\(CAST\('0.123456789012345678' AS DECIMAL\(18,18\)\) AS JSON\)$/,
  );
});
