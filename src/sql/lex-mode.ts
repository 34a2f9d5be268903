/** What decides how bytes become tokens: `sql_mode`, the client's character set, the server's version. */
import { type CharsetTable, charsetTableOf } from './charset-tables.ts';

export type LexMode = Readonly<{
  ansiQuotes: boolean;
  noBackslashEscapes: boolean;
  pipesAsConcat: boolean;
  ignoreSpace: boolean;
  highNotPrecedence: boolean;
  charset: string;
  /** As in version comments: 80406 for 8.4.6. */
  serverVersion: number;
  table: CharsetTable;
}>;

const CACHE_SIZE_MAX = 1_000;
const cache = new Map<string, LexMode>();

/**
 * The mode for a session's `sql_mode` (names as the server reports or a client writes them), client
 * character set and server version. `ignoreSpace` is the client's capability CLIENT_IGNORE_SPACE.
 * The same arguments give the same object.
 */
export function lexModeOf(
  sqlMode: string,
  charset: string,
  serverVersion: number,
  ignoreSpace: boolean,
): LexMode {
  const key = `${sqlMode}\n${charset}\n${serverVersion}\n${ignoreSpace}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const names = new Set(
    sqlMode
      .toUpperCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const ansi = names.has('ANSI');
  const mode: LexMode = Object.freeze({
    ansiQuotes: ansi || names.has('ANSI_QUOTES'),
    noBackslashEscapes: names.has('NO_BACKSLASH_ESCAPES'),
    pipesAsConcat: ansi || names.has('PIPES_AS_CONCAT'),
    ignoreSpace: ignoreSpace || ansi || names.has('IGNORE_SPACE'),
    highNotPrecedence: names.has('HIGH_NOT_PRECEDENCE'),
    charset: charset.toLowerCase(),
    serverVersion,
    table: charsetTableOf(charset.toLowerCase()),
  });
  // Clients choose the arguments, so the cache must not grow with them.
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(key, mode);
  return mode;
}
