import { expect, test } from 'vitest';
import { BROKEN, END, MORE, type RowFormat, RowSplitter } from './row-splitter.ts';

const usual: RowFormat = {
  fieldEnd: Buffer.from('\t'),
  lineEnd: Buffer.from('\n'),
  lineStart: Buffer.alloc(0),
  quote: -1,
  escapeByte: 0x5c,
  charset: 'utf8mb4',
};
const csv: RowFormat = { ...usual, fieldEnd: Buffer.from(','), lineEnd: Buffer.from('\r\n'), quote: 0x22 };

type Found = { row: string; fields: (string | null | undefined)[] };

/** All rows of a file, given whole or byte by byte. */
function rowsOf(
  file: string | Buffer,
  format: RowFormat,
  count: number,
  step = Infinity,
): (Found | string)[] {
  const bytes = Buffer.from(file);
  const splitter = new RowSplitter(
    format,
    count,
    Array.from({ length: count }, (_, at) => at),
  );
  const found: (Found | string)[] = [];
  let from = 0;
  for (let have = Math.min(step, bytes.length); ; have = Math.min(have + step, bytes.length)) {
    for (;;) {
      const end = splitter.next(bytes.subarray(0, have), from, have === bytes.length);
      if (end === END) return found;
      if (end === BROKEN) return [...found, 'broken'];
      if (end === MORE) break;
      const fields = splitter.fields.map((field) => {
        if (field === undefined) return undefined;
        return field.isNull ? null : field.bytes.toString();
      });
      found.push({ row: bytes.toString('utf8', from, end), fields });
      from = end;
    }
    if (have === bytes.length) throw new Error('more was asked for than there is');
  }
}

const cases: [string, RowFormat, number, string, (string | null | undefined)[][]][] = [
  ['nothing', usual, 2, '', []],
  [
    'rows',
    usual,
    2,
    '1\ta\n2\tb\n',
    [
      ['1', 'a'],
      ['2', 'b'],
    ],
  ],
  [
    'no end of line',
    usual,
    2,
    '1\ta\n2\tb',
    [
      ['1', 'a'],
      ['2', 'b'],
    ],
  ],
  ['an empty line', usual, 2, '\n', [['', undefined]]],
  [
    'too few',
    usual,
    3,
    '1\n2\t\n',
    [
      ['1', undefined, undefined],
      ['2', '', undefined],
    ],
  ],
  ['too many', usual, 1, '1\t2\t3\n4\n', [['1'], ['4']]],
  [
    'escapes',
    usual,
    2,
    'a\\\nb\t\\N\n\\t\\0\\Z\\x\tx\\N\n',
    [
      ['a\nb', null],
      ['\t\0\x1ax', 'xN'],
    ],
  ],
  [
    'quotes',
    csv,
    2,
    '"a,b","c""d"\r\n"x\r\ny",z"z\r\n',
    [
      ['a,b', 'c"d'],
      ['x\r\ny', 'z"z'],
    ],
  ],
  ['a quote within', csv, 2, '"a"b,c",d\r\n', [['a"b,c', 'd']]],
  ['a quote that is not closed', csv, 2, '"ab,c\r\nd', [['"ab,c\r\nd', undefined]]],
  ['NULL as a word', csv, 2, 'NULL,"NULL"\r\n', [[null, 'NULL']]],
  ['half an end of line', csv, 1, 'a\rb\r\r\nc', [['a\rb\r'], ['c']]],
  [
    'lines that begin',
    { ...usual, lineStart: Buffer.from('xx') },
    1,
    'noise xxa\nmore\nxxxb\nrest',
    [['a'], ['xb']],
  ],
  [
    'no lines',
    { ...usual, fieldEnd: Buffer.from(','), lineEnd: Buffer.alloc(0) },
    2,
    'a,b,c,d\n',
    [
      ['a', 'b'],
      ['c', 'd\n'],
    ],
  ],
  ['quotes that escapeByte', { ...csv, escapeByte: 0x22 }, 2, '"a""b",c""d\r\n', [['a"b', 'c"d']]],
  ['characters', usual, 2, 'é€😀\tü\n', [['é€😀', 'ü']]],
];

test.each(cases)('%s', (_, format, count, file, expected) => {
  const whole = rowsOf(file, format, count);
  expect(whole.map((row) => (row as Found).fields)).toEqual(expected);
  for (const step of [1, 2, 3, 7]) expect(rowsOf(file, format, count, step)).toEqual(whole);
});

test('the rows are the file', () => {
  const file = '1\ta\tb\n\n2\t\\\n\\\\\n3';
  expect(
    rowsOf(file, usual, 2)
      .map((row) => (row as Found).row)
      .join(''),
  ).toBe(file);
});

test('a byte that begins no character', () => {
  expect(rowsOf(Buffer.from('1\ta\n2\t\xff\n', 'latin1'), usual, 2)).toEqual([
    { row: '1\ta\n', fields: ['1', 'a'] },
    'broken',
  ]);
  expect(rowsOf(Buffer.from('1\t\xff\n', 'latin1'), { ...usual, charset: 'single' }, 2)).toHaveLength(1);
});

test('lines that are left out', () => {
  const bytes = Buffer.from('a"b,\r\nc\r\n1,2\r\n');
  const splitter = new RowSplitter(csv, 2, [1]);
  const first = splitter.skip(bytes, 0, false);
  expect(first).toBe(6);
  const second = splitter.skip(bytes, first, false);
  expect(second).toBe(9);
  expect(splitter.next(bytes, second, false)).toBe(14);
  expect(splitter.fields).toEqual([{ bytes: Buffer.from('2'), isNull: false }]);
  expect(splitter.skip(bytes, 14, false)).toBe(MORE);
});
