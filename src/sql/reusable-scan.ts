/**
 * When what the statement scan said of one text holds for another text with the same fingerprint key (under the same
 * `LexMode`).
 *
 * The same by the key alone are: kind, effects, readOnly, qualifiers, hasUnqualifiedTable, databaseName, directives. They follow from words, names,
 * signs and the kinds of tokens, all of which the key has. Positions differ: start, end, next, and those inside
 * assignments, items, substitutions and killTarget. Values of literals differ: schemaLiterals, killTarget.id, values of
 * assignments, and names in statements other than the five kinds below, whose text may be read by other rules.
 */
import { effect, type StatementScan } from './statement.ts';

const NEVER =
  effect.lexError | effect.foundRows | effect.rowCount | effect.versionComment | effect.knownFunction;

/** Whether `rebaseScan` may be used for other texts with the same key. */
export function reusableScan(scan: StatementScan): boolean {
  switch (scan.kind) {
    case 'select':
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
      break;
    default:
      return false;
  }
  // A statement about information_schema names keyspaces in its literals.
  if (scan.qualifiers.some((name) => name.toLowerCase() === 'information_schema')) return false;
  return (scan.effects & NEVER) === 0 && scan.items === undefined && scan.substitutions.length === 0;
}

/** The same scan for another text: borders are those that `Fingerprint.read` found. */
export function rebaseScan(scan: StatementScan, start: number, end: number, next: number): StatementScan {
  if (scan.start === start && scan.end === end && scan.next === next) return scan;
  return {
    start,
    end,
    next,
    kind: scan.kind,
    effects: scan.effects,
    readOnly: scan.readOnly,
    qualifiers: scan.qualifiers,
    hasUnqualifiedTable: scan.hasUnqualifiedTable,
    schemaLiterals: scan.schemaLiterals,
    databaseName: scan.databaseName,
    showKind: scan.showKind,
    use: scan.use,
    killTarget: scan.killTarget,
    begin: scan.begin,
    completion: scan.completion,
    savepoint: scan.savepoint,
    assignments: scan.assignments,
    items: scan.items,
    substitutions: scan.substitutions,
    directives: scan.directives,
  };
}
