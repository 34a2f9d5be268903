/** The characters of string literals on their way to a column: from the client's charset over the connection's. */
import { isUtf8 } from 'node:buffer';
import type { LiteralValue, ValueContext } from '../literal-value.ts';

/** A literal that is a string where strings are wanted. */
export type StringLiteral = Extract<LiteralValue, { kind: 'string' | 'binary' }>;

/** Charsets in which the bytes of ASCII mean something else. */
const notAscii: ReadonlySet<string> = new Set(['ucs2', 'utf16', 'utf16le', 'utf32', 'swe7']);

const charsetNamed = (name: string): string => {
  const lower = name.toLowerCase();
  return lower === 'utf8' ? 'utf8mb3' : lower;
};

/** A collation's name begins with its charset's. */
const charsetOf = (collation: string): string => collation.split('_', 1)[0]!.toLowerCase();

export function isAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}

/** Characters outside of the basic plane take four bytes in UTF-8. */
const hasSupplementary = (bytes: Buffer): boolean => bytes.some((byte) => byte >= 0xf0);

/** Without introducer, MySQL converts it from the client's charset to the connection's before anything else. */
const isConverted = ({ kind, charset }: StringLiteral, context: ValueContext): boolean =>
  kind === 'string' && charsetNamed(charset) === charsetNamed(context.charset);

/** The text of a literal that is to be a number or a time, if it is ASCII; undefined otherwise. */
export function asciiText(literal: StringLiteral): string | undefined {
  const { charset, bytes } = literal;
  if (charset !== undefined && notAscii.has(charsetNamed(charset))) return undefined;
  return isAscii(bytes) ? bytes.toString('latin1') : undefined;
}

/**
 * The literal's characters in UTF-8, if they come to a column of `charset` as they are written; undefined where one of the
 * conversions might lose or change something.
 */
export function textIn(charset: string, literal: StringLiteral, context: ValueContext): Buffer | undefined {
  const { bytes } = literal;
  const connection = charsetOf(context.collation);
  const converted = isConverted(literal, context);
  let from = charsetNamed(literal.charset ?? 'binary');
  // Bytes without charset are taken as the column's.
  if (from === 'binary') from = charset;
  if (notAscii.has(from) || connection === 'swe7' || charset === 'swe7') return undefined;
  // Whether it has an introducer, which keeps it from losing its charset here, is not known.
  const isLost = converted && connection === 'binary' && from !== charset;
  if (isLost && notAscii.has(charset)) return undefined;
  if (isAscii(bytes)) return bytes;
  const text = isLost ? undefined : utf8Of(bytes, from);
  if (text === undefined) return undefined;
  if (converted && connection !== 'binary' && connection !== from && !isLossless(connection, text))
    return undefined;
  return isLossless(charset, text) ? text : undefined;
}

function utf8Of(bytes: Buffer, charset: string): Buffer | undefined {
  switch (charset) {
    case 'utf8mb4':
      return isUtf8(bytes) ? bytes : undefined;
    case 'utf8mb3':
      return isUtf8(bytes) && !hasSupplementary(bytes) ? bytes : undefined;
    case 'latin1':
      // From 80 to 9f it is not Unicode's Latin-1.
      if (bytes.some((byte) => byte >= 0x80 && byte < 0xa0)) return undefined;
      return Buffer.from(bytes.toString('latin1'), 'utf8');
    default:
      return undefined;
  }
}

/** Whether a charset surely has all of these characters. */
function isLossless(charset: string, text: Buffer): boolean {
  switch (charset) {
    case 'utf8mb4':
    case 'utf16':
    case 'utf16le':
    case 'utf32':
      return true;
    case 'utf8mb3':
    case 'ucs2':
      return !hasSupplementary(text);
    case 'latin1':
      return /^[\x00-\x7f\xa0-\xff]*$/.test(text.toString('utf8'));
    default:
      return false;
  }
}

/** The bytes that a literal has where charsets do not matter: compared with, or stored in a binary string. */
export function bytesIn(literal: StringLiteral, context: ValueContext): Buffer | undefined {
  const { bytes, charset } = literal;
  if (charset !== undefined && notAscii.has(charsetNamed(charset))) return undefined;
  if (!isConverted(literal, context)) return bytes;
  const connection = charsetOf(context.collation);
  const from = charsetNamed(context.charset);
  if (connection === from || connection === 'binary' || from === 'binary') return bytes;
  if (notAscii.has(connection)) return undefined;
  if (isAscii(bytes)) return bytes;
  const isSame = from === 'utf8mb3' && connection === 'utf8mb4' && isUtf8(bytes) && !hasSupplementary(bytes);
  return isSame ? bytes : undefined;
}

/** As CHAR is read: without the spaces at its end. */
export function withoutTrailingSpaces(text: Buffer): Buffer {
  let end = text.length;
  while (end > 0 && text[end - 1] === 0x20) end--;
  return end === text.length ? text : text.subarray(0, end);
}
