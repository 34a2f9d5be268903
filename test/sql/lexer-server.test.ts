/** The lexer and the statement scan against a server: MySQL itself says where borders are and what is built in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capability } from '../../src/mysql/protocol.ts';
import { byteBit, byteClass, charsetTableOf } from '../../src/sql/charset-tables.ts';
import { type LexMode, lexModeOf } from '../../src/sql/lex-mode.ts';
import { effect, scanStatement } from '../../src/sql/statement-scan.ts';
import { findWordByName, wordCount, wordFlag, wordFlags, wordName } from '../../src/sql/words.ts';
import { readResults } from '../support/decode.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';

const DATABASE = 'lexing';
const NO_KEYSPACES: ReadonlySet<string> = new Set();
/** FUNCTION does not exist; the same with a hint at how names are resolved. */
const noSuchFunction = new Set([1305, 1630]);
const SYNTAX_ERROR = 1064;
/** A function that only the server itself may call. */
const INTERNAL_FUNCTION = 3566;
const UNKNOWN_COLUMN = 1054;

let server: Mysqld;
let serverVersion = 0;

async function connect(sqlMode = '', charset = 'utf8mb4', without = 0): Promise<RawClient> {
  const client = await RawClient.connect(server.endpoint, { database: DATABASE, without });
  for (const sql of [`SET sql_mode = '${sqlMode}'`, `SET NAMES ${charset}`]) {
    if ((await errnoOf(client, sql)) !== 0) throw new Error(`the server refuses: ${sql}`);
  }
  return client;
}

async function errnoOf(client: RawClient, sql: string | Buffer): Promise<number> {
  return readResults(await client.query(sql))[0]?.error?.errno ?? 0;
}

async function columnOf(client: RawClient, sql: string): Promise<string[]> {
  const [result] = readResults(await client.query(sql));
  return result!.rows.map(([value]) => value!);
}

beforeAll(async () => {
  server = await startMysqld({ databases: [DATABASE] });
  const client = await connect();
  const [version] = await columnOf(client, 'SELECT VERSION()');
  const [major, minor, patch] = version!.split(/[.-]/).map(Number);
  serverVersion = major! * 10_000 + minor! * 100 + patch!;
  client.destroy();
});

afterAll(() => server.stop());

// --- borders ---

const pieces = [
  "'",
  '"',
  '`',
  '\\',
  ';',
  '-',
  '--',
  '-- ',
  '#',
  '/',
  '*',
  '/*',
  '*/',
  '/*!',
  '/*!50000 ',
  '/*!999999 ',
  '/*+',
  '!',
  '=',
  '<',
  '>',
  '&',
  '|',
  ' ',
  '\n',
  'a',
  'e',
  '0',
  '1',
  'x',
  'b',
  'n',
  '@',
  '@@',
  '$',
  '$$',
  '.',
  ',',
  '(',
  ')',
  '?',
  '_gbk',
  '0x',
  '+',
  '\t',
  '\x81',
  '\xa1',
  '\xe0',
  '\xfc',
  '\xfe',
  '\x8e',
  '\x8f',
  '\xa0',
  '\xff',
  '\x80',
  '\xb1',
  '\xdf',
  '[',
  '{',
  '~',
  ':',
];
const literals = [
  '1',
  '1.5',
  '1e3',
  '.5',
  '0x1f',
  "x'1f'",
  '0b1',
  "b'1'",
  '1e',
  '0xZ',
  '-1',
  '!!1',
  '1=!0',
  '1=>1',
  '1<=>1',
  '1<<1',
  '1||0',
  '1&&1',
  '1--1',
  '1-- 1\n',
  "N'a'",
  'n"a"',
  '@a',
  "@'a'",
  '@`a`',
  '@"a"',
  '@@autocommit',
  '@@session.autocommit',
  '@a:=1',
  '@',
  '@a.b',
  '1a',
  'a.1b',
  '$a',
  '$$a$$',
  "_latin1'a'",
  'NULL',
  '?',
  "''",
  "'a''b'",
  "'a\\'b'",
  '"a""b"',
  '1 a',
  '1 $a',
  '1 _x',
];

class StatementMaker {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  #pick(from: readonly string[]): string {
    return from[this.#random.below(from.length)]!;
  }

  #soup(lengthMax: number): string {
    return Array.from({ length: this.#random.below(lengthMax) }, () => this.#pick(pieces)).join('');
  }

  #quoted(): string {
    const quote = this.#pick(["'", "'", '"', '`']);
    return quote + this.#soup(7) + quote;
  }

  #comment(): string {
    switch (this.#random.below(9)) {
      case 0:
        return `/*${this.#soup(4)}*/`;
      case 1:
        return `-- ${this.#soup(4)}\n`;
      case 2:
        return `#${this.#soup(4)}\n`;
      case 3:
        return `${this.#pick(['/*!50000 ', '/*!999999 ', '/*! ', '/*!080000 '])}${this.#pick(['+1', "'x'", '/* y */'])}*/`;
      default:
        return ' ';
    }
  }

  #item(): string {
    switch (this.#random.below(6)) {
      case 0:
      case 1:
        return this.#quoted();
      case 2:
        return this.#pick(literals);
      case 3:
        return `1 AS ${this.#quoted()}`;
      default:
        return `${this.#comment()}1`;
    }
  }

  #statement(): string {
    const hint = this.#random.chance(0.1)
      ? this.#pick(["/*+ it's */", "/*+ '*/' */", '/*+ BKA(`*/`) */'])
      : '';
    const items = Array.from({ length: this.#random.between(1, 3) }, () => this.#item() + this.#comment());
    return `SELECT ${hint}${items.join(',')}`;
  }

  /** Bytes of one to three statements, sometimes with a byte put in at random. */
  next(): Buffer {
    const statements = Array.from({ length: this.#random.between(1, 3) }, () =>
      this.#random.chance(0.9) ? this.#comment() + this.#statement() : this.#comment(),
    );
    let text = statements.join(';');
    if (this.#random.chance(0.25)) {
      const at = this.#random.below(text.length);
      text = text.slice(0, at) + this.#pick(pieces) + text.slice(at);
    }
    return Buffer.from(text, 'latin1');
  }
}

async function answers(client: RawClient, sql: Buffer): Promise<string[]> {
  return readResults(await client.query(sql)).map(({ error, rows, columns }) => {
    if (error) return `error ${error.errno}`;
    return rows.length === 0 ? 'ok' : JSON.stringify([columns.map(({ name }) => name), rows]);
  });
}

/** What the server says to our statements, sent one by one up to the first error. */
async function answersOneByOne(client: RawClient, text: Buffer, mode: LexMode): Promise<string[]> {
  const all: string[] = [];
  for (let at = 0; at >= 0; ) {
    const { start, end, next } = scanStatement(text, at, mode, NO_KEYSPACES);
    const found = await answers(client, text.subarray(start, end));
    all.push(...found);
    if (found.some((answer) => answer.startsWith('error'))) break;
    at = next;
  }
  return all;
}

const CASES_PER_MODE = 60;
const charsets = ['utf8mb4', 'latin1', 'gbk', 'sjis', 'cp932', 'big5', 'gb18030', 'euckr', 'ujis', 'swe7'];
const sqlModes = ['', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI'];

describe('statements end where the server ends them', () => {
  test.each(charsets)('%s', async (charset) => {
    for (const [index, sqlMode] of sqlModes.entries()) {
      const together = await connect(sqlMode, charset);
      const apart = await connect(sqlMode, charset, capability.multiStatements);
      const mode = lexModeOf(sqlMode, charset, serverVersion, false);
      const maker = new StatementMaker(1_000 * charsets.indexOf(charset) + index);
      for (let i = 0; i < CASES_PER_MODE; i++) {
        const text = maker.next();
        const expected = await answers(together, text);
        const found = await answersOneByOne(apart, text, mode);
        const head = `${sqlMode} ${JSON.stringify(text.toString('latin1'))} `;
        expect(head + found.join(' ')).toBe(head + expected.join(' '));
      }
      together.destroy();
      apart.destroy();
    }
  });
});

describe('bytes', () => {
  test('every byte above ASCII is what the server takes it for, in every client character set', async () => {
    const client = await connect();
    const names = await columnOf(
      client,
      'SELECT LOWER(CHARACTER_SET_NAME) FROM information_schema.CHARACTER_SETS',
    );
    for (const charset of names) {
      if ((await errnoOf(client, `SET NAMES ${charset}`)) !== 0) continue;
      expect([charset, ...(await differingBytes(client, charset))]).toEqual([charset]);
    }
    client.destroy();
  });
});

async function differingBytes(client: RawClient, charset: string): Promise<string[]> {
  const { classes, bits } = charsetTableOf(charset);
  const differing: string[] = [];
  for (let byte = 0x80; byte <= 0xff; byte++) {
    const ask = (before: string, behind: string): Promise<number> =>
      errnoOf(client, Buffer.concat([Buffer.from(before), Buffer.from([byte]), Buffer.from(behind)]));
    const asSeparator = await ask('SELECT 1', ' AS x');
    // 1300: a name that is no valid text; it was lexed as a name.
    const isName = asSeparator === UNKNOWN_COLUMN || asSeparator === 1300;
    const endsComment = (await ask('SELECT 1 --', 'x;y\n')) === 0;
    const hasBit = (bit: number): boolean => (bits[byte]! & bit) !== 0;
    const agrees =
      (classes[byte] === byteClass.blank) === (asSeparator === 0) &&
      (hasBit(byteBit.name) === isName || (charset === 'utf8mb3' && byte === 0xff)) &&
      hasBit(byteBit.commentBlank) === endsComment;
    if (!agrees) differing.push(byte.toString(16));
  }
  return differing;
}

describe('words', () => {
  test('every keyword of the server is known, reserved ones as reserved', async () => {
    const client = await connect();
    const [result] = readResults(
      await client.query('SELECT LOWER(WORD), RESERVED FROM information_schema.KEYWORDS'),
    );
    for (const [name, reserved] of result!.rows) {
      const flags = wordFlags[findWordByName(name!)]!;
      expect([name, flags & wordFlag.keyword]).toEqual([name, wordFlag.keyword]);
      if (reserved === '1') expect([name, flags & wordFlag.reserved]).toEqual([name, wordFlag.reserved]);
    }
    client.destroy();
  });

  test.each(['', 'IGNORE_SPACE'])(
    'calls that reach stored functions are unknown, others are not (%s)',
    async (sqlMode) => {
      const client = await connect(sqlMode);
      const mode = lexModeOf(sqlMode, 'utf8mb4', serverVersion, false);
      const topics = await columnOf(
        client,
        "SELECT LOWER(name) FROM mysql.help_topic WHERE name REGEXP '^[a-z_0-9]+$'",
      );
      const known = Array.from({ length: wordCount - 1 }, (_, id) => wordName(id + 1));
      for (const name of new Set([...known, ...topics])) {
        for (const call of callsOf(name)) {
          const sql = `SELECT ${call}`;
          const errno = await errnoOf(client, sql);
          const isUnknown =
            (scanStatement(Buffer.from(sql), 0, mode, NO_KEYSPACES).effects & effect.unknownFunction) !== 0;
          if (noSuchFunction.has(errno)) expect([sql, isUnknown]).toEqual([sql, true]);
          else if (errno !== SYNTAX_ERROR && errno !== INTERNAL_FUNCTION)
            expect([sql, isUnknown]).toEqual([sql, false]);
        }
      }
      client.destroy();
    },
  );

  const callsOf = (name: string): string[] => [
    `${name}()`,
    `${name}(1,1)`,
    `${name} (1,1)`,
    `${name}/**/(1,1)`,
    `\`${name}\`(1,1)`,
    `${DATABASE}.${name}(1)`,
  ];
});

test('the scope of a SET holds for the plain names behind it', async () => {
  const client = await connect();
  const sql = 'SET GLOBAL sort_buffer_size = 524288, join_buffer_size = 524288, @@read_buffer_size = 524288';
  expect(await errnoOf(client, sql)).toBe(0);
  const { assignments } = scanStatement(
    Buffer.from(sql),
    0,
    lexModeOf('', 'utf8mb4', serverVersion, false),
    NO_KEYSPACES,
  );
  for (const { target, name, value } of assignments!) {
    const scope = target === 'global' ? 'global' : 'session';
    expect([name, await columnOf(client, `SELECT @@${scope}.${name}`)]).toEqual([name, [value]]);
  }
  client.destroy();
});
