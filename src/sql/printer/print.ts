/**
 * Trees as SQL text. Literals, hints, INTO and the types of JSON_TABLE are copied from the source; all else is
 * written anew: names in backticks where needed, parentheses where precedence demands them.
 */
import type {
  Assignment,
  DeleteStatement,
  InsertSource,
  InsertStatement,
  UpdateStatement,
} from '../ast/dml.ts';
import type { Expression } from '../ast/expression.ts';
import type { QueryExpression } from '../ast/query.ts';
import type { ParsedStatement, SyntaxProblem } from '../ast/statement.ts';
import { isExpression } from '../ast/walk.ts';
import type { LexMode } from '../lex-mode.ts';
import { printExpression } from './expression.ts';
import {
  printAlias,
  printCondition,
  printHint,
  printOrderAndLimit,
  printQuery,
  printValueRow,
  printWith,
} from './query.ts';
import { printTableName, printTables } from './table.ts';
import { printTokens } from './tokens.ts';
import { Writer } from './writer.ts';

export type Printable = Expression | QueryExpression | Exclude<ParsedStatement, SyntaxProblem>;

/** The node's text in the character set of the source. `mode` is the one under which the source was parsed. */
export function printBytes(node: Printable, source: Buffer, mode: LexMode): Buffer {
  const out = new Writer(source, mode);
  if (isExpression(node)) printExpression(out, node);
  else printStatement(out, node, mode);
  return out.bytes();
}

/** The node's text; bytes that are not UTF-8 are lost, so that this is for reading and for tests. */
export function print(node: Printable, source: Buffer, mode: LexMode): string {
  return printBytes(node, source, mode).toString('utf8');
}

function printStatement(out: Writer, node: Exclude<Printable, Expression>, mode: LexMode): void {
  switch (node.kind) {
    case 'query':
      printQuery(out, node);
      break;
    case 'select':
      printQuery(out, node.query);
      break;
    case 'insert':
    case 'replace':
      printInsert(out, node);
      break;
    case 'update':
      printUpdate(out, node);
      break;
    case 'delete':
      printDelete(out, node);
      break;
    default:
      // Nobody makes nodes of the other kinds, so that their text is always there.
      printTokens(out, node.start, node.end, mode);
  }
}

const priorities = { low: ' LOW_PRIORITY', high: ' HIGH_PRIORITY', delayed: ' DELAYED' } as const;

function printInsert(out: Writer, node: InsertStatement): void {
  out.write(node.kind.toUpperCase());
  printHint(out, node.hint);
  if (node.priority !== undefined) out.write(priorities[node.priority]);
  out.write(node.ignore ? ' IGNORE INTO ' : ' INTO ');
  printTableName(out, node.table);
  if (node.columns !== undefined) {
    out.write(' (');
    out.list(node.columns, (column) => printExpression(out, column));
    out.write(')');
  }
  out.write(' ');
  printSource(out, node.source);
  if (node.rowAlias !== undefined) {
    printAlias(out, node.rowAlias);
    if (node.columnAliases.length > 0) {
      out.write(' (');
      out.names(node.columnAliases);
      out.write(')');
    }
  }
  if (node.onDuplicate === undefined) return;
  out.write(' ON DUPLICATE KEY UPDATE ');
  printAssignments(out, node.onDuplicate);
}

function printSource(out: Writer, source: InsertSource): void {
  switch (source.kind) {
    case 'insertRows':
      out.write('VALUES ');
      out.list(source.rows, (row) => printValueRow(out, row));
      break;
    case 'insertSet':
      out.write('SET ');
      printAssignments(out, source.assignments);
      break;
    case 'insertQuery':
      printQuery(out, source.query);
      break;
  }
}

function printAssignments(out: Writer, assignments: readonly Assignment[]): void {
  out.list(assignments, ({ column, value }) => {
    printExpression(out, column);
    out.write(' = ');
    printExpression(out, value);
  });
}

function printUpdate(out: Writer, node: UpdateStatement): void {
  if (node.with !== undefined) printWith(out, node.with);
  out.write('UPDATE');
  printHint(out, node.hint);
  if (node.lowPriority) out.write(' LOW_PRIORITY');
  if (node.ignore) out.write(' IGNORE');
  out.write(' ');
  printTables(out, node.tables);
  out.write(' SET ');
  printAssignments(out, node.assignments);
  printCondition(out, 'WHERE', node.where);
  printOrderAndLimit(out, node.orderBy, node.limit);
}

function printDelete(out: Writer, node: DeleteStatement): void {
  if (node.with !== undefined) printWith(out, node.with);
  out.write('DELETE');
  printHint(out, node.hint);
  if (node.lowPriority) out.write(' LOW_PRIORITY');
  if (node.quick) out.write(' QUICK');
  if (node.ignore) out.write(' IGNORE');
  if (node.form !== 'from') out.write(' FROM');
  out.write(' ');
  out.list(node.targets, ({ schema, name }) => {
    if (schema !== undefined) out.qualifier(schema);
    out.name(name);
  });
  if (node.form !== 'single') out.write(node.form === 'from' ? ' FROM ' : ' USING ');
  const [only] = node.tables;
  if (node.form === 'single' && only?.kind === 'table') printTableName(out, only, true);
  else printTables(out, node.tables);
  printCondition(out, 'WHERE', node.where);
  printOrderAndLimit(out, node.orderBy, node.limit);
}
