/**
 * Rows and fields of files for LOAD DATA, as MySQL reads them: files of few characters under formats of all kinds, whose stored rows are
 * compared with what the splitter finds, and whose rows one by one must give the same again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BROKEN, END, type RowFormat, RowSplitter } from '../../src/engine/load/row-splitter.ts';
import { capability } from '../../src/mysql/protocol.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { ask } from '../support/session-play.ts';

const SEED = 20_261;
const FILES = 400;
const FIELDS = 3;

let server: Mysqld;
let client: RawClient;
beforeAll(async () => {
  server = await startMysqld({ databases: ['load'] });
  const columns = Array.from({ length: FIELDS }, (_, at) => `f${at} VARBINARY(200)`).join(', ');
  await runStatements(
    server.endpoint,
    [`CREATE TABLE t (n INT AUTO_INCREMENT PRIMARY KEY, ${columns})`],
    'load',
  );
  client = await RawClient.connect(server.endpoint, { database: 'load', with: capability.localFiles });
});
afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

type Case = Readonly<{
  fieldEnd: string;
  lineEnd: string;
  lineStart: string;
  quote: string;
  escapeText: string;
  charset: 'latin1' | 'utf8mb3' | 'utf8mb4';
  ignored: number;
  file: Buffer;
}>;

const literal = (text: string): string => (text === '' ? "''" : `0x${Buffer.from(text).toString('hex')}`);

function makeCase(random: Random): Case {
  const fieldEnd = random.pick([',', '\t', ',,', 'ab', ';']);
  const lineEnd = random.pick(['\n', '\n', '\r\n', ';', '', '||', 'ba']);
  const lineStart = random.pick(['', '', '', 'x', '>>']);
  const quote = random.pick(['', '', '"', "'", '"']);
  const escapeText = random.pick(['\\', '\\', '', quote === '' ? '!' : quote]);
  const charset = random.pick(['latin1', 'utf8mb3', 'utf8mb4'] as const);
  const bits = [fieldEnd, lineEnd, lineStart, quote, escapeText, fieldEnd[0]!, lineEnd.slice(0, 1)];
  const words = ['a', 'b', 'N', 'NULL', 't', '0', 'é', '€', '😀', ' ', `${escapeText}N`];
  const odd = charset === 'latin1' ? ['\xff', '\xc3'] : ['\xc3', '\xe2\x82', '\xf0\x9f', '\xff'];
  const pieces: Buffer[] = [];
  const count = random.between(1, 60);
  for (let at = 0; at < count; at++) {
    const chance = random.between(0, 99);
    if (chance < 45) pieces.push(Buffer.from(random.pick(bits)));
    else if (chance < 98) pieces.push(Buffer.from(random.pick(words)));
    else pieces.push(Buffer.from(random.pick(odd), 'latin1'));
  }
  // Without an end of lines that is refused.
  const ignored = lineEnd !== '' && random.between(0, 3) === 0 ? random.between(1, 2) : 0;
  return { fieldEnd, lineEnd, lineStart, quote, escapeText, charset, ignored, file: Buffer.concat(pieces) };
}

const statementOf = (each: Case): string =>
  `LOAD DATA LOCAL INFILE 'f' INTO TABLE t CHARACTER SET ${each.charset}
   FIELDS TERMINATED BY ${literal(each.fieldEnd)} OPTIONALLY ENCLOSED BY ${literal(each.quote)} ESCAPED BY ${literal(each.escapeText)}
   LINES STARTING BY ${literal(each.lineStart)} TERMINATED BY ${literal(each.lineEnd)}
   ${each.ignored > 0 ? `IGNORE ${each.ignored} LINES` : ''} (${Array.from({ length: FIELDS }, (_, at) => `f${at}`).join(', ')})`;

/** What MySQL stores, or the number of its error. */
async function stored(sql: string, file: Buffer): Promise<(string | null)[][] | string> {
  client.file = file.length === 0 ? [] : [file];
  await client.query('DELETE FROM t');
  const { error } = await ask(client, sql);
  if (error !== undefined) return `error ${error.errno}`;
  return (await ask(client, 'SELECT HEX(f0), HEX(f1), HEX(f2) FROM t ORDER BY n')).rows;
}

type Split = Readonly<{ rows: Buffer[]; values: (string | null)[][]; isBroken: boolean }>;

function split(each: Case): Split {
  const format: RowFormat = {
    fieldEnd: Buffer.from(each.fieldEnd),
    lineEnd: Buffer.from(each.lineEnd === each.fieldEnd ? '' : each.lineEnd),
    lineStart: Buffer.from(each.lineStart),
    quote: each.quote === '' ? -1 : each.quote.charCodeAt(0),
    escapeByte: each.escapeText === '' ? -1 : each.escapeText.charCodeAt(0),
    charset: each.charset === 'latin1' ? 'single' : each.charset,
  };
  const splitter = new RowSplitter(
    format,
    FIELDS,
    Array.from({ length: FIELDS }, (_, at) => at),
  );
  const found: Split = { rows: [], values: [], isBroken: false };
  let at = 0;
  const ignored = each.lineEnd === each.fieldEnd ? 0 : each.ignored;
  for (let left = ignored; left > 0; left--) {
    const end = splitter.skip(each.file, at, true);
    if (end === END) return found;
    if (end === BROKEN) return { ...found, isBroken: true };
    at = end;
  }
  for (;;) {
    const end = splitter.next(each.file, at, true);
    if (end === END) return found;
    if (end === BROKEN) return { ...found, isBroken: true };
    found.rows.push(each.file.subarray(at, end));
    found.values.push(
      splitter.fields.map((field) =>
        field === undefined || field.isNull ? null : field.bytes.toString('hex').toUpperCase(),
      ),
    );
    at = end;
  }
}

test(`${FILES} files, seed ${SEED}`, async () => {
  const random = new Random(SEED);
  const wrong: unknown[] = [];
  for (let at = 0; at < FILES && wrong.length < 5; at++) {
    const each = makeCase(random);
    const sql = statementOf(each);
    const whole = await stored(sql, each.file);
    const found = split(each);
    const expected = typeof whole === 'string' ? whole : JSON.stringify(whole);
    const own = found.isBroken ? 'error 1300' : JSON.stringify(found.values);
    if (own !== expected) wrong.push({ at, ...each, file: each.file.toString('latin1'), expected, own });
  }
  expect(wrong).toEqual([]);
});
