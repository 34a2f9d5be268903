/** What stands between the parentheses of CREATE TABLE: columns, keys, constraints. */
import type {
  CheckConstraint,
  ColumnAttribute,
  ColumnAttributeName,
  ColumnDefinition,
  ForeignKey,
  Generated,
  KeyDefinition,
  KeyPart,
  ReferenceAction,
  References,
  TableElement,
} from '../ast/definition.ts';
import type { Expression } from '../ast/expression.ts';
import type { Name } from '../ast/node.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { parseDataType } from './data-type.ts';
import { parseExpression } from './expression.ts';
import { parsePrimary } from './primary.ts';
import { takeTable } from './table-name.ts';
import { takeNameOrText, takeNumber, takeText, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'action',
  'always',
  'as',
  'asc',
  'auto_increment',
  'btree',
  'by',
  'cascade',
  'check',
  'collate',
  'column_format',
  'comment',
  'constraint',
  'default',
  'delete',
  'desc',
  'disk',
  'dynamic',
  'enforced',
  'engine_attribute',
  'external_format',
  'fixed',
  'foreign',
  'full',
  'fulltext',
  'generated',
  'hash',
  'index',
  'invisible',
  'key',
  'key_block_size',
  'masking',
  'match',
  'memory',
  'no',
  'not',
  'null',
  'on',
  'parser',
  'partial',
  'policy',
  'primary',
  'references',
  'restrict',
  'rtree',
  'secondary',
  'secondary_engine_attribute',
  'serial',
  'set',
  'simple',
  'spatial',
  'srid',
  'storage',
  'stored',
  'type',
  'unique',
  'update',
  'using',
  'value',
  'virtual',
  'visible',
  'with',
);

/** A column, key or constraint. */
export function parseTableElement(cursor: Cursor): TableElement {
  return isConstraintStart(cursor) ? parseConstraint(cursor) : parseColumnDefinition(cursor);
}

/** Whether a key or a constraint begins here; all their words are reserved. */
export function isConstraintStart(cursor: Cursor): boolean {
  if (cursor.kind !== token.word) return false;
  switch (cursor.word) {
    case k.constraint:
    case k.primary:
    case k.unique:
    case k.key:
    case k.index:
    case k.fulltext:
    case k.spatial:
    case k.foreign:
    case k.check:
      return true;
    default:
      return false;
  }
}

/** `name type attributes`. */
export function parseColumnDefinition(cursor: Cursor): ColumnDefinition {
  const { start } = cursor;
  const name = cursor.takeName();
  return parseColumnBody(cursor, name, start);
}

/** A column's definition behind its name. */
export function parseColumnBody(cursor: Cursor, name: Name, start: number): ColumnDefinition {
  const type = parseDataType(cursor);
  const attributes: ColumnAttribute[] = [];
  // COLLATE belongs to the type and may stand before AS.
  while (cursor.isWord(k.collate)) attributes.push(takeAttribute(cursor)!);
  const generated = takeGenerated(cursor);
  for (let found = takeAttribute(cursor); found !== undefined; found = takeAttribute(cursor)) {
    attributes.push(found);
  }
  return { kind: 'columnDefinition', start, end: cursor.previousEnd, name, type, generated, attributes };
}

function takeGenerated(cursor: Cursor): Generated | undefined {
  const { start } = cursor;
  if (cursor.takeWord(k.generated)) {
    cursor.expectWord(k.always);
    cursor.expectWord(k.as);
  } else if (!cursor.takeWord(k.as)) {
    return undefined;
  }
  const expression = inParentheses(cursor);
  const stored = cursor.takeWord(k.stored);
  if (!stored) cursor.takeWord(k.virtual);
  return { kind: 'generated', start, end: cursor.previousEnd, expression, stored };
}

function inParentheses(cursor: Cursor): Expression {
  cursor.enter();
  cursor.expectChar(char.open);
  const expression = parseExpression(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  return expression;
}

// --- attributes ---

type Read = { attribute: ColumnAttributeName; expression?: Expression; references?: References };

function takeAttribute(cursor: Cursor): ColumnAttribute | undefined {
  if (cursor.kind !== token.word) return undefined;
  const { start } = cursor;
  const read = takeKeyAttribute(cursor) ?? takeTextAttribute(cursor) ?? takeValueAttribute(cursor);
  if (read === undefined) return undefined;
  const { attribute, expression, references } = read;
  return { kind: 'columnAttribute', start, end: cursor.previousEnd, attribute, expression, references };
}

function takeKeyAttribute(cursor: Cursor): Read | undefined {
  switch (cursor.word) {
    case k.null:
      cursor.advance();
      return { attribute: 'null' };
    case k.not:
      cursor.advance();
      if (cursor.takeWord(k.secondary)) return { attribute: 'notSecondary' };
      cursor.expectWord(k.null);
      return { attribute: 'notNull' };
    case k.auto_increment:
      cursor.advance();
      return { attribute: 'autoIncrement' };
    case k.serial:
      cursor.advance();
      cursor.expectWord(k.default);
      cursor.expectWord(k.value);
      return { attribute: 'serialDefaultValue' };
    case k.primary:
      cursor.advance();
      cursor.expectWord(k.key);
      return { attribute: 'primaryKey' };
    case k.key:
      cursor.advance();
      return { attribute: 'primaryKey' };
    case k.unique:
      cursor.advance();
      cursor.takeWord(k.key);
      return { attribute: 'unique' };
    case k.visible:
      cursor.advance();
      return { attribute: 'visible' };
    case k.invisible:
      cursor.advance();
      return { attribute: 'invisible' };
    case k.references:
      return { attribute: 'references', references: parseReferences(cursor) };
    default:
      return undefined;
  }
}

function takeTextAttribute(cursor: Cursor): Read | undefined {
  switch (cursor.word) {
    case k.comment:
      cursor.advance();
      takeText(cursor);
      return { attribute: 'comment' };
    case k.collate:
      cursor.advance();
      cursor.takeNameOrString();
      return { attribute: 'collate' };
    case k.column_format:
      cursor.advance();
      if (!cursor.takeWord(k.default) && !cursor.takeWord(k.fixed)) cursor.expectWord(k.dynamic);
      return { attribute: 'columnFormat' };
    case k.storage:
      cursor.advance();
      if (!cursor.takeWord(k.default) && !cursor.takeWord(k.disk)) cursor.expectWord(k.memory);
      return { attribute: 'storage' };
    case k.srid:
      cursor.advance();
      takeNumber(cursor);
      return { attribute: 'srid' };
    case k.masking:
      cursor.advance();
      cursor.expectWord(k.policy);
      takeNameOrText(cursor);
      return { attribute: 'maskingPolicy' };
    case k.engine_attribute:
      return takeEqualText(cursor, 'engineAttribute');
    case k.secondary_engine_attribute:
      return takeEqualText(cursor, 'secondaryEngineAttribute');
    case k.external_format:
      return takeEqualText(cursor, 'externalFormat');
    default:
      return undefined;
  }
}

function takeEqualText(cursor: Cursor, attribute: ColumnAttributeName): Read {
  cursor.advance();
  cursor.takeChar(char.equal);
  takeText(cursor);
  return { attribute };
}

function takeValueAttribute(cursor: Cursor): Read | undefined {
  switch (cursor.word) {
    case k.default:
      cursor.advance();
      return { attribute: 'default', expression: parseDefaultValue(cursor) };
    case k.on:
      cursor.advance();
      cursor.expectWord(k.update);
      return { attribute: 'onUpdate', expression: parsePrimary(cursor) };
    case k.constraint:
    case k.check:
      return { attribute: 'check', expression: parseCheck(cursor).expression };
    default:
      return undefined;
  }
}

/** A literal with a sign or without, CURRENT_TIMESTAMP, or an expression in parentheses. */
export function parseDefaultValue(cursor: Cursor): Expression {
  if (cursor.kind === char.open) return inParentheses(cursor);
  const { start, kind } = cursor;
  if (kind === char.minus || kind === char.plus) {
    cursor.advance();
    const operand = parsePrimary(cursor);
    if (operand.kind !== 'literal') return cursor.fail('a number');
    return {
      kind: 'unary',
      start,
      end: cursor.previousEnd,
      operator: kind === char.minus ? '-' : '+',
      operand,
    };
  }
  const value = parsePrimary(cursor);
  if (value.kind !== 'literal' && value.kind !== 'call') return cursor.fail('a literal');
  return value;
}

// --- keys and constraints ---

/** A key or a constraint from its first word on. */
export function parseConstraint(cursor: Cursor): KeyDefinition | ForeignKey | CheckConstraint {
  const { start } = cursor;
  let constraint: Name | undefined;
  if (cursor.isWord(k.constraint)) {
    cursor.advance();
    if (cursor.isName()) constraint = cursor.takeName();
  }
  if (cursor.isWord(k.check)) return finishCheck(cursor, constraint, start);
  if (cursor.takeWord(k.foreign)) return parseForeignKey(cursor, constraint, start);
  return parseKey(cursor, constraint, start);
}

function parseCheck(cursor: Cursor): CheckConstraint {
  const { start } = cursor;
  let constraint: Name | undefined;
  if (cursor.takeWord(k.constraint) && cursor.isName()) constraint = cursor.takeName();
  return finishCheck(cursor, constraint, start);
}

function finishCheck(cursor: Cursor, constraint: Name | undefined, start: number): CheckConstraint {
  cursor.expectWord(k.check);
  const expression = inParentheses(cursor);
  const enforced = !(cursor.isWord(k.not) && cursor.peekWord() === k.enforced);
  if (!enforced || cursor.isWord(k.enforced)) takeEnforced(cursor);
  return { kind: 'check', start, end: cursor.previousEnd, constraint, expression, enforced };
}

/** ENFORCED, NOT ENFORCED. */
export function takeEnforced(cursor: Cursor): void {
  // With HIGH_NOT_PRECEDENCE MySQL's lexer makes another token of NOT, which its grammar has forgotten here.
  if (!cursor.mode.highNotPrecedence) cursor.takeWord(k.not);
  cursor.expectWord(k.enforced);
}

function parseForeignKey(cursor: Cursor, constraint: Name | undefined, start: number): ForeignKey {
  cursor.expectWord(k.key);
  const name = cursor.isName() ? cursor.takeName() : undefined;
  const columns = parseKeyParts(cursor).flatMap(({ column }) => column ?? []);
  const references = parseReferences(cursor);
  return { kind: 'foreignKey', start, end: cursor.previousEnd, constraint, name, columns, references };
}

function parseReferences(cursor: Cursor): References {
  const { start } = cursor;
  cursor.expectWord(k.references);
  const table = takeTable(cursor);
  const columns = cursor.kind === char.open ? cursor.takeNameList() : [];
  if (cursor.takeWord(k.match)) {
    if (!cursor.takeWord(k.full) && !cursor.takeWord(k.partial)) cursor.expectWord(k.simple);
  }
  let onDelete: ReferenceAction | undefined;
  let onUpdate: ReferenceAction | undefined;
  for (;;) {
    if (takeTwo(cursor, k.on, k.delete)) onDelete = takeReferenceAction(cursor);
    else if (takeTwo(cursor, k.on, k.update)) onUpdate = takeReferenceAction(cursor);
    else return { kind: 'references', start, end: cursor.previousEnd, table, columns, onDelete, onUpdate };
  }
}

function takeReferenceAction(cursor: Cursor): ReferenceAction {
  if (cursor.takeWord(k.restrict)) return 'restrict';
  if (cursor.takeWord(k.cascade)) return 'cascade';
  if (cursor.takeWord(k.set)) {
    if (cursor.takeWord(k.default)) return 'setDefault';
    cursor.expectWord(k.null);
    return 'setNull';
  }
  cursor.expectWord(k.no);
  cursor.expectWord(k.action);
  return 'noAction';
}

function parseKey(cursor: Cursor, constraint: Name | undefined, start: number): KeyDefinition {
  const type = takeKeyType(cursor);
  // MySQL ignores the name of a primary key.
  const name = cursor.isName() && !cursor.isWord(k.type) ? cursor.takeName() : takeTypeAsName(cursor);
  takeKeyAlgorithm(cursor);
  const parts = parseKeyParts(cursor);
  takeKeyOptions(cursor);
  return { kind: 'keyDefinition', start, end: cursor.previousEnd, type, constraint, name, parts };
}

/** A key that is called TYPE: it is a name unless an algorithm follows. */
function takeTypeAsName(cursor: Cursor): Name | undefined {
  if (!cursor.isWord(k.type)) return undefined;
  const behind = cursor.peekWord();
  return behind === k.btree || behind === k.rtree || behind === k.hash ? undefined : cursor.takeName();
}

function takeKeyType(cursor: Cursor): KeyDefinition['type'] {
  if (cursor.takeWord(k.primary)) {
    cursor.expectWord(k.key);
    return 'primary';
  }
  for (const [word, type] of [
    [k.unique, 'unique'],
    [k.fulltext, 'fulltext'],
    [k.spatial, 'spatial'],
  ] as const) {
    if (!cursor.takeWord(word)) continue;
    if (!cursor.takeWord(k.key)) cursor.takeWord(k.index);
    return type;
  }
  if (!cursor.takeWord(k.key)) cursor.expectWord(k.index);
  return 'plain';
}

/** `USING BTREE`, `TYPE HASH`. */
export function takeKeyAlgorithm(cursor: Cursor): boolean {
  if (!cursor.takeWord(k.using) && !cursor.takeWord(k.type)) return false;
  if (!cursor.takeWord(k.btree) && !cursor.takeWord(k.rtree)) cursor.expectWord(k.hash);
  return true;
}

/** `(a, b(10) DESC, (expression))`. */
export function parseKeyParts(cursor: Cursor): KeyPart[] {
  const parts: KeyPart[] = [];
  cursor.expectChar(char.open);
  do parts.push(parseKeyPart(cursor));
  while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return parts;
}

function parseKeyPart(cursor: Cursor): KeyPart {
  const { start } = cursor;
  let column: Name | undefined;
  let length: string | undefined;
  let expression: Expression | undefined;
  if (cursor.kind === char.open) {
    expression = inParentheses(cursor);
  } else {
    column = cursor.takeName();
    if (cursor.takeChar(char.open)) {
      length = takeNumber(cursor);
      cursor.expectChar(char.close);
    }
  }
  const descending = cursor.takeWord(k.desc);
  if (!descending) cursor.takeWord(k.asc);
  return { kind: 'keyPart', start, end: cursor.previousEnd, column, length, expression, descending };
}

/** Options behind a key's parts. */
export function takeKeyOptions(cursor: Cursor): void {
  for (;;) {
    if (takeKeyAlgorithm(cursor) || cursor.takeWord(k.visible) || cursor.takeWord(k.invisible)) continue;
    if (cursor.takeWord(k.key_block_size)) {
      cursor.takeChar(char.equal);
      takeNumber(cursor);
    } else if (cursor.takeWord(k.comment)) {
      takeText(cursor);
    } else if (cursor.isWord(k.with) && cursor.peekWord() === k.parser) {
      cursor.advance();
      cursor.advance();
      cursor.takeName();
    } else if (cursor.takeWord(k.engine_attribute) || cursor.takeWord(k.secondary_engine_attribute)) {
      cursor.takeChar(char.equal);
      takeText(cursor);
    } else {
      return;
    }
  }
}
