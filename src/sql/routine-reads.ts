/** What a stored function does beyond computing with its arguments, as far as its body says. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';

/** Statements on rows or of any text, and functions of the session: what is not the same on another connection or another shard. */
const beyondArguments: ReadonlySet<string> = new Set([
  ...[
    'select',
    'table',
    'insert',
    'update',
    'delete',
    'call',
    'prepare',
    'execute',
    'load',
    'handler',
    'lock',
  ],
  ...['get_lock', 'release_lock', 'release_all_locks', 'is_free_lock', 'is_used_lock', 'last_insert_id'],
  ...['row_count', 'found_rows', 'connection_id', 'user', 'current_user', 'session_user', 'system_user'],
]);

const PARENTHESIS = 0x28;
const DOT = 0x2e;
const AT = 0x40;

export type RoutineReads = Readonly<{
  /** The first word that does more, as it is written; undefined: there is none. */
  beyond: string | undefined;
  /** Names that may be those of other stored functions, lower case. */
  calls: readonly string[];
}>;

/** Reads a body as information_schema.ROUTINES shows it. */
export function routineReads(body: Buffer, mode: LexMode): RoutineReads {
  const lexer = new Lexer(body, 0, mode);
  const calls: string[] = [];
  let before = { text: '', kind: 0 };
  for (let kind = lexer.next(); kind !== token.end; kind = lexer.next()) {
    const text = body.toString('utf8', lexer.start, lexer.end);
    const word = text.toLowerCase();
    if (beyondArguments.has(word) || kind === AT || text.startsWith('@')) return { beyond: text, calls };
    if (kind === token.error) return { beyond: text, calls };
    // REPLACE with a parenthesis is a function.
    if (before.text === 'replace' && kind !== PARENTHESIS) return { beyond: 'REPLACE', calls };
    if (kind === PARENTHESIS && before.text !== '') calls.push(before.text.replaceAll('`', ''));
    // A function of another database.
    if (kind === DOT && before.kind !== DOT && isName(before.kind))
      return { beyond: `${before.text}.`, calls };
    before = { text: isName(kind) ? word : '', kind };
  }
  return { beyond: undefined, calls };
}

const isName = (kind: number): boolean => kind === token.word || kind === token.quotedName;
