/**
 * Directives of a statement to the router, which MySQL takes for a comment: `SELECT /*vt+ QUERY_TIMEOUT_MS=100 *\/ …`. They stand
 * behind the verb, or before it. docs/directives.md lists them.
 */

/** Those that mean something here; all others are ignored. */
export type Directives = Readonly<{
  /** 0: without a limit, whatever the configuration says. */
  queryTimeoutMs: number | undefined;
  ignoresMemoryLimit: boolean;
  workloadName: string | undefined;
  /** It may go to all shards, whatever the keyspace's policy says. */
  allowsScatter: boolean;
}>;

const SLASH = 0x2f;
const STAR = 0x2a;
const MINUS = 0x2d;
const HASH = 0x23;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** The directives of the statement that begins at `start`; undefined where it has none. */
export function readDirectives(text: Buffer, start: number, end: number): Directives | undefined {
  // Nearly all have none: this costs them a look at two bytes.
  const behindVerb = blanksEnd(text, wordEnd(text, start, end), end);
  if (!beginsComment(text[start]) && !beginsComment(text[behindVerb])) return undefined;
  const before = commentsAt(text, start, end);
  const behind = commentsAt(text, wordEnd(text, before.end, end), end);
  if (before.directives === undefined && behind.directives === undefined) return undefined;
  return made(`${before.directives ?? ''} ${behind.directives ?? ''}`);
}

type Comments = Readonly<{ end: number; directives: string | undefined }>;
const noComments = { directives: undefined };

/** Blanks and comments from `from` on, and what those say that are directives. */
function commentsAt(text: Buffer, from: number, end: number): Comments {
  let at = from;
  let directives: string | undefined;
  for (;;) {
    at = blanksEnd(text, at, end);
    if (isLineComment(text, at)) {
      const close = text.indexOf('\n', at, 'latin1');
      at = close < 0 || close >= end ? end : close + 1;
      continue;
    }
    if (text[at] !== SLASH || text[at + 1] !== STAR) break;
    const close = text.indexOf('*/', at + 2, 'latin1');
    if (close < 0 || close >= end) break;
    if (text.toString('latin1', at + 2, at + 5).toLowerCase() === 'vt+')
      directives = `${directives ?? ''} ${text.toString('utf8', at + 5, close)}`;
    at = close + 2;
  }
  return directives === undefined ? { end: at, ...noComments } : { end: at, directives };
}

const beginsComment = (byte: number | undefined): boolean =>
  byte === SLASH || byte === MINUS || byte === HASH;

/** `#`, or `--` and a blank. */
const isLineComment = (text: Buffer, at: number): boolean =>
  text[at] === HASH || (text[at] === MINUS && text[at + 1] === MINUS && (text[at + 2] ?? 0) <= 0x20);

function blanksEnd(text: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && text[at]! <= 0x20) at++;
  return at;
}

function wordEnd(text: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (text[at]! | 0x20) >= 0x61 && (text[at]! | 0x20) <= 0x7a) at++;
  return at;
}

/** Names without a value are switched on. */
function made(source: string): Directives {
  const values = new Map<string, string>();
  for (const [, name, quoted, plain] of source.matchAll(/([A-Za-z_]+)(?:=(?:["']([^"']*)["']|(\S*)))?/g))
    values.set(name!.toUpperCase(), quoted ?? plain ?? '1');
  const isOn = (name: string): boolean => /^(1|true|on)$/i.test(values.get(name) ?? '');
  return Object.freeze({
    queryTimeoutMs: milliseconds(values.get('QUERY_TIMEOUT_MS')),
    ignoresMemoryLimit: isOn('IGNORE_MAX_MEMORY_ROWS'),
    workloadName: values.get('WORKLOAD_NAME'),
    allowsScatter: isOn('ALLOW_SCATTER'),
  });
}

const milliseconds = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), TIMEOUT_MS_MAX) : undefined;
