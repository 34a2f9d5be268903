/** CREATE TABLE, CREATE VIEW, CREATE INDEX. */
import type { OtherStatement } from '../ast/administration.ts';
import type { CreateIndex, CreateTable, CreateView, KeyDefinition, TableElement } from '../ast/definition.ts';
import type { QueryExpression } from '../ast/query.ts';
import type { TableName } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { parseOther } from './other.ts';
import { isQueryStart, parseQuery } from './query.ts';
import { parseKeyParts, parseTableElement, takeKeyAlgorithm, takeKeyOptions } from './table-elements.ts';
import { takeTable } from './table-name.ts';
import { parsePartitioning, takeTableOptions } from './table-options.ts';
import { takeIfNotExists, takeNameOrText, wordIds } from './words.ts';

const k = wordIds(
  'algorithm',
  'as',
  'cascaded',
  'check',
  'default',
  'definer',
  'external',
  'fulltext',
  'ignore',
  'index',
  'invoker',
  'json',
  'like',
  'local',
  'lock',
  'merge',
  'on',
  'option',
  'or',
  'partition',
  'replace',
  'security',
  'spatial',
  'sql',
  'table',
  'temporary',
  'temptable',
  'undefined',
  'unique',
  'view',
  'with',
);

/** CREATE TABLE behind CREATE. */
export function parseCreateTable(cursor: Cursor, start: number): CreateTable {
  const temporary = cursor.takeWord(k.temporary);
  const external = cursor.takeWord(k.external);
  cursor.expectWord(k.table);
  const ifNotExists = takeIfNotExists(cursor);
  const table = takeTable(cursor);
  const like = takeLike(cursor);
  const rest = like === undefined ? parseRest(cursor) : emptyRest;
  return {
    kind: 'createTable',
    start,
    end: cursor.previousEnd,
    temporary,
    external,
    ifNotExists,
    table,
    like,
    ...rest,
    parameterCount: cursor.parameterCount,
    hasVersionComment: cursor.hasVersionComment,
  };
}

type Rest = Pick<CreateTable, 'elements' | 'options' | 'partitioning' | 'duplicates' | 'query'>;

const emptyRest: Rest = {
  elements: [],
  options: [],
  partitioning: undefined,
  duplicates: undefined,
  query: undefined,
};

function takeLike(cursor: Cursor): TableName | undefined {
  const inside = cursor.kind === char.open && cursor.peekWord() === k.like;
  if (inside) cursor.advance();
  if (!cursor.takeWord(k.like)) return undefined;
  const like = takeTable(cursor);
  if (inside) cursor.expectChar(char.close);
  return like;
}

function parseRest(cursor: Cursor): Rest {
  const elements = isElementList(cursor) ? parseElements(cursor) : [];
  const options = takeTableOptions(cursor);
  const partitioning = cursor.isWord(k.partition) ? parsePartitioning(cursor) : undefined;
  let duplicates: CreateTable['duplicates'];
  if (cursor.takeWord(k.replace)) duplicates = 'replace';
  else if (cursor.takeWord(k.ignore)) duplicates = 'ignore';
  const hasQuery =
    cursor.takeWord(k.as) || duplicates !== undefined || cursor.kind === char.open || isQueryStart(cursor);
  const query: QueryExpression | undefined = hasQuery ? parseQuery(cursor) : undefined;
  return { elements, options, partitioning, duplicates, query };
}

/** Whether the `(` begins the list of columns and not a query. */
function isElementList(cursor: Cursor): boolean {
  if (cursor.kind !== char.open || cursor.peekKind() === char.open) return false;
  return !queryWords.has(cursor.peekWord());
}

const q = wordIds('select', 'with', 'table', 'values');
const queryWords: ReadonlySet<number> = new Set([q.select, q.with, q.table, q.values]);

function parseElements(cursor: Cursor): TableElement[] {
  const elements: TableElement[] = [];
  cursor.expectChar(char.open);
  do elements.push(parseTableElement(cursor));
  while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return elements;
}

/** CREATE VIEW behind CREATE and OR REPLACE, ALTER VIEW behind ALTER: from ALGORITHM, DEFINER, SQL or VIEW on. */
export function parseView(
  cursor: Cursor,
  start: number,
  alter: boolean,
  orReplace: boolean,
): CreateView | OtherStatement {
  if (cursor.takeWord(k.algorithm)) {
    cursor.expectChar(char.equal);
    if (!cursor.takeWord(k.undefined) && !cursor.takeWord(k.merge)) cursor.expectWord(k.temptable);
  }
  takeDefiner(cursor);
  if (cursor.takeWord(k.sql)) {
    cursor.expectWord(k.security);
    if (!cursor.takeWord(k.definer)) cursor.expectWord(k.invoker);
  }
  if (cursor.isWord(k.json)) return parseOther(cursor, start, `${alter ? 'alter' : 'create'} json`);
  cursor.expectWord(k.view);
  if (!alter && !orReplace) takeIfNotExists(cursor);
  const view = takeTable(cursor);
  const columns = cursor.kind === char.open ? cursor.takeNameList() : [];
  cursor.expectWord(k.as);
  const query = parseQuery(cursor);
  const checkOption = takeCheckOption(cursor);
  return {
    kind: 'createView',
    start,
    end: cursor.previousEnd,
    alter,
    orReplace,
    view,
    columns,
    query,
    checkOption,
    parameterCount: cursor.parameterCount,
    hasVersionComment: cursor.hasVersionComment,
  };
}

/** `DEFINER = user` if it is there. */
export function takeDefiner(cursor: Cursor): boolean {
  if (!cursor.isWord(k.definer) || cursor.peekKind() !== char.equal) return false;
  cursor.advance();
  cursor.advance();
  takeUser(cursor);
  return true;
}

/** An account: `name`, `name@host`, CURRENT_USER. */
function takeUser(cursor: Cursor): void {
  if (cursor.isWord(c.current_user)) {
    cursor.advance();
    if (cursor.takeChar(char.open)) cursor.expectChar(char.close);
    return;
  }
  takeNameOrText(cursor);
  if (cursor.kind === token.userVariable) cursor.advance();
}

const c = wordIds('current_user');

function takeCheckOption(cursor: Cursor): CreateView['checkOption'] {
  if (!cursor.takeWord(k.with)) return undefined;
  const checkOption = cursor.takeWord(k.local) ? 'local' : 'cascaded';
  if (checkOption === 'cascaded') cursor.takeWord(k.cascaded);
  cursor.expectWord(k.check);
  cursor.expectWord(k.option);
  return checkOption;
}

/** CREATE INDEX behind CREATE. */
export function parseCreateIndex(cursor: Cursor, start: number): CreateIndex {
  const keyStart = cursor.start;
  let type: KeyDefinition['type'] = 'plain';
  if (cursor.takeWord(k.unique)) type = 'unique';
  else if (cursor.takeWord(k.fulltext)) type = 'fulltext';
  else if (cursor.takeWord(k.spatial)) type = 'spatial';
  cursor.expectWord(k.index);
  const name = cursor.takeName();
  takeKeyAlgorithm(cursor);
  cursor.expectWord(k.on);
  const table = takeTable(cursor);
  const parts = parseKeyParts(cursor);
  takeKeyOptions(cursor);
  const key: KeyDefinition = {
    kind: 'keyDefinition',
    start: keyStart,
    end: cursor.previousEnd,
    type,
    constraint: undefined,
    name,
    parts,
  };
  while (takeAlgorithmOrLock(cursor));
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'createIndex', start, end, table, key, hasVersionComment };
}

/** `ALGORITHM = x` or `LOCK = x`, as in CREATE INDEX, DROP INDEX and ALTER TABLE. */
export function takeAlgorithmOrLock(cursor: Cursor): 'algorithm' | 'lock' | undefined {
  if (cursor.takeWord(k.algorithm)) {
    cursor.takeChar(char.equal);
    if (!cursor.takeWord(k.default)) takeNameOrText(cursor);
    return 'algorithm';
  }
  if (!cursor.takeWord(k.lock)) return undefined;
  cursor.takeChar(char.equal);
  if (!cursor.takeWord(k.default)) takeNameOrText(cursor);
  return 'lock';
}
