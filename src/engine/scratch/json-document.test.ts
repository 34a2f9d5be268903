import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonNode, readJson } from './json-document.ts';

function plainValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(([key, value]) => [key, plainValue(value)]));
    case 'array':
      return node.elements.map(plainValue);
    case 'string':
      return node.value;
    default:
      return JSON.parse(node.text);
  }
}

test('what it reads is what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (text, isSpaced) => {
      const value = JSON.parse(text) as unknown;
      const printed = isSpaced ? JSON.stringify(value, undefined, 1) : text;
      // A key `__proto__` is a member here and none in what is made for the comparison.
      if (printed.includes('__proto__')) return;
      expect(plainValue(readJson(printed))).toEqual(JSON.parse(printed));
    }),
  );
});

test('digits and the order of members stay', () => {
  expect(readJson('{"b": 1.50, "10": [true], "a": null}')).toEqual({
    kind: 'object',
    members: [
      ['b', { kind: 'number', text: '1.50' }],
      ['10', { kind: 'array', elements: [{ kind: 'word', text: 'true' }] }],
      ['a', { kind: 'word', text: 'null' }],
    ],
  });
});

test('what is no JSON is an error', () => {
  for (const text of ['', '{', '[1', '"x', '{"a"', 'x', '1 2', '{1: 2}'])
    expect(() => readJson(text), text).toThrow(/JSON/);
});
