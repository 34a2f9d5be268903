/** What statements that ask about the last one ask for, and the rows that answer them. */
import type { StatementScan } from '../sql/statement-scan.ts';
import { buildTextRow } from '../wire/packets.ts';

export type Limit = Readonly<{ from: number; to: number }>;

/** The LIMIT at the end of SHOW WARNINGS. */
export function limitOf(text: string): Limit {
  const match = /\blimit\s+(\d+)\s*(?:(,|offset)\s*(\d+)\s*)?$/i.exec(text);
  if (match === null) return { from: 0, to: Number.POSITIVE_INFINITY };
  const [, first, separator, second] = match;
  const from = separator === undefined ? 0 : Number(separator === ',' ? first : second);
  const count = Number(separator === ',' ? second : first);
  return { from, to: from + count };
}

/** What a SELECT of nothing but @@warning_count and @@error_count asks for; undefined for any other. */
export function countItems(scan: StatementScan): readonly ('warnings' | 'errors')[] | undefined {
  const counts: ('warnings' | 'errors')[] = [];
  for (const { systemVariable } of scan.items ?? []) {
    const name = systemVariable?.replace(/^(session|local)\./, '');
    if (name !== 'warning_count' && name !== 'error_count') return undefined;
    counts.push(name === 'warning_count' ? 'warnings' : 'errors');
  }
  return counts.length === 0 ? undefined : counts;
}

/**
 * FOUND_ROWS() after a write that reads rows is how many it met: the first number of its info string. A plain INSERT has such
 * a number too, but leaves FOUND_ROWS() alone.
 */
export function rowsMet(scan: StatementScan, source: Buffer, info: string): bigint | undefined {
  const reads =
    scan.kind === 'update' || /\b(select|table)\b/i.test(source.toString('latin1', scan.start, scan.end));
  const first = reads ? /\d+/.exec(info)?.[0] : undefined;
  return first === undefined ? undefined : BigInt(first);
}

export function rowsFor(
  scan: StatementScan,
  warnings: readonly Buffer[],
  errors: readonly Buffer[],
  total: number,
): readonly Buffer[] {
  switch (scan.showKind) {
    case 'errors':
      return errors;
    case 'countErrors':
      return [buildTextRow([String(errors.length)])];
    case 'countWarnings':
      return [buildTextRow([String(total)])];
    default:
      return warnings;
  }
}
