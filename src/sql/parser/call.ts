/** Function calls, with all that some functions allow between their parentheses, and OVER. */
import type { Call, CastType, Expression, JsonOnResponse, Literal } from '../ast/expression.ts';
import type { Alias, OrderItem } from '../ast/query.ts';
import { token } from '../lexer.ts';
import { isKeywordCall, isNativeFunction } from '../statement-words.ts';
import { findWordByName, wordCount, wordId, wordName } from '../words.ts';
import { parseCastType } from './cast.ts';
import { type Cursor, char } from './cursor.ts';
import { level, parseExpression, parseOperators } from './expression.ts';
import { parseExpressionOrInterval, takeUnit } from './interval.ts';
import { w, wordSet } from './keywords.ts';
import { parsePrimary } from './primary.ts';
import { parseAlias } from './select.ts';
import { parseOrderItems, parseOver } from './window.ts';
import { wordIds } from './words.ts';

const k = wordIds('absent', 'json_arrayagg');

/** A Call that can still be written to. */
type OpenCall = { -readonly [K in keyof Call]: Call[K] };

/** Functions whose parentheses hold more than expressions. */
const forms = {
  groupConcat: 1,
  extract: 2,
  trim: 3,
  substring: 4,
  position: 5,
  char: 6,
  weightString: 7,
  getFormat: 8,
  unitFirst: 9,
  jsonValue: 10,
} as const;

const formByWord = new Uint8Array(wordCount);
formByWord[wordId('group_concat')] = forms.groupConcat;
formByWord[wordId('extract')] = forms.extract;
formByWord[wordId('trim')] = forms.trim;
formByWord[wordId('substring')] = forms.substring;
formByWord[wordId('substr')] = forms.substring;
formByWord[wordId('mid')] = forms.substring;
formByWord[wordId('position')] = forms.position;
formByWord[wordId('char')] = forms.char;
formByWord[wordId('weight_string')] = forms.weightString;
formByWord[wordId('get_format')] = forms.getFormat;
formByWord[wordId('timestampadd')] = forms.unitFirst;
formByWord[wordId('timestampdiff')] = forms.unitFirst;
formByWord[wordId('json_value')] = forms.jsonValue;

const takesNulls = wordSet('lead lag first_value last_value nth_value');

/** Functions of rows with the usual arguments; GROUP_CONCAT and JSON_OBJECTAGG have others. */
const aggregates = wordSet(`
  count sum avg min max bit_and bit_or bit_xor std stddev stddev_pop stddev_samp variance var_pop var_samp
  json_arrayagg st_collect`);

const NO_ARGS: readonly Expression[] = [];
const NO_ORDER: readonly OrderItem[] = [];
const NO_ALIASES: readonly (Alias | undefined)[] = [];

function newCall(start: number, name: string, schema: string | undefined, builtin: boolean): OpenCall {
  return {
    kind: 'call',
    start,
    end: start,
    name,
    schema,
    builtin,
    bare: false,
    distinct: false,
    star: false,
    modifier: undefined,
    args: NO_ARGS,
    aliases: NO_ALIASES,
    orderBy: NO_ORDER,
    separator: undefined,
    charset: undefined,
    castType: undefined,
    fromLast: false,
    nulls: undefined,
    over: undefined,
  };
}

/** A built-in call of plain arguments. */
export function makeCall(
  start: number,
  end: number,
  name: string,
  args: readonly Expression[],
  bare = false,
): Call {
  const call = newCall(start, name, undefined, true);
  call.end = end;
  call.args = args;
  call.bare = bare;
  return call;
}

/** A call from its name on; with `schema`, from behind the dot. */
export function parseCall(cursor: Cursor, schema?: string, schemaStart = cursor.start): Expression {
  const { word, mode } = cursor;
  if (schema === undefined && word !== 0) {
    const open = cursor.peekStart();
    const direct = open === cursor.end || (mode.ignoreSpace && cursor.isBlank(cursor.end, open));
    if (isKeywordCall(word, direct, mode.serverVersion)) {
      return cursor.isReserved(word) ? cursor.fail('an expression') : parseKeywordCall(cursor);
    }
  }
  if (cursor.kind !== token.word && cursor.kind !== token.quotedName) cursor.fail('a name');
  const written = cursor.currentName();
  const id = word === 0 ? findWordByName(written) : word;
  const builtin = schema === undefined && isNativeFunction(id, mode.serverVersion);
  const call = newCall(schemaStart, builtin ? wordName(id) : written, schema, builtin);
  cursor.advance();
  cursor.enter();
  cursor.expectChar(char.open);
  if (cursor.kind !== char.close) {
    if (builtin) call.args = parseArguments(cursor);
    else parseNamedArguments(cursor, call);
  }
  return finishCall(cursor, call, 0);
}

/** `a AS x, b y, c`: loadable functions are told the names. */
function parseNamedArguments(cursor: Cursor, call: OpenCall): void {
  const args: Expression[] = [];
  const aliases: (Alias | undefined)[] = [];
  do {
    args.push(parseExpressionOrInterval(cursor));
    aliases.push(parseAlias(cursor));
  } while (cursor.takeChar(char.comma));
  call.args = args;
  if (aliases.some((alias) => alias !== undefined)) call.aliases = aliases;
}

/** A call of a keyword: the cursor stands on it. */
export function parseKeywordCall(cursor: Cursor): Expression {
  const { word } = cursor;
  const call = newCall(cursor.start, wordName(word), undefined, true);
  cursor.advance();
  cursor.enter();
  cursor.expectChar(char.open);
  if (formByWord[word] !== 0) {
    if (word === w.json_value) return parseJsonValue(cursor, call.start);
    parseForm(cursor, call, formByWord[word]!);
    return finishCall(cursor, call, word);
  }
  if (aggregates[word] === 1) parseAggregated(cursor, call, word);
  else if (cursor.kind !== char.close) call.args = parseArguments(cursor);
  return finishCall(cursor, call, word);
}

/** What an aggregate function takes: `*`, or DISTINCT or ALL and one expression; COUNT(DISTINCT …) several. */
function parseAggregated(cursor: Cursor, call: OpenCall, word: number): void {
  if (word === w.count && cursor.takeChar(char.star)) {
    call.star = true;
    return;
  }
  if (cursor.takeWord(w.distinct)) call.distinct = true;
  else cursor.takeWord(w.all);
  call.args = word === w.count && call.distinct ? parseArguments(cursor) : [parseExpression(cursor)];
  if (word === k.json_arrayagg) parseNullClause(cursor, call);
}

/** NULL ON NULL, ABSENT ON NULL. */
function parseNullClause(cursor: Cursor, call: OpenCall): void {
  const isNull = cursor.takeWord(w.null);
  if (!isNull && !cursor.takeWord(k.absent)) return;
  cursor.expectWord(w.on);
  cursor.expectWord(w.null);
  call.modifier = isNull ? 'null on null' : 'absent on null';
}

function parseArguments(cursor: Cursor): Expression[] {
  const args = [parseExpressionOrInterval(cursor)];
  while (cursor.takeChar(char.comma)) args.push(parseExpressionOrInterval(cursor));
  return args;
}

/** The closing parenthesis and what can follow it. */
function finishCall(cursor: Cursor, call: OpenCall, word: number): Call {
  cursor.expectChar(char.close);
  if (cursor.kind === token.word && cursor.word !== 0) {
    if (takesNulls[word] === 1) parseNulls(cursor, call, word);
    if (cursor.word === w.over) {
      cursor.advance();
      call.over = parseOver(cursor);
    }
  }
  cursor.leave();
  call.end = cursor.previousEnd;
  return call;
}

/** FROM FIRST, FROM LAST; RESPECT NULLS, IGNORE NULLS. */
function parseNulls(cursor: Cursor, call: OpenCall, word: number): void {
  if (word === w.nth_value && cursor.isWord(w.from)) {
    cursor.advance();
    if (cursor.takeWord(w.last)) call.fromLast = true;
    else cursor.expectWord(w.first);
  }
  if (!cursor.isWord(w.respect) && !cursor.isWord(w.ignore)) return;
  call.nulls = cursor.isWord(w.respect) ? 'respect' : 'ignore';
  cursor.advance();
  cursor.expectWord(w.nulls);
}

function parseForm(cursor: Cursor, call: OpenCall, form: number): void {
  switch (form) {
    case forms.groupConcat:
      parseGroupConcat(cursor, call);
      break;
    case forms.extract:
      call.modifier = takeUnit(cursor);
      cursor.expectWord(w.from);
      call.args = [parseExpression(cursor)];
      break;
    case forms.trim:
      parseTrim(cursor, call);
      break;
    case forms.substring:
      parseSubstring(cursor, call);
      break;
    case forms.position: {
      const part = parseOperators(cursor, level.bitOr);
      cursor.expectWord(w.in);
      call.args = [part, parseExpression(cursor)];
      break;
    }
    case forms.char:
      call.args = parseArguments(cursor);
      if (cursor.takeWord(w.using)) call.charset = cursor.takeNameOrString();
      break;
    case forms.weightString:
      parseWeightString(cursor, call);
      break;
    case forms.getFormat:
      parseGetFormat(cursor, call);
      break;
    case forms.unitFirst:
      call.modifier = takeUnit(cursor);
      cursor.expectChar(char.comma);
      call.args = parseArguments(cursor);
      break;
  }
}

function parseGroupConcat(cursor: Cursor, call: OpenCall): void {
  call.distinct = cursor.takeWord(w.distinct);
  call.args = parseArguments(cursor);
  if (cursor.isWord(w.order)) call.orderBy = parseOrderItems(cursor);
  if (!cursor.takeWord(w.separator)) return;
  const { kind } = cursor;
  if (kind !== token.string && kind !== token.hex && kind !== token.bit) cursor.fail('a string');
  const separator: Expression = parsePrimary(cursor);
  if (separator.kind === 'literal') call.separator = separator satisfies Literal;
}

const trimSides = wordSet('leading trailing both');

function parseTrim(cursor: Cursor, call: OpenCall): void {
  if (cursor.kind === token.word && trimSides[cursor.word] === 1) {
    call.modifier = wordName(cursor.word);
    cursor.advance();
    if (cursor.takeWord(w.from)) {
      call.args = [parseExpression(cursor)];
      return;
    }
  }
  const first = parseExpression(cursor);
  // In the order of the text: what is cut off, then the string.
  if (cursor.takeWord(w.from)) call.args = [first, parseExpression(cursor)];
  else if (call.modifier !== undefined) cursor.fail('FROM');
  else call.args = [first];
}

function parseSubstring(cursor: Cursor, call: OpenCall): void {
  const args = [parseExpression(cursor)];
  if (cursor.takeWord(w.from)) {
    args.push(parseExpression(cursor));
    if (cursor.takeWord(w.for)) args.push(parseExpression(cursor));
  } else {
    while (cursor.takeChar(char.comma)) args.push(parseExpression(cursor));
  }
  call.args = args;
}

function parseWeightString(cursor: Cursor, call: OpenCall): void {
  call.args = [parseExpression(cursor)];
  if (cursor.takeWord(w.as)) call.castType = parseCastType(cursor);
  else while (cursor.takeChar(char.comma)) call.args = [...call.args, parseExpression(cursor)];
}

const formatTypes = wordSet('date time datetime timestamp');

function parseGetFormat(cursor: Cursor, call: OpenCall): void {
  if (cursor.kind !== token.word || formatTypes[cursor.word] !== 1) cursor.fail('DATE, TIME or DATETIME');
  // TIMESTAMP is another word for DATETIME here.
  call.modifier = cursor.word === w.timestamp ? 'datetime' : wordName(cursor.word);
  cursor.advance();
  cursor.expectChar(char.comma);
  call.args = [parseExpression(cursor)];
}

function parseJsonValue(cursor: Cursor, start: number): Expression {
  const document = parseExpression(cursor);
  cursor.expectChar(char.comma);
  const path = parseExpression(cursor);
  const returning: CastType | undefined = cursor.takeWord(w.returning) ? parseCastType(cursor) : undefined;
  const { onEmpty, onError } = parseOnResponses(cursor, false);
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'jsonValue', start, end: cursor.previousEnd, document, path, returning, onEmpty, onError };
}

export type OnResponses = Readonly<{
  onEmpty: JsonOnResponse | undefined;
  onError: JsonOnResponse | undefined;
}>;

/**
 * `NULL | ERROR | DEFAULT x` ON EMPTY, and the same ON ERROR; both can be left out. JSON_TABLE takes them in
 * either order.
 */
export function parseOnResponses(cursor: Cursor, isAnyOrder: boolean): OnResponses {
  let onEmpty: JsonOnResponse | undefined;
  let onError: JsonOnResponse | undefined;
  for (;;) {
    const { start, word } = cursor;
    const isResponse = word === w.null || word === w.error || word === w.default;
    if (cursor.kind !== token.word || !isResponse) return { onEmpty, onError };
    cursor.advance();
    const value = word === w.default ? parseExpression(cursor) : undefined;
    const response = word === w.null ? 'null' : word === w.error ? 'error' : 'default';
    cursor.expectWord(w.on);
    const isEmpty = onEmpty === undefined && cursor.takeWord(w.empty);
    if (!isEmpty) cursor.expectWord(w.error);
    const found: JsonOnResponse = { kind: 'jsonOnResponse', start, end: cursor.previousEnd, response, value };
    if (isEmpty) onEmpty = found;
    else onError = found;
    if (onError !== undefined && (onEmpty !== undefined || !isAnyOrder)) return { onEmpty, onError };
  }
}
