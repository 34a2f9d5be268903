/** What a condition says of where rows can be, and which columns it makes equal. */
import type { ColumnReference, Comparison, Expression, InList } from '../../sql/ast/expression.ts';
import type { Operand } from '../operands.ts';
import { both, either, everywhere, type Route, type RoutingKey } from '../route.ts';
import { originOf, type Scope } from './scope.ts';
import type { Origin, TableUse } from './table-use.ts';

export type ReadOperand = (expression: Expression) => Operand | undefined;

/** What one condition says of one use. */
type Finding = {
  route: Route;
  /** Values of key columns, by position in the key, until all of a key are there. */
  readonly equal: Map<number, Operand>;
};

export type Findings = Map<TableUse, Finding>;

/** All conditions of a chain of ANDs. */
export function conjunctsOf(expression: Expression | undefined): readonly Expression[] {
  if (expression === undefined) return [];
  if (expression.kind !== 'logical' || expression.operator !== 'and') return [expression];
  return expression.operands.flatMap(conjunctsOf);
}

/** The routes by use that follow from all conditions together. */
export function routesFrom(
  conditions: readonly Expression[],
  scope: Scope,
  readOperand: ReadOperand,
): Map<TableUse, Route> {
  const routes = new Map<TableUse, Route>();
  for (const [use, finding] of allOf(conditions, scope, readOperand)) routes.set(use, routeOf(use, finding));
  return routes;
}

/** Pairs of columns that a condition makes equal. */
export function equalitiesIn(condition: Expression, scope: Scope): readonly (readonly [Origin, Origin])[] {
  if (condition.kind !== 'comparison' || condition.operator !== '=') return [];
  const { left, right } = condition;
  if (left.kind === 'row' && right.kind === 'row' && left.items.length === right.items.length) {
    return left.items.flatMap((item, at) => pairOf(item, right.items[at]!, scope));
  }
  return pairOf(left, right, scope);
}

function pairOf(left: Expression, right: Expression, scope: Scope): readonly (readonly [Origin, Origin])[] {
  if (left.kind !== 'column' || right.kind !== 'column') return [];
  const a = originOf(scope, left);
  const b = originOf(scope, right);
  return a === undefined || b === undefined ? [] : [[a, b]];
}

function allOf(conditions: readonly Expression[], scope: Scope, readOperand: ReadOperand): Findings {
  const all: Findings = new Map();
  for (const condition of conditions) {
    for (const [use, finding] of findingsIn(condition, scope, readOperand)) {
      const before = all.get(use);
      if (before === undefined) {
        all.set(use, finding);
        continue;
      }
      before.route = both([before.route, finding.route]);
      for (const [at, operand] of finding.equal) before.equal.set(at, operand);
    }
  }
  return all;
}

const nothing: Findings = new Map();

function findingsIn(condition: Expression, scope: Scope, readOperand: ReadOperand): Findings {
  switch (condition.kind) {
    case 'logical':
      if (condition.operator === 'and') return allOf(condition.operands, scope, readOperand);
      return anyOf(condition.operands, scope, readOperand);
    case 'comparison':
      return fromComparison(condition, scope, readOperand);
    case 'inList':
      return fromList(condition, scope, readOperand);
    case 'between': {
      if (condition.negated || condition.operand.kind !== 'column') return nothing;
      const low = readOperand(condition.low);
      const high = readOperand(condition.high);
      return low === undefined || high === undefined ? nothing : ranged(condition.operand, low, high, scope);
    }
    default:
      return nothing;
  }
}

/** Only what every alternative says something about is narrowed. */
function anyOf(conditions: readonly Expression[], scope: Scope, readOperand: ReadOperand): Findings {
  const alternatives = conditions.map((condition) => allOf([condition], scope, readOperand));
  const any: Findings = new Map();
  for (const use of alternatives[0]!.keys()) {
    const found = alternatives.map((alternative) => alternative.get(use));
    const route = either(
      found.map((finding) => (finding === undefined ? everywhere : routeOf(use, finding))),
    );
    if (route.kind !== 'all') any.set(use, { route, equal: new Map() });
  }
  return any;
}

function fromComparison(condition: Comparison, scope: Scope, readOperand: ReadOperand): Findings {
  const { operator, left, right } = condition;
  if (left.kind === 'row' && right.kind === 'row') {
    if (operator !== '=' || left.items.length !== right.items.length) return nothing;
    const parts = left.items.map(
      (item, at): Comparison => ({ ...condition, left: item, right: right.items[at]! }),
    );
    return allOf(parts, scope, readOperand);
  }
  if (left.kind !== 'column') {
    return right.kind === 'column' ? compared(right, mirrored[operator], left, scope, readOperand) : nothing;
  }
  return compared(left, operator, right, scope, readOperand);
}

const mirrored = { '=': '=', '<=>': '<=>', '<>': '<>', '<': '>', '>': '<', '<=': '>=', '>=': '<=' } as const;

function compared(
  column: ColumnReference,
  operator: Comparison['operator'],
  value: Expression,
  scope: Scope,
  readOperand: ReadOperand,
): Findings {
  const operand = readOperand(value);
  if (operand === undefined) return nothing;
  switch (operator) {
    case '=':
      return keyColumns(column, scope, (at, key) => ({
        route: key.columns.length === 1 ? { kind: 'equal', key, values: [operand] } : everywhere,
        equal: new Map([[at, operand]]),
      }));
    case '<':
    case '<=':
      return ranged(column, undefined, operand, scope);
    case '>':
    case '>=':
      return ranged(column, operand, undefined, scope);
    default:
      // `<=>` finds NULLs too, and those have no keyspace id of their own.
      return nothing;
  }
}

function fromList(condition: InList, scope: Scope, readOperand: ReadOperand): Findings {
  const { operand: column, items, negated } = condition;
  if (negated || column.kind !== 'column') return nothing;
  const values: Operand[] = [];
  for (const item of items) {
    const value = readOperand(item);
    if (value === undefined) return nothing;
    // A list of literals is one operand that stands for all of them.
    if (values.at(-1) !== value) values.push(value);
  }
  return keyColumns(column, scope, (_, key) => ({
    route: key.columns.length === 1 ? { kind: 'in', key, values } : everywhere,
    equal: new Map(),
  }));
}

function ranged(
  column: ColumnReference,
  low: Operand | undefined,
  high: Operand | undefined,
  scope: Scope,
): Findings {
  return keyColumns(column, scope, (_, key) => ({
    route: isOrdered(key) ? { kind: 'between', key, low, high } : everywhere,
    equal: new Map(),
  }));
}

/** Whether keyspace ids sort as MySQL sorts the column's values. */
function isOrdered({ columnVindex, columns }: RoutingKey): boolean {
  const { type } = columnVindex.vindex;
  const column = columns[0]!;
  if (columns.length !== 1) return false;
  // Keyspace ids of a signed column's negative values are behind those of all others.
  if (type === 'numeric') return integerTypes.has(column.dataType) && column.unsigned;
  return type === 'binary' && column.dataType === 'varbinary';
}

export const integerTypes: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
]);

function keyColumns(
  column: ColumnReference,
  scope: Scope,
  find: (at: number, key: RoutingKey) => Finding,
): Findings {
  const origin = originOf(scope, column);
  const use = origin?.use;
  if (use?.key === undefined) return nothing;
  const at = use.keyOrigins.indexOf(origin!);
  return at < 0 ? nothing : new Map([[use, find(at, use.key)]]);
}

function routeOf(use: TableUse, { route, equal }: Finding): Route {
  const key = use.key;
  if (key === undefined || key.columns.length === 1) return route;
  const values: Operand[] = [];
  for (let at = 0; at < key.columns.length; at++) {
    const operand = equal.get(at);
    if (operand === undefined) break;
    values.push(operand);
  }
  const enough = values.length >= key.columnVindex.vindex.vindex.columnCount.min;
  if (values.length === 0 || (values.length < key.columns.length && !takesPrefix(key, enough))) return route;
  return both([route, { kind: 'equal', key, values }]);
}

/** The multi-column vindexes that map a beginning of their columns to a range. */
const takesPrefix = ({ columnVindex }: RoutingKey, enough: boolean): boolean =>
  enough || columnVindex.vindex.vindex.columnCount.min === 1;
