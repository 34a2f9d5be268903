/**
 * What a shard must send beside an expression so that its values can be compared as MySQL compares them: numbers and times are
 * compared as they are, text by its WEIGHT_STRING, ENUM and SET by their number. An expression whose type is not
 * known before it is evaluated is left to MySQL.
 */
import { collationById, collationByName } from '../mysql/collations.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { Expression } from '../sql/ast/expression.ts';
import { originOf, type Scope } from './analysis/scope.ts';
import type { SourceColumn } from './analysis/table-use.ts';
import { columnClass, valueClass } from './analysis/value-class.ts';

/** How to compare an expression: by which SQL beside it, and in which collation. */
export type Comparable =
  /** By its own values. */
  | Readonly<{ kind: 'plain' }>
  /** By its weights. `long`: they may be longer than what the shards sort by (max_sort_length). */
  | Readonly<{ kind: 'weight'; collationId: number; long: boolean }>
  /** By `expression + 0`. */
  | Readonly<{ kind: 'number' }>
  /** By `expression + 0e0`: FLOAT is cut off in the text protocol. */
  | Readonly<{ kind: 'double' }>
  | Readonly<{ kind: 'refused'; reason: string }>;

const plain: Comparable = { kind: 'plain' };
const uncertain: Comparable = { kind: 'refused', reason: 'values of a type that is not certain' };
/** Characters whose weights are surely within max_sort_length (1024 bytes, at least 4 bytes a character). */
const SHORT_CHARACTERS_MAX = 128;

/** Functions that give text in the collation of their (text) arguments, no longer than all of these together. */
const textFunctions: ReadonlySet<string> = new Set([
  'lower',
  'lcase',
  'upper',
  'ucase',
  'concat',
  'substring',
  'substr',
  'mid',
  'left',
  'right',
  'trim',
  'ltrim',
  'rtrim',
  'reverse',
  'ifnull',
  'coalesce',
]);

export function comparableOf(expression: Expression, scope: Scope): Comparable {
  if (expression.kind === 'column') {
    const column = originOf(scope, expression)?.column;
    if (column !== undefined) return comparableColumn(column);
  }
  if (expression.kind === 'call' && textFunctions.has(expression.name)) {
    const collation = collationOf(expression, scope);
    if (collation !== undefined) return weighed(collation, true);
  }
  const isPlain = expression.kind === 'parameter' || valueClass(expression, scope) !== undefined;
  return isPlain ? plain : uncertain;
}

/** How the column of a table, derived table or view is compared. */
export function comparableSource({ origin, valueClass: known }: SourceColumn): Comparable {
  if (origin !== undefined) return comparableColumn(origin.column);
  return known === undefined ? uncertain : plain;
}

export function comparableColumn(column: ColumnSchema): Comparable {
  if (column.values !== undefined) return { kind: 'number' };
  if (column.dataType === 'float') return { kind: 'double' };
  if (column.dataType === 'json') return { kind: 'refused', reason: 'JSON values' };
  if (column.collation === undefined)
    return columnClass(column) === undefined
      ? { kind: 'refused', reason: `${column.dataType} values` }
      : plain;
  return weighed(column.collation, (column.length ?? Number.POSITIVE_INFINITY) > SHORT_CHARACTERS_MAX);
}

/**
 * Whether texts are equal though their weights have spaces behind them or not: with weights beside them, a shard's DISTINCT
 * takes them for two.
 */
export const isPadded = (collationId: number): boolean => collationById(collationId)?.padSpace !== false;

function weighed(name: string, long: boolean): Comparable {
  const collation = collationByName(name);
  if (collation === undefined) return { kind: 'refused', reason: `the collation ${name}` };
  return { kind: 'weight', collationId: collation.id, long };
}

/** The one collation of all text columns in a call; undefined where there is none, or another might win. */
function collationOf(expression: Expression, scope: Scope): string | undefined {
  switch (expression.kind) {
    case 'column': {
      const column = originOf(scope, expression)?.column;
      return column?.values === undefined ? column?.collation : undefined;
    }
    case 'call': {
      if (!textFunctions.has(expression.name)) return undefined;
      let found: string | undefined;
      for (const argument of expression.args) {
        if (argument.kind === 'literal' || argument.kind === 'parameter') continue;
        const collation = collationOf(argument, scope);
        if (collation === undefined || (found !== undefined && found !== collation)) return undefined;
        found = collation;
      }
      return found;
    }
    default:
      return undefined;
  }
}
