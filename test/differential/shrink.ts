/** Makes a statement shorter as long as the same difference shows, so that a person can see what it is about. */
import type { Case, Statement } from './case.ts';
import type { Comparison } from './run.ts';

const TOKEN = /'(?:[^'\\]|''|\\.)*'|`[^`]*`|"[^"]*"|[\w@$.]+|[<>=!:]+|\S/gs;

const WIDTH_MAX = 24;
const COLUMNS_MAX = 40;
const TRIES_MAX = 3000;

/** Place behind the bracket that closes the one at `open`. */
function behindBracket(tokens: readonly string[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at] === '(') depth += 1;
    if (tokens[at] === ')' && --depth === 0) return at + 1;
  }
  return tokens.length;
}

/** Place of the end of what begins with ORDER BY at `from`: the query's end. */
function behindOrder(tokens: readonly string[], from: number): number {
  let at = from;
  while (at < tokens.length && tokens[at] !== ')')
    at = tokens[at] === '(' ? behindBracket(tokens, at) : at + 1;
  return at;
}

const is = (token: string | undefined, word: string): boolean => token?.toUpperCase() === word;

/**
 * The statement in pieces that stay whole: of an ORDER BY, a window or a sorted aggregate nothing may be missing, or its answer would
 * no longer be one.
 */
function piecesOf(sql: string): string[] {
  const tokens = sql.match(TOKEN) ?? [];
  const pieces: string[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    const opens = tokens[at + 1] === '(';
    let end = at + 1;
    if (is(token, 'ORDER') && is(tokens[at + 1], 'BY')) end = behindOrder(tokens, at);
    else if (opens && (is(token, 'OVER') || is(token, 'GROUP_CONCAT'))) end = behindBracket(tokens, at + 1);
    pieces.push(tokens.slice(at, end).join(' '));
    at = end;
  }
  return pieces;
}

const isBalanced = (pieces: readonly string[]): boolean => {
  let depth = 0;
  for (const piece of pieces) {
    if (piece === '(') depth += 1;
    if (piece === ')' && --depth < 0) return false;
  }
  return depth === 0;
};

const textOf = (pieces: readonly string[]): string => pieces.join(' ').replace(/(\w) \(/g, '$1(');

/** Every row of LIMIT has its ORDER BY. */
const isDetermined = (sql: string): boolean =>
  (sql.match(/\bLIMIT\b/gi)?.length ?? 0) <= (sql.match(/\bORDER BY\b(?!.*\bOVER\b)/gis)?.length ?? 0);

const isOrdered = (pieces: readonly string[]): boolean => /^ORDER BY\b/i.test(pieces.at(-1) ?? '');

const looseAll = Array.from({ length: COLUMNS_MAX }, (_, at) => at);

const kindOf = (what: string): string => what.replace(/\d+|"[^"]*"|'[^']*'|\(.*\)/gs, '').slice(0, 30);

/** The case with its last statement as short as it gets; `what` is the difference on so many `shards`. */
export async function shrink(
  comparison: Comparison,
  found: Case,
  what: string,
  shards: number,
): Promise<Case> {
  const last = found.statements.at(-1)!;
  if (last.parameters !== undefined && last.parameters.length > 0) return found;
  let pieces = piecesOf(last.sql);
  let tries = 0;
  const shorter = (kept: readonly string[]): Case => {
    const sql = textOf(kept);
    const order = isOrdered(kept) ? last.order : 'any';
    const statement: Statement = { ...last, sql, order, loose: looseAll };
    return { ...found, statements: [...found.statements.slice(0, -1), statement] };
  };
  const differs = async (kept: readonly string[]): Promise<boolean> => {
    tries += 1;
    if (!isDetermined(textOf(kept))) return false;
    let same = false;
    await comparison.play([shorter(kept)], ({ clusters }) => {
      same = clusters.some(
        ({ shards: count, verdict }) =>
          count === shards && verdict.kind === 'differs' && kindOf(verdict.what) === kindOf(what),
      );
    });
    return same;
  };
  for (let width = Math.min(WIDTH_MAX, pieces.length >> 1); width > 0; ) {
    let cut = false;
    for (let at = 0; at + width <= pieces.length && tries < TRIES_MAX; at += 1) {
      if (!isBalanced(pieces.slice(at, at + width))) continue;
      const kept = [...pieces.slice(0, at), ...pieces.slice(at + width)];
      if (!(await differs(kept))) continue;
      pieces = kept;
      cut = true;
      at -= 1;
    }
    if (!cut || width > pieces.length) width -= 1;
  }
  return shorter(pieces);
}
