/** Options of tables and their partitions: what they are called and where their value stands. */
import type { Partitioning, TableOption } from '../ast/definition.ts';
import type { Name } from '../ast/node.ts';
import type { TableName } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { wordSet } from './keywords.ts';
import { takeTables } from './table-name.ts';
import { skipParentheses, takeNameOrText, takeNumber, takeText, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'algorithm',
  'by',
  'character',
  'char',
  'charset',
  'collate',
  'columns',
  'comment',
  'data',
  'default',
  'directory',
  'disk',
  'engine',
  'hash',
  'in',
  'index',
  'insert_method',
  'key',
  'less',
  'linear',
  'list',
  'max_rows',
  'maxvalue',
  'memory',
  'min_rows',
  'no',
  'first',
  'last',
  'nodegroup',
  'null',
  'partition',
  'partitions',
  'range',
  'row_format',
  'secondary_engine',
  'set',
  'start',
  'storage',
  'subpartition',
  'subpartitions',
  'tablespace',
  'than',
  'transaction',
  'union',
  'values',
);

const numberOptions = wordSet(
  'max_rows min_rows avg_row_length auto_increment checksum table_checksum delay_key_write key_block_size',
);
const numberOrDefaultOptions = wordSet('pack_keys stats_auto_recalc stats_persistent stats_sample_pages');
const textOptions = wordSet(
  'comment compression encryption password connection engine_attribute secondary_engine_attribute external_format',
);
/** NULL is a value of some. */
const nameOptions = wordSet('engine tablespace secondary_engine');
const rowFormats = wordSet('default fixed dynamic compressed redundant compact');
/** Of external tables; values of any shape. */
const externalOptions = wordSet(`
  allow_missing_files auto_refresh auto_refresh_source file_format files strict_load verify_key_constraints
  autoextend_size`);

/** One option if one begins here. */
export function takeTableOption(cursor: Cursor): TableOption | undefined {
  if (cursor.kind !== token.word) return undefined;
  const { start } = cursor;
  const valueAt = { start: -1 };
  const found = takeNamedOption(cursor, valueAt) ?? takeWordsOption(cursor, valueAt);
  if (found === undefined) return undefined;
  const { name, tables = [] } = found;
  const end = cursor.previousEnd;
  const valueStart = valueAt.start < 0 ? end : valueAt.start;
  return { kind: 'tableOption', start, end, name, valueStart, valueEnd: end, tables };
}

/** Options in a row, with or without commas between; a comma behind the last one is not taken. */
export function takeTableOptions(cursor: Cursor): TableOption[] {
  const options: TableOption[] = [];
  for (let found = takeTableOption(cursor); found !== undefined; found = takeTableOption(cursor)) {
    options.push(found);
    // Behind a comma there must be another option.
    if (cursor.takeChar(char.comma) && cursor.kind === token.end) cursor.fail('an option');
  }
  return options;
}

type Found = { name: string; tables?: TableName[] };
type ValueAt = { start: number };

function takeNamedOption(cursor: Cursor, valueAt: ValueAt): Found | undefined {
  const { word } = cursor;
  const isNumber = numberOptions[word] === 1 || numberOrDefaultOptions[word] === 1;
  const isText = textOptions[word] === 1;
  const isName = nameOptions[word] === 1;
  if (!isNumber && !isText && !isName && word !== k.row_format && externalOptions[word] !== 1)
    return undefined;
  startValue(cursor, valueAt);
  if (isNumber) {
    if (numberOrDefaultOptions[word] !== 1 || !cursor.takeWord(k.default)) takeNumber(cursor);
  } else if (isText) {
    takeText(cursor);
  } else if (isName) {
    if (!cursor.takeWord(k.null)) takeNameOrText(cursor);
  } else if (word === k.row_format) {
    if (rowFormats[cursor.word] !== 1) cursor.fail('a row format');
    cursor.advance();
  } else if (cursor.kind === char.open) {
    skipParentheses(cursor);
  } else {
    cursor.advance();
  }
  return { name: wordName(word) };
}

/** Takes the option's word and an equal sign. */
function startValue(cursor: Cursor, valueAt: ValueAt): void {
  cursor.advance();
  cursor.takeChar(char.equal);
  valueAt.start = cursor.start;
}

function takeWordsOption(cursor: Cursor, valueAt: ValueAt): Found | undefined {
  switch (cursor.word) {
    case k.union: {
      startValue(cursor, valueAt);
      cursor.expectChar(char.open);
      const tables = cursor.kind === char.close ? [] : takeTables(cursor);
      cursor.expectChar(char.close);
      return { name: 'union', tables };
    }
    case k.insert_method:
      startValue(cursor, valueAt);
      if (!cursor.takeWord(k.no) && !cursor.takeWord(k.first)) cursor.expectWord(k.last);
      return { name: 'insert_method' };
    case k.data:
    case k.index: {
      const name = `${wordName(cursor.word)} directory`;
      cursor.advance();
      if (!cursor.isWord(k.directory)) cursor.fail('DIRECTORY');
      startValue(cursor, valueAt);
      takeText(cursor);
      return { name };
    }
    case k.storage:
      startValue(cursor, valueAt);
      if (!cursor.takeWord(k.disk)) cursor.expectWord(k.memory);
      return { name: 'storage' };
    case k.start:
      if (!takeTwo(cursor, k.start, k.transaction)) return undefined;
      return { name: 'start transaction' };
    default:
      return takeCharsetOption(cursor, valueAt);
  }
}

function takeCharsetOption(cursor: Cursor, valueAt: ValueAt): Found | undefined {
  if (cursor.isWord(k.default)) {
    const behind = cursor.peekWord();
    const fits = behind === k.character || behind === k.char || behind === k.charset || behind === k.collate;
    if (!fits) return undefined;
    cursor.advance();
  }
  switch (cursor.word) {
    case k.collate:
      startValue(cursor, valueAt);
      cursor.takeNameOrString();
      return { name: 'collate' };
    case k.character:
    case k.char:
      if (cursor.peekWord() !== k.set) return undefined;
      cursor.advance();
      startValue(cursor, valueAt);
      cursor.takeNameOrString();
      return { name: 'character set' };
    case k.charset:
      startValue(cursor, valueAt);
      cursor.takeNameOrString();
      return { name: 'character set' };
    default:
      return undefined;
  }
}

// --- partitions ---

/** `PARTITION BY …` from PARTITION on. */
export function parsePartitioning(cursor: Cursor): Partitioning {
  const { start } = cursor;
  cursor.expectWord(k.partition);
  cursor.expectWord(k.by);
  const method = takeMethod(cursor, true);
  if (cursor.takeWord(k.partitions)) takeNumber(cursor);
  if (cursor.takeWord(k.subpartition)) {
    cursor.expectWord(k.by);
    takeMethod(cursor, false);
    if (cursor.takeWord(k.subpartitions)) takeNumber(cursor);
  }
  const partitions = cursor.kind === char.open ? parsePartitionDefinitions(cursor) : [];
  return { kind: 'partitioning', start, end: cursor.previousEnd, method, partitions };
}

function takeMethod(cursor: Cursor, isTop: boolean): Partitioning['method'] {
  const linear = cursor.takeWord(k.linear);
  if (cursor.takeWord(k.key)) {
    if (cursor.takeWord(k.algorithm)) {
      cursor.expectChar(char.equal);
      takeNumber(cursor);
    }
    takeColumns(cursor);
    return 'key';
  }
  if (linear || !isTop || cursor.isWord(k.hash)) {
    cursor.expectWord(k.hash);
    takeExpression(cursor);
    return 'hash';
  }
  const method = cursor.takeWord(k.range) ? 'range' : 'list';
  if (method === 'list') cursor.expectWord(k.list);
  if (cursor.takeWord(k.columns)) takeColumns(cursor);
  else takeExpression(cursor);
  return method;
}

function takeColumns(cursor: Cursor): void {
  cursor.expectChar(char.open);
  if (cursor.takeChar(char.close)) return;
  do cursor.takeName();
  while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
}

function takeExpression(cursor: Cursor): void {
  cursor.enter();
  cursor.expectChar(char.open);
  parseExpression(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
}

/** `(PARTITION a VALUES …, …)`: the names. */
export function parsePartitionDefinitions(cursor: Cursor): Name[] {
  const names: Name[] = [];
  cursor.expectChar(char.open);
  do {
    cursor.expectWord(k.partition);
    names.push(cursor.takeName());
    takePartitionValues(cursor);
    takePartitionOptions(cursor);
    if (cursor.takeChar(char.open)) {
      do {
        cursor.expectWord(k.subpartition);
        takeNameOrText(cursor);
        takePartitionOptions(cursor);
      } while (cursor.takeChar(char.comma));
      cursor.expectChar(char.close);
    }
  } while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return names;
}

function takePartitionValues(cursor: Cursor): void {
  if (!cursor.takeWord(k.values)) return;
  if (cursor.takeWord(k.less)) {
    cursor.expectWord(k.than);
    if (!cursor.takeWord(k.maxvalue)) takeValueList(cursor, false);
  } else {
    cursor.expectWord(k.in);
    takeValueList(cursor, true);
  }
}

function takeValueList(cursor: Cursor, mayNest: boolean): void {
  cursor.enter();
  cursor.expectChar(char.open);
  do {
    if (cursor.takeWord(k.maxvalue)) continue;
    if (mayNest && cursor.kind === char.open) takeValueList(cursor, false);
    else parseExpression(cursor);
  } while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  cursor.leave();
}

function takePartitionOptions(cursor: Cursor): void {
  while (cursor.kind === token.word) {
    const { word } = cursor;
    if (word === k.data || word === k.index) {
      cursor.advance();
      cursor.expectWord(k.directory);
      cursor.takeChar(char.equal);
      takeText(cursor);
    } else if (word === k.storage || word === k.engine || word === k.tablespace || word === k.comment) {
      cursor.advance();
      if (word === k.storage) cursor.expectWord(k.engine);
      cursor.takeChar(char.equal);
      takeNameOrText(cursor);
    } else if (word === k.nodegroup || word === k.max_rows || word === k.min_rows) {
      cursor.advance();
      cursor.takeChar(char.equal);
      takeNumber(cursor);
    } else {
      return;
    }
  }
}
