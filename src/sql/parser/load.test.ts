import { expect, test } from 'vitest';
import type { LoadStatement } from '../ast/load.ts';
import { lexModeOf } from '../lex-mode.ts';
import { parseStatement } from './statement.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

function parse(sql: string): LoadStatement {
  const source = Buffer.from(sql);
  const statement = parseStatement(source, 0, source.length, mode);
  if (statement.kind !== 'load') throw new Error(`${statement.kind}: ${sql}`);
  return statement;
}

test('says nothing where nothing is said', () => {
  expect(parse("LOAD DATA INFILE 'x' INTO TABLE t")).toMatchObject({
    format: 'data',
    local: false,
    duplicates: undefined,
    table: { schema: undefined, name: 't' },
    charset: undefined,
    fields: { terminated: undefined, enclosed: undefined, optionally: false, escaped: undefined },
    lines: { starting: undefined, terminated: undefined },
    ignoredLines: undefined,
    columns: undefined,
    assignments: [],
    bulkOption: undefined,
  });
});

test('options as bytes, the last one of each', () => {
  const sql =
    "LOAD DATA LOCAL INFILE 'x' REPLACE INTO TABLE s.t CHARSET Latin1 FIELDS TERMINATED BY '' TERMINATED BY '\\t' OPTIONALLY ENCLOSED BY x'22' ESCAPED BY b'1011100' LINES STARTING BY 'é' TERMINATED BY 0x0D0A";
  expect(parse(sql)).toMatchObject({
    local: true,
    duplicates: 'replace',
    table: { schema: 's', name: 't' },
    charset: 'latin1',
    fields: {
      terminated: Buffer.from('\t'),
      enclosed: Buffer.from('"'),
      optionally: true,
      escaped: Buffer.from('\\'),
    },
    lines: { starting: Buffer.from('é'), terminated: Buffer.from('\r\n') },
  });
});

test('where the lines to leave out and the columns stand', () => {
  const sql = "LOAD DATA LOCAL INFILE 'x' INTO TABLE t IGNORE 3 LINES (a, @b, t.c) SET d = 1";
  const { ignoredLines, columns, columnsStart, columnsEnd, assignments } = parse(sql);
  expect(ignoredLines?.count).toBe('3');
  expect(sql.slice(ignoredLines!.start, ignoredLines!.end)).toBe('IGNORE 3 LINES');
  expect(sql.slice(columnsStart, columnsEnd)).toBe('(a, @b, t.c)');
  expect(columns?.map((each) => each.kind)).toEqual(['column', 'userVariable', 'column']);
  expect(assignments).toHaveLength(1);
});

test('a list that is missing has its place', () => {
  const sql = "LOAD DATA LOCAL INFILE 'x' INTO TABLE t LINES TERMINATED BY 'x' SET d = 1";
  const { columns, columnsStart, columnsEnd } = parse(sql);
  expect(columns).toBeUndefined();
  expect([sql.slice(0, columnsStart), columnsEnd]).toEqual([sql.slice(0, sql.indexOf(' SET')), columnsStart]);
});

test('bulk loading and XML are told', () => {
  expect(parse("LOAD DATA FROM INFILE 'x' COUNT 5 INTO TABLE t").bulkOption).toBe('count');
  expect(parse("LOAD DATA INFILE 'x' INTO TABLE t ALGORITHM = BULK").bulkOption).toBe('algorithm');
  expect(parse("LOAD XML LOCAL INFILE 'x' INTO TABLE t ROWS IDENTIFIED BY '<r>'")).toMatchObject({
    format: 'xml',
    bulkOption: 'rows identified by',
  });
});
