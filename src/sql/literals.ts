/** The values of names and string literals: quotes and escapes taken away. */
import type { LexMode } from './lex-mode.ts';

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKTICK = 0x60;
const BACKSLASH = 0x5c;

const escapes = new Map<number, number>([
  [0x30, 0x00],
  [0x62, 0x08],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x5a, 0x1a],
]);

/** Bytes as text: UTF-8 for its own character sets, else one character per byte (exact for ASCII). */
function decode(bytes: Buffer, mode: LexMode): string {
  return bytes.toString(mode.charset.startsWith('utf8') ? 'utf8' : 'latin1');
}

/** The name of a word or quoted name token. */
export function nameText(text: Buffer, start: number, end: number, mode: LexMode): string {
  const quote = text[start]!;
  if (quote !== BACKTICK && quote !== DOUBLE_QUOTE) return decode(text.subarray(start, end), mode);
  return decode(withoutQuotes(text, start + 1, end - 1, quote, false, mode), mode);
}

/** The content of a string token (`'…'`, `"…"`, `N'…'`). */
export function stringText(text: Buffer, start: number, end: number, mode: LexMode): string {
  return decode(stringBytes(text, start, end, mode), mode);
}

/** The content of a string token, in the client's character set. */
export function stringBytes(text: Buffer, start: number, end: number, mode: LexMode): Buffer {
  const quoteAt = text[start] === QUOTE || text[start] === DOUBLE_QUOTE ? start : start + 1;
  return withoutQuotes(text, quoteAt + 1, end - 1, text[quoteAt]!, !mode.noBackslashEscapes, mode);
}

function withoutQuotes(
  text: Buffer,
  start: number,
  end: number,
  quote: number,
  hasEscapes: boolean,
  mode: LexMode,
): Buffer {
  const inner = text.subarray(start, end);
  if (!inner.includes(quote) && !(hasEscapes && inner.includes(BACKSLASH))) return inner;
  const { multibyteLength } = mode.table;
  const out = Buffer.allocUnsafe(inner.length);
  let length = 0;
  let at = 0;
  while (at < inner.length) {
    const byte = inner[at]!;
    const wide = byte >= 0x80 && multibyteLength !== undefined ? multibyteLength(inner, at, inner.length) : 0;
    if (wide > 1) {
      inner.copy(out, length, at, at + wide);
      length += wide;
      at += wide;
      continue;
    }
    if (byte === BACKSLASH && hasEscapes && at + 1 < inner.length) {
      const next = inner[at + 1]!;
      // `\%` and `\_` keep their backslash: they matter to LIKE.
      if (next === 0x25 || next === 0x5f) out[length++] = BACKSLASH;
      out[length++] = escapes.get(next) ?? next;
      at += 2;
      continue;
    }
    out[length++] = byte;
    at += byte === quote ? 2 : 1;
  }
  return out.subarray(0, length);
}
