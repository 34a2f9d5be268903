/** Compares what the reference and another server said to the same statements. */

import { catalogue } from '../../src/errors/catalogue.ts';
import { columnType } from '../../src/mysql/protocol.ts';
import { type Labelled, statusNames } from '../support/decode.ts';
import {
  binaryRowSpans,
  binaryText,
  type Column,
  type OkPacket,
  textRowSpans,
} from '../support/decode-parts.ts';
import type { Statement } from './case.ts';
import { SHARDED } from './definitions.ts';
import {
  type Allowed,
  estimates,
  expressionFlags,
  folded,
  hasDerived,
  hasParts,
  isGrouped,
  isOfLookup,
  isOfText,
  isTruncation,
  keyFlags,
  limitsRows,
  maskedStatus,
  mayUseTemporaryTable,
  NOT_FIXED_DECIMALS,
  ofView,
  readsMetadata,
  rowErrors,
  SUM_DIGITS,
  SUM_DUST,
  sumsFloats,
  unsignedFlag,
  withoutRow,
} from './differences.ts';
import type { PlayedStatement } from './play.ts';

export type Verdict =
  | Readonly<{ kind: 'equal'; allowed: readonly Allowed[] }>
  | Readonly<{ kind: 'refused'; code: string; message: string }>
  /** `only`: all that comes before these was equal. */
  | Readonly<{ kind: 'differs'; what: string; only?: 'rows' | 'warnings' }>;

/** Used for what the session cannot do, with the router's name in the message. */
const NOT_SUPPORTED = 1235;
const NO_SUCH_TABLE = 1146;
const OUT_OF_RANGE = 1690;
/** What an earlier execution's collation leads to. */
const CANNOT_CONVERT = 3988;

const refusals: ReadonlyMap<number, string> = new Map<number, string>(
  Object.entries(catalogue)
    .filter(([name, { errno, retryable }]) => name.startsWith('HG_') && errno < 9200 && !retryable)
    .map(([name, { errno }]) => [errno, name]),
);

/** The catalogue's name of a refusal by the router. */
function refusalOf({ error }: PlayedStatement): string | undefined {
  if (error?.errno === NOT_SUPPORTED && error.message.includes('Headgate')) return 'ER_NOT_SUPPORTED_YET';
  return error && refusals.get(error.errno);
}

const equal = (notes: Iterable<Allowed>): Verdict => ({ kind: 'equal', allowed: [...notes] });

/** The first difference that nothing allows. */
export function compare(statement: Statement, left: PlayedStatement, right: PlayedStatement): Verdict {
  const code = refusalOf(right);
  if (code !== undefined) return { kind: 'refused', code, message: right.error!.message };
  const notes = new Set<Allowed>();
  if (statement.again && [left, right].some(({ error }) => error?.errno === CANNOT_CONVERT))
    return equal(['preparedHistory']);
  const failsFirst = left.error !== undefined && right.error !== undefined && right.columns.length === 0;
  if (failsFirst && left.columns.length > 0) notes.add('rowsBeforeError');
  const frame =
    compareEnds(statement, left, right, notes) ??
    (failsFirst ? undefined : compareColumns(statement, left.columns, right.columns, notes)) ??
    comparePrepared(statement, left, right, notes);
  if (frame !== undefined) return { kind: 'differs', what: frame };
  if (right.error && !left.error) return equal(notes);
  const rows = compareRows(statement, left, right, notes);
  if (rows !== undefined) return { kind: 'differs', what: rows, only: 'rows' };
  const warnings = compareWarnings(statement, left, right, notes);
  return warnings === undefined ? equal(notes) : { kind: 'differs', what: warnings, only: 'warnings' };
}

/** Whether both found the same, whatever they say of columns and warnings. */
export const sameRows = (statement: Statement, left: PlayedStatement, right: PlayedStatement): boolean =>
  compareRows(statement, left, right, new Set()) === undefined;

/** Whether both complained of the same. */
export const sameWarnings = (statement: Statement, left: PlayedStatement, right: PlayedStatement): boolean =>
  compareWarnings(statement, left, right, new Set()) === undefined;

function compareEnds(
  statement: Statement,
  left: PlayedStatement,
  right: PlayedStatement,
  notes: Set<Allowed>,
): string | undefined {
  if (left.failure !== right.failure) return `failure: ${left.failure} and ${right.failure}`;
  if (left.error || right.error) return compareErrors(statement, left, right, notes);
  const [a, b] = [left.ok, right.ok];
  if (!a || !b) return a === b ? undefined : 'one answer has no end';
  if (a.affectedRows !== b.affectedRows) return `affected rows ${a.affectedRows} and ${b.affectedRows}`;
  if (a.insertId !== b.insertId) return `insert id ${a.insertId} and ${b.insertId}`;
  if (infoOf(a) !== infoOf(b)) {
    const warned = (info: string): string => info.replace(/Warnings: \d+/, 'Warnings: N');
    if (warned(infoOf(a)) !== warned(infoOf(b))) return `info ${infoOf(a)} and ${infoOf(b)}`;
    notes.add('warningsRepeated');
  }
  if (a.status !== b.status) {
    if ((a.status & ~maskedStatus) !== (b.status & ~maskedStatus))
      return `status ${statusNames(a.status)} and ${statusNames(b.status)}`;
    notes.add('indexFlags');
  }
  if (statement.volatile) notes.add('volatileValues');
  return undefined;
}

const infoOf = (ok: OkPacket): string => ok.rest.toString('utf8');

const isWrite = (sql: string): boolean => /^\s*(?:insert|replace|update|delete)\b/i.test(sql);

function compareErrors(
  { sql }: Statement,
  left: PlayedStatement,
  right: PlayedStatement,
  notes: Set<Allowed>,
): string | undefined {
  const [a, b] = [left.error, right.error];
  if (!a && b?.errno === OUT_OF_RANGE && limitsRows(sql)) {
    notes.add('rowsBeyondLimit');
    return undefined;
  }
  if (!a || !b) {
    const said = (error: typeof a): string => (error ? `${error.errno} ${error.message}` : 'success');
    return `error ${said(a)} and ${said(b)}`;
  }
  const differ = a.errno !== b.errno || withoutRow(a.message) !== withoutRow(b.message);
  if (differ && rowErrors.has(a.errno) && rowErrors.has(b.errno) && isWrite(sql)) {
    notes.add('firstError');
    return undefined;
  }
  if (a.errno !== b.errno || a.sqlState !== b.sqlState)
    return `error ${a.errno} (${a.sqlState}) ${a.message} and ${b.errno} (${b.sqlState}) ${b.message}`;
  if (a.message === b.message) return undefined;
  if (ofView(sql, a.message) === ofView(sql, b.message)) {
    notes.add('derivedNames');
    return undefined;
  }
  const isMore = a.errno === NO_SUCH_TABLE && b.message.startsWith(`${a.message}: `);
  if (isMore || b.message.startsWith(`${a.message}; did you mean `)) {
    notes.add('unknownTable');
    return undefined;
  }
  if (withoutRow(a.message) !== withoutRow(b.message)) return `message ${a.message} and ${b.message}`;
  notes.add('rowNumbers');
  return undefined;
}

const columnFacts = [
  'name',
  'orgName',
  'table',
  'orgTable',
  'schema',
  'catalog',
  'type',
  'length',
  'flags',
  'decimals',
  'charset',
] as const satisfies readonly (keyof Column)[];

function compareColumns(
  { sql }: Statement,
  left: readonly Column[],
  right: readonly Column[],
  notes: Set<Allowed>,
): string | undefined {
  if (left.length !== right.length) return `${left.length} columns and ${right.length}`;
  for (const [index, a] of left.entries()) {
    const b = right[index]!;
    const exact = columnFacts.find((name) => a[name] !== b[name]);
    if (exact === undefined) continue;
    if (readsMetadata(sql)) {
      notes.add('metadataColumns');
      const [x, y] = [metadataless(a), metadataless(b)];
      const other = columnFacts.find((name) => x[name] !== y[name]);
      if (other !== undefined) return factOf(other, index, x, y);
      continue;
    }
    const isDerived = hasDerived(sql);
    if (!isDerived && !mayUseTemporaryTable(sql)) return factOf(exact, index, a, b);
    notes.add(isDerived ? 'derivedNames' : 'temporaryTable');
    let [x, y] = isDerived ? [plainly(nameless(a)), plainly(nameless(b))] : [plainly(a), plainly(b)];
    if (
      x.orgTable === '' &&
      y.orgTable === '' &&
      hasParts(sql) &&
      (x.length !== y.length || x.type !== y.type)
    ) {
      notes.add('computedWidths');
      [x, y] = [widthless(x), widthless(y)];
    }
    // One MySQL says it, wrongly, of an expression that it has merged into an outer join.
    const isMerged = isDerived && a.orgTable === '' && /\b(?:LEFT|RIGHT)\b/i.test(sql);
    if (isMerged && (y.flags & NOT_NULL) === 0) x = { ...x, flags: x.flags & ~NOT_NULL };
    const fact = columnFacts.find((name) => x[name] !== y[name]);
    if (fact !== undefined) return factOf(fact, index, x, y);
  }
  return undefined;
}

const NOT_NULL = 1;

const factOf = (fact: (typeof columnFacts)[number], index: number, a: Column, b: Column): string =>
  `column ${index + 1} (${a.name}): ${fact} ${a[fact]} and ${b[fact]}`;

const isString = ({ type }: Column): boolean => type >= columnType.tinyBlob && type <= columnType.string;

/** Without what a temporary table takes away. */
function plainly(column: Column): Column {
  const flags = column.flags & ~keyFlags;
  if (column.orgTable !== '') return { ...column, flags };
  const isJson = column.type === columnType.json;
  const isText = isString(column) || isJson;
  const decimals = column.decimals === NOT_FIXED_DECIMALS && isText ? 0 : column.decimals;
  const isWidened = column.type === columnType.long || column.type === columnType.year;
  const type = isWidened ? columnType.longlong : column.type;
  const lost = expressionFlags | (isString(column) ? unsignedFlag : 0);
  const plain = { ...column, type, flags: flags & ~lost, orgName: '', decimals };
  return isJson ? { ...plain, charset: 0, length: 0 } : plain;
}

/** Without the names that a derived table's column has from within. */
const nameless = (column: Column): Column => ({
  ...column,
  table: '',
  schema: '',
  orgTable: '',
  orgName: '',
});

const metadataless = (column: Column): Column => ({ ...widthless(nameless(column)), flags: 0 });

const isMember = ({ type }: Column): boolean => type === columnType.enum || type === columnType.set;

/** Without what a computed value's column has been declared with (`computedWidths`). */
const widthless = (column: Column): Column => ({
  ...column,
  length: 0,
  type: isString(column) || isMember(column) ? columnType.varString : column.type,
});

function comparePrepared(
  statement: Statement,
  { prepared: left }: PlayedStatement,
  { prepared: right }: PlayedStatement,
  notes: Set<Allowed>,
): string | undefined {
  if (left === undefined || right === undefined)
    return left === right ? undefined : 'PREPARE: one of them fails';
  if (left.counts !== right.counts) return `PREPARE: counts ${left.counts} and ${right.counts}`;
  for (const [index, a] of left.parameters.entries()) {
    const b = right.parameters[index]!;
    if (columnFacts.every((name) => a[name] === b[name])) continue;
    const [x, y] = [a, b].map((each) => ({
      ...each,
      charset: 0,
      length: 0,
      flags: each.flags & ~unsignedFlag,
    }));
    const fact = columnFacts.find((name) => x![name] !== y![name]);
    if (fact !== undefined) return `PREPARE: parameter ${factOf(fact, index, a, b)}`;
    notes.add('parameterWidths');
  }
  const what = compareColumns(statement, left.columns, right.columns, notes);
  return what && `PREPARE: ${what}`;
}

type Cells = readonly (string | null)[];

function compareRows(
  statement: Statement,
  left: PlayedStatement,
  right: PlayedStatement,
  notes: Set<Allowed>,
): string | undefined {
  if (left.error) {
    if (left.rows.length !== right.rows.length) notes.add('rowsBeforeError');
    return undefined;
  }
  if (left.rows.length !== right.rows.length) return `${left.rows.length} rows and ${right.rows.length}`;
  if (statement.volatile) return undefined;
  if (statement.order === 'count') {
    if (left.rows.length > 0) notes.add('limitOfUnordered');
    return undefined;
  }
  if (left.rows.every((row, index) => row.payload.equals(right.rows[index]!.payload))) return undefined;
  const cells = [
    left.rows.map(cellReader(statement, left.columns, right.columns)),
    right.rows.map(cellReader(statement, right.columns, left.columns)),
  ] as const;
  const inOrder = compareInOrder(cells, notes);
  if (inOrder === undefined || statement.order === 'total') return inOrder;
  if (typeof statement.order === 'object') {
    const { keys } = statement.order;
    const pick = (rows: readonly Cells[]): Cells[] => rows.map((row) => keys.map((key) => row[key]!));
    const what = compareInOrder([pick(cells[0]), pick(cells[1])], notes);
    if (what) return `sort keys, ${what}`;
  }
  const what = compareInOrder([sorted(cells[0]), sorted(cells[1])], notes);
  if (what) return `in any order, ${what}`;
  notes.add('unordered');
  return undefined;
}

const SUM_MARK = '\u0000';
const BINARY_CHARSET = 63;
/** Of the results' character set. */
const latin1Collations: ReadonlySet<number> = new Set([5, 8, 15, 31, 47, 48, 49, 94]);
const ESTIMATE = '(estimate)';

/** Cells as texts that are equal where nothing but an allowed difference is between them. */
function cellReader(
  statement: Statement,
  columns: readonly Column[],
  others: readonly Column[],
): (row: Labelled) => Cells {
  const sums = sumsFloats(statement.sql);
  const rules = columns.map(({ type, charset, name, schema }, index) => {
    if (estimates.has(name) && schema !== SHARDED) return (): string => ESTIMATE;
    if (sums && (type === columnType.double || type === columnType.float))
      return (cell: string): string => SUM_MARK + Number(Number(cell).toPrecision(SUM_DIGITS));
    // One width and another of the same number.
    if (type !== others[index]!.type) return (cell: string): string => cell;
    if (!statement.loose?.includes(index)) return undefined;
    if (type === columnType.json)
      return (cell: string): string => JSON.stringify(JSON.parse(cell)).toUpperCase();
    // 0 and -0 are one group.
    if (type === columnType.double || type === columnType.float)
      return (cell: string): string => String(Number(cell) + 0);
    return charset === BINARY_CHARSET ? undefined : folded;
  });
  return ({ payload, role }) => {
    const spans = role === 'textRow' ? textRowSpans(payload) : binaryRowSpans(payload, columns);
    return spans.map((span, index) => {
      const rule = rules[index];
      if (span === null) return null;
      // As bytes: no two values look the same.
      if (rule === undefined) return payload.toString('latin1', span.start, span.end);
      const { charset } = columns[index]!;
      // What latin1 does not have became a question mark.
      if (latin1Collations.has(charset))
        return rule(payload.toString('latin1', span.start, span.end)).replaceAll('?', '');
      if (role === 'textRow') return rule(payload.toString('utf8', span.start, span.end));
      return rule(binaryText(payload, span, columns[index]!)!);
    });
  };
}

function compareInOrder(
  [left, right]: readonly [readonly Cells[], readonly Cells[]],
  notes: Set<Allowed>,
): string | undefined {
  for (const [index, a] of left.entries()) {
    const b = right[index]!;
    const at = a.findIndex((cell, column) => !agree(cell, b[column]!));
    if (at >= 0)
      return `row ${index + 1}, column ${at + 1}: ${JSON.stringify(a[at])} and ${JSON.stringify(b[at])}`;
    if (a.some((cell) => cell?.startsWith(SUM_MARK))) notes.add('floatSums');
    if (a.includes(ESTIMATE)) notes.add('estimates');
  }
  return undefined;
}

function agree(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (!a?.startsWith(SUM_MARK) || !b?.startsWith(SUM_MARK)) return false;
  const [x, y] = [Number(a.slice(1)), Number(b.slice(1))];
  // Rounding may put two neighbours to either side.
  return Math.abs(x - y) <= Math.max(SUM_DUST, Math.abs(x) * 10 ** (1 - SUM_DIGITS));
}

const sorted = (rows: readonly Cells[]): Cells[] =>
  rows
    .map((row) => [JSON.stringify(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row);

/** Why one side may say this and the other not. */
function excuseFor(
  line: string,
  sql: string,
  left: PlayedStatement,
  right: PlayedStatement,
): Allowed | undefined {
  if (isOfLookup(line) && left.columns.length > 0) return 'accessPath';
  if (left.error && right.error && isOfText(line)) return 'textOfOtherRows';
  if (line.includes(' 1287 FOUND_ROWS() is deprecated')) return 'foundRows';
  const title = /Incorrect (?:date|datetime|time) value: .* for column '(.*)' at row/s.exec(line)?.[1];
  // In HAVING only it has no title of the client's.
  const isTitle =
    /^(?:min|max)\(/.test(title ?? '') ||
    left.columns.some(({ name, orgTable }) => name === title && orgTable === '');
  if (title !== undefined && (isTitle || hasDerived(sql)))
    return mayUseTemporaryTable(sql) ? 'temporaryTable' : undefined;
  if (!limitsRows(sql)) return undefined;
  // Where LIMIT is behind groups it ends the shards' answers, and at their end are the warnings.
  const isCut = isGrouped(sql) && right.ok?.warnings === 0;
  return isTruncation(line) || isCut ? 'rowsBeyondLimit' : undefined;
}

function compareWarnings(
  statement: Statement,
  left: PlayedStatement,
  right: PlayedStatement,
  notes: Set<Allowed>,
): string | undefined {
  // The error itself is compared already.
  const listOf = ({ warnings }: PlayedStatement): string[] =>
    warnings.filter(([level]) => level !== 'Error').map((row) => row.join(' '));
  const [a, b] = [listOf(left), listOf(right)];
  if (left.ok?.warnings === right.ok?.warnings && a.join('\n') === b.join('\n')) return undefined;
  if (statement.again) {
    notes.add('preparedHistory');
    return undefined;
  }
  const kinds = (lines: readonly string[]): string[] => [...new Set(lines.map(withoutRow))].sort();
  const [x, y] = [kinds(a), kinds(b)];
  if (x.join('\n') === y.join('\n')) {
    notes.add('warningsRepeated');
    return undefined;
  }
  const excused = (line: string): Allowed | undefined => excuseFor(line, statement.sql, left, right);
  const missing = x.find((line) => !y.includes(line) && excused(line) === undefined);
  const extra = y.find((line) => !x.includes(line) && excused(line) === undefined);
  if (missing === undefined && extra === undefined) {
    for (const line of [...x, ...y]) {
      const name = x.includes(line) && y.includes(line) ? undefined : excused(line);
      if (name) notes.add(name);
    }
    return undefined;
  }
  return `warnings: ${missing ?? 'nothing'} is missing, ${extra ?? 'nothing'} is more`;
}
