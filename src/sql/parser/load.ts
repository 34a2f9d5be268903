/** LOAD DATA and LOAD XML; LOAD INDEX INTO CACHE and CACHE INDEX are only recognised. */
import type { OtherStatement } from '../ast/administration.ts';
import type { ColumnReference, UserVariable } from '../ast/expression.ts';
import type { FieldOptions, LineOptions, LoadStatement } from '../ast/load.ts';
import { token } from '../lexer.ts';
import { stringBytes } from '../literals.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseAssignments } from './dml.ts';
import { parseColumn, variableName } from './name.ts';
import { parseOther } from './other.ts';
import { takeTable } from './table-name.ts';
import { takeCharsetWords, takeNumber, takeText, wordIds } from './words.ts';

const k = wordIds(
  'algorithm',
  'by',
  'columns',
  'concurrent',
  'count',
  'data',
  'enclosed',
  'escaped',
  'fields',
  'from',
  'identified',
  'ignore',
  'in',
  'index',
  'infile',
  'into',
  'key',
  'lines',
  'load',
  'local',
  'low_priority',
  'memory',
  'optionally',
  'order',
  'parallel',
  'partition',
  'primary',
  'replace',
  'rows',
  's3',
  'set',
  'starting',
  'table',
  'terminated',
  'url',
  'xml',
);

export function parseLoad(cursor: Cursor): LoadStatement | OtherStatement {
  const { start, word } = cursor;
  cursor.advance();
  if (cursor.isWord(k.index)) {
    while (cursor.kind !== token.end && !cursor.isName()) cursor.advance();
    return parseOther(cursor, start, word === k.load ? 'load index' : 'cache index');
  }
  if (!cursor.isWord(k.data) && !cursor.isWord(k.xml)) cursor.fail('DATA or XML');
  const format = cursor.isWord(k.data) ? 'data' : 'xml';
  cursor.advance();
  if (!cursor.takeWord(k.low_priority)) cursor.takeWord(k.concurrent);
  cursor.takeWord(k.from);
  const local = cursor.takeWord(k.local);
  const options: { bulk: string | undefined } = { bulk: undefined };
  takeSource(cursor, options);
  const duplicates = cursor.takeWord(k.replace)
    ? 'replace'
    : cursor.takeWord(k.ignore)
      ? 'ignore'
      : undefined;
  cursor.expectWord(k.into);
  cursor.expectWord(k.table);
  const table = takeTable(cursor);
  const hasPartitions = cursor.takeWord(k.partition);
  if (hasPartitions) cursor.takeNameList();
  const charset = takeCharsetWords(cursor) ? cursor.takeNameOrString() : undefined;
  if (cursor.isWord(k.rows) && cursor.peekWord() === k.identified) takeRowTag(cursor, options);
  const fields = parseFields(cursor);
  const lines = parseLines(cursor);
  const ignoredLines = parseIgnored(cursor);
  const columnsStart = cursor.kind === char.open ? cursor.start : cursor.previousEnd;
  const columns = cursor.kind === char.open ? parseTargets(cursor) : undefined;
  const columnsEnd = cursor.previousEnd;
  const assignments = cursor.takeWord(k.set) ? parseAssignments(cursor) : [];
  takeBulkOptions(cursor, options);
  return {
    kind: 'load',
    start,
    end: cursor.previousEnd,
    format,
    local,
    duplicates,
    table,
    hasPartitions,
    charset,
    fields,
    lines,
    ignoredLines,
    columns,
    columnsStart,
    columnsEnd,
    assignments,
    bulkOption: options.bulk,
    hasVersionComment: cursor.hasVersionComment,
  };
}

function takeSource(cursor: Cursor, options: { bulk: string | undefined }): void {
  if (!cursor.takeWord(k.infile)) {
    if (!cursor.isWord(k.url) && !cursor.isWord(k.s3)) cursor.fail('INFILE');
    options.bulk = wordName(cursor.word);
    cursor.advance();
  }
  takeText(cursor);
  if (cursor.takeWord(k.count)) {
    options.bulk = 'count';
    takeNumber(cursor);
  }
  if (cursor.takeWord(k.in)) {
    options.bulk = 'in primary key order';
    cursor.expectWord(k.primary);
    cursor.expectWord(k.key);
    cursor.expectWord(k.order);
  }
}

function takeRowTag(cursor: Cursor, options: { bulk: string | undefined }): void {
  cursor.advance();
  cursor.advance();
  cursor.expectWord(k.by);
  takeText(cursor);
  options.bulk = 'rows identified by';
}

function takeBulkOptions(cursor: Cursor, options: { bulk: string | undefined }): void {
  for (const word of [k.parallel, k.memory, k.algorithm]) {
    if (!cursor.takeWord(word)) continue;
    options.bulk = wordName(word);
    cursor.takeChar(char.equal);
    cursor.advance();
  }
}

/** A string, or a hexadecimal or binary literal, as bytes. */
function takeBytes(cursor: Cursor): Buffer {
  const { start, end, kind, text, mode } = cursor;
  if (kind !== token.string && kind !== token.hex && kind !== token.bit) cursor.fail('a string');
  cursor.advance();
  if (kind === token.string) return Buffer.from(stringBytes(text, start, end, mode));
  const digits = text.toString('latin1', start, end).replace(/^0[xb]|^[xb]'|'$/gi, '');
  if (kind === token.hex)
    return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const hex = digits === '' ? '' : BigInt(`0b${digits}`).toString(16);
  const width = Math.ceil(digits.length / 8) * 2;
  return Buffer.from(hex.padStart(width, '0'), 'hex');
}

function parseFields(cursor: Cursor): FieldOptions {
  const options = {
    terminated: undefined as Buffer | undefined,
    enclosed: undefined as Buffer | undefined,
    optionally: false,
    escaped: undefined as Buffer | undefined,
  };
  if (!cursor.takeWord(k.fields) && !cursor.takeWord(k.columns)) return options;
  // Each may stand any number of times: the last one counts.
  for (let count = 0; ; count++) {
    if (cursor.takeWord(k.terminated)) {
      cursor.expectWord(k.by);
      options.terminated = takeBytes(cursor);
    } else if (cursor.takeWord(k.escaped)) {
      cursor.expectWord(k.by);
      options.escaped = takeBytes(cursor);
    } else if (cursor.isWord(k.optionally) || cursor.isWord(k.enclosed)) {
      if (cursor.takeWord(k.optionally)) options.optionally = true;
      cursor.expectWord(k.enclosed);
      cursor.expectWord(k.by);
      options.enclosed = takeBytes(cursor);
    } else if (count === 0) cursor.fail('TERMINATED, ENCLOSED or ESCAPED');
    else return options;
  }
}

function parseLines(cursor: Cursor): LineOptions {
  const options = {
    starting: undefined as Buffer | undefined,
    terminated: undefined as Buffer | undefined,
  };
  if (!cursor.takeWord(k.lines)) return options;
  for (let count = 0; ; count++) {
    if (cursor.takeWord(k.starting)) {
      cursor.expectWord(k.by);
      options.starting = takeBytes(cursor);
    } else if (cursor.takeWord(k.terminated)) {
      cursor.expectWord(k.by);
      options.terminated = takeBytes(cursor);
    } else if (count === 0) cursor.fail('STARTING or TERMINATED');
    else return options;
  }
}

function parseIgnored(cursor: Cursor): LoadStatement['ignoredLines'] {
  const { start } = cursor;
  if (!cursor.takeWord(k.ignore)) return undefined;
  if (cursor.kind !== token.integer) cursor.fail('a number');
  const count = takeNumber(cursor);
  if (!cursor.takeWord(k.lines)) cursor.expectWord(k.rows);
  return { start, end: cursor.previousEnd, count };
}

function parseTargets(cursor: Cursor): (ColumnReference | UserVariable)[] {
  cursor.expectChar(char.open);
  const targets: (ColumnReference | UserVariable)[] = [];
  if (cursor.takeChar(char.close)) return targets;
  do {
    if (cursor.kind === token.userVariable) {
      const { start, end } = cursor;
      targets.push({ kind: 'userVariable', start, end, name: variableName(cursor) });
      cursor.advance();
    } else targets.push(parseColumn(cursor));
  } while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return targets;
}
