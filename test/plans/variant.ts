/** Another statement with the same fingerprint: every literal that is no part of the key is changed. */
import { Fingerprint } from '../../src/sql/fingerprint.ts';
import type { LexMode } from '../../src/sql/lex-mode.ts';
import { slotKind } from '../../src/sql/literals-found.ts';

type Change = Readonly<{ start: number; end: number; text: string }>;

/** Undefined where the statement has no such literal. Equal literals become different ones, and lists longer. */
export function variantOf(sql: string, mode: LexMode): string | undefined {
  const text = Buffer.from(sql);
  const fingerprint = new Fingerprint();
  if (!fingerprint.read(text, 0, mode) || fingerprint.end !== text.length) return undefined;
  const { literals } = fingerprint;
  const changes: Change[] = [];
  for (let slot = 0; slot < literals.slotCount; slot++) {
    const first = literals.slotFirsts[slot]!;
    const end = literals.slotFirsts[slot + 1]!;
    for (let element = first; element < end; element++) {
      const change = changed(text, literals.starts[element]!, literals.ends[element]!, element);
      if (change === undefined) continue;
      const isLast = literals.slotKinds[slot] === slotKind.list && element === end - 1;
      changes.push(isLast ? { ...change, text: `${change.text}, ${change.text}` } : change);
    }
  }
  if (changes.length === 0) return undefined;
  let variant = text;
  for (const { start, end, text: put } of changes.toReversed())
    variant = Buffer.concat([variant.subarray(0, start), Buffer.from(put), variant.subarray(end)]);
  return variant.toString('utf8');
}

function changed(text: Buffer, start: number, end: number, at: number): Change | undefined {
  const literal = text.toString('utf8', start, end);
  const digits = /^(-?\s*)(\d{1,15})$/.exec(literal);
  if (digits !== null) return { start, end, text: `${digits[1]}${Number(digits[2]) + at + 1}` };
  if (/^'[^'\\]*'$/.test(literal)) return { start, end, text: `${literal.slice(0, -1)}${at}'` };
  return undefined;
}
