import { describe, expect, test } from 'vitest';
import { Fingerprint } from './fingerprint.ts';
import { lexModeOf } from './lex-mode.ts';
import { literalKind, NEGATIVE } from './literal-kind.ts';
import { isScalarSlot, slotKind } from './literals-found.ts';

const kindNames = new Map<number, string>(Object.entries(literalKind).map(([name, kind]) => [kind, name]));
const fingerprint = new Fingerprint();

type Options = { sqlMode?: string; charset?: string };

function read(
  text: string | Buffer,
  { sqlMode = '', charset = 'utf8mb4' }: Options = {},
): Buffer | undefined {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return fingerprint.read(bytes, 0, lexModeOf(sqlMode, charset, 80_406, false)) ? bytes : undefined;
}

/** The key as text that tests can compare; undefined where there is none. */
function keyOf(text: string | Buffer, options?: Options): string | undefined {
  if (read(text, options) === undefined) return undefined;
  const { key } = fingerprint;
  return `${key.hash}:${key.bytes.toString('latin1', 0, key.length)}`;
}

/** What was taken out: one text per slot, its elements with their kinds. */
function slotsOf(text: string | Buffer, options?: Options): string[] {
  const bytes = read(text, options);
  if (bytes === undefined) return ['no key'];
  const { literals } = fingerprint;
  const elementText = (index: number): string => {
    const kind = literals.kinds[index]!;
    const sign = (kind & NEGATIVE) !== 0 ? '-' : '';
    const source = bytes.toString('latin1', literals.starts[index]!, literals.ends[index]!);
    return `${sign}${kindNames.get(kind & ~NEGATIVE)} ${source}`;
  };
  return Array.from({ length: literals.slotCount }, (_, slot) => {
    const first = literals.slotFirsts[slot]!;
    const elements = Array.from({ length: literals.elementCount(slot) }, (_, i) => elementText(first + i));
    if (isScalarSlot(literals.slotKinds[slot]!)) return elements.join();
    const columns = literals.slotColumns[slot]!;
    const name = literals.slotKinds[slot] === slotKind.list ? 'list' : `rows of ${columns}`;
    return `${name}: ${elements.join(', ')}`;
  });
}

const share = (a: string, b: string, options?: Options): boolean => {
  const key = keyOf(a, options);
  return key !== undefined && key === keyOf(b, options);
};

describe('literals that are only values', () => {
  test.each<[string, string[]]>([
    ['SELECT a FROM t WHERE id = 5', ['integer 5']],
    ["SELECT a FROM t WHERE a = 'x' AND b > -5 OR c < 1.5e3", ['string x', 'integer 5', 'float 1.5e3']],
    ["SELECT a FROM t WHERE a IN (0x1f) AND b = b'01'", ['list: hex 0x1f', "bit b'01'"]],
    ["SELECT a FROM t WHERE a = N'x'", ["nationalString N'x'"]],
    ["SELECT a FROM t WHERE a = _latin1'x'", ["introducedString 'x'"]],
    ["SELECT a FROM t WHERE a = _latin1 x'41'", []],
    ['SELECT a FROM t JOIN u ON t.a = 5 AND u.b = 6 WHERE t.c = 7', ['integer 5', 'integer 6', 'integer 7']],
    ['SELECT a FROM t WHERE a = f(1, g(2))', ['integer 1', 'integer 2']],
    ['SELECT a FROM t WHERE d > NOW() - INTERVAL 5 DAY', ['integer 5']],
    ["SELECT a FROM t WHERE d > DATE '2020-01-01'", ["string '2020-01-01'"]],
    ['SELECT a FROM t LIMIT 5 OFFSET 10', ['integer 5', 'integer 10']],
    ['SELECT a FROM t WHERE a = 9223372036854775808', ['unsigned 9223372036854775808']],
    ['SELECT a FROM t WHERE a = 18446744073709551616', ['decimal 18446744073709551616']],
    ['SELECT a FROM t WHERE a = 00000000000000000000005', ['integer 00000000000000000000005']],
    [
      "UPDATE t SET a = a + 1, b = 'x' WHERE c = 2 LIMIT 3",
      ['integer 1', "string 'x'", 'integer 2', 'integer 3'],
    ],
    ['DELETE FROM t WHERE a BETWEEN 1 AND 2', ['integer 1', 'integer 2']],
    ["INSERT INTO t SET a = 1, b = 'x'", ['integer 1', "string 'x'"]],
    ['INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2', ['rows of 1: integer 1', 'integer 2']],
    [
      'INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a) + 2',
      ['rows of 1: integer 1', 'integer 2'],
    ],
    ['INSERT INTO t VALUES (1, NOW())', ['integer 1']],
    ['INSERT INTO t SELECT 1 FROM u WHERE a = 2', ['integer 2']],
    ['SELECT a FROM t WHERE a IN (SELECT 1 FROM u WHERE b = 2)', ['integer 2']],
    ['SELECT 1 FROM t WHERE a = 2 UNION ALL SELECT 3 FROM u WHERE b = 4', ['integer 2', 'integer 4']],
    ['WITH c AS (SELECT 1 FROM t WHERE a = 2) SELECT * FROM c WHERE b = 3', ['integer 2', 'integer 3']],
    ['(SELECT a FROM t WHERE a = 1) UNION (SELECT 2) LIMIT 3', ['integer 1', 'integer 3']],
    ['SELECT a FROM t HAVING COUNT(*) > 5', ['integer 5']],
    ['SELECT a FROM t HAVING a IN (1, 2) AND (b < 3)', ['list: integer 1, integer 2', 'integer 3']],
  ])('%s', (text, slots) => {
    expect(slotsOf(text).map((slot) => slot.replace(/^string (\w+)$/, "string '$1'"))).toEqual(
      slots.map((slot) => slot.replace(/^string (\w+)$/, "string '$1'")),
    );
  });
});

describe('literals that stay in the key', () => {
  test.each([
    'SELECT 1',
    "SELECT 1, 'x' AS y, (SELECT a FROM t WHERE b = 5) FROM t",
    'SELECT a FROM t GROUP BY 1, a + 2 ORDER BY 3',
    "SELECT a FROM t AS x, (SELECT 1 'y') z",
    'SELECT a FROM t WHERE CAST(b AS DECIMAL(10,2))',
    'SELECT a FROM t WHERE CONVERT(b, CHAR(5))',
    "SELECT a FROM t WHERE b->'$.x' AND c->>'$.y'",
    "SELECT a FROM t JOIN JSON_TABLE(b, '$[*]' COLUMNS (c INT PATH '$.c' DEFAULT '5' ON EMPTY)) d",
    "SELECT a FROM t WHERE JSON_VALUE(b, '$.x' DEFAULT 5 ON EMPTY)",
    'SELECT a FROM t WINDOW w AS (ORDER BY b ROWS 5 PRECEDING)',
    'SELECT a FROM t WHERE WEIGHT_STRING(b AS CHAR(5))',
    "SELECT a FROM t WHERE b COLLATE 'utf8mb4_bin' LIKE c ESCAPE '!'",
    'SELECT a FROM t HAVING SUM(b * 2) + 1 > c',
    'SELECT a FROM t WHERE b IN (SELECT 1 LIMIT 5)',
    'SELECT a FROM t WHERE EXISTS (SELECT b FROM u LIMIT 5)',
    "SELECT a FROM t INTO OUTFILE 'x' LINES TERMINATED BY 'y'",
    'SELECT a FROM t WHERE TRIM(LEADING FROM b) ORDER BY FIELD(a, 1, 2)',
    'SELECT a FROM (VALUES ROW(1, 2)) t',
    'SELECT a FROM t TABLESAMPLE BERNOULLI (10)',
    'SELECT a FROM value ORDER BY 5',
    'INSERT INTO t (a) SELECT b FROM value GROUP BY value, 2',
    'SELECT a FROM t WHERE b = /*!80000 1 + */ 2',
    "SELECT a FROM t WHERE b = 'x' 'y'",
    'SET @a = 5',
    'CREATE TABLE t (a CHAR(5) DEFAULT 3)',
    "SHOW TABLES LIKE 'x'",
    'VALUES ROW(1, 2)',
    'EXPLAIN SELECT a FROM t WHERE b = 5',
  ])('%s', (text) => {
    expect(slotsOf(text)).toEqual([]);
    const other = text.replace(/[1-9]/, (digit) => String(Number(digit) - 1)).replace(/'([xy$!u])/, "'z$1");
    expect(other).not.toBe(text);
    expect(share(text, other)).toBe(false);
  });

  test('also while others beside them are taken out', () => {
    expect(slotsOf('SELECT 1 FROM t WHERE CAST(5 AS CHAR(6)) = 7 ORDER BY 8')).toEqual([
      'integer 5',
      'integer 7',
    ]);
    expect(slotsOf("SELECT a FROM t WHERE b->'$.x' = 5 GROUP BY 1 HAVING MAX(b + 1) = 2")).toEqual([
      'integer 5',
      'integer 2',
    ]);
  });
});

describe('keys', () => {
  test.each([
    ['SELECT a FROM t WHERE b = 5', 'SELECT a FROM t WHERE b = 123456'],
    ["SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = 'it''s'"],
    ['SELECT a FROM t WHERE b = 5', '  SELECT a FROM t\n\tWHERE  b = 5 ; ; '],
    ['SELECT a FROM t WHERE b = 5', '/* trace 7 */ SELECT a FROM t WHERE /* x */ b = 5 -- end'],
    ['SELECT a FROM t WHERE b IN (1)', 'SELECT a FROM t WHERE b IN (1, 2,3 , 4)'],
    ['SELECT a FROM t WHERE b IN (1, NULL)', 'SELECT a FROM t WHERE b IN (NULL, 2, 3)'],
    ["SELECT a FROM t WHERE (a, b) IN ((1, 'x'))", "SELECT a FROM t WHERE (a, b) IN ((1, 'x'), (2, 'y'))"],
    ["INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (1, 'x'), (2,'y') , (3, 'z')"],
    ["INSERT INTO t VALUE (1, 'x')", "INSERT INTO t VALUE (1, 'x'), (2,'y')"],
    ['SELECT a FROM t LIMIT 5', 'SELECT a FROM t LIMIT 50'],
  ])('shared: %j and %j', (a, b) => {
    expect(share(a, b)).toBe(true);
  });

  test.each([
    ['SELECT 1', 'SELECT  1'],
    ['SELECT 1', 'select 1'],
    ['SELECT 1', 'SELECT 1 /*c*/'],
    ['SELECT a+1 FROM t', 'SELECT a + 1 FROM t'],
    ['SELECT a /* x */ FROM t', 'SELECT a /* y */ FROM t'],
    ['SELECT a FROM (SELECT b+1 FROM t) u', 'SELECT a FROM (SELECT b + 1 FROM t) u'],
    ['SELECT a FROM t WHERE b = 5', "SELECT a FROM t WHERE b = '5'"],
    ['SELECT a FROM t WHERE b = 5', 'SELECT a FROM t WHERE b = 5.0'],
    ['SELECT a FROM t WHERE b = 5.0', 'SELECT a FROM t WHERE b = 5e0'],
    ['SELECT a FROM t WHERE b = 5', 'SELECT a FROM t WHERE b = -5'],
    ['SELECT a FROM t WHERE b = 5', 'SELECT a FROM t WHERE b = 0x5'],
    ['SELECT a FROM t WHERE b = 5', 'SELECT a FROM t WHERE b = NULL'],
    ['SELECT a FROM t WHERE b = TRUE', 'SELECT a FROM t WHERE b = FALSE'],
    ["SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = N'x'"],
    ["SELECT a FROM t WHERE b = _latin1'x'", "SELECT a FROM t WHERE b = _utf8mb4'x'"],
    ['SELECT a FROM t WHERE b IN (1, 2)', "SELECT a FROM t WHERE b IN (1, '2')"],
    ['SELECT a FROM t WHERE b IN (1, 2)', 'SELECT a FROM t WHERE b IN (1, -2)'],
    ['SELECT a FROM t WHERE b IN (1)', 'SELECT a FROM t WHERE b = (1)'],
    ['SELECT a FROM t WHERE b IN (1, 2)', 'SELECT a FROM t WHERE b IN ((1, 2))'],
    ["INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES ('x', 1)"],
    ['INSERT INTO t VALUES (1, 2)', 'INSERT INTO t VALUES (1), (2)'],
    ['INSERT INTO t VALUES (1, 2), (1, 2)', 'INSERT INTO t VALUES (1, 2), (1, DEFAULT)'],
    ['INSERT INTO t VALUES (1, NOW())', 'INSERT INTO t VALUES (1, NOW()), (1, NOW())'],
    ['SELECT a FROM t LIMIT 5', 'SELECT a FROM t LIMIT 5, 5'],
    ['SELECT /*+ NO_ICP(t) */ a FROM t', 'SELECT /*+ NO_MRR(t) */ a FROM t'],
    ['DELETE /*+ NO_ICP(t) */ FROM t', 'DELETE FROM t'],
    ['DELETE /*vt+ A=1 */ FROM t', 'DELETE /*vt+ A=2 */ FROM t'],
    ['/*vt+ A=1 */ DELETE FROM t', '/*vt+ A=2 */ DELETE FROM t'],
    ['DELETE FROM t /*vt+ A=1 */', 'DELETE FROM t'],
    ['DELETE FROM t WHERE /*!80000 a = 1 or */ b = 2', 'DELETE FROM t WHERE b = 2'],
    ['DELETE FROM t WHERE f(a)', 'DELETE FROM t WHERE f (a)'],
    ['DELETE FROM t WHERE a - -1', 'DELETE FROM t WHERE a --1'],
    ['DELETE FROM t WHERE a = \u0001', 'DELETE FROM t WHERE a = 1'],
    ["DELETE FROM t ORDER BY '\u0001'", "DELETE FROM t WHERE '1'"],
    ['SET @a = 1', 'SET @a = 2'],
    ['SET @a = 1', 'SET  @a = 1'],
  ])('distinct: %j and %j', (a, b) => {
    expect(share(a, b)).toBe(false);
  });

  test('rows whose kinds differ from one to the next share by the kinds of each column', () => {
    expect(
      share("INSERT INTO t VALUES (1, 'x'), (2, NULL)", "INSERT INTO t VALUES (1, NULL), (2, 'x'), (3, 'y')"),
    ).toBe(true);
    expect(slotsOf("INSERT INTO t VALUES (-1, NULL), (2, 'x')")).toEqual([
      "rows of 2: -integer -1, null NULL, integer 2, string 'x'",
    ]);
  });

  test('rows of different lengths, signs with blanks and expressions are read token by token', () => {
    expect(slotsOf('INSERT INTO t VALUES (1, 2), (3)')).toEqual(['integer 1', 'integer 2', 'integer 3']);
    expect(slotsOf('DELETE FROM t WHERE a IN (- 1, 2 + 3)')).toEqual(['integer 1', 'integer 2', 'integer 3']);
    expect(slotsOf('DELETE FROM t WHERE a IN (1, ?)')).toEqual(['integer 1']);
    expect(slotsOf('DELETE FROM t WHERE a IN (1 /*!80000 , 2 */)')).toEqual([]);
  });
});

describe('sql_mode and character set', () => {
  test('double quotes are names under ANSI_QUOTES', () => {
    expect(slotsOf('DELETE FROM t WHERE a = "x"')).toEqual(['string "x"']);
    expect(slotsOf('DELETE FROM t WHERE a = "x"', { sqlMode: 'ANSI_QUOTES' })).toEqual([]);
  });

  test('a backslash does not escape under NO_BACKSLASH_ESCAPES', () => {
    const text = "DELETE FROM t WHERE a = 'x\\' AND b = 'y'";
    expect(slotsOf(text)).toEqual(['no key']);
    expect(slotsOf(text, { sqlMode: 'NO_BACKSLASH_ESCAPES' })).toEqual(["string 'x\\'", "string 'y'"]);
  });

  test('the second byte of a character may be a backslash', () => {
    const text = Buffer.concat([
      Buffer.from("DELETE FROM t WHERE a = '"),
      Buffer.from([0x95, 0x5c]),
      Buffer.from("'"),
    ]);
    expect(slotsOf(text, { charset: 'sjis' })).toEqual(["string '\u0095\\'"]);
    expect(slotsOf(text)).toEqual(['no key']);
  });
});

describe('what else is told', () => {
  test('variables, parameters, directives, hints', () => {
    read('SELECT /*+ NO_ICP(t) */ @a, @@b FROM t WHERE c = ? AND d = ?');
    expect(fingerprint).toMatchObject({
      parameterCount: 2,
      hasUserVariable: true,
      hasSystemVariable: true,
      hasHint: true,
      hasDirective: false,
    });
    read('SELECT /*vt+ X=1 */ a FROM t');
    expect(fingerprint).toMatchObject({
      parameterCount: 0,
      hasUserVariable: false,
      hasHint: false,
      hasDirective: true,
    });
  });

  test.each([
    ['SELECT 1; SELECT 2', 0, 8, 9],
    ['  SELECT 1 ; ', 2, 10, -1],
    ['INSERT INTO t VALUES (1) ;;', 0, 24, -1],
    ['DELETE FROM t WHERE a IN (1);x', 0, 28, 29],
  ])('borders of %j', (text, start, end, next) => {
    read(text);
    expect(fingerprint).toMatchObject({ start, end, next });
  });

  test.each([
    '',
    '  ',
    ';',
    "SELECT 'x",
    'SET a = 1; SET b = 2',
    'SELECT 1)',
    'SELECT a --;',
    'SELECT \u0000',
  ])('no key for %j', (text) => {
    expect(keyOf(text)).toBeUndefined();
  });

  test('a text too long for a key has none; one with long literals has', () => {
    expect(keyOf(`SELECT ${'a,'.repeat(40_000)} b FROM t`)).toBeUndefined();
    expect(slotsOf(`DELETE FROM t WHERE a = '${'x'.repeat(100_000)}'`)).toHaveLength(1);
    const rows = Array.from({ length: 20_000 }, (_, i) => `(${i},'x',-${i}.5)`).join(',');
    expect(share(`INSERT INTO t VALUES ${rows}`, "INSERT INTO t VALUES (1,'x',-0.5)")).toBe(true);
    read(`INSERT INTO t VALUES ${rows}`);
    expect(fingerprint.literals.elementCount(0)).toBe(60_000);
  });

  test('more literals than the tables were made for, and memory is given back', () => {
    const terms = Array.from({ length: 3_000 }, (_, i) => `a = ${i}`);
    const slots = slotsOf(`DELETE FROM t WHERE ${terms.join(' OR  ')}`);
    expect(slots).toHaveLength(3_000);
    expect(slots.at(-1)).toBe('integer 2999');
    const table = fingerprint.literals.copy();
    const elements = Array.from({ length: 100_000 }, (_, i) => i).join();
    expect(slotsOf(`DELETE FROM t WHERE a IN (${elements})`)).toHaveLength(1);
    expect(table).toMatchObject({ slotCount: 3_000, literalCount: 3_000 });
    expect(table.starts[1]).toBe('DELETE FROM t WHERE a = 0 OR  a = '.length);
    const large = fingerprint.literals.kinds.length;
    read('DELETE FROM t');
    expect(fingerprint.literals.kinds.length).toBeLessThan(large / 2);
  });

  test('positions of one text are found in another with the same key', () => {
    const first = "SELECT a  FROM t /* x */ WHERE b IN (1) AND c = 'x' ORDER BY d";
    const second = "SELECT a  FROM t WHERE b IN (1, 22,333)   AND c = 'long text' ORDER BY d";
    const words = ['SELECT', 'FROM', 'WHERE', 'AND', 'c =', "'", 'ORDER', 'd'];
    const at = (text: string, word: string): number => (word === 'd' ? text.length - 1 : text.indexOf(word));
    read(first);
    const offsets = words.map((word) => fingerprint.key.keyOffset(at(first, word)));
    expect(fingerprint.key.keyOffset(first.indexOf('1') + 1)).not.toBe(-1);
    expect(fingerprint.key.keyOffset(first.indexOf('x') + 1)).toBe(-1);
    const listEnd = fingerprint.key.keyOffset(first.indexOf(')'));
    const end = fingerprint.key.keyOffset(first.length);
    read(second);
    expect(offsets.map((offset) => fingerprint.key.textOffset(offset))).toEqual(
      words.map((word) => at(second, word)),
    );
    expect(fingerprint.key.textOffset(listEnd)).toBe(second.indexOf(')'));
    expect(fingerprint.key.textOffset(end)).toBe(second.length);
  });

  test('whether a piece of text varies', () => {
    const text = 'SELECT 1 FROM t WHERE a = 5 AND b = c';
    read(text);
    expect(fingerprint.literals.slotWithin(0, text.indexOf('FROM'))).toBe(-1);
    expect(fingerprint.literals.slotWithin(text.indexOf('a ='), text.length)).toBe(0);
    expect(fingerprint.literals.slotWithin(text.indexOf('b ='), text.length)).toBe(-1);
  });
});
