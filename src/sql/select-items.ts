/** The items of a select list, and the calls in it whose value the router knows better than a tablet. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { char } from './scan-state.ts';
import type { SelectItem, Substitution } from './statement.ts';
import { wordCount, wordFlag, wordFlags, wordId } from './words.ts';

const modifiers = new Uint8Array(wordCount);
for (const name of [
  'all',
  'distinct',
  'distinctrow',
  'high_priority',
  'straight_join',
  'sql_small_result',
  'sql_big_result',
  'sql_buffer_result',
  'sql_no_cache',
  'sql_calc_found_rows',
]) {
  modifiers[wordId(name)] = 1;
}

const endsList = new Uint8Array(wordCount);
for (const name of [
  'from',
  'where',
  'group',
  'having',
  'order',
  'limit',
  'into',
  'union',
  'except',
  'intersect',
  'for',
  'lock',
  'window',
]) {
  endsList[wordId(name)] = 1;
}

const SELECT = wordId('select');
const AS = wordId('as');
const FOUND_ROWS = wordId('found_rows');
const ROW_COUNT = wordId('row_count');
/** Words that are calls without parentheses. */
const bareCalls = new Set(
  [
    'current_user',
    'current_date',
    'current_time',
    'current_timestamp',
    'localtime',
    'localtimestamp',
    'utc_date',
    'utc_time',
    'utc_timestamp',
  ].map(wordId),
);

/** Operators that leave no room for an alias behind them: the name that follows is an operand. */
const operatorWords = new Set(
  [
    'and',
    'or',
    'xor',
    'not',
    'div',
    'mod',
    'is',
    'in',
    'like',
    'rlike',
    'regexp',
    'between',
    'collate',
    'binary',
    'case',
    'when',
    'then',
    'else',
    'interval',
    'exists',
    'sounds',
    'escape',
    'as',
    'member',
    'of',
  ].map(wordId),
);

type Seen = { kind: number; word: number; start: number; end: number };

/** The outermost select list of a statement that begins with SELECT; undefined if it does not. */
export function selectItemsOf(
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
): SelectItem[] | undefined {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  if (lexer.next() !== token.word || lexer.word !== SELECT) return undefined;
  const items: SelectItem[] = [];
  lexer.next();
  while (lexer.kind === token.hint || (lexer.kind === token.word && modifiers[lexer.word] === 1))
    lexer.next();
  for (;;) {
    const seen = readItem(lexer);
    if (seen.length === 0) return undefined;
    items.push(itemOf(text, seen));
    if (lexer.kind !== char.comma) return items;
    lexer.next();
  }
}

/** The tokens up to the comma or clause that ends the item. */
function readItem(lexer: Lexer): Seen[] {
  const seen: Seen[] = [];
  let depth = 0;
  for (;;) {
    const { kind, word, start, end } = lexer;
    if (kind === token.end || kind === token.error) return seen;
    if (depth === 0 && kind === char.comma) return seen;
    if (depth === 0 && kind === token.word && endsList[word] === 1) return seen;
    if (kind === char.open) depth++;
    if (kind === char.close) depth--;
    seen.push({ kind, word, start, end });
    lexer.next();
  }
}

const isName = ({ kind, word }: Seen): boolean =>
  kind === token.quotedName ||
  kind === token.string ||
  (kind === token.word && (wordFlags[word]! & wordFlag.reserved) === 0);

function itemOf(text: Buffer, seen: Seen[]): SelectItem {
  const alias = aliasOf(seen);
  const expression = alias === undefined ? seen : seen.slice(0, alias.hasAs ? -2 : -1);
  return Object.freeze({
    start: expression[0]!.start,
    end: expression.at(-1)!.end,
    aliasStart: alias?.token.start ?? -1,
    aliasEnd: alias?.token.end ?? -1,
    systemVariable: systemVariableOf(text, expression),
  });
}

function aliasOf(seen: Seen[]): { token: Seen; hasAs: boolean } | undefined {
  const last = seen.at(-1)!;
  const before = seen.at(-2);
  if (before === undefined || !isName(last)) return undefined;
  if (before.kind === token.word && before.word === AS) {
    return seen.length > 2 ? { token: last, hasAs: true } : undefined;
  }
  return endsOperand(before, last) ? { token: last, hasAs: false } : undefined;
}

/** Whether an expression can end with `before`, so that a name behind it is an alias. */
function endsOperand(before: Seen, last: Seen): boolean {
  if (before.kind === token.string) return last.kind !== token.string;
  if (before.kind === token.word) {
    // An introducer or DATE, TIME, TIMESTAMP makes a literal of the string behind it.
    if (last.kind === token.string) return before.word !== 0 && bareCalls.has(before.word);
    return !operatorWords.has(before.word);
  }
  switch (before.kind) {
    case char.close:
    case token.quotedName:
    case token.integer:
    case token.decimal:
    case token.float:
    case token.hex:
    case token.bit:
    case token.nationalString:
    case token.userVariable:
    case token.systemVariable:
      return true;
    default:
      return false;
  }
}

function systemVariableOf(text: Buffer, seen: Seen[]): string | undefined {
  const first = seen[0]!;
  if (first.kind !== token.systemVariable) return undefined;
  if (seen.length > 3 || seen.length === 2 || (seen.length === 3 && seen[1]!.kind !== char.dot))
    return undefined;
  return text
    .toString('latin1', first.start + 2, seen.at(-1)!.end)
    .replaceAll('`', '')
    .toLowerCase();
}

/** FOUND_ROWS() and ROW_COUNT() anywhere in a statement, with the select item around each. */
export function substitutionsOf(text: Buffer, start: number, end: number, mode: LexMode): Substitution[] {
  const items = selectItemsOf(text, start, end, mode) ?? [];
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const found: Substitution[] = [];
  while (lexer.next() !== token.end) {
    const id = lexer.kind === token.quotedName ? quotedFoundRows(lexer) : lexer.word;
    if (id !== FOUND_ROWS && id !== ROW_COUNT) continue;
    const callStart = lexer.start;
    if (lexer.next() !== char.open || lexer.next() !== char.close) continue;
    const item = items.find((candidate) => candidate.start <= callStart && callStart < candidate.end);
    found.push(
      Object.freeze({
        name: id === FOUND_ROWS ? 'found_rows' : 'row_count',
        start: callStart,
        end: lexer.end,
        itemStart: item?.start ?? -1,
        itemEnd: item?.end ?? -1,
        itemHasAlias: item !== undefined && item.aliasStart >= 0,
      }),
    );
  }
  return found;
}

/** A built-in function may be called by its quoted name. */
function quotedFoundRows({ text, start, end }: Lexer): number {
  return text.toString('latin1', start + 1, end - 1).toLowerCase() === 'found_rows' ? FOUND_ROWS : 0;
}
