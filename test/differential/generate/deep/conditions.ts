/** Conditions over a scope, with subqueries of all kinds. */
import { type Fragment, joined, sql } from '../../fragment.ts';
import { type Col, comparable, deeper, type Env, isNumeric } from './model.ts';
import { queryLike, scalarQuery, someQuery } from './queries.ts';
import { literalOf } from './values.ts';

const ORDERS = ['=', '=', '<', '<=', '>', '>=', '<>'];

/** Whether the column can be compared with a literal of its pool. */
const hasLiterals = ({ kind }: Col): boolean => kind !== 'json' && kind !== 'other' && kind !== 'float';

function comparisonOf(env: Env, columns: readonly Col[]): Fragment {
  const { random } = env;
  const column = random.pick(columns);
  const { ref } = column;
  if (!hasLiterals(column)) return sql`${ref} IS ${random.chance(0.6) ? 'NOT ' : ''}NULL`;
  const one = (): Fragment => literalOf(random, column);
  const others = columns.filter((each) => each.ref !== ref && comparable(column, each));
  switch (random.below(12)) {
    case 0:
    case 1:
      return sql`${ref} ${random.pick(ORDERS)} ${one()}`;
    case 2:
      return sql`${ref} IN (${joined(Array.from({ length: random.between(1, 4) }, one), ', ')})`;
    case 3:
      return sql`${ref} NOT IN (${one()}, ${one()})`;
    case 4:
      return sql`${ref} BETWEEN ${one()} AND ${one()}`;
    case 5:
      return sql`${ref} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`;
    case 6:
      return column.kind === 'text' && !column.unsure
        ? sql`${ref} LIKE ${random.pick(["'a%'", "'%o%'", "'_s%'"])}`
        : sql`${ref} <=> ${one()}`;
    case 7:
      return sql`${ref} = ${one()} OR ${ref} IS NULL`;
    case 8:
      return isNumeric(column) && column.kind === 'number' ? sql`${ref} % 2 = 1` : sql`NOT ${ref} > ${one()}`;
    default:
      return others.length > 0
        ? sql`${ref} ${random.pick([...ORDERS, '<=>'])} ${random.pick(others).ref}`
        : sql`${ref} <> ${one()}`;
  }
}

/** A condition with a subquery; its columns are those of `columns`, and it may look at all of them. */
function subqueryCondition(env: Env, columns: readonly Col[]): Fragment {
  const { random } = env;
  const inner = deeper(env, random.chance(0.55) ? columns : []);
  env.topics.add(inner.outer.length > 0 ? 'correlated' : 'subquery');
  const usable = columns.filter((each) => hasLiterals(each) && !each.unsure);
  const column = usable.length > 0 ? random.pick(usable) : undefined;
  const negated = random.chance(0.35) ? 'NOT ' : '';
  if (column === undefined) return sql`${negated}EXISTS (${someQuery(inner)})`;
  const { ref } = column;
  switch (random.below(9)) {
    case 0:
    case 1:
      return sql`${negated}EXISTS (${someQuery(inner)})`;
    case 2:
    case 3:
      return sql`${ref} ${negated}IN (${queryLike(inner, [column])})`;
    case 4: {
      const other = random.pick(usable);
      return sql`(${ref}, ${other.ref}) ${negated}IN (${queryLike(inner, [column, other])})`;
    }
    case 5:
      return sql`${ref} ${random.pick(ORDERS)} ${random.pick(['ANY', 'ALL', 'SOME'])} (${queryLike(inner, [column])})`;
    case 6:
      return sql`${ref} ${random.pick(ORDERS)} (${scalarQuery(inner, column).text})`;
    case 7:
      return sql`(${scalarQuery(inner).text}) IS ${negated}NULL`;
    default:
      return sql`${ref} ${random.pick(ORDERS)} IFNULL((${scalarQuery(inner, column).text}), ${literalOf(random, column)})`;
  }
}

/** A condition; outer columns are compared with inner ones now and then. `rows`: how often it may be evaluated. */
export function conditionOf(env: Env, columns: readonly Col[], rows: number, depth = 2): Fragment {
  const { random, outer } = env;
  if (outer.length > 0 && depth === 2 && random.chance(0.8)) {
    const correlated = correlation(env, columns);
    if (correlated)
      return random.chance(0.5) ? correlated : sql`${correlated} AND (${conditionOf(env, columns, rows, 1)})`;
  }
  if (depth === 0 || random.chance(0.5)) {
    const nested = env.depth > 0 && rows <= 300 && random.chance(0.3);
    return nested ? subqueryCondition(env, columns) : comparisonOf(env, columns);
  }
  const part = (): Fragment => conditionOf(env, columns, rows, depth - 1);
  switch (random.below(7)) {
    case 0:
    case 1:
    case 2:
      return sql`(${part()}) AND (${part()})`;
    case 3:
    case 4:
      return sql`(${part()}) OR (${part()})`;
    case 5:
      return sql`NOT (${part()})`;
    default:
      return random.chance(0.5)
        ? sql`(${part()}) XOR (${part()})`
        : sql`(${part()}) IS ${random.pick(['TRUE', 'NOT TRUE', 'NOT FALSE', 'UNKNOWN'])}`;
  }
}

function correlation({ random, outer }: Env, columns: readonly Col[]): Fragment | undefined {
  for (let tries = 0; tries < 6; tries += 1) {
    const [a, b] = [random.pick(columns), random.pick(outer)];
    if (comparable(a, b) && a.kind !== 'float')
      return sql`${a.ref} ${random.chance(0.8) ? '=' : random.pick(ORDERS)} ${b.ref}`;
  }
  return undefined;
}

/** An ON of two relations; undefined where they have nothing to compare. */
export function equality({ random }: Env, left: readonly Col[], right: readonly Col[]): Fragment | undefined {
  for (let tries = 0; tries < 12; tries += 1) {
    const [a, b] = [random.pick(left), random.pick(right)];
    if (comparable(a, b) && a.kind !== 'float' && b.kind !== 'float') return sql`${a.ref} = ${b.ref}`;
  }
  return undefined;
}
