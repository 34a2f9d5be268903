/** Expressions as text, with parentheses where MySQL's grammar needs them. */
import type {
  Between,
  Binary,
  BinaryOperator,
  Case,
  Expression,
  InList,
  InSubquery,
  Like,
  Literal,
  Logical,
  MemberOf,
  Regexp,
  SoundsLike,
  Unary,
} from '../ast/expression.ts';
import type { QueryExpression } from '../ast/query.ts';
import { printSpecial } from './call.ts';
import { printQuery } from './query.ts';
import type { Writer } from './writer.ts';

/** How tightly a node's outermost operator binds; the parser's levels, and what needs no parentheses at all. */
const level = {
  lowest: 0,
  or: 1,
  xor: 2,
  and: 3,
  not: 4,
  comparison: 5,
  predicate: 6,
  bitOr: 7,
  bitAnd: 8,
  shift: 9,
  sum: 10,
  product: 11,
  bitXor: 12,
  concat: 13,
  unary: 14,
  primary: 15,
} as const;

const binaryLevels: Readonly<Record<BinaryOperator, number>> = {
  '+': level.sum,
  '-': level.sum,
  '*': level.product,
  '/': level.product,
  '%': level.product,
  div: level.product,
  '|': level.bitOr,
  '&': level.bitAnd,
  '^': level.bitXor,
  '<<': level.shift,
  '>>': level.shift,
  xor: level.xor,
  // Printed as a call, which means the same under every sql_mode.
  concat: level.primary,
};

function levelOf(node: Expression): number {
  switch (node.kind) {
    case 'logical':
      return node.operator === 'or' ? level.or : level.and;
    case 'binary':
      // `INTERVAL x unit + y` swallows what follows.
      return node.left.kind === 'interval' ? level.lowest : binaryLevels[node.operator];
    case 'assignVariable':
      return level.lowest;
    case 'unary':
      // Any NOT that another operator holds gets parentheses, whatever HIGH_NOT_PRECEDENCE makes of it.
      return node.operator === 'not' ? level.not : level.unary;
    case 'is':
      // IS TRUE and its like are no operands of comparisons.
      return node.test === 'null' ? level.comparison : level.not;
    case 'comparison':
    case 'quantified':
      return level.comparison;
    case 'inList':
    case 'inSubquery':
    case 'between':
    case 'like':
    case 'regexp':
    case 'memberOf':
    case 'soundsLike':
      return level.predicate;
    case 'collate':
      return level.unary;
    default:
      return level.primary;
  }
}

/** Prints an operand: in parentheses unless it binds at least as tightly as `least`. */
function operand(out: Writer, node: Expression, least: number): void {
  if (levelOf(node) >= least) {
    printExpression(out, node);
    return;
  }
  out.write('(');
  printExpression(out, node);
  out.write(')');
}

/** A query in parentheses. */
export function printSubquery(out: Writer, query: QueryExpression): void {
  out.write('(');
  printQuery(out, query);
  out.write(')');
}

/** Expressions with commas between them. */
export const expressionList = (out: Writer, items: readonly Expression[]): void =>
  out.list(items, (item) => printExpression(out, item));

/** An expression without parentheses of its own. */
export function printExpression(out: Writer, node: Expression): void {
  switch (node.kind) {
    case 'literal':
      printLiteral(out, node);
      break;
    case 'parameter':
      out.write('?');
      break;
    case 'column':
      if (node.schema !== undefined) out.qualifier(node.schema);
      if (node.table !== undefined) out.qualifier(node.table);
      out.name(node.name);
      break;
    case 'userVariable':
      out.write('@');
      out.quoted(node.name);
      break;
    case 'systemVariable':
      out.write('@@');
      if (node.scope !== undefined) out.write(`${node.scope}.`);
      if (node.instance !== undefined) out.qualifier(node.instance);
      out.name(node.name);
      break;
    case 'assignVariable':
      printExpression(out, node.variable);
      out.write(' := ');
      printExpression(out, node.value);
      break;
    case 'interval':
      out.write('INTERVAL ');
      operand(out, node.amount, level.or);
      out.write(` ${node.unit.toUpperCase()}`);
      break;
    case 'row':
      out.write('ROW(');
      expressionList(out, node.items);
      out.write(')');
      break;
    case 'subquery':
      printSubquery(out, node.query);
      break;
    case 'exists':
      out.write('EXISTS ');
      printSubquery(out, node.query);
      break;
    case 'insertedValue':
    case 'defaultOf':
      out.write(node.kind === 'defaultOf' ? 'DEFAULT(' : 'VALUES(');
      printExpression(out, node.column);
      out.write(')');
      break;
    case 'default':
      out.write('DEFAULT');
      break;
    default:
      printOperation(out, node);
  }
}

/** Nodes that are made of operands. */
type Operation = Exclude<
  Expression,
  {
    kind:
      | 'literal'
      | 'parameter'
      | 'column'
      | 'userVariable'
      | 'systemVariable'
      | 'assignVariable'
      | 'interval'
      | 'row'
      | 'subquery'
      | 'exists'
      | 'insertedValue'
      | 'defaultOf'
      | 'default';
  }
>;

function printOperation(out: Writer, node: Operation): void {
  switch (node.kind) {
    case 'unary':
      printUnary(out, node);
      break;
    case 'binary':
      printBinary(out, node);
      break;
    case 'logical':
      printLogical(out, node);
      break;
    case 'comparison':
      operand(out, node.left, level.comparison);
      out.write(` ${node.operator} `);
      operand(out, node.right, level.predicate);
      break;
    case 'quantified':
      operand(out, node.left, level.comparison);
      out.write(` ${node.operator} ${node.quantifier.toUpperCase()} `);
      printSubquery(out, node.query);
      break;
    case 'is':
      operand(out, node.operand, level.comparison);
      out.write(` IS ${node.negated ? 'NOT ' : ''}${node.test.toUpperCase()}`);
      break;
    case 'collate':
      operand(out, node.operand, level.primary);
      out.write(` COLLATE `);
      out.name(node.collation);
      break;
    case 'inList':
    case 'inSubquery':
    case 'between':
    case 'like':
    case 'regexp':
    case 'memberOf':
    case 'soundsLike':
      printPredicate(out, node);
      break;
    case 'case':
      printCase(out, node);
      break;
    default:
      printSpecial(out, node);
  }
}

const unaryWords = { '-': '-', '+': '+', '~': '~', '!': '!', not: 'NOT ', binary: 'BINARY ' } as const;

function printUnary(out: Writer, node: Unary): void {
  out.write(unaryWords[node.operator]);
  // `--` would be a comment.
  if (node.operand.kind === 'unary') out.write(' ');
  operand(out, node.operand, node.operator === 'not' ? level.not : level.unary);
}

function printBinary(out: Writer, { operator, left, right }: Binary): void {
  if (operator === 'concat') {
    out.write('CONCAT(');
    expressionList(out, [left, right]);
    out.write(')');
    return;
  }
  const own = binaryLevels[operator];
  const isIntervalFirst = left.kind === 'interval';
  operand(out, left, own);
  out.write(` ${operator.toUpperCase()} `);
  operand(out, right, isIntervalFirst ? level.not : own + 1);
}

function printLogical(out: Writer, { operator, operands }: Logical): void {
  const least = operator === 'or' ? level.xor : level.not;
  for (let i = 0; i < operands.length; i++) {
    if (i > 0) out.write(operator === 'or' ? ' OR ' : ' AND ');
    operand(out, operands[i]!, least);
  }
}

type Predicate = InList | InSubquery | Between | Like | Regexp | MemberOf | SoundsLike;

function printPredicate(out: Writer, node: Predicate): void {
  operand(out, node.kind === 'soundsLike' ? node.left : node.operand, level.bitOr);
  const not = 'negated' in node && node.negated ? ' NOT' : '';
  switch (node.kind) {
    case 'inList':
      out.write(`${not} IN (`);
      expressionList(out, node.items);
      out.write(')');
      break;
    case 'inSubquery':
      out.write(`${not} IN `);
      printSubquery(out, node.query);
      break;
    case 'between':
      out.write(`${not} BETWEEN `);
      operand(out, node.low, level.bitOr);
      out.write(' AND ');
      operand(out, node.high, level.predicate);
      break;
    case 'like':
      out.write(`${not} LIKE `);
      operand(out, node.pattern, level.concat);
      if (node.escape === undefined) break;
      out.write(' ESCAPE ');
      operand(out, node.escape, level.concat);
      break;
    case 'regexp':
      out.write(`${not} REGEXP `);
      operand(out, node.pattern, level.bitOr);
      break;
    case 'memberOf':
      out.write(' MEMBER OF (');
      operand(out, node.array, level.concat);
      out.write(')');
      break;
    case 'soundsLike':
      out.write(' SOUNDS LIKE ');
      operand(out, node.right, level.bitOr);
      break;
  }
}

function printCase(out: Writer, node: Case): void {
  out.write('CASE');
  if (node.operand !== undefined) {
    out.write(' ');
    printExpression(out, node.operand);
  }
  for (const { condition, result } of node.branches) {
    out.write(' WHEN ');
    printExpression(out, condition);
    out.write(' THEN ');
    printExpression(out, result);
  }
  if (node.otherwise !== undefined) {
    out.write(' ELSE ');
    printExpression(out, node.otherwise);
  }
  out.write(' END');
}

/** A literal: its own bytes, or the text that it was made with. */
export function printLiteral(out: Writer, node: Literal): void {
  if (node.text !== undefined) {
    out.write(node.text);
    return;
  }
  const { type, introducer, more } = node;
  const isTemporal = type === 'date' || type === 'time' || type === 'timestamp';
  // Only the ODBC form takes more than one plain string.
  const isOdbc = isTemporal && (introducer !== undefined || more !== undefined);
  if (isOdbc) out.write(type === 'date' ? '{d ' : type === 'time' ? '{t ' : '{ts ');
  else if (isTemporal) out.write(`${type.toUpperCase()} `);
  if (introducer !== undefined) out.write(`_${introducer} `);
  out.copy(node.valueStart, node.valueEnd);
  for (const { start, end } of more ?? []) {
    out.write(' ');
    out.copy(start, end);
  }
  if (isOdbc) out.write('}');
}
