/** Tables where a statement names them and nothing else about them. */
import type { TableName } from '../ast/table.ts';
import { type Cursor, char } from './cursor.ts';
import { wordSet } from './keywords.ts';

/** Words that are names unless a parenthesis follows. */
const isKeyword = wordSet(`
  bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat json_arrayagg
  json_objectagg max mid min now position st_collect std stddev stddev_pop stddev_samp substr substring sum
  sysdate trim var_pop var_samp variance`);

/** `t`, `s.t` or `.t`. */
export function takeTable(cursor: Cursor): TableName {
  const { start } = cursor;
  let schema: string | undefined;
  cursor.takeChar(char.dot);
  let { start: nameStart, end: nameEnd } = cursor;
  // COUNT( and its like are keywords with the parenthesis directly behind.
  if (isKeyword[cursor.word] === 1 && cursor.peekKind() === char.open) {
    if (cursor.mode.ignoreSpace || cursor.peekStart() === nameEnd) cursor.fail('a table');
  }
  let name = cursor.takeNameText();
  if (nameStart === start && cursor.takeChar(char.dot)) {
    schema = name;
    nameStart = cursor.start;
    nameEnd = cursor.end;
    name = cursor.takeNameText();
  }
  return {
    kind: 'table',
    start,
    end: cursor.previousEnd,
    schema,
    name,
    nameStart,
    nameEnd,
    partitions: [],
    alias: undefined,
    indexHints: [],
    sample: undefined,
  };
}

/** Tables separated by commas, at least one. */
export function takeTables(cursor: Cursor): TableName[] {
  const tables = [takeTable(cursor)];
  while (cursor.takeChar(char.comma)) tables.push(takeTable(cursor));
  return tables;
}
