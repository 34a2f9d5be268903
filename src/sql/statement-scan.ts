/**
 * One pass over a statement's tokens: where it ends, what kind it is, which databases it names, and what it
 * does to the connection that runs it. It knows no grammar beyond that; in doubt it sets the bit.
 *
 * The bits guard one client from another: a connection goes back to the pool only if they say that nothing
 * of this client's stays on it.
 */

import { byteBit } from './charset-tables.ts';
import { readDirectives } from './directives.ts';
import { type LexMode, lexModeOf } from './lex-mode.ts';
import { token } from './lexer.ts';
import { RoutineBody } from './routine-body.ts';
import { takeCall, takeSystemVariable, takeUserVariable } from './scan-calls.ts';
import { char, DEPTH_MAX, expecting, list, ScanState, verb, word } from './scan-state.ts';
import {
  startCtes,
  takeComma,
  takeFrom,
  takeInDefinition,
  takeJoin,
  takeName,
  takeTableWord,
  takeUsing,
  takeWith,
} from './scan-tables.ts';
import { effect, type StatementScan } from './statement.ts';
import { detailsOf, noDetails, schemaLiteralsOf, substitutionsOf } from './statement-details.ts';
import { type Classified, classify, unknownStatement } from './statement-kind.ts';
import {
  action,
  functionsWithFrom,
  wordActions,
  wordCallEffects,
  wordsBeforeTable,
} from './statement-words.ts';
import { wordFlag, wordFlags, wordId } from './words.ts';

export * from './statement.ts';

const mainVerbs = new Set(
  ['select', 'insert', 'replace', 'update', 'delete', 'table', 'values', 'with'].map(wordId),
);

/** Effects after which the same text may not simply run again, or elsewhere. */
const notRepeatable =
  effect.readsUserVariable |
  effect.writesUserVariable |
  effect.namedLock |
  effect.lastInsertIdRead |
  effect.lastInsertIdWrite |
  effect.foundRows |
  effect.calcFoundRows |
  effect.rowCount |
  effect.connectionId |
  effect.diagnosticsRead |
  effect.temporaryTable |
  effect.unknownFunction |
  effect.locksRows |
  effect.intoOutfile |
  effect.sleeps |
  effect.implicitCommit |
  effect.lexError |
  effect.connectionLock;

const NO_NAMES: readonly string[] = Object.freeze([]);

// One scan runs at a time and never waits, so that all of them share their memory.
const state = new ScanState(lexModeOf('', 'utf8mb4', 0, false));

/** Describes the statement that begins at `from`; `keyspaces` are the names looked for among string literals. */
export function scanStatement(
  text: Buffer,
  from: number,
  mode: LexMode,
  keyspaces: ReadonlySet<string>,
): StatementScan {
  state.reset(text, from, mode);
  const semicolon = run();
  const start = skipBlanks(text, from, mode);
  const end = trimBlanks(text, start, semicolon < 0 ? text.length : semicolon, mode);
  const { kind } = state;
  const details = needsDetails() ? detailsOf(kind, text, start, end, mode) : noDetails;
  const versionBit = state.lexer.hasVersionNumber ? effect.versionComment : 0;
  const codeBit = state.lexer.hasVersionComment ? effect.codeComment : 0;
  const effects = state.effects | details.effects | versionBit | codeBit;
  const qualifiers = withQualifier(state.qualifiers ?? NO_NAMES, details.qualifier);
  return {
    start,
    end,
    next: semicolon < 0 ? -1 : nextStatement(text, semicolon, mode),
    kind,
    effects,
    readOnly: isReadOnly(effects),
    qualifiers,
    hasUnqualifiedTable: state.hasUnqualifiedTable || details.hasUnqualifiedTable,
    schemaLiterals:
      qualifiers.length === 0 ? NO_NAMES : schemaLiteralsOf(text, start, end, mode, qualifiers, keyspaces),
    databaseName: details.databaseName,
    showKind: details.showKind,
    use: details.use,
    killTarget: details.killTarget,
    begin: details.begin,
    completion: details.completion,
    savepoint: details.savepoint,
    assignments: details.assignments,
    items: details.items,
    substitutions:
      (effects & (effect.foundRows | effect.rowCount)) === 0
        ? noDetails.substitutions
        : substitutionsOf(text, start, end, mode),
    directives: readDirectives(text, start, end),
  };
}

function needsDetails(): boolean {
  switch (state.kind) {
    case 'select':
      return !state.hasClause;
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
      return false;
    default:
      return true;
  }
}

function isReadOnly(effects: number): boolean {
  if ((effects & notRepeatable) !== 0) return false;
  switch (state.kind === 'explain' ? state.explained : state.kind) {
    case 'select':
    case 'table':
    case 'values':
      return true;
    case 'do':
    case 'show':
    case 'describe':
    case 'help':
      return state.kind !== 'explain';
    default:
      return false;
  }
}

function withQualifier(names: readonly string[], name: string | undefined): readonly string[] {
  return name === undefined || names.includes(name) ? names : [...names, name];
}

// --- borders ---

function isBlank(text: Buffer, at: number, mode: LexMode): boolean {
  return (mode.table.bits[text[at]!]! & byteBit.blank) !== 0;
}

function skipBlanks(text: Buffer, from: number, mode: LexMode): number {
  let at = from;
  while (at < text.length && isBlank(text, at, mode)) at++;
  return at;
}

function trimBlanks(text: Buffer, start: number, end: number, mode: LexMode): number {
  let at = end;
  while (at > start && isBlank(text, at - 1, mode)) at--;
  return Math.max(at, start);
}

/** Behind the `;`, unless only blanks and more `;` follow: those the server cuts off. */
function nextStatement(text: Buffer, semicolon: number, mode: LexMode): number {
  let at = semicolon + 1;
  while (at < text.length && (text[at] === char.semicolon || isBlank(text, at, mode))) at++;
  return at < text.length ? semicolon + 1 : -1;
}

/** Reads to the statement's end; the position of its `;`, or -1. */
function run(): number {
  const { lexer } = state;
  for (;;) {
    const kind = state.isAhead ? lexer.kind : lexer.next();
    state.isAhead = false;
    if (kind === token.end) return -1;
    if (kind === char.semicolon && endsHere()) return lexer.start;
    if (state.body !== undefined) state.body.take(kind, lexer.word);
    take(kind);
    if (!state.isAhead) state.shift();
  }
}

/** After an error token nothing is split any more: MySQL sees the rest in one piece and decides. */
function endsHere(): boolean {
  if (state.verb === verb.first && state.depth === 0) {
    // A `;` without a statement before it is an error, except at the text's end, where the server cuts it off.
    if (nextStatement(state.text, state.lexer.start, state.mode) < 0) return true;
    state.effects |= effect.lexError;
  }
  // Cut off here, `--` would become a comment, and an open version comment would lack its end.
  const isDash = state.previousKind === char.minus && state.beforeKind === char.minus;
  const isComment = isDash && state.previousEnd === state.lexer.start;
  if (isComment || state.lexer.inVersionComment) state.effects |= effect.lexError;
  if ((state.effects & effect.lexError) !== 0) return false;
  return state.body === undefined || state.body.isClosed;
}

// --- tokens ---

function take(kind: number): void {
  if (state.lastInsertIdOpen) {
    state.lastInsertIdOpen = false;
    state.effects |= kind === char.close ? effect.lastInsertIdRead : effect.lastInsertIdWrite;
  }
  if (kind === token.word) {
    takeWord(state.lexer.word);
    return;
  }
  if (kind === char.open) {
    takeOpen();
    return;
  }
  if (state.verb === verb.first) foundVerb(unknownStatement);
  switch (kind) {
    case char.close:
      takeClose();
      return;
    case char.comma:
      takeComma(state);
      return;
    case char.dot:
    case token.hint:
      return;
    case char.brace:
      takeBrace();
      return;
    case token.quotedName:
      takeName(state);
      return;
    case token.userVariable:
      takeUserVariable(state);
      break;
    case token.systemVariable:
      takeSystemVariable(state);
      break;
    case token.assign:
      if (state.previousKind === token.userVariable) state.effects |= effect.writesUserVariable;
      break;
    case token.error:
      state.effects |= effect.lexError;
      break;
  }
  state.expect = expecting.nothing;
}

function takeWord(id: number): void {
  if (state.verb !== verb.found && takeVerb(id)) return;
  if (state.expect !== expecting.nothing) {
    if ((wordFlags[id]! & wordFlag.reserved) === 0) {
      takeName(state);
      return;
    }
    if (state.expect === expecting.table && wordsBeforeTable[id] === 1) return;
    if (state.expect === expecting.cte && id === word.recursive) {
      state.lists[state.depth] = list.recursiveCtes;
      return;
    }
    state.expect = expecting.nothing;
  }
  const code = wordActions[id]!;
  if (code !== action.none) act(code, id);
}

function takeOpen(): void {
  const isName = state.previousKind === token.word || state.previousKind === token.quotedName;
  // EXPLAIN FORMAT=TREE (SELECT …): the format is no function.
  if (isName && state.verb !== verb.behindExplain) takeCall(state);
  const arguments_ = state.previousKind === token.word && functionsWithFrom[state.previousWord] === 1;
  if (state.depth === DEPTH_MAX - 1) {
    state.effects |= effect.lexError;
    return;
  }
  state.depth++;
  if (state.expect === expecting.table) state.lists[state.depth] = list.tables;
  else state.lists[state.depth] = arguments_ ? list.arguments : list.none;
}

function takeClose(): void {
  state.expect = expecting.nothing;
  if (state.depth > 0) state.depth--;
  const { ctes } = state;
  while (ctes !== undefined && ctes.length > 0 && ctes.at(-1)!.depth > state.depth) ctes.pop();
}

/** ODBC's `{ OJ table LEFT JOIN … }`. */
function takeBrace(): void {
  if (state.expect !== expecting.table) return;
  const { lexer } = state;
  state.isAhead = lexer.next() !== token.word || lexer.word !== word.oj;
}

// --- the verb ---

/** True when the word has been dealt with. */
function takeVerb(id: number): boolean {
  if (state.verb === verb.first) {
    if (id === word.with) {
      foundVerb(unknownStatement);
      startWith();
      return true;
    }
    foundVerb(classify(id, state.text, state.lexer.end, state.mode));
    if (state.kind === 'explain') state.verb = verb.behindExplain;
    return state.kind !== 'select' && state.kind !== 'table';
  }
  if (state.verb === verb.behindWith && state.depth !== state.verbDepth) return false;
  if (state.expect === expecting.cte || !mainVerbs.has(id)) return false;
  if (id === word.with) {
    if (state.verb === verb.behindExplain) startWith();
    return true;
  }
  const isExplained = state.kind === 'explain';
  state.showCtes();
  const classified = classify(id, state.text, state.lexer.end, state.mode);
  foundVerb(classified);
  if (isExplained) {
    state.explained = classified.kind;
    state.kind = 'explain';
  }
  return classified.kind !== 'select' && classified.kind !== 'table';
}

function startWith(): void {
  state.verb = verb.behindWith;
  state.verbDepth = state.depth;
  state.hasTables = true;
  startCtes(state);
}

function foundVerb(classified: Classified): void {
  state.verb = verb.found;
  state.classified = classified;
  state.kind = classified.kind;
  state.effects |= classified.effects;
  state.hasCalls = classified.hasCalls;
  state.hasTables = classified.hasTables;
  state.lists[state.depth] = list.none;
  if (state.depth > 0) state.hasClause = true;
  if (classified.tableFollows) state.expect = expecting.table;
  if (classified.kind === 'update') state.lists[state.depth] = list.tables;
  if (classified.kind === 'createRoutine') state.body = new RoutineBody();
  if (classified.kind === 'delete') {
    state.lists[state.depth] = list.deleteTargets;
    state.hadUnqualifiedTable = state.hasUnqualifiedTable;
  }
}

// --- words ---

function act(code: number, id: number): void {
  switch (code) {
    case action.select:
      state.selectCount++;
      state.startQuery();
      return;
    case action.from:
      takeFrom(state);
      return;
    case action.join:
      takeJoin(state, id);
      return;
    case action.into:
      state.endList();
      state.intoSeen = true;
      if (state.kind === 'load') state.expect = expecting.table;
      return;
    case action.clause:
      state.endList();
      return;
    case action.orderOrGroup:
      // `USE INDEX FOR ORDER BY (i), next_table`
      if (state.previousWord !== word.for) state.endList();
      return;
    case action.over:
    case action.values:
      state.lists[state.depth] = list.none;
      // CREATE TABLE t VALUES ROW(f())
      if (id === word.values) state.hasCalls = true;
      return;
    case action.update:
    case action.share:
      takeLocking(code);
      return;
    case action.table:
      takeTableWord(state, id);
      return;
    case action.using:
      takeUsing(state);
      return;
    case action.with:
      takeWith(state);
      return;
    case action.calcFoundRows:
      state.effects |= effect.calcFoundRows;
      return;
    case action.outfile:
      if (state.previousWord === word.into) state.effects |= effect.intoOutfile;
      return;
    case action.bareFunction:
      state.effects |= wordCallEffects[id]!;
      return;
    default:
      takeInDefinition(state, code, id);
  }
}

/** FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE; ON DUPLICATE KEY UPDATE ends a list of tables too. */
function takeLocking(code: number): void {
  const isLock = state.previousWord === word.for || (code === action.share && state.previousWord === word.in);
  if (isLock) state.effects |= effect.locksRows;
  if (isLock || code === action.update) state.endList();
}
