/** What type an expression's values surely have, where its form alone says it. */
import type { Expression } from '../../sql/ast/expression.ts';
import { integerTypes } from './predicates.ts';
import { originOf, type Scope } from './scope.ts';

const numberFunctions: ReadonlySet<string> = new Set([
  ...['count', 'sum', 'avg', 'bit_and', 'bit_or', 'bit_xor', 'std', 'stddev', 'stddev_pop', 'stddev_samp'],
  ...[
    'var_pop',
    'var_samp',
    'variance',
    'abs',
    'ceil',
    'ceiling',
    'floor',
    'round',
    'truncate',
    'mod',
    'sign',
  ],
  ...[
    'sqrt',
    'pow',
    'power',
    'exp',
    'ln',
    'log',
    'log2',
    'log10',
    'sin',
    'cos',
    'tan',
    'length',
    'octet_length',
  ],
  ...[
    'char_length',
    'character_length',
    'bit_length',
    'ascii',
    'ord',
    'locate',
    'position',
    'instr',
    'field',
  ],
  ...[
    'find_in_set',
    'strcmp',
    'year',
    'quarter',
    'month',
    'week',
    'weekofyear',
    'yearweek',
    'day',
    'dayofmonth',
  ],
  ...['dayofweek', 'dayofyear', 'weekday', 'hour', 'minute', 'second', 'microsecond', 'extract', 'datediff'],
  ...[
    'timestampdiff',
    'to_days',
    'to_seconds',
    'unix_timestamp',
    'time_to_sec',
    'crc32',
    'bit_count',
    'isnull',
  ],
]);

/** What gives one of its arguments, from the one at this position on. */
const choosing: ReadonlyMap<string, number> = new Map([
  ['if', 1],
  ['ifnull', 0],
  ['coalesce', 0],
  ['greatest', 0],
  ['least', 0],
  ['min', 0],
  ['max', 0],
  ['any_value', 0],
]);

const numberCasts: ReadonlySet<string> = new Set(['signed', 'unsigned', 'decimal', 'double', 'real']);
const numberTypes: ReadonlySet<string> = new Set([...integerTypes, 'decimal', 'double', 'year']);

/** Types of columns that are such numbers. */
export const isNumberType = (dataType: string): boolean => numberTypes.has(dataType);

/** Whether it is a number that is sent as it is compared: any but FLOAT, and NULL. */
export function isSurelyNumber(expression: Expression, scope: Scope): boolean {
  switch (expression.kind) {
    case 'literal':
      return ['integer', 'decimal', 'float', 'true', 'false', 'null'].includes(expression.type);
    case 'column': {
      const type = originOf(scope, expression)?.column.dataType;
      return type !== undefined && isNumberType(type);
    }
    case 'unary':
      return expression.operator !== 'binary' && expression.operator !== '+' && expression.operator !== '~';
    case 'binary':
      return isArithmetic(expression);
    case 'comparison':
    case 'logical':
    case 'is':
    case 'inList':
    case 'between':
    case 'like':
    case 'regexp':
      return true;
    case 'case': {
      const { branches, otherwise } = expression;
      const results = branches.map(({ result }) => result);
      return [...results, ...(otherwise === undefined ? [] : [otherwise])].every((each) =>
        isSurelyNumber(each, scope),
      );
    }
    case 'cast':
      return numberCasts.has(expression.type.name) && !expression.type.isArray;
    case 'call': {
      const { name, builtin, args, over } = expression;
      if (!builtin || over !== undefined) return false;
      if (numberFunctions.has(name)) return true;
      const first = choosing.get(name);
      return (
        first !== undefined &&
        args.length > first &&
        args.slice(first).every((each) => isSurelyNumber(each, scope))
      );
    }
    default:
      return false;
  }
}

/** Bit operators may be of binary strings, `+ INTERVAL` is of times. */
function isArithmetic({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): boolean {
  if (left.kind === 'interval' || right.kind === 'interval') return false;
  return ['+', '-', '*', '/', '%', 'div', 'xor'].includes(operator);
}

/** Whether it is a DOUBLE (or FLOAT) column: sums and averages of it are doubles. */
export function isSurelyDouble(expression: Expression, scope: Scope): boolean {
  if (expression.kind !== 'column') return false;
  const type = originOf(scope, expression)?.column.dataType;
  return type === 'double' || type === 'float';
}

const temporalTypes: ReadonlySet<string> = new Set(['date', 'datetime', 'timestamp', 'time']);

/** Whether it is a number, or a column of dates or times. */
export function isSurelyPlain(expression: Expression, scope: Scope): boolean {
  if (isSurelyNumber(expression, scope)) return true;
  if (expression.kind !== 'column') return false;
  const type = originOf(scope, expression)?.column.dataType;
  return type !== undefined && temporalTypes.has(type);
}
