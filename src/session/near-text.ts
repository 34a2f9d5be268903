import type { ServerError } from '../wire/err-packet.ts';

/** A statement that is followed by others in its text: where it ends. */
export type Followed = Readonly<{ source: Buffer; end: number }>;

const ERRNO_PARSE_ERROR = 1064;
const NEAR_BYTES = 80;
const excerpt = /^(.* near ')(.*)(' at line \d+)$/s;

/**
 * A syntax error of one of several statements, which a tablet got alone: MySQL's excerpt goes on to the end of the text, and is cut after
 * 80 bytes, amid a character too, whose bytes are then told one by one.
 */
export function toldOfAll(error: ServerError, followed: Followed | undefined): ServerError {
  const parts = followed !== undefined && error.errno === ERRNO_PARSE_ERROR && excerpt.exec(error.message);
  if (!parts) return error;
  const { source, end } = followed;
  const near = Buffer.from(parts[2]!);
  let from = end - near.length;
  // Otherwise it was cut already, or is in another character set.
  if (!source.subarray(from, end).equals(near)) return error;
  if (near.length === 0) while (isBlank(source[from])) from++;
  const { errno, sqlState } = error;
  return {
    errno,
    sqlState,
    message: `${parts[1]}${told(source.subarray(from, from + NEAR_BYTES))}${parts[3]}`,
  };
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

function told(bytes: Buffer): string {
  let whole = bytes.length;
  while (whole > 0 && (bytes[whole - 1]! & 0xc0) === 0x80) whole--;
  const lead = whole > 0 ? bytes[whole - 1]! : 0;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (whole - 1 + width <= bytes.length) return bytes.toString();
  return bytes.toString('utf8', 0, whole - 1) + bytes.toString('latin1', whole - 1);
}
