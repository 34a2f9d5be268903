/** Expressions that give the same on a shard as in the remainder, and no error or warning that they would not give there. */
import { unreachable } from '../../errors/unreachable.ts';
import type { ColumnSchema } from '../../schema/schema.ts';
import type {
  Binary,
  Call,
  ColumnReference,
  Expression,
  Interval,
  Literal,
} from '../../sql/ast/expression.ts';

/** The column that a name means; undefined where that is not certain. */
type SchemaOf = (name: ColumnReference) => ColumnSchema | undefined;

/** Whether a condition may filter rows before they are gathered. */
export function isPure(expression: Expression, schemaOf: SchemaOf): boolean {
  switch (expression.kind) {
    case 'logical':
      return expression.operands.every((operand) => isPure(operand, schemaOf));
    case 'unary':
      return (
        (expression.operator === 'not' || expression.operator === '!') && isPure(expression.operand, schemaOf)
      );
    case 'comparison':
      return areAlike([expression.left, expression.right], schemaOf);
    case 'between':
      return areAlike([expression.operand, expression.low, expression.high], schemaOf);
    case 'inList':
      return areAlike([expression.operand, ...expression.items], schemaOf);
    case 'like':
      return (
        expression.escape === undefined &&
        [expression.operand, expression.pattern].every((side) => {
          const kind = classOf(side, schemaOf);
          return kind === 'text' || kind === 'any';
        })
      );
    case 'match':
      return (
        expression.against.kind === 'literal' &&
        expression.columns.every((column) => schemaOf(column) !== undefined)
      );
    case 'is':
      return expression.test === 'null' && classOf(expression.operand, schemaOf) !== undefined;
    default:
      return false;
  }
}

/** Whether a value can be computed anywhere: no error or warning, and NULL where one of its columns is. */
export const isPlainValue = (expression: Expression, schemaOf: SchemaOf): boolean =>
  classOf(expression, schemaOf) !== undefined;

/** Whether a condition is never true where the columns that it looks at are NULL. */
export function rejectsNull(expression: Expression): boolean {
  switch (expression.kind) {
    case 'comparison':
      return expression.operator !== '<=>';
    case 'between':
    case 'inList':
    case 'like':
      return expression.operand.kind === 'column';
    default:
      return false;
  }
}

/** Types that compare with each other without a conversion that can fail. `any` has none of its own: NULL and parameters. */
type TypeClass = 'number' | 'text' | 'binary' | 'time' | 'any';

function areAlike(sides: readonly Expression[], schemaOf: SchemaOf): boolean {
  const classes = sides.map((side) => classOf(side, schemaOf));
  if (classes.includes(undefined)) return false;
  const own = new Set(classes.filter((each) => each !== 'any'));
  if (own.size <= 1) return true;
  // Times are written as text; what is no time is an error on each side alike.
  if (own.size === 2 && own.has('text') && (own.has('time') || own.has('binary')))
    return sides.every((side, at) => classes[at] !== 'text' || side.kind === 'literal');
  return false;
}

function classOf(expression: Expression, schemaOf: SchemaOf): TypeClass | undefined {
  switch (expression.kind) {
    case 'column': {
      const column = schemaOf(expression);
      return column === undefined ? undefined : columnClass(column);
    }
    case 'literal':
      return literalClass(expression);
    case 'parameter':
      return 'any';
    case 'unary':
      return expression.operator === '-' && classOf(expression.operand, schemaOf) === 'number'
        ? 'number'
        : undefined;
    case 'binary':
      return constantClass(expression);
    case 'call':
      return callClass(expression, schemaOf);
    default:
      return undefined;
  }
}

/** Sums of literals: they are the same error everywhere, if any. */
function constantClass({ operator, left, right }: Binary): TypeClass | undefined {
  if (operator !== '+' && operator !== '-' && operator !== '*') return undefined;
  if (right.kind === 'interval') return operator === '*' ? undefined : movedClass(left, right);
  const isSum = [left, right].every((side) => {
    if (side.kind === 'binary') return constantClass(side) === 'number';
    return side.kind === 'literal' && literalClass(side) === 'number';
  });
  return isSum ? 'number' : undefined;
}

/** A literal time moved by an interval. */
function movedClass(from: Expression, { amount }: Interval): TypeClass | undefined {
  const isTime = from.kind === 'parameter' || (from.kind === 'literal' && timeLiterals.has(from.type));
  return isTime && amount.kind === 'literal' ? 'time' : undefined;
}

const timeLiterals: ReadonlySet<string> = new Set(['date', 'timestamp', 'string']);

/** Functions that are NULL where an argument is, and never fail: what their arguments have to be, and what they give. */
const functions: Readonly<Record<string, readonly [of: TypeClass, gives: TypeClass]>> = {
  ...byName(
    'lower upper lcase ucase left right substring substr mid trim ltrim rtrim reverse concat',
    'text',
    'text',
  ),
  ...byName('char_length character_length length octet_length ascii', 'text', 'number'),
  ...byName(
    'year quarter month day dayofmonth dayofweek dayofyear hour minute second extract',
    'time',
    'number',
  ),
  ...byName('date last_day', 'time', 'time'),
  ...byName('mod abs sign floor ceiling ceil round', 'number', 'number'),
};

function byName(
  names: string,
  of: TypeClass,
  gives: TypeClass,
): Record<string, readonly [of: TypeClass, gives: TypeClass]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, [of, gives] as const]));
}

function callClass(call: Call, schemaOf: SchemaOf): TypeClass | undefined {
  const { name, args, builtin, over } = call;
  if (!builtin || over !== undefined || args.length === 0) return undefined;
  const [first, second] = args;
  if (moves.has(name) && second?.kind === 'interval') return movedClass(first!, second);
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (known === undefined) return undefined;
  const [of, gives] = known;
  const areFit = args.every((arg, at) => {
    const own = classOf(arg, schemaOf);
    return own === of || (at > 0 && own === 'number' && arg.kind === 'literal');
  });
  return areFit ? gives : undefined;
}

const moves: ReadonlySet<string> = new Set(['date_add', 'date_sub', 'adddate', 'subdate']);

function columnClass({ dataType, charset, values }: ColumnSchema): TypeClass | undefined {
  if (values !== undefined) return 'text';
  if (numbers.has(dataType)) return 'number';
  if (times.has(dataType)) return 'time';
  if (charset !== undefined) return 'text';
  return dataType.endsWith('binary') || dataType.endsWith('blob') ? 'binary' : undefined;
}

const numbers: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
  'year',
]);

const times: ReadonlySet<string> = new Set(['date', 'datetime', 'timestamp', 'time']);

function literalClass({ type }: Literal): TypeClass | undefined {
  switch (type) {
    case 'integer':
    case 'decimal':
    case 'float':
    case 'true':
    case 'false':
      return 'number';
    case 'string':
    case 'national':
      return 'text';
    case 'date':
    case 'time':
    case 'timestamp':
      return 'time';
    case 'null':
      return 'any';
    case 'hex':
    case 'bit':
      return undefined;
    default:
      return unreachable(type);
  }
}
