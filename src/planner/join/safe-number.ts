/** Numbers that can be computed of any row without an error or a warning, also of rows that the query then leaves out. */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';

/** How long a value can be: digits before and behind the point. `isInteger`: computed in 64 bits. */
type Digits = Readonly<{ whole: number; scale: number; isInteger: boolean; unsigned: boolean }>;

/** MySQL's DECIMAL has 65; and 64 bits have 18 digits for certain. */
const DECIMAL_DIGITS_MAX = 60;
const INTEGER_DIGITS_MAX = 18;

/** The plan is the same for all literals: longer ones are taken to be in nobody's arithmetic. */
const literalDigits = { whole: 15, scale: 0, unsigned: false } as const;

const integerDigits: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  mediumint: 8,
  int: 10,
  bigint: 20,
};

/** Whether it is an integer or a DECIMAL that never overflows. */
export const isSafeNumber = (
  expression: Expression,
  columnOf: (name: ColumnReference) => ColumnSchema,
): boolean => digitsOf(expression, columnOf) !== undefined;

function digitsOf(
  expression: Expression,
  columnOf: (name: ColumnReference) => ColumnSchema,
): Digits | undefined {
  switch (expression.kind) {
    case 'column':
      return columnDigits(columnOf(expression));
    case 'literal': {
      const { type } = expression;
      if (type !== 'integer' && type !== 'decimal') return undefined;
      return { ...literalDigits, isInteger: type === 'integer' };
    }
    case 'binary': {
      const left = digitsOf(expression.left, columnOf);
      const right = digitsOf(expression.right, columnOf);
      return left === undefined || right === undefined
        ? undefined
        : computed(expression.operator, left, right);
    }
    default:
      return undefined;
  }
}

function columnDigits({ dataType, precision, scale, unsigned }: ColumnSchema): Digits | undefined {
  if (dataType === 'decimal' && precision !== undefined && scale !== undefined)
    return { whole: precision - scale, scale, isInteger: false, unsigned };
  const whole = integerDigits[dataType];
  return whole === undefined ? undefined : { whole, scale: 0, isInteger: true, unsigned };
}

function computed(operator: string, left: Digits, right: Digits): Digits | undefined {
  if (operator !== '+' && operator !== '-' && operator !== '*') return undefined;
  const isInteger = left.isInteger && right.isInteger;
  const unsigned = left.unsigned || right.unsigned;
  // Below 0 an unsigned integer is an error.
  if (isInteger && unsigned && operator === '-') return undefined;
  const isProduct = operator === '*';
  const whole = isProduct ? left.whole + right.whole : Math.max(left.whole, right.whole) + 1;
  const scale = isProduct ? left.scale + right.scale : Math.max(left.scale, right.scale);
  const digitsMax = isInteger ? INTEGER_DIGITS_MAX : DECIMAL_DIGITS_MAX;
  return whole + scale > digitsMax ? undefined : { whole, scale, isInteger, unsigned };
}
