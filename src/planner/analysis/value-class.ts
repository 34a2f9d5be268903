/** What type an expression's values surely have, where its form alone says it. */
import type { Expression } from '../../sql/ast/expression.ts';
import { integerTypes } from './predicates.ts';
import { originOf, resolveColumn, type Scope } from './scope.ts';

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
  ...['rand', 'pi', 'uuid_short', 'connection_id', 'last_insert_id', 'row_count', 'found_rows', 'interval'],
  ...['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'grouping', 'json_length'],
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
      const found = resolveColumn(scope, expression);
      if (found.kind !== 'column') return false;
      const { origin, isNumber } = found.column;
      return isNumber === true || (origin !== undefined && isNumberType(origin.column.dataType));
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
    case 'exists':
    case 'inSubquery':
    case 'quantified':
      return true;
    case 'subquery': {
      const { body } = expression.query;
      const item = body.kind === 'queryBlock' && body.items.length === 1 ? body.items[0] : undefined;
      // Of its own columns nothing is known here.
      return item?.kind === 'selectExpression' && isSurelyNumber(item.expression, nothingKnown);
    }
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
      if (!builtin) return false;
      if (numberFunctions.has(name)) return true;
      const first = choosing.get(name);
      return (
        first !== undefined &&
        over === undefined &&
        args.length > first &&
        args.slice(first).every((each) => isSurelyNumber(each, scope))
      );
    }
    default:
      return false;
  }
}

const nothingKnown: Scope = { sources: [], outer: undefined };

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

/** Functions whose value is a date or a time. */
const temporalFunctions: ReadonlySet<string> = new Set([
  ...[
    'date',
    'last_day',
    'makedate',
    'maketime',
    'from_days',
    'sec_to_time',
    'timestamp',
    'time',
    'timediff',
  ],
  ...['now', 'current_timestamp', 'curdate', 'current_date', 'curtime', 'current_time', 'sysdate'],
  ...['utc_date', 'utc_time', 'utc_timestamp', 'localtime', 'localtimestamp'],
]);
const temporalCasts: ReadonlySet<string> = new Set(['date', 'datetime', 'time', 'year']);

/** Whether it is a number, a date or a time. */
export function isSurelyPlain(expression: Expression, scope: Scope): boolean {
  if (isSurelyNumber(expression, scope)) return true;
  if (expression.kind === 'call') return expression.builtin && temporalFunctions.has(expression.name);
  if (expression.kind === 'cast') return temporalCasts.has(expression.type.name) && !expression.type.isArray;
  if (expression.kind !== 'column') return false;
  const type = originOf(scope, expression)?.column.dataType;
  return type !== undefined && temporalTypes.has(type);
}
