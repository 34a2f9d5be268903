/** SET: variables, NAMES, CHARACTER SET, TRANSACTION. */
import type {
  IsolationLevel,
  OtherStatement,
  SetAssignment,
  SetKeyword,
  SetNames,
  SetStatement,
  SetTransaction,
  VariableScope,
} from '../ast/administration.ts';
import type { Expression, UserVariable } from '../ast/expression.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { variableName } from './name.ts';
import { parseOther } from './other.ts';
import { parsePrimary } from './primary.ts';
import { takeCharsetWords, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'all',
  'binary',
  'collate',
  'committed',
  'default',
  'global',
  'group',
  'isolation',
  'level',
  'local',
  'names',
  'on',
  'only',
  'password',
  'persist',
  'persist_only',
  'read',
  'repeatable',
  'resource',
  'role',
  'row',
  'serializable',
  'session',
  'system',
  'transaction',
  'uncommitted',
  'write',
);

const scopes: ReadonlyMap<number, VariableScope> = new Map([
  [k.global, 'global'],
  [k.session, 'session'],
  [k.local, 'session'],
  [k.persist, 'persist'],
  [k.persist_only, 'persist_only'],
]);

const scopeNames: ReadonlySet<string> = new Set([...scopes.keys()].map(wordName));

/** A statement from SET on. */
export function parseSet(cursor: Cursor): SetStatement | SetTransaction | OtherStatement {
  const { start } = cursor;
  cursor.advance();
  const account = accountVerb(cursor);
  if (account !== undefined) return parseOther(cursor, start, account);
  if (cursor.isWord(k.transaction) && cursor.peekKind() !== char.equal) {
    return parseTransaction(cursor, start, undefined);
  }
  const scope = cursor.kind === token.word ? scopes.get(cursor.word) : undefined;
  if (scope !== undefined && cursor.peekWord() === k.transaction) {
    cursor.advance();
    return parseTransaction(cursor, start, scope);
  }
  const assignments = [parseAssignment(cursor)];
  while (cursor.takeChar(char.comma)) assignments.push(parseAssignment(cursor));
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return { kind: 'set', start, end, assignments, parameterCount, hasVersionComment };
}

function accountVerb(cursor: Cursor): string | undefined {
  if (cursor.isWord(k.password)) return 'set password';
  if (cursor.isWord(k.role)) return 'set role';
  if (cursor.isWord(k.default) && cursor.peekWord() === k.role) return 'set default role';
  if (cursor.isWord(k.resource) && cursor.peekWord() === k.group) return 'set resource group';
  return undefined;
}

function parseAssignment(cursor: Cursor): SetAssignment {
  const { start } = cursor;
  if (cursor.kind === token.userVariable) return parseUserVariable(cursor);
  const names = takeNames(cursor);
  if (names !== undefined) return names;
  let scope: VariableScope | undefined;
  let instance: string | undefined;
  let name: string;
  if (cursor.kind === token.systemVariable) {
    const variable = parsePrimary(cursor);
    if (variable.kind !== 'systemVariable') return cursor.fail("a variable's name");
    ({ scope, instance, name } = variable);
  } else {
    scope = takeScope(cursor);
    // A scope's word is no name here, whatever follows it.
    if (isScope(cursor)) cursor.fail("a variable's name");
    name = takeVariablePart(cursor);
    if (cursor.takeChar(char.dot)) {
      instance = name;
      name = takeVariablePart(cursor);
    }
  }
  takeEqual(cursor);
  const value = parseValue(cursor);
  return { kind: 'setVariable', start, end: cursor.previousEnd, scope, instance, name, value };
}

/** The lexer knows no words before a dot, MySQL's grammar does. */
function isScope(cursor: Cursor): boolean {
  return cursor.kind === token.word && scopeNames.has(cursor.sliceLower(cursor.start, cursor.end));
}

function takeScope(cursor: Cursor): VariableScope | undefined {
  const scope = cursor.kind === token.word ? scopes.get(cursor.word) : undefined;
  if (scope === undefined) return undefined;
  cursor.advance();
  return scope;
}

function takeVariablePart(cursor: Cursor): string {
  // DEFAULT is a key cache's name.
  if (cursor.isWord(k.default) && cursor.peekKind() === char.dot) {
    cursor.advance();
    return 'default';
  }
  return cursor.takeNameText().toLowerCase();
}

function takeEqual(cursor: Cursor): void {
  if (!cursor.takeChar(token.assign)) cursor.expectChar(char.equal);
}

function parseUserVariable(cursor: Cursor): SetAssignment {
  const { start, end } = cursor;
  const variable: UserVariable = { kind: 'userVariable', start, end, name: variableName(cursor) };
  cursor.advance();
  takeEqual(cursor);
  const value = parseExpression(cursor);
  return { kind: 'setUserVariable', start, end: cursor.previousEnd, variable, value };
}

/** Words that are a value where no expression can begin with them. */
function parseValue(cursor: Cursor): Expression | SetKeyword {
  const { start, end, word } = cursor;
  const isKeyword =
    cursor.isWord(k.default) || cursor.isWord(k.on) || cursor.isWord(k.all) || cursor.isWord(k.system);
  const mayBeKeyword = cursor.isWord(k.binary) || cursor.isWord(k.row);
  if (isKeyword || (mayBeKeyword && endsValue(cursor.peekKind()))) {
    cursor.advance();
    return { kind: 'setKeyword', start, end, keyword: wordName(word) };
  }
  return parseExpression(cursor);
}

const endsValue = (kind: number): boolean =>
  kind === token.end || kind === char.comma || kind === char.semicolon;

function takeNames(cursor: Cursor): SetNames | undefined {
  const { start } = cursor;
  let charset: string | undefined;
  let collation: string | undefined;
  if (cursor.takeWord(k.names)) {
    if (!cursor.takeWord(k.default)) {
      charset = cursor.takeNameOrString();
      if (cursor.takeWord(k.collate)) collation = cursor.takeNameOrString();
    }
    return { kind: 'setNames', start, end: cursor.previousEnd, charsetOnly: false, charset, collation };
  }
  if (!takeCharsetWords(cursor)) return undefined;
  if (!cursor.takeWord(k.default)) charset = cursor.takeNameOrString();
  return { kind: 'setNames', start, end: cursor.previousEnd, charsetOnly: true, charset, collation };
}

function parseTransaction(cursor: Cursor, start: number, scope: VariableScope | undefined): SetTransaction {
  cursor.advance();
  let isolation: IsolationLevel | undefined;
  let access: SetTransaction['access'];
  do {
    if (isolation === undefined && cursor.takeWord(k.isolation)) {
      cursor.expectWord(k.level);
      isolation = takeIsolation(cursor);
    } else {
      if (access !== undefined) cursor.fail('ISOLATION LEVEL');
      cursor.expectWord(k.read);
      access = takeAccess(cursor);
    }
  } while (cursor.takeChar(char.comma));
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'setTransaction', start, end, scope, isolation, access, hasVersionComment };
}

/** ONLY or WRITE behind READ. */
export function takeAccess(cursor: Cursor): 'read only' | 'read write' {
  if (cursor.takeWord(k.only)) return 'read only';
  cursor.expectWord(k.write);
  return 'read write';
}

function takeIsolation(cursor: Cursor): IsolationLevel {
  if (cursor.takeWord(k.serializable)) return 'serializable';
  if (takeTwo(cursor, k.repeatable, k.read)) return 'repeatable read';
  if (takeTwo(cursor, k.read, k.committed)) return 'read committed';
  cursor.expectWord(k.read);
  cursor.expectWord(k.uncommitted);
  return 'read uncommitted';
}
