/** Puts values that only the session knows into a statement's text, keeping the titles of its columns. */
import type { Statement } from './session.ts';
import { nameOfItem } from './set-vitess.ts';
import { textPacket } from './text-packet.ts';

/** SQL for the functions whose value the session knows better than the tablet, by name. */
export type SessionValues = Readonly<
  Record<'found_rows' | 'row_count', string> & { variable?: (name: string) => string | undefined }
>;

type Place = Readonly<{
  start: number;
  end: number;
  text: string;
  itemStart: number;
  itemEnd: number;
  hasAlias: boolean;
}>;

function placesOf({ scan }: Statement, values: SessionValues): Place[] {
  const places: Place[] = scan.substitutions.map(
    ({ name, start, end, itemStart, itemEnd, itemHasAlias }) => ({
      start,
      end,
      text: values[name],
      itemStart,
      itemEnd,
      hasAlias: itemHasAlias,
    }),
  );
  for (const { systemVariable, start, end, aliasStart } of scan.items ?? []) {
    const text = systemVariable === undefined ? undefined : values.variable?.(nameOfItem(systemVariable));
    if (text !== undefined)
      places.push({ start, end, text, itemStart: start, itemEnd: end, hasAlias: aliasStart >= 0 });
  }
  return places.sort((a, b) => a.start - b.start);
}

/**
 * The statement's packet with such calls replaced by their values. A select item without an alias gets its own text as one:
 * that is the title that MySQL gives it.
 */
export function substituted(statement: Statement, values: SessionValues): Buffer {
  const { source, scan, packet } = statement;
  const places = placesOf(statement, values);
  if (places.length === 0) return packet;
  const parts: Buffer[] = [];
  let from = scan.start;
  const aliases = new Map<number, Buffer>();
  for (const { itemStart, itemEnd, hasAlias } of places) {
    if (itemStart >= 0 && !hasAlias) aliases.set(itemEnd, source.subarray(itemStart, itemEnd));
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
  for (const { start, end, text } of places) {
    copyTo(start);
    parts.push(Buffer.from(text));
    from = end;
  }
  copyTo(scan.end);
  return textPacket(Buffer.concat(parts));
}

/** Backticks doubled, as a quoted identifier wants them. */
function doubled(title: Buffer): Buffer {
  return title.includes(0x60) ? Buffer.from(title.toString('latin1').replaceAll('`', '``'), 'latin1') : title;
}
