/** GET DIAGNOSTICS about a statement whose diagnostics are no longer on any connection: as the SET that it comes to. */
import { readTextRow } from '../wire/packets.ts';
import { valueText } from './settings.ts';

export type KnownDiagnostics = Readonly<{
  /** Rows of SHOW WARNINGS. */
  warnings: readonly Buffer[];
  rowCount: bigint;
  /** Of the error with which the statement failed, if it did. */
  sqlState: string | undefined;
}>;

const form = /^get\s+(?:current\s+)?diagnostics\s+(?:condition\s+(\d+)\s+)?(.+)$/is;
const item = /^\s*(@(?:[\w$.]+|`[^`]+`))\s*=\s*(\w+)\s*$/;

/** The SET statement; undefined where it asks for what only a connection can tell, or in a form that is not read here. */
export function diagnosticsAssignments(sql: string, known: KnownDiagnostics): string | undefined {
  const [, number, list] = form.exec(sql.trim()) ?? [];
  if (list === undefined) return undefined;
  const row = number === undefined ? undefined : known.warnings[Number(number) - 1];
  if (number !== undefined && row === undefined) return undefined;
  const assignments: string[] = [];
  for (const part of list.split(',')) {
    const [, target, name] = item.exec(part) ?? [];
    const value = name === undefined ? undefined : itemValue(name.toUpperCase(), row, known);
    if (value === undefined) return undefined;
    assignments.push(`${target}=${value}`);
  }
  return `SET ${assignments.join(', ')}`;
}

function itemValue(name: string, row: Buffer | undefined, known: KnownDiagnostics): string | undefined {
  if (row === undefined) {
    if (name === 'NUMBER') return String(known.warnings.length);
    return name === 'ROW_COUNT' ? String(known.rowCount) : undefined;
  }
  const [level, code, message] = readTextRow(row, 3);
  switch (name) {
    case 'MYSQL_ERRNO':
      return code!.toString('latin1');
    case 'MESSAGE_TEXT':
      return `CONVERT(0x${message!.toString('hex')} USING utf8mb4)`;
    case 'RETURNED_SQLSTATE':
      // Of warnings MySQL tells it to nobody but GET DIAGNOSTICS.
      return level!.toString('latin1') === 'Error' && known.sqlState !== undefined
        ? valueText(known.sqlState).replace(/^(\d+)$/, "'$1'")
        : undefined;
    default:
      return undefined;
  }
}
