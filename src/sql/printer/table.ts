/** Table references as text. */
import type {
  DerivedTable,
  IndexHint,
  Join,
  JsonTable,
  JsonTableColumn,
  TableName,
  TableReference,
} from '../ast/table.ts';
import { printOnResponses } from './call.ts';
import { expressionList, printExpression, printSubquery } from './expression.ts';
import { printAlias } from './query.ts';
import type { Writer } from './writer.ts';

/** Table references with commas between them. */
export function printTables(out: Writer, tables: readonly TableReference[]): void {
  out.list(tables, (table) => printTable(out, table));
}

function printTable(out: Writer, table: TableReference): void {
  switch (table.kind) {
    case 'table':
      printTableName(out, table);
      break;
    case 'derivedTable':
      printDerived(out, table);
      break;
    case 'jsonTable':
      printJsonTable(out, table);
      break;
    case 'join':
      printJoin(out, table);
      break;
    case 'tableList':
      out.write('(');
      printTables(out, table.tables);
      out.write(')');
      break;
    case 'odbcJoin':
      out.write('{OJ ');
      printTable(out, table.table);
      out.write('}');
      break;
    case 'dual':
      out.write('DUAL');
      break;
  }
}

/** A table's name with partitions, alias and hints. */
export function printTableName(out: Writer, table: TableName, isAliasFirst = false): void {
  if (table.schema !== undefined) out.qualifier(table.schema);
  out.name(table.name);
  // The single-table DELETE has it the other way round.
  if (isAliasFirst) printAlias(out, table.alias);
  if (table.partitions.length > 0) {
    out.write(' PARTITION (');
    out.names(table.partitions);
    out.write(')');
  }
  if (!isAliasFirst) printAlias(out, table.alias);
  if (table.sample !== undefined) {
    out.write(` TABLESAMPLE ${table.sample.method.toUpperCase()} (`);
    printExpression(out, table.sample.percentage);
    out.write(')');
  }
  for (const hint of table.indexHints) printIndexHint(out, hint);
}

const hintScopes = { join: ' FOR JOIN', orderBy: ' FOR ORDER BY', groupBy: ' FOR GROUP BY' } as const;

function printIndexHint(out: Writer, { action, scope, indexes }: IndexHint): void {
  out.write(` ${action.toUpperCase()} INDEX${scope === undefined ? '' : hintScopes[scope]} (`);
  out.names(indexes);
  out.write(')');
}

function printDerived(out: Writer, table: DerivedTable): void {
  if (table.lateral) out.write('LATERAL ');
  printSubquery(out, table.query);
  printAlias(out, table.alias);
  if (table.columns.length === 0) return;
  out.write(' (');
  out.names(table.columns);
  out.write(')');
}

function joinWord({ type, natural, on, using }: Join): string {
  if (natural) return type === 'inner' ? 'NATURAL JOIN' : `NATURAL ${type.toUpperCase()} JOIN`;
  switch (type) {
    case 'straight':
      return 'STRAIGHT_JOIN';
    case 'left':
      return 'LEFT JOIN';
    case 'right':
      return 'RIGHT JOIN';
    default:
      return on === undefined && using === undefined ? 'CROSS JOIN' : 'JOIN';
  }
}

function printJoin(out: Writer, join: Join): void {
  printTable(out, join.left);
  out.write(` ${joinWord(join)} `);
  const isNested = join.right.kind === 'join';
  if (isNested) out.write('(');
  printTable(out, join.right);
  if (isNested) out.write(')');
  if (join.on !== undefined) {
    out.write(' ON ');
    printExpression(out, join.on);
  } else if (join.using !== undefined) {
    out.write(' USING (');
    out.names(join.using);
    out.write(')');
  }
}

function printJsonTable(out: Writer, table: JsonTable): void {
  out.write('JSON_TABLE(');
  expressionList(out, [table.document, table.path]);
  out.write(' ');
  printJsonColumns(out, table.columns);
  out.write(')');
  printAlias(out, table.alias);
}

function printJsonColumns(out: Writer, columns: readonly JsonTableColumn[]): void {
  out.write('COLUMNS (');
  out.list(columns, (column) => printJsonColumn(out, column));
  out.write(')');
}

function printJsonColumn(out: Writer, column: JsonTableColumn): void {
  switch (column.kind) {
    case 'jsonNested':
      out.write('NESTED PATH ');
      printExpression(out, column.path);
      out.write(' ');
      printJsonColumns(out, column.columns);
      break;
    case 'jsonOrdinality':
      out.name(column.name.text);
      out.write(' FOR ORDINALITY');
      break;
    case 'jsonColumn':
      out.name(column.name.text);
      out.write(' ');
      out.copy(column.typeStart, column.typeEnd);
      out.write(column.exists ? ' EXISTS PATH ' : ' PATH ');
      printExpression(out, column.path);
      printOnResponses(out, column.onEmpty, column.onError);
      break;
  }
}
