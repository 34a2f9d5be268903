/** Tables where a statement names them and nothing else about them. */
import type { TableName } from '../ast/table.ts';
import { type Cursor, char } from './cursor.ts';

/** `t`, `s.t` or `.t`. */
export function takeTable(cursor: Cursor): TableName {
  const { start } = cursor;
  let schema: string | undefined;
  cursor.takeChar(char.dot);
  let { start: nameStart, end: nameEnd } = cursor;
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
