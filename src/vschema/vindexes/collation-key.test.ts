import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { collationKey } from './collation-key.ts';
import { readUnicodeWeights, weightLength, weightStart } from './unicode-weights.ts';

const hex = (text: string): string => collationKey(text).toString('hex');

test.each([
  ['case and accents', 'Test', 'tÉst'],
  ['letters and their accents in two code points', 'é', 'e\u0301'],
  ['full width', 'Ａ', 'a'],
  ['ligatures', 'ﬁ', 'fi'],
  ['what has no weight', 'ab', 'a\u0000\u00adb'],
  ['syllables and their letters', '한글', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
  ['a syllable of two letters', '가', '\u1100\u1161'],
])('%s do not count', (_what, one, other) => {
  expect(hex(one)).toBe(hex(other));
  expect(hex(one)).not.toBe('');
});

test.each([
  ['a pair with a weight of its own', '\u0627\u0653', '1c8f'],
  ['ideographs', '日', '8165e5'],
  ['ideographs of extensions', '\u{20000}', '840000'],
  ['what has no character', '\u0378', '850378'],
  ['the last code point', '\u{10ffff}', '95ffff'],
])('%s', (_what, text, expected) => {
  expect(hex(text)).toBe(expected);
});

test('a key may be much longer than its text', () => {
  // ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM counts as the eighteen letters that it stands for.
  expect(hex('\ufdfa'.repeat(1000))).toBe(hex('\ufdfa').repeat(1000));
  expect(collationKey('\ufdfa')).toHaveLength(36);
});

test('the weights never change: rows are where the old ones have put them', () => {
  const { index, bytes, pairs } = readUnicodeWeights();
  const listed = [...index].flatMap((entry, codePoint) => (entry === 0 ? [] : [codePoint]));
  const weight = (entry: number): string =>
    bytes.toString('hex', weightStart(entry), weightStart(entry) + weightLength(entry));
  const lines = [
    ...listed.map((codePoint) => `${codePoint} ${weight(index[codePoint]!)}`),
    ...[...pairs].map(([key, entry]) => `${key} ${weight(entry)}`),
  ];
  expect(lines).toHaveLength(25_137);
  expect(hash('md5', lines.join('\n'))).toBe('bf1e5dfe2047565f9b4e15b0fc9bbd32');
});
