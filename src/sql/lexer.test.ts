import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { findWord, findWordByName, wordCount, wordId, wordName } from './words.ts';

const names = new Map<number, string>(Object.entries(token).map(([name, kind]) => [kind, name]));

function tokens(text: string | Buffer, sqlMode = '', charset = 'utf8mb4'): string[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const lexer = new Lexer(bytes, 0, lexModeOf(sqlMode, charset, 80_406, false));
  const found: string[] = [];
  while (lexer.next() !== token.end) {
    const name = names.get(lexer.kind) ?? 'char';
    found.push(`${name} ${bytes.toString('latin1', lexer.start, lexer.end)}`);
  }
  return found;
}

const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

describe('tokens', () => {
  test.each([
    ['select 1a, `b``c` x', ['word select', 'word 1a', 'char ,', 'quotedName `b``c`', 'word x']],
    ['a.1b', ['word a', 'char .', 'word 1b']],
    ['`a`.1b', ['quotedName `a`', 'decimal .1', 'word b']],
    ['a.select', ['word a', 'char .', 'word select']],
    [
      '1 1.5 .5 1e3 1.5e-3 1e 1.e',
      ['integer 1', 'decimal 1.5', 'decimal .5', 'float 1e3', 'float 1.5e-3', 'word 1e', 'error 1.e'],
    ],
    [
      "0x1f 0X1f x'1f' x'1' 0b01 0b2 b'01'",
      ['hex 0x1f', 'word 0X1f', "hex x'1f'", "error x'1", "string ' 0b01 0b2 b'", 'integer 01', "error '"],
    ],
    ["N'a' n'b' _utf8mb4'c'", ["nationalString N'a'", "nationalString n'b'", 'word _utf8mb4', "string 'c'"]],
    ["'a''b' 'a\\'b' \"c\"", ["string 'a''b'", "string 'a\\'b'", 'string "c"']],
    [
      "@a @'b' @`c` @a.b @ @@x @@session.x @@`y`",
      [
        'userVariable @a',
        "userVariable @'b'",
        'userVariable @`c`',
        'userVariable @a.b',
        'userVariable @',
        'systemVariable @@x',
        'systemVariable @@session',
        'char .',
        'word x',
        'systemVariable @@`y`',
      ],
    ],
    [
      'a:=1 a->b a->>b a<=>b <> != <= >= << >> || &&',
      [
        'word a',
        'assign :=',
        'integer 1',
        'word a',
        'jsonExtract ->',
        'word b',
        'word a',
        'jsonUnquote ->>',
        'word b',
        'word a',
        'nullSafeEqual <=>',
        'word b',
        'notEqual <>',
        'notEqual !=',
        'lessOrEqual <=',
        'greaterOrEqual >=',
        'shiftLeft <<',
        'shiftRight >>',
        'orOr ||',
        'andAnd &&',
      ],
    ],
    ['1=!0 1=>1', ['integer 1', 'char =!', 'integer 0', 'integer 1', 'char =>', 'integer 1']],
    ['? ?a', ['char ?', 'error ?', 'word a']],
    ['1 -- c\n2 --c', ['integer 1', 'integer 2', 'char -', 'char -', 'word c']],
    ['1 --', ['integer 1']],
    ['1 # c\n2 /* c */ 3 /* /* */ 4', ['integer 1', 'integer 2', 'integer 3', 'integer 4']],
    ['1 /* c', ['integer 1', 'error /* c']],
    ["1 'c", ['integer 1', "error 'c"]],
    ['$$a$$ $x $t$ $$ $t$', ['dollarString $$a$$', 'word $x', 'dollarString $t$ $$ $t$']],
    ['a \\ b', ['word a', 'error \\', 'word b']],
    ['a \0 b', ['word a', 'error \0', 'word b']],
  ])('%j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test.each([
    ['/*!50000 a */ b', ['word a', 'word b']],
    ['/*! a */ b', ['word a', 'word b']],
    ['/*!80406a*/', ['word a']],
    ['/*!80407 a*/ b', ['word b']],
    ['/*!080406 a*/ b', ['word a', 'word b']],
    ['/*!080407 a*/ b', ['word b']],
    ['/*!080407a*/ b', ['word 7a', 'word b']],
    ['/*!99999 a /* c */ d */ b', ['word b']],
    ['/*!50000 a /* c */ d */ b', ['word a', 'word d', 'word b']],
    ['/*!50000 a', ['word a', 'error ']],
    ['*/', ['char *', 'char /']],
  ])('version comment %j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test.each([
    ['select /*+ x */ a', ['word select', 'hint /*+ x */', 'word a']],
    ['select/*+ x */a', ['word select', 'hint /*+ x */', 'word a']],
    ['select /* c */ /*+ x */ a', ['word select', 'word a']],
    ['a /*+ x */ b', ['word a', 'word b']],
    ['t.select /*+ x */ b', ['word t', 'char .', 'word select', 'word b']],
    ["select /*+ it's */ 1", ['word select', "hint /*+ it's */", 'integer 1']],
  ])('hint %j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test('sql_mode decides quotes and escapes', () => {
    expect(tokens('"a"', 'ANSI_QUOTES')).toEqual(['quotedName "a"']);
    expect(tokens('"a"', 'REAL_AS_FLOAT,ANSI')).toEqual(['quotedName "a"']);
    expect(tokens('@"a"', 'ANSI_QUOTES')).toEqual(['userVariable @"a"']);
    expect(tokens("'a\\' b", 'NO_BACKSLASH_ESCAPES')).toEqual(["string 'a\\'", 'word b']);
  });

  test.each([
    ['gbk', 0xbf],
    ['sjis', 0x83],
    ['cp932', 0x83],
    ['big5', 0xa5],
    ['gb18030', 0xbf],
  ])('in %s a second byte may look like a backslash', (charset, lead) => {
    const text = bytes("'", lead, "\\' or 1");
    expect(tokens(text, '', charset)).toHaveLength(3);
    expect(tokens(text, '', 'latin1')).toHaveLength(1);
    expect(tokens(text, '', 'utf8mb4')).toHaveLength(1);
    // In names the second byte may look like a backtick, in sjis and gbk.
    if (charset !== 'gb18030') expect(tokens(bytes('`', lead, '``'), '', charset)).toHaveLength(1);
  });

  test('gb18030 has characters of four bytes', () => {
    expect(tokens(bytes("'", 0x81, '0', 0x81, "0'"), '', 'gb18030')).toHaveLength(1);
  });

  test('what is blank depends on the character set', () => {
    expect(tokens(bytes('1 --', 0xa0, 'x'), '', 'latin1')).toEqual(['integer 1']);
    expect(tokens(bytes('1 --', 0xa0, 'x'), '', 'gbk')).toHaveLength(4);
  });
});

describe('properties', () => {
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '\\',
        '/*',
        '*/',
        '/*!',
        '/*+',
        '-- ',
        '#',
        '\n',
        ';',
        '@',
        '$',
        '.',
        'select ',
        '0x',
        '\0',
      ),
      fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
    ),
    { maxLength: 60 },
  );
  const modes = fc.constantFrom('', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES');
  const charsets = fc.constantFrom(
    'utf8mb4',
    'latin1',
    'gbk',
    'sjis',
    'big5',
    'gb18030',
    'ujis',
    'swe7',
    'nonsense',
  );

  test('tokens of any bytes go forward, lie apart, and end', () => {
    fc.assert(
      fc.property(soup, modes, charsets, (parts, sqlMode, charset) => {
        const text = Buffer.from(parts.join(''), 'latin1');
        const lexer = new Lexer(text, 0, lexModeOf(sqlMode, charset, 90_704, false));
        let last = 0;
        for (let count = 0; lexer.next() !== token.end; count++) {
          expect(count).toBeLessThan(text.length + 2);
          expect(lexer.start).toBeGreaterThanOrEqual(last);
          expect(lexer.end).toBeGreaterThanOrEqual(lexer.start);
          expect(lexer.end).toBeLessThanOrEqual(text.length);
          last = lexer.end;
        }
        expect(lexer.next()).toBe(token.end);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('words', () => {
  test('every word is found by its bytes in any letter case', () => {
    for (let id = 1; id < wordCount; id++) {
      const upper = Buffer.from(wordName(id).toUpperCase());
      expect(findWord(upper, 0, upper.length)).toBe(id);
      expect(findWordByName(wordName(id))).toBe(id);
    }
  });

  test('others are not', () => {
    for (const name of ['', 'x', 'selec', 'selects', 'sélect', 'constructor', 'get-lock']) {
      expect(findWord(Buffer.from(name, 'latin1'), 0, name.length)).toBe(
        name === '' ? 0 : findWordByName(name),
      );
    }
    expect(() => wordId('nonsense')).toThrow();
  });

  test('the same arguments give the same mode', () => {
    expect(lexModeOf('ANSI', 'GBK', 1, false)).toBe(lexModeOf('ANSI', 'GBK', 1, false));
    expect(lexModeOf('ANSI', 'gbk', 1, false)).toMatchObject({
      ansiQuotes: true,
      pipesAsConcat: true,
      ignoreSpace: true,
      charset: 'gbk',
    });
    expect(lexModeOf('STRICT_TRANS_TABLES,high_not_precedence', 'gbk', 1, true)).toMatchObject({
      ansiQuotes: false,
      ignoreSpace: true,
      highNotPrecedence: true,
    });
  });
});
