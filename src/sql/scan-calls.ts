/** Calls and variables: what a statement does beyond its tables. */

import { byteBit } from './charset-tables.ts';
import { token } from './lexer.ts';
import { nameText } from './literals.ts';
import { char, type ScanState, word } from './scan-state.ts';
import { effect } from './statement.ts';
import { isKeywordCall, isNativeFunction, variableReadEffects, wordCallEffects } from './statement-words.ts';
import { findWord, findWordByName, wordFlag, wordFlags, wordId } from './words.ts';

/** A `(` behind a name: a call, or the columns of something named. */
export function takeCall(state: ScanState): void {
  if (state.previousIsTable) return;
  if (state.beforeKind === char.dot) {
    // Qualified functions are stored functions.
    if (state.hasCalls) state.effects |= effect.unknownFunction;
    return;
  }
  const { serverVersion } = state.mode;
  const isQuoted = state.previousKind === token.quotedName;
  const id = isQuoted
    ? findWordByName(nameText(state.text, state.previousStart, state.previousEnd, state.mode))
    : state.previousWord;
  if (!isQuoted && id !== 0 && isKeywordCall(id, parenFollowsDirectly(state), serverVersion)) {
    state.effects |= wordCallEffects[id]!;
    return;
  }
  if (id !== 0 && isNativeFunction(id, serverVersion)) {
    state.effects |= wordCallEffects[id]!;
    if (id === word.lastInsertId) state.lastInsertIdOpen = true;
    return;
  }
  // LOAD … CHARACTER SET latin1 (columns)
  if (state.kind === 'load' && (state.beforeWord === word.set || state.beforeWord === word.charset)) return;
  // `… AS name (columns)`, `(SELECT …) name (columns)`.
  const isAlias = state.beforeWord === word.as || state.beforeKind === char.close;
  if (state.hasCalls && !isAlias) state.effects |= effect.unknownFunction;
}

/** Whether MySQL takes the word before for a keyword because of this `(`. */
function parenFollowsDirectly(state: ScanState): boolean {
  const open = state.lexer.start;
  if (state.previousEnd === open) return true;
  if (!state.mode.ignoreSpace) return false;
  const { bits } = state.mode.table;
  for (let at = state.previousEnd; at < open; at++) {
    if ((bits[state.text[at]!]! & byteBit.blank) === 0) return false;
  }
  return true;
}

/** `@x`: read, written behind INTO, or the host of an account's name. */
export function takeUserVariable(state: ScanState): void {
  if (isHost(state)) return;
  state.effects |= effect.readsUserVariable;
  const { kind } = state;
  if (state.intoSeen || kind === 'call' || kind === 'load' || kind === 'getDiagnostics') {
    state.effects |= effect.writesUserVariable;
  }
}

function isHost(state: ScanState): boolean {
  if (state.previousEnd !== state.lexer.start) return false;
  switch (state.kind) {
    case 'account':
    case 'show':
    case 'set':
    case 'ddl':
    case 'createRoutine':
      break;
    default:
      return false;
  }
  if (state.previousKind === token.word) return (wordFlags[state.previousWord]! & wordFlag.reserved) === 0;
  return state.previousKind === token.quotedName || state.previousKind === token.string;
}

const scopes = new Set(['session', 'local', 'global', 'persist', 'persist_only'].map(wordId));

/** `@@x`, `@@scope.x`; the lexer is left behind the name. */
export function takeSystemVariable(state: ScanState): void {
  const { lexer, text } = state;
  const { start, end } = lexer;
  let id = lexer.word;
  if (text[start + 2] === char.backtick) id = wordOfName(state, start + 2, end);
  lexer.next();
  if (scopes.has(id) && lexer.kind === char.dot) {
    const kind = lexer.next();
    if (kind === token.word || kind === token.quotedName) {
      id = wordOfName(state, lexer.start, lexer.end);
      lexer.next();
    }
  }
  state.effects |= effect.readsSystemVariable | variableReadEffects[id]!;
  state.push(token.systemVariable, 0, start, end);
  state.isAhead = true;
}

function wordOfName(state: ScanState, start: number, end: number): number {
  return state.text[start] === char.backtick
    ? findWordByName(nameText(state.text, start, end, state.mode))
    : findWord(state.text, start, end);
}
