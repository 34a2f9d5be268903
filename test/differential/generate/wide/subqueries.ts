/** Subqueries in every place: ON, HAVING, ORDER BY, GROUP BY and the SELECT list, several levels deep, over rows and over quantities. */
import { type Fragment, joined, sql } from '../../fragment.ts';
import {
  comparison,
  count,
  exact,
  join,
  keyOf,
  number,
  order,
  type Scope,
  shown,
  type Used,
  use,
  useKeyed,
  value,
  where,
} from './vocabulary.ts';

/** One value that depends on `outer`; `depth`: how many more are within. */
export function scalar(scope: Scope, outer: Used, depth: number): Fragment {
  const { random } = scope;
  const inner = use(scope);
  const link = sql`${number(scope, inner)} ${random.pick(['=', '=', '<=', '<>'])} ${number(scope, outer)}`;
  const more = depth > 0 ? sql` AND ${condition(scope, inner, depth - 1)}` : sql``;
  const call = random.pick(['COUNT(*)', `MAX(${number(scope, inner)})`, `MIN(${number(scope, inner)})`]);
  return random.pick<() => Fragment>([
    () => sql`(SELECT ${call} FROM ${inner.from} WHERE ${link}${more})`,
    () =>
      sql`(SELECT SUM(${number(scope, inner)}) FROM ${inner.from} WHERE ${link}${more} HAVING COUNT(*) > 0)`,
    () => {
      const shownOne = number(scope, inner);
      return sql`(SELECT ${shownOne} FROM ${inner.from} WHERE ${link}${more} ORDER BY ${shownOne} DESC LIMIT 1)`;
    },
    () => sql`(SELECT ${call} + ${number(scope, outer)} FROM ${inner.from} WHERE ${link}${more})`,
  ])();
}

/** A condition with a subquery about `outer`. */
export function condition(scope: Scope, outer: Used, depth: number): Fragment {
  const { random } = scope;
  const inner = use(scope);
  const not = random.chance(0.3) ? 'NOT ' : '';
  const link = sql`${number(scope, inner)} = ${number(scope, outer)}`;
  const within =
    depth > 0 && random.chance(0.7) ? condition(scope, inner, depth - 1) : comparison(scope, inner);
  return random.pick<() => Fragment>([
    () => sql`${not}EXISTS (SELECT * FROM ${inner.from} WHERE ${link} AND ${within})`,
    () =>
      sql`${number(scope, outer)} ${not}IN (SELECT ${number(scope, inner)} FROM ${inner.from} WHERE ${within})`,
    () =>
      sql`(${number(scope, outer)}, ${number(scope, outer)}) ${not}IN (SELECT ${number(scope, inner)}, ${number(scope, inner)} FROM ${inner.from} WHERE ${within})`,
    () =>
      sql`${number(scope, outer)} ${random.pick(['=', '<', '>', '<=', '>=', '<>'])} ${random.pick(['ANY', 'ALL', 'SOME'])} (SELECT ${number(scope, inner)} FROM ${inner.from} WHERE ${within})`,
    () => sql`${number(scope, outer)} ${order(scope)} ${scalar(scope, outer, depth - 1)}`,
    () => sql`(${comparison(scope, outer)} OR ${not}EXISTS (SELECT 1 FROM ${inner.from} WHERE ${link}))`,
    () =>
      sql`${number(scope, outer)} ${not}IN (SELECT ${number(scope, inner)} FROM ${inner.from} WHERE ${within} GROUP BY 1 HAVING COUNT(*) > 1)`,
  ])();
}

/** Several levels deep. */
export function nested(scope: Scope): Fragment {
  const outer = use(scope);
  return sql`SELECT ${shown(scope, outer)}, ${scalar(scope, outer, 2)} FROM ${outer.from} WHERE ${condition(scope, outer, 3)}`;
}

/** In ON of inner and outer joins. */
export function inOn(scope: Scope): Fragment {
  const [left, right] = [use(scope), use(scope)];
  const on = sql`${number(scope, left)} = ${number(scope, right)} AND ${condition(scope, scope.random.pick([left, right]), 1)}`;
  const word = scope.random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN']);
  return sql`SELECT ${shown(scope, left)}, ${shown(scope, right)}, ${number(scope, left)} FROM ${left.from} ${word} ${right.from} ON ${on}${where(scope, left, right, 0.4)}`;
}

/** Over groups: in HAVING, in the list, as the key. */
export function inGroups(scope: Scope): Fragment {
  const { random } = scope;
  const { from, left, right } = join(scope);
  const key = number(scope, random.pick([left, right]));
  const inner = use(scope);
  const about = sql`(SELECT COUNT(*) FROM ${inner.from} WHERE ${number(scope, inner)} = ${key})`;
  const sum = `SUM(${number(scope, right)})`;
  return random.pick<() => Fragment>([
    () => sql`SELECT ${key}, COUNT(*), ${about} FROM ${from} GROUP BY ${key} HAVING ${about} < COUNT(*)`,
    () =>
      sql`SELECT ${key}, ${sum} FROM ${from} GROUP BY ${key} HAVING ${sum} > (SELECT AVG(${number(scope, inner)}) FROM ${inner.from}${where(scope, inner)})`,
    () => sql`SELECT ${about} AS g, COUNT(*), ${sum} FROM ${from} GROUP BY g`,
    () =>
      sql`SELECT ${key}, MAX(${number(scope, left)}) AS m FROM ${from} GROUP BY ${key} HAVING m IN (SELECT ${number(scope, inner)} FROM ${inner.from}) OR ${key} IS NULL`,
    () =>
      sql`SELECT ${key}, COUNT(DISTINCT ${number(scope, left)}, ${number(scope, right)}), (SELECT MAX(${number(scope, inner)}) FROM ${inner.from} WHERE ${number(scope, inner)} <= COUNT(${number(scope, right)})) FROM ${from} GROUP BY ${key}`,
  ])();
}

/** In ORDER BY, with the rest of a total order behind it. */
export function inOrder(scope: Scope): Fragment {
  const outer = useKeyed(scope);
  const by = joined([scalar(scope, outer, 1), ...keyOf(outer).map((key) => sql`${key}`)], ', ');
  const limit = scope.random.chance(0.5)
    ? sql` LIMIT ${count(1, 9, scope)} OFFSET ${count(0, 3, scope)}`
    : sql``;
  return sql`SELECT ${[...keyOf(outer), exact(scope, outer)].join(', ')} FROM ${outer.from}${where(scope, outer)} ORDER BY ${by}${limit}`;
}

/** Rows compared with rows. */
export function ofRows(scope: Scope): Fragment {
  const { random } = scope;
  const { from, left, right } = join(scope);
  const one = sql`(${number(scope, left)}, ${number(scope, right)})`;
  const inner = use(scope);
  const row = (): Fragment => sql`(${value(scope)}, ${value(scope)})`;
  const is = random.pick<() => Fragment>([
    () => sql`${one} ${order(scope)} ${row()}`,
    () => sql`${one} ${random.chance(0.4) ? 'NOT ' : ''}IN (${row()}, ${row()}, ${row()})`,
    () => sql`${one} ${random.pick(['=', '<>', '<=>'])} (${number(scope, right)}, ${number(scope, left)})`,
    () => {
      const [a, b] = [number(scope, inner), number(scope, inner)];
      return sql`${one} = (SELECT ${a}, ${b} FROM ${inner.from}${where(scope, inner)} ORDER BY ${a}, ${b} LIMIT 1)`;
    },
    () =>
      sql`${one} ${random.chance(0.4) ? 'NOT ' : ''}IN (SELECT ${number(scope, inner)}, COUNT(*) FROM ${inner.from} GROUP BY 1)`,
    () =>
      sql`ROW(${number(scope, left)}, ${value(scope)}, ${number(scope, right)}) >= ROW(${value(scope)}, ${number(scope, left)}, ${value(scope)})`,
  ])();
  return sql`SELECT ${shown(scope, left)}, ${shown(scope, right)}, ${is} FROM ${from} WHERE ${is} OR ${comparison(scope, left, right)}`;
}

/** Aggregates of the query around, within a subquery. */
export function outerAggregate(scope: Scope): Fragment {
  const outer = use(scope);
  const inner = use(scope);
  const key = number(scope, outer);
  const sum = `SUM(${number(scope, outer)})`;
  return scope.random.pick<() => Fragment>([
    () =>
      sql`SELECT ${key}, (SELECT COUNT(*) FROM ${inner.from} WHERE ${number(scope, inner)} < ${sum}) FROM ${outer.from} GROUP BY ${key}`,
    () =>
      sql`SELECT ${key} FROM ${outer.from} GROUP BY ${key} HAVING EXISTS (SELECT 1 FROM ${inner.from} WHERE ${number(scope, inner)} = ${sum})`,
    () => sql`SELECT (SELECT ${sum} FROM ${inner.from} LIMIT 1), COUNT(*) FROM ${outer.from}`,
  ])();
}
