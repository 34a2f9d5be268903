/** Which unit is read first, and in which order the others are looked up: by what is known without asking a server. */
import type { TableSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import { Refused } from '../refused.ts';
import type { Route } from '../route.ts';
import type { KeyPair } from './join-keys.ts';
import type { JoinColumnName, JoinNames } from './join-names.ts';
import type { JoinParts } from './join-parts.ts';
import type { JoinUnit } from './join-unit.ts';

/** A unit with the pairs by which it meets those before it, of each the outer column first. */
export type OrderedUnit = Readonly<{ unit: JoinUnit; pairs: readonly KeyPair[] }>;
export type JoinOrder = Readonly<{ first: JoinUnit; others: readonly OrderedUnit[] }>;

/** `sortedBy`: the unit by whose columns alone the result is sorted. Raises Refused where units are not joined by equalities. */
export function joinOrder(
  { units, pairs, from, names }: JoinParts,
  sortedBy: JoinUnit | undefined,
  isLimited: boolean,
): JoinOrder {
  const candidates = from.straight ? units.filter((unit) => unit.has(from.inner[0]!)) : units;
  let best: { order: JoinOrder; score: number } | undefined;
  for (const first of candidates) {
    const others = chainFrom(first, units, pairs);
    if (others === undefined) throw new Refused('tables that are not joined by an equality of columns');
    const sorted = first === sortedBy ? (isLimited ? SORTED_LIMITED : SORTED) : 0;
    const looked = others.reduce((sum, other) => sum + lookupScore(other), 0);
    const score = filterScore(first, names) + sorted + looked;
    if (best === undefined || score > best.score) best = { order: { first, others }, score };
  }
  return best!.order;
}

/** The scale: a lookup without an index reads its whole table for each batch, which only a single row outweighs. */
const UNIQUE = 60;
const EQUAL = 25;
const RANGE = 8;
const SORTED = 5;
const SORTED_LIMITED = 20;
const NO_INDEX = -30;
const ROUTED = 6;

/** The others in the order in which they are best found; undefined where some are not reached. */
function chainFrom(
  first: JoinUnit,
  units: readonly JoinUnit[],
  pairs: readonly KeyPair[],
): OrderedUnit[] | undefined {
  const joined = new Set([first]);
  const has = ({ table }: JoinColumnName): boolean => [...joined].some((unit) => unit.has(table));
  const chain: OrderedUnit[] = [];
  while (joined.size < units.length) {
    let next: OrderedUnit | undefined;
    for (const unit of units) {
      if (joined.has(unit)) continue;
      const own = pairs.flatMap(([a, b]): KeyPair[] => {
        if (unit.has(b.table) && has(a)) return [[a, b]];
        return unit.has(a.table) && has(b) ? [[b, a]] : [];
      });
      if (own.length === 0) continue;
      const candidate = { unit, pairs: own };
      if (next === undefined || lookupScore(candidate) > lookupScore(next)) next = candidate;
    }
    if (next === undefined) return undefined;
    joined.add(next.unit);
    chain.push(next);
  }
  return chain;
}

function lookupScore({ pairs }: OrderedUnit): number {
  const isIndexed = pairs.some(([, inner]) => isFirstOfKey(inner));
  const isRouted = pairs.some(([, inner]) => isVindexColumn(inner));
  return (isIndexed ? 0 : NO_INDEX) + (isRouted ? ROUTED : 0);
}

/** Whether an index begins with a column. */
export const isFirstOfKey = ({ table, column }: JoinColumnName): boolean =>
  table.schema.keys.some((key) => sameName(key.columns[0], column.name));

/** Whether a column alone leads to a shard. */
export const isVindexColumn = ({ table: { use }, column }: JoinColumnName): boolean =>
  use?.key !== undefined && use.key.columns.length === 1 && use.key.columns[0] === column;

function filterScore({ tables, conditions }: JoinUnit, names: JoinNames): number {
  const routed = tables.some(({ use }) => use?.routes.some(isNarrow)) ? EQUAL : 0;
  return conditions.reduce((best, condition) => Math.max(best, conditionScore(condition, names)), routed);
}

const isNarrow = ({ kind }: Route): boolean => kind === 'equal' || kind === 'in' || kind === 'keyspaceId';

function conditionScore(condition: Expression, names: JoinNames): number {
  if (condition.kind === 'inList' && !condition.negated && condition.operand.kind === 'column')
    return isFirstOfKey(names.resolve(condition.operand)) ? EQUAL : RANGE;
  if (condition.kind !== 'comparison' || condition.operator !== '=') return RANGE;
  const { left, right } = condition;
  const column = left.kind === 'column' ? left : right.kind === 'column' ? right : undefined;
  if (column === undefined || (left.kind === 'column' && right.kind === 'column')) return 0;
  const found = names.resolve(column);
  if (isUnique(found.table.schema, found.column.name)) return UNIQUE;
  return isFirstOfKey(found) ? EQUAL : RANGE + 1;
}

const isUnique = ({ keys }: TableSchema, name: string): boolean =>
  keys.some((key) => key.unique && key.columns.length === 1 && sameName(key.columns[0], name));

const sameName = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();
