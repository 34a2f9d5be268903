/** The fingerprint against the lexer and the statement scan, on texts made of fragments. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fingerprint } from './fingerprint.ts';
import { type LexMode, lexModeOf } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { literalKind } from './literal-kind.ts';
import { isScalarSlot } from './literals-found.ts';
import { rebaseScan, reusableScan } from './reusable-scan.ts';
import { scanStatement } from './statement-scan.ts';

const NO_KEYSPACES: ReadonlySet<string> = new Set();
const RUNS = 3_000;

const words =
  'select from where and or having group by order limit insert into values value on duplicate key update set in not ' +
  'null true default union all as with delete replace t a b c `x` `a``b` db.t t.a count sum cast convert char exists found_rows() ' +
  'interval day collate separator window over row for between like escape left join using information_schema.t ' +
  '_latin1 @x @@y json_table case when then end last_insert_id() f( get_lock(';
const signs = '( ) ( ) , , , = < > <= <> + - * / . ; -> ->> := ? || && ! { }';
const literals = [
  '1',
  '22',
  '-3',
  '1.5',
  '.5',
  '1e3',
  "'x'",
  "'it''s'",
  '"y"',
  "'a\\'b'",
  "N'z'",
  "x'1f'",
  '0b01',
  '9223372036854775808',
  "'\u0001'",
];
const clauses = [
  'select a, 1 from t where b = 5',
  'insert into t (a) values ',
  "(1, 'x')",
  'in (1, 2, -3)',
  'update t set a = 1 where b',
  'order by 1',
  'having count(*) > 2',
  '-- x\n',
  '# y\n',
  '/* c */',
  '/*+ h */',
  '/*!80000 1 */',
  '/*!99999 1 */',
  '/*vt+ d */',
];
const fragment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words.split(' ')) },
  { weight: 4, arbitrary: fc.constantFrom(...signs.split(' ')) },
  { weight: 4, arbitrary: fc.constantFrom(...literals) },
  { weight: 3, arbitrary: fc.constantFrom(...clauses) },
);
const blanks = fc.constantFrom(' ', ' ', ' ', '', '\n', '  ', ' /**/ ', '/* - */', '\t-- x\n');
const statement = fc
  .tuple(
    fc.constantFrom(
      'select ',
      'select a from t where ',
      'insert into t values ',
      'update t set ',
      'delete from t ',
      '',
    ),
    fc.array(fc.tuple(fragment, blanks), { maxLength: 14 }),
  )
  .map(([verb, parts]) => verb + parts.map((part) => part.join('')).join(''));
const lexMode = fc
  .tuple(
    fc.constantFrom('', '', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI,IGNORE_SPACE'),
    fc.constantFrom('utf8mb4', 'utf8mb4', 'latin1', 'sjis', 'gbk'),
  )
  .map(([sqlMode, charset]) => lexModeOf(sqlMode, charset, 80_406, false));

const fingerprint = new Fingerprint();
const keyNow = (): string => fingerprint.key.bytes.toString('latin1', 0, fingerprint.key.length);

function tokensOf(text: Buffer, from: number, mode: LexMode): string[] {
  const lexer = new Lexer(text, from, mode);
  const found: string[] = [];
  while (lexer.next() !== token.end)
    found.push(`${lexer.kind} ${text.toString('latin1', lexer.start, lexer.end)}`);
  return found;
}

/** The statement just read: its key with each slot's place filled by `filled`. */
function expanded(filled: (slot: number) => string): Buffer {
  const { key, literals: found } = fingerprint;
  const parts: Buffer[] = [];
  let at = 0;
  for (let slot = 0; slot < found.slotCount; slot++) {
    const place = key.keyOffset(found.slotStarts[slot]!);
    expect(place).toBeGreaterThanOrEqual(at);
    parts.push(Buffer.from(key.bytes.subarray(at, place)), Buffer.from(filled(slot), 'latin1'));
    const columns = found.slotColumns[slot]!;
    at = place + (isScalarSlot(found.slotKinds[slot]!) ? 1 : columns === 0 ? 4 : 3 + 3 * columns);
  }
  parts.push(Buffer.from(key.bytes.subarray(at, key.length)));
  return Buffer.concat(parts);
}

test('the key with its literals put back has the tokens of the text', () => {
  fc.assert(
    fc.property(statement, lexMode, (source, mode) => {
      const text = Buffer.from(source);
      if (!fingerprint.read(text, 0, mode)) return;
      const { literals: found, start, end, hasDirective } = fingerprint;
      const back = expanded((slot) =>
        text.toString('latin1', found.slotStarts[slot]!, found.slotEnds[slot]!),
      );
      expect(tokensOf(back, 0, mode)).toEqual(tokensOf(text.subarray(0, end), start, mode));
      const key = keyNow();
      // What the key stands for has the same key itself: nothing that was left out means anything.
      expect(fingerprint.read(back, 0, mode)).toBe(true);
      if (!hasDirective) expect(keyNow()).toBe(key);
    }),
    { numRuns: RUNS },
  );
});

test('each element is one token of its kind, or a sign and a number', () => {
  fc.assert(
    fc.property(statement, lexMode, (source, mode) => {
      const text = Buffer.from(source);
      if (!fingerprint.read(text, 0, mode)) return;
      const borders = new Map<number, number>();
      const lexer = new Lexer(text, fingerprint.start, mode);
      while (lexer.next() !== token.end) borders.set(lexer.start, lexer.end);
      const { kinds, starts, ends, literalCount } = fingerprint.literals;
      for (let i = 0; i < literalCount; i++) {
        const isNegative = kinds[i]! > 0x10;
        expect(borders.get(starts[i]!)).toBe(isNegative ? starts[i]! + 1 : ends[i]!);
        if (isNegative) expect(borders.get(starts[i]! + 1)).toBe(ends[i]!);
      }
    }),
    { numRuns: RUNS },
  );
});

test('borders are those of the statement scan', () => {
  fc.assert(
    fc.property(statement, lexMode, (source, mode) => {
      const text = Buffer.from(source);
      if (!fingerprint.read(text, 0, mode)) return;
      const { start, end, next } = scanStatement(text, 0, mode, NO_KEYSPACES);
      expect({ start: fingerprint.start, end: fingerprint.end, next: fingerprint.next }).toEqual({
        start,
        end,
        next,
      });
    }),
    { numRuns: RUNS },
  );
});

const replacements = [
  '',
  '77',
  '9223372036854775809',
  '7.25',
  '2e2',
  "'other; text'",
  "n'q'",
  "'r'",
  "x'2a'",
  "b'1'",
];

/** Another literal of the kind that joins with the text before it only where the first one does: `b"x"` is no bits. */
function replacementOf(kind: number, first: number): string {
  if (first === 0x2e) return kind === literalKind.decimal ? '.77' : '.7e2';
  return kind === literalKind.string && first === 0x22 ? '"other; text"' : replacements[kind]!;
}

test('a scan holds for every text with the same key', () => {
  let reused = 0;
  fc.assert(
    fc.property(statement, lexMode, fc.integer({ min: 1, max: 3 }), (source, mode, blankCount) => {
      const text = Buffer.from(source);
      if (!fingerprint.read(text, 0, mode)) return;
      const scan = scanStatement(text, 0, mode, NO_KEYSPACES);
      if (!reusableScan(scan)) return;
      const { literals: found } = fingerprint;
      const lists = (slot: number): string => {
        const inner = text.toString('latin1', found.slotStarts[slot]!, found.slotEnds[slot]!);
        return `${inner} , ${inner}`;
      };
      const key = keyNow();
      const body = expanded((slot) => {
        const kind = found.slotKinds[slot]!;
        return isScalarSlot(kind) ? replacementOf(kind, text[found.slotStarts[slot]!]!) : lists(slot);
      });
      const other = Buffer.concat([Buffer.from(' '.repeat(blankCount)), body, Buffer.from(' ')]);
      expect(fingerprint.read(other, 0, mode)).toBe(true);
      if (!fingerprint.hasDirective) expect(keyNow()).toBe(key);
      const { start, end, next } = fingerprint;
      expect(rebaseScan(scan, start, end, next)).toEqual(scanStatement(other, 0, mode, NO_KEYSPACES));
      reused++;
    }),
    { numRuns: RUNS },
  );
  expect(reused).toBeGreaterThan(RUNS / 20);
});
