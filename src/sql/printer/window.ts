/** Windows and ORDER BY as text. */
import type { Over } from '../ast/expression.ts';
import type { FrameBound, OrderItem, WindowFrame, WindowSpecification } from '../ast/query.ts';
import { expressionList, printExpression } from './expression.ts';
import type { Writer } from './writer.ts';

/** `ORDER BY a, b DESC`. */
export function printOrderItems(out: Writer, items: readonly OrderItem[]): void {
  out.write('ORDER BY ');
  out.list(items, ({ expression, direction }) => {
    printExpression(out, expression);
    if (direction !== undefined) out.write(` ${direction.toUpperCase()}`);
  });
}

export function printOver(out: Writer, over: Over): void {
  if (over.kind === 'name') out.name(over.text);
  else printWindow(out, over);
}

/** A window's specification with its parentheses. */
export function printWindow(out: Writer, { base, partitionBy, orderBy, frame }: WindowSpecification): void {
  let blank = '';
  const begin = (): void => {
    out.write(blank);
    blank = ' ';
  };
  out.write('(');
  if (base !== undefined) {
    begin();
    out.name(base.text);
  }
  if (partitionBy.length > 0) {
    begin();
    out.write('PARTITION BY ');
    expressionList(out, partitionBy);
  }
  if (orderBy.length > 0) {
    begin();
    printOrderItems(out, orderBy);
  }
  if (frame !== undefined) {
    begin();
    printFrame(out, frame);
  }
  out.write(')');
}

const exclusions = {
  currentRow: 'CURRENT ROW',
  group: 'GROUP',
  ties: 'TIES',
  noOthers: 'NO OTHERS',
} as const;

function printFrame(out: Writer, { units, from, to, exclude }: WindowFrame): void {
  out.write(`${units.toUpperCase()} `);
  if (to !== undefined) out.write('BETWEEN ');
  printBound(out, from);
  if (to !== undefined) {
    out.write(' AND ');
    printBound(out, to);
  }
  if (exclude !== undefined) out.write(` EXCLUDE ${exclusions[exclude]}`);
}

const bounds: Readonly<Record<FrameBound['bound'], string>> = {
  unboundedPreceding: 'UNBOUNDED PRECEDING',
  unboundedFollowing: 'UNBOUNDED FOLLOWING',
  currentRow: 'CURRENT ROW',
  preceding: ' PRECEDING',
  following: ' FOLLOWING',
};

function printBound(out: Writer, { bound, amount }: FrameBound): void {
  if (amount !== undefined) printExpression(out, amount);
  out.write(bounds[bound]);
}
