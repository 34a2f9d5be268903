/** What single words mean to the statement scan, as tables by word id. */
import { effect } from './statement.ts';
import { wordCount, wordFlag, wordFlags, wordId } from './words.ts';

/** What a word does to the scan wherever it stands unquoted. */
export const action = {
  none: 0,
  from: 1,
  join: 2,
  into: 3,
  update: 4,
  table: 5,
  /** Ends a list of tables. */
  clause: 6,
  select: 7,
  using: 8,
  with: 9,
  orderOrGroup: 11,
  over: 21,
  calcFoundRows: 14,
  outfile: 15,
  like: 16,
  on: 17,
  references: 18,
  /** A function that is called without parentheses too. */
  bareFunction: 19,
  to: 20,
  values: 12,
  share: 13,
  routine: 10,
} as const;

const byWord = new Uint8Array(wordCount);

function assign(code: number, names: string): void {
  for (const name of names.split(' ')) byWord[wordId(name)] = code;
}

assign(action.from, 'from');
assign(action.join, 'join straight_join');
assign(action.into, 'into');
assign(action.update, 'update');
assign(action.table, 'table tables view');
assign(action.clause, 'where having window qualify set union except intersect');
assign(action.select, 'select');
assign(action.using, 'using');
assign(action.with, 'with');
assign(action.orderOrGroup, 'order group');
assign(action.over, 'over');
assign(action.calcFoundRows, 'sql_calc_found_rows');
assign(action.outfile, 'outfile dumpfile');
assign(action.like, 'like');
assign(action.on, 'on');
assign(action.references, 'references');
assign(action.bareFunction, 'current_user');
assign(action.to, 'to rename');
assign(action.values, 'values value limit');
assign(action.share, 'share');
assign(action.routine, 'procedure function trigger event');

/** The action of a word, by its id. */
export const wordActions: Readonly<Uint8Array> = byWord;

const staysExpecting = new Uint8Array(wordCount);
for (const name of 'lateral if not exists ignore low_priority delayed high_priority into table as to'.split(
  ' ',
)) {
  staysExpecting[wordId(name)] = 1;
}

/** 1 for words that may stand between a clause's word and its first table. */
export const wordsBeforeTable: Readonly<Uint8Array> = staysExpecting;

const callEffects = new Int32Array(wordCount);

function calls(bits: number, names: string): void {
  for (const name of names.split(' ')) callEffects[wordId(name)]! |= bits;
}

calls(effect.namedLock, 'get_lock release_lock release_all_locks is_used_lock is_free_lock');
calls(effect.foundRows, 'found_rows');
calls(effect.rowCount, 'row_count');
calls(effect.connectionId, 'connection_id ps_current_thread_id');
calls(effect.sleeps, 'sleep benchmark master_pos_wait source_pos_wait wait_for_executed_gtid_set');
calls(effect.nonDeterministic, 'rand uuid uuid_short sysdate random_bytes');
calls(effect.currentUser, 'user current_user session_user system_user current_role');
calls(effect.currentDatabase, 'database schema');
// XPath text reads user variables as `$@name`.
calls(effect.readsUserVariable, 'extractvalue updatexml');

/** Effects of calling a built-in function, by word id; LAST_INSERT_ID depends on its arguments. */
export const wordCallEffects: Readonly<Int32Array> = callEffects;

const variableEffects = new Int32Array(wordCount);
variableEffects[wordId('last_insert_id')] = effect.lastInsertIdRead;
variableEffects[wordId('identity')] = effect.lastInsertIdRead;
variableEffects[wordId('warning_count')] = effect.diagnosticsRead;
variableEffects[wordId('error_count')] = effect.diagnosticsRead;
variableEffects[wordId('pseudo_thread_id')] = effect.connectionId;

/** Effects of reading `@@name`, by word id. */
export const variableReadEffects: Readonly<Int32Array> = variableEffects;

const readsFrom = new Uint8Array(wordCount);
for (const name of 'extract trim substring substr mid'.split(' ')) readsFrom[wordId(name)] = 1;

/** 1 for functions whose arguments are separated by FROM. */
export const functionsWithFrom: Readonly<Uint8Array> = readsFrom;

const SINCE_9 = 90_000;
const UNTIL_9_6 = 90_600;

/** Whether the word's name belongs to a built-in function that is found by name, on that server. */
export function isNativeFunction(word: number, serverVersion: number): boolean {
  const flags = wordFlags[word]!;
  if ((flags & wordFlag.nativeFunction) === 0) return false;
  if ((flags & wordFlag.since9) !== 0) return serverVersion >= SINCE_9;
  return (flags & wordFlag.until96) === 0 || serverVersion < UNTIL_9_6;
}

/** Whether the unquoted word followed by `(` is grammar (a keyword), so that no stored function can be meant. */
export function isKeywordCall(word: number, parenFollowsDirectly: boolean, serverVersion: number): boolean {
  const flags = wordFlags[word]!;
  if ((flags & wordFlag.since9) !== 0 && serverVersion < SINCE_9) return false;
  if ((flags & wordFlag.keyword) !== 0) return true;
  return (flags & wordFlag.parenFunction) !== 0 && parenFollowsDirectly;
}
