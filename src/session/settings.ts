/** How the variables that a session carries from connection to connection are written again. */
import type { Assignment } from '../sql/statement.ts';
import { classOfVariable, currentName } from './system-variables.ts';

/** The variable's current name if the session carries it over, else undefined. */
export function carriedVariable(name: string): string | undefined {
  const current = currentName(name);
  return current === 'autocommit' || classOfVariable(current) === 'carried' ? current : undefined;
}

/** A value as SQL that means the same under every sql_mode and character set, as far as variables take such values. */
export function valueText(value: string | null): string {
  if (value === null) return 'NULL';
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(value)) return value;
  // A backslash or a character outside ASCII reads differently under other modes; its bytes do not.
  if (/[^ -[\]-~]/.test(value)) return `0x${Buffer.from(value).toString('hex')}`;
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * The value of an assignment as SQL, undefined where it has to be read back from the tablet after the SET.
 * Words (ON, ANSI, utf8mb4) stay words; a quoted number stays quoted.
 */
export function assignedText(assignment: Assignment, source: Buffer): string | undefined {
  const { valueKind, value, valueStart, valueEnd } = assignment;
  if (valueKind === 'default') return 'DEFAULT';
  if (valueKind === 'expression' || value === undefined) return undefined;
  const raw = source.toString('latin1', valueStart, valueEnd);
  if (/^[\w.+-]+$/.test(raw)) return raw;
  const quoted = /^['"]/.test(raw);
  // SET TRANSACTION READ ONLY is 1, a number; a quoted number stays a string.
  if (/^[0-9]+$/.test(value)) return quoted ? `'${value}'` : value;
  return valueText(value);
}
