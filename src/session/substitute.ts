/** Puts values that only the session knows into a statement's text, keeping the titles of its columns. */
import type { Statement } from './session.ts';
import { textPacket } from './text-packet.ts';

/**
 * The statement's packet with FOUND_ROWS() and ROW_COUNT() replaced by their values. A select item without an alias gets
 * its own text as one: that is the title that MySQL gives it.
 */
export function substituted(
  statement: Statement,
  values: Record<'found_rows' | 'row_count', bigint>,
): Buffer {
  const { source, scan, packet } = statement;
  if (scan.substitutions.length === 0) return packet;
  const parts: Buffer[] = [];
  let from = scan.start;
  const aliases = new Map<number, Buffer>();
  for (const { itemStart, itemEnd, itemHasAlias } of scan.substitutions) {
    if (itemStart >= 0 && !itemHasAlias) aliases.set(itemEnd, source.subarray(itemStart, itemEnd));
  }
  const copyTo = (to: number) => {
    for (const [at, title] of aliases) {
      if (at < from || at > to) continue;
      parts.push(source.subarray(from, at), Buffer.from(' AS `'), doubled(title), Buffer.from('`'));
      from = at;
      aliases.delete(at);
    }
    parts.push(source.subarray(from, to));
    from = to;
  };
  for (const { name, start, end } of scan.substitutions) {
    copyTo(start);
    const value = values[name];
    // The cast has the function's own type and length.
    parts.push(Buffer.from(`CAST(${value} AS SIGNED)`));
    from = end;
  }
  copyTo(scan.end);
  return textPacket(Buffer.concat(parts));
}

/** Backticks doubled, as a quoted identifier wants them. */
function doubled(title: Buffer): Buffer {
  return title.includes(0x60) ? Buffer.from(title.toString('latin1').replaceAll('`', '``'), 'latin1') : title;
}
