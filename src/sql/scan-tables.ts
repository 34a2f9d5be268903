/** Where tables are named, and with which databases before them. */
import { token } from './lexer.ts';
import { nameText } from './literals.ts';
import { char, expecting, list, type ScanState, word } from './scan-state.ts';
import { action } from './statement-words.ts';

/** A name (quoted or not, no reserved word) where something is expected. */
export function takeName(state: ScanState): void {
  if (state.expect === expecting.table) takeTable(state);
  else if (state.expect === expecting.cte) takeCte(state);
}

/** A table's name with its qualifier; the lexer is left on the token behind it. */
function takeTable(state: ScanState): void {
  const { lexer, text, mode } = state;
  const { kind, word: id, start, end } = lexer;
  state.expect = expecting.nothing;
  state.tableCount++;
  let isQualified = false;
  if (lexer.next() === char.dot) {
    const behindDot = lexer.next();
    isQualified = behindDot === token.word || behindDot === token.quotedName;
    if (isQualified) addQualifier(state, nameText(text, start, end, mode));
    // DELETE t.*, db.t.* FROM …
    if (behindDot === char.star || (isQualified && lexer.next() === char.dot && lexer.next() === char.star)) {
      lexer.next();
    }
  }
  if (!isQualified) addUnqualified(state, start, end);
  state.push(kind, id, start, end);
  state.previousIsTable = true;
  state.isAhead = true;
  const { classified } = state;
  // What a routine's body names is looked up when it runs.
  if (state.kind === 'createRoutine' && state.tableCount > (classified!.tableBehindOn ? 1 : 0)) {
    state.hasTables = false;
  }
}

function addQualifier(state: ScanState, name: string): void {
  if (state.qualifiers === undefined) state.qualifiers = [name];
  else if (!state.qualifiers.includes(name)) state.qualifiers.push(name);
}

function addUnqualified(state: ScanState, start: number, end: number): void {
  if (state.hasUnqualifiedTable || state.lists[state.depth] === list.deleteTargets) return;
  if (state.ctes !== undefined && state.ctes.length > 0) {
    const name = nameText(state.text, start, end, state.mode).toLowerCase();
    if (state.ctes.some((cte) => cte.visible && cte.name === name)) return;
  }
  state.hasUnqualifiedTable = true;
}

function takeCte(state: ScanState): void {
  const { lexer, text, mode } = state;
  const { kind, word: id, start, end } = lexer;
  state.expect = expecting.nothing;
  if (id === word.rollup) {
    state.lists[state.depth] = list.none;
    return;
  }
  const name = nameText(text, start, end, mode).toLowerCase();
  const visible = state.lists[state.depth] === list.recursiveCtes;
  state.ctes!.push({ name, depth: state.depth, visible });
  lexer.next();
  state.push(kind, id, start, end);
  state.previousIsTable = true;
  state.isAhead = true;
}

/** WITH at the start of a statement or inside it. */
export function startCtes(state: ScanState): void {
  state.ctes ??= [];
  state.lists[state.depth] = list.ctes;
  state.expect = expecting.cte;
  if (state.depth === 0) state.hasClause = true;
}

export function takeComma(state: ScanState): void {
  switch (state.lists[state.depth]) {
    case list.tables:
    case list.deleteTargets:
    case list.deleteFrom:
      state.expect = expecting.table;
      return;
    case list.ctes:
    case list.recursiveCtes:
      state.showCtes();
      state.expect = expecting.cte;
      return;
    default:
      state.expect = expecting.nothing;
  }
}

export function takeFrom(state: ScanState): void {
  const inside = state.lists[state.depth];
  if (inside === list.arguments || !state.hasTables) return;
  if (state.depth === 0) state.hasClause = true;
  state.expect = expecting.table;
  const hasTargets = state.previousIsTable && state.previousWord !== word.quick;
  const isPlainDelete = inside === list.deleteTargets && !hasTargets && state.previousKind === token.word;
  state.lists[state.depth] = isPlainDelete ? list.deleteFrom : list.tables;
}

/** DELETE FROM targets USING tables; elsewhere USING introduces columns. */
export function takeUsing(state: ScanState): void {
  if (state.lists[state.depth] !== list.deleteFrom) return;
  state.hasUnqualifiedTable = state.hadUnqualifiedTable;
  state.lists[state.depth] = list.tables;
  state.expect = expecting.table;
}

/** TABLE, TABLES, VIEW; the latter two are plain names outside the statements about them. */
export function takeTableWord(state: ScanState, id: number): void {
  // `SET @a = (TABLE t)`
  if (!state.hasTables && state.previousKind !== char.open) return;
  const { kind } = state;
  const isAboutTables = kind === 'ddl' || kind === 'admin' || kind === 'lockTables';
  const isFirst = isAboutTables && state.tableCount === 0 && state.selectCount === 0;
  if (id !== word.table && !isFirst) return;
  if (!isFirst) state.startQuery();
  else if (state.classified!.isTableList) state.lists[state.depth] = list.tables;
  state.expect = expecting.table;
}

/** WITH inside a statement: before a query, not WITH ROLLUP, WITH CHECK OPTION and the like. */
export function takeWith(state: ScanState): void {
  const { previousKind: kind } = state;
  const canBegin =
    kind === char.open || kind === char.close || state.previousIsTable || state.previousWord === word.as;
  if (!canBegin || !state.hasTables || state.kind === 'admin' || state.kind === 'lockTables') return;
  startCtes(state);
}

export function takeJoin(state: ScanState, id: number): void {
  // `USE INDEX FOR JOIN (i)`; SELECT STRAIGHT_JOIN.
  if (state.previousWord === word.for || !state.hasTables) return;
  if (id === word.straightJoin && state.lists[state.depth] !== list.tables) return;
  state.expect = expecting.table;
}

/** Words that introduce tables in definitions only. */
export function takeInDefinition(state: ScanState, code: number, id: number): void {
  const { kind, classified } = state;
  if (code === action.on && kind === 'admin') state.endList();
  if ((kind !== 'ddl' && kind !== 'createRoutine') || !state.hasTables) return;
  switch (code) {
    case action.references:
      state.expect = expecting.table;
      return;
    case action.on:
      if (classified!.tableBehindOn) state.expect = expecting.table;
      return;
    case action.like:
      if (state.previousIsTable || state.previousKind === char.open) state.expect = expecting.table;
      return;
    case action.to:
      // RENAME TABLE a TO b; ALTER TABLE a RENAME b.
      if (classified!.isTableList || id === word.rename) state.expect = expecting.table;
      return;
    case action.routine:
      if (state.tableCount === 0) state.expect = expecting.table;
  }
}
