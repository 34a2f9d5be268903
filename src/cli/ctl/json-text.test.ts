import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonText } from './json-text.ts';

test.each<[string, number, number, string]>([
  ['', 1, 1, 'expected a value, found the end'],
  ['{', 1, 2, 'expected a name in double quotes, found the end'],
  ['{\n  "a": 1,\n}', 3, 1, 'expected a name in double quotes, found "}"'],
  ['{"a" 1}', 1, 6, 'expected `:`, found "1"'],
  ['[1 2]', 1, 4, 'expected `,` or `]`, found "2"'],
  ['{"a": 01}', 1, 8, 'expected `,` or `}`, found "1"'],
  ['{"a": "x\ny"}', 1, 7, 'this string does not end, or has a character it must escape'],
  ['{} {}', 1, 4, 'expected the end of the text, found "{"'],
  ["{'a': 1}", 1, 2, 'expected a name in double quotes, found "\'"'],
  ['{"a": 1, "\\u0061": 2}', 1, 10, 'the name "a" stands twice in this object'],
  ['['.repeat(300), 1, 202, 'more than 200 levels'],
])('%j breaks at line %i, column %i', (text, line, column, message) => {
  expect(parseJsonText(text)).toEqual({ problem: { line, column, message } });
});

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(3), (text, indent) => {
      const value = JSON.parse(text) as unknown;
      const printed = JSON.stringify(value, null, indent);
      expect(parseJsonText(printed)).toEqual({ value: JSON.parse(printed) });
    }),
  );
});

test('accepts nothing that JSON.parse refuses', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '0',
    '.',
    'e',
    'null',
    ' ',
    '\n',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const accepted = 'value' in parseJsonText(text);
      let parses = true;
      try {
        JSON.parse(text);
      } catch {
        parses = false;
      }
      // Names that stand twice are the one thing that JSON.parse accepts and we do not.
      expect(parses || !accepted).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
