import type { LexMode } from '../../sql/lex-mode.ts';
import { Lexer, token } from '../../sql/lexer.ts';
import type { PlannerInput } from '../plan-statement.ts';
import { Refused } from '../refused.ts';
import type { GatherInput } from './gather-plan.ts';

const FIRST_BEYOND_ASCII = 0x80;
const quotedValues: ReadonlySet<number> = new Set([token.string, token.nationalString, token.dollarString]);
const beyondAscii = /[^\0-\x7f]/;

/**
 * The planner writes names in UTF-8. A client of another character set can have letters outside of ASCII in values only: as names they would be
 * other letters, or end where their quotes do not. Raises Refused.
 */
export function requireAsciiNames({ text, start, end, mode }: PlannerInput): void {
  if (mode.charset.startsWith('utf8')) return;
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  for (let kind = lexer.next(); kind !== token.end && kind !== token.error; kind = lexer.next()) {
    if (quotedValues.has(kind)) continue;
    const written = text.subarray(lexer.start, lexer.end);
    if (written.some((byte) => byte >= FIRST_BEYOND_ASCII)) throw foreign(mode);
  }
}

/** The same for names that a `*` stands for. */
export function requireAsciiColumns(inputs: readonly GatherInput[], mode: LexMode): void {
  if (mode.charset.startsWith('utf8')) return;
  const names = inputs.flatMap(({ columns }) => columns.map(({ name }) => name));
  if (names.some((name) => beyondAscii.test(name))) throw foreign(mode);
}

const foreign = ({ charset }: LexMode): Refused =>
  new Refused(`names with letters outside of ASCII, of a client whose character set is ${charset},`);
