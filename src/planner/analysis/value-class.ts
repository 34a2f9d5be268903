/**
 * What type an expression's values surely have, where its form alone says it, and how they are sent then: as they are compared. Neither text nor
 * FLOAT, ENUM, SET and the like are among them.
 */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import { integerTypes } from './predicates.ts';
import { originOf, resolveColumn, type Scope } from './scope.ts';

/** Values of one class compare with each other without any conversion of the router's. */
export type ValueClass = 'number' | 'date' | 'time' | 'bytes';

/** Words in one text, as a set. */
const words = (...texts: readonly string[]): ReadonlySet<string> => new Set(texts.join(' ').split(' '));

const numberFunctions = words(
  'count sum avg bit_and bit_or bit_xor std stddev stddev_pop stddev_samp var_pop var_samp variance abs',
  'ceil ceiling floor round truncate mod sign sqrt pow power exp ln log log2 log10 sin cos tan length',
  'octet_length char_length character_length bit_length ascii ord locate position instr field',
  'find_in_set strcmp year quarter month week weekofyear yearweek day dayofmonth dayofweek dayofyear',
  'weekday hour minute second microsecond extract datediff timestampdiff to_days to_seconds',
  'unix_timestamp time_to_sec crc32 bit_count isnull period_add period_diff inet_aton interval rank',
  'dense_rank row_number ntile percent_rank cume_dist grouping json_length json_depth json_valid',
  'json_contains regexp_instr regexp_like uncompressed_length acos asin atan atan2 cot degrees radians',
  'pi rand uuid_short connection_id last_insert_id row_count found_rows',
);

/** What gives a date or time whatever its arguments are. */
const timeFunctions = words(
  'curdate current_date utc_date curtime current_time utc_time now current_timestamp localtime',
  'localtimestamp utc_timestamp sysdate date last_day makedate from_days time maketime sec_to_time',
  'timestamp timediff',
);

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
  ['nullif', 0],
  ['lag', 0],
  ['lead', 0],
  ['first_value', 0],
  ['last_value', 0],
]);

/** Only the first of their arguments is a value. */
const ofFirst = words('nullif lag lead first_value last_value');
const timesOnly = words('curtime current_time utc_time time maketime sec_to_time timediff');
const moving = words('date_add date_sub adddate subdate');

const casts: ReadonlyMap<string, ValueClass> = new Map([
  ['signed', 'number'],
  ['unsigned', 'number'],
  ['decimal', 'number'],
  ['double', 'number'],
  ['real', 'number'],
  ['year', 'number'],
  ['date', 'date'],
  ['datetime', 'date'],
  ['time', 'time'],
  ['binary', 'bytes'],
]);

const columnClasses: ReadonlyMap<string, ValueClass> = new Map<string, ValueClass>([
  ...[...integerTypes].map((type) => [type, 'number'] as const),
  ['decimal', 'number'],
  ['double', 'number'],
  ['year', 'number'],
  ['date', 'date'],
  ['datetime', 'date'],
  ['timestamp', 'date'],
  ['time', 'time'],
  ['bit', 'bytes'],
  ['binary', 'bytes'],
  ['varbinary', 'bytes'],
  ['tinyblob', 'bytes'],
  ['blob', 'bytes'],
  ['mediumblob', 'bytes'],
  ['longblob', 'bytes'],
]);

/** Undefined for text, and for what is sent in another way than it is compared. */
export const columnClass = ({ dataType }: ColumnSchema): ValueClass | undefined =>
  columnClasses.get(dataType);

/** Undefined where it is not certain. */
export function valueClass(expression: Expression, scope: Scope): ValueClass | undefined {
  switch (expression.kind) {
    case 'literal':
      return ['integer', 'decimal', 'float', 'true', 'false'].includes(expression.type)
        ? 'number'
        : undefined;
    case 'column': {
      const found = resolveColumn(scope, expression);
      if (found.kind !== 'column') return undefined;
      const { origin, valueClass: known } = found.column;
      return origin === undefined ? known : columnClass(origin.column);
    }
    case 'unary':
      return expression.operator === '-' || expression.operator === '!' || expression.operator === 'not'
        ? 'number'
        : undefined;
    case 'binary':
      return binaryClass(expression, scope);
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
      return 'number';
    case 'case': {
      const results = expression.branches.map(({ result }) => result);
      return commonClass(
        expression.otherwise === undefined ? results : [...results, expression.otherwise],
        scope,
      );
    }
    case 'cast':
      return expression.type.isArray ? undefined : casts.get(expression.type.name);
    case 'call':
      return callClass(expression, scope);
    case 'subquery': {
      // Of its own columns nothing is known here.
      const { body } = expression.query;
      const item = body.kind === 'queryBlock' ? body.items[0] : undefined;
      return item?.kind === 'selectExpression' ? valueClass(item.expression, nothing) : undefined;
    }
    default:
      return undefined;
  }
}

const nothing: Scope = { sources: [], outer: undefined };

function binaryClass(
  { operator, left, right }: Extract<Expression, { kind: 'binary' }>,
  scope: Scope,
): ValueClass | undefined {
  if (left.kind === 'interval') return movedClass(right, scope);
  if (right.kind === 'interval') return movedClass(left, scope);
  // Bit operators may be of binary strings.
  return ['+', '-', '*', '/', '%', 'div', 'xor'].includes(operator) ? 'number' : undefined;
}

/** A date that is moved stays a date; a text becomes a text. */
function movedClass(moved: Expression, scope: Scope): ValueClass | undefined {
  const known = valueClass(moved, scope);
  return known === 'date' || known === 'time' ? known : undefined;
}

function callClass(
  { name, builtin, args }: Extract<Expression, { kind: 'call' }>,
  scope: Scope,
): ValueClass | undefined {
  if (!builtin) return undefined;
  if (numberFunctions.has(name)) return 'number';
  if (timesOnly.has(name)) return 'time';
  if (timeFunctions.has(name)) return 'date';
  if (moving.has(name) && args[0] !== undefined) return movedClass(args[0], scope);
  const first = choosing.get(name);
  if (first === undefined || args.length <= first) return undefined;
  return commonClass(ofFirst.has(name) ? args.slice(0, 1) : args.slice(first), scope);
}

/** The class of all of them that are not NULL. */
function commonClass(all: readonly Expression[], scope: Scope): ValueClass | undefined {
  const values = all.filter((each) => each.kind !== 'literal' || each.type !== 'null');
  const [first, ...others] = values.map((each) => valueClass(each, scope));
  return others.every((each) => each === first) ? first : undefined;
}

/** Whether it is a number, and not a FLOAT. */
export const isSurelyNumber = (expression: Expression, scope: Scope): boolean =>
  valueClass(expression, scope) === 'number' || (expression.kind === 'literal' && expression.type === 'null');

/** Whether it is a DOUBLE (or FLOAT) column: sums and averages of it are doubles. */
export function isSurelyDouble(expression: Expression, scope: Scope): boolean {
  if (expression.kind !== 'column') return false;
  const type = originOf(scope, expression)?.column.dataType;
  return type === 'double' || type === 'float';
}
