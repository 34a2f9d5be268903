/** Queries as text. */
import type { Expression } from '../ast/expression.ts';
import type {
  Alias,
  GroupBy,
  Hint,
  Into,
  Limit,
  Locking,
  OrderBy,
  QueryBlock,
  QueryBody,
  QueryExpression,
  SelectItem,
  SelectOptions,
  SetOperation,
  ValueRow,
  WithClause,
} from '../ast/query.ts';
import { expressionList, printExpression, printSubquery } from './expression.ts';
import { printTables } from './table.ts';
import { printOrderItems, printWindow } from './window.ts';
import type { Writer } from './writer.ts';

/** A query without parentheses of its own. */
export function printQuery(out: Writer, query: QueryExpression): void {
  if (query.with !== undefined) printWith(out, query.with);
  printBody(out, query.body);
  printOrderAndLimit(out, query.orderBy, query.limit);
  if (query.into !== undefined) printInto(out, query.into);
  for (const locking of query.locking) printLocking(out, locking);
}

/** `WITH … ` with a blank behind it. */
export function printWith(out: Writer, { recursive, expressions }: WithClause): void {
  out.write(recursive ? 'WITH RECURSIVE ' : 'WITH ');
  out.list(expressions, ({ name, columns, query }) => {
    out.name(name.text);
    if (columns.length > 0) {
      out.write(' (');
      out.names(columns);
      out.write(')');
    }
    out.write(' AS ');
    printSubquery(out, query);
  });
  out.write(' ');
}

/** ORDER BY and LIMIT with a blank before each. */
export function printOrderAndLimit(
  out: Writer,
  orderBy: OrderBy | undefined,
  limit: Limit | undefined,
): void {
  if (orderBy !== undefined) {
    out.write(' ');
    printOrderItems(out, orderBy.items);
  }
  if (limit === undefined) return;
  out.write(' LIMIT ');
  printExpression(out, limit.count);
  if (limit.offset === undefined) return;
  out.write(' OFFSET ');
  printExpression(out, limit.offset);
}

function printBody(out: Writer, body: QueryBody): void {
  switch (body.kind) {
    case 'queryBlock':
      printBlock(out, body);
      break;
    case 'values':
      out.write('VALUES ');
      out.list(body.rows, (row) => {
        out.write('ROW');
        printValueRow(out, row);
      });
      break;
    case 'tableBody':
      out.write('TABLE ');
      if (body.schema !== undefined) out.qualifier(body.schema);
      out.name(body.name);
      break;
    case 'setOperation':
      printSetOperation(out, body);
      break;
    case 'nestedQuery':
      printSubquery(out, body.query);
      break;
  }
}

/** Operands that are set operations themselves need parentheses except where precedence gives the same. */
function printSetOperation(out: Writer, node: SetOperation): void {
  const operator = ` ${node.operator.toUpperCase()}${node.all ? ' ALL' : ''} `;
  for (let i = 0; i < node.operands.length; i++) {
    const operand = node.operands[i]!;
    if (i > 0) out.write(operator);
    const isBare =
      operand.kind !== 'setOperation' ||
      (node.operator === 'intersect'
        ? i === 0 && operand.operator === 'intersect'
        : i === 0 || operand.operator === 'intersect');
    if (!isBare) out.write('(');
    printBody(out, operand);
    if (!isBare) out.write(')');
  }
}

/** `(a, b)`. */
export function printValueRow(out: Writer, { values }: ValueRow): void {
  out.write('(');
  expressionList(out, values);
  out.write(')');
}

/** A hint as written, with a blank before it. */
export function printHint(out: Writer, hint: Hint | undefined): void {
  if (hint === undefined) return;
  out.write(' ');
  out.copy(hint.start, hint.end);
}

function printOptions(out: Writer, options: SelectOptions): void {
  if (options.distinct) out.write(' DISTINCT');
  if (options.highPriority) out.write(' HIGH_PRIORITY');
  if (options.straightJoin) out.write(' STRAIGHT_JOIN');
  if (options.smallResult) out.write(' SQL_SMALL_RESULT');
  if (options.bigResult) out.write(' SQL_BIG_RESULT');
  if (options.bufferResult) out.write(' SQL_BUFFER_RESULT');
  if (options.calcFoundRows) out.write(' SQL_CALC_FOUND_ROWS');
}

function printBlock(out: Writer, block: QueryBlock): void {
  out.write('SELECT');
  printHint(out, block.hint);
  printOptions(out, block.options);
  out.write(' ');
  out.list(block.items, (item) => printItem(out, item));
  if (block.into !== undefined) printInto(out, block.into);
  if (block.from.length > 0) {
    out.write(' FROM ');
    printTables(out, block.from);
  }
  printCondition(out, 'WHERE', block.where);
  if (block.groupBy !== undefined) printGroupBy(out, block.groupBy);
  printCondition(out, 'HAVING', block.having);
  if (block.windows.length > 0) {
    out.write(' WINDOW ');
    out.list(block.windows, ({ name, specification }) => {
      out.name(name.text);
      out.write(' AS ');
      printWindow(out, specification);
    });
  }
  printCondition(out, 'QUALIFY', block.qualify);
}

/** ` WHERE condition` and its like, if there is a condition. */
export function printCondition(out: Writer, word: string, condition: Expression | undefined): void {
  if (condition === undefined) return;
  out.write(` ${word} `);
  printExpression(out, condition);
}

function printItem(out: Writer, item: SelectItem): void {
  if (item.kind === 'selectStar') {
    if (item.schema !== undefined) out.qualifier(item.schema);
    if (item.table !== undefined) out.qualifier(item.table);
    out.write('*');
    return;
  }
  printExpression(out, item.expression);
  printAlias(out, item.alias);
}

/** ` AS alias`, if there is one. */
export function printAlias(out: Writer, alias: Alias | undefined): void {
  if (alias === undefined) return;
  out.write(' AS ');
  out.name(alias.text);
}

function printGroupBy(out: Writer, { items, grouping }: GroupBy): void {
  if (grouping === 'sets') {
    out.write(' GROUP BY GROUPING SETS (');
    out.list(items, (item) => {
      out.write('(');
      expressionList(out, item.kind === 'row' ? item.items : [item]);
      out.write(')');
    });
    out.write(')');
    return;
  }
  out.write(grouping === 'cube' ? ' GROUP BY CUBE (' : ' GROUP BY ');
  expressionList(out, items);
  if (grouping === 'cube') out.write(')');
  if (grouping === 'rollup') out.write(' WITH ROLLUP');
}

function printInto(out: Writer, into: Into): void {
  out.write(' ');
  // File names and formats are kept as they are written.
  out.copy(into.start, into.end);
}

const strengths = {
  update: ' FOR UPDATE',
  share: ' FOR SHARE',
  shareMode: ' LOCK IN SHARE MODE',
} as const;

function printLocking(out: Writer, { strength, tables, wait }: Locking): void {
  out.write(strengths[strength]);
  if (tables.length > 0) {
    out.write(' OF ');
    out.list(tables, ({ schema, name }) => {
      if (schema !== undefined) out.qualifier(schema);
      out.name(name);
    });
  }
  if (wait !== undefined) out.write(wait === 'nowait' ? ' NOWAIT' : ' SKIP LOCKED');
}
