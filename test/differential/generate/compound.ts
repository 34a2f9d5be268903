/** Queries of several parts: subqueries, unions, common table expressions, derived tables, statements without a table. */
import type { Random } from '../../support/random.ts';
import { type Fragment, sql } from '../fragment.ts';
import { keyTableDefinitions, tableNamed } from '../tables.ts';
import { functionOf } from './expressions.ts';
import { literalFor } from './literals.ts';
import { condition } from './predicates.ts';
import type { Query } from './select.ts';
import { columnsOf, oneTable, type ScopeColumn } from './sources.ts';

/** A customer that surely is, spelled somehow. */
const customer = (random: Random): Fragment =>
  literalFor(random, {
    ...tableNamed('customers').columns[0]!,
    pool: ['1', '2', '3', '7', '0', '-1', '9223372036854775807'],
  });

/** IN, EXISTS and scalar subqueries whose rows lie with the outer ones, or in one shard. */
export function subquery(random: Random): Query {
  const one = customer(random);
  const total = random.pick(['0', '1.5', '5', '50']);
  const text = random.pick<() => Fragment>([
    () =>
      sql`SELECT id, name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.cid = c.id AND o.total > ${total}) ORDER BY id`,
    () =>
      sql`SELECT id FROM customers c WHERE NOT EXISTS (SELECT * FROM orders WHERE cid = c.id) ORDER BY c.id DESC`,
    () =>
      sql`SELECT id, (SELECT COUNT(*) FROM orders o WHERE o.cid = c.id) AS orders FROM customers c ORDER BY id`,
    () =>
      sql`SELECT c.id, (SELECT MAX(total) FROM orders WHERE cid = c.id) FROM customers c WHERE c.id = ${one} ORDER BY 1`,
    () =>
      sql`SELECT id FROM customers WHERE id IN (SELECT cid FROM orders WHERE total > ${total}) ORDER BY id`,
    () =>
      sql`SELECT id FROM customers WHERE id = ${one} AND id IN (SELECT cid FROM orders WHERE cid = ${one}) ORDER BY id`,
    () =>
      sql`SELECT oid FROM orders WHERE cid = ${one} AND total >= (SELECT AVG(total) FROM orders WHERE cid = ${one}) ORDER BY oid`,
    () =>
      sql`SELECT id, country FROM customers WHERE country IN (SELECT code FROM countries WHERE people > 6000000) ORDER BY id`,
    () => sql`SELECT id, (SELECT title FROM countries WHERE code = country) title FROM customers ORDER BY id`,
    () =>
      sql`SELECT id FROM customers WHERE id NOT IN (SELECT cid FROM orders WHERE cid = ${one}) ORDER BY id`,
    () => sql`SELECT (SELECT name FROM customers WHERE id = ${one}) AS n`,
    () => sql`SELECT COUNT(*) FROM customers WHERE (id, 1) IN (SELECT cid, 1 FROM orders)`,
    () =>
      sql`SELECT id FROM customers WHERE credit > ALL (SELECT total FROM orders WHERE cid = customers.id) ORDER BY id`,
    () => sql`SELECT id FROM customers WHERE age > (SELECT AVG(age) FROM customers) ORDER BY id`,
    () => sql`SELECT id FROM customers WHERE name IN (SELECT note FROM orders) ORDER BY id`,
  ]);
  return { text: text(), order: 'total', loose: [], topic: 'subquery' };
}

/** UNION of parts of one or of many shards. */
export function union(random: Random): Query {
  const [left, right] = [part(random), part(random)];
  const all = random.chance(0.5);
  const word = all ? 'UNION ALL' : random.pick(['UNION', 'UNION DISTINCT']);
  const three = random.chance(0.2) ? sql` ${word} ${part(random)}` : sql``;
  const whole = random.chance(0.3)
    ? sql`(${left}) ${word} (${right})${three}`
    : sql`${left} ${word} ${right}${three}`;
  const base: Query = {
    text: whole,
    order: 'any',
    loose: all ? [] : [0, 1],
    topic: all ? 'union all' : 'union',
  };
  if (random.chance(0.4)) return base;
  // Rows that are equal in all columns may come in any order: the order is total all the same.
  const ordered = sql`${whole} ORDER BY 2${random.chance(0.5) ? ' DESC' : ''}, 1`;
  return {
    ...base,
    order: all ? { keys: [1] } : 'total',
    text: random.chance(0.4) && !all ? sql`${ordered} LIMIT ${random.between(1, 9)}` : ordered,
  };
}

function part(random: Random): Fragment {
  switch (random.below(6)) {
    case 0:
      return sql`SELECT name, id FROM customers WHERE id = ${customer(random)}`;
    case 1:
      return sql`SELECT note, oid FROM orders WHERE cid = ${customer(random)}`;
    case 2:
      return sql`SELECT city, id FROM customers`;
    case 3:
      return sql`SELECT title, people FROM countries`;
    case 4:
      return sql`SELECT v, id FROM zoo WHERE id IN (${customer(random)}, ${customer(random)})`;
    default:
      return sql`SELECT 'none', ${random.between(0, 9)}`;
  }
}

/** WITH and derived tables. */
export function derived(random: Random): Query {
  const one = customer(random);
  const table = random.pick(keyTableDefinitions.filter(({ pinned }) => pinned === undefined));
  const scope = columnsOf(table, '');
  const key = scope.find(({ sharding }) => sharding)!;
  const text = random.pick<() => Fragment>([
    () => sql`WITH x AS (SELECT id, name FROM customers WHERE id = ${one}) SELECT * FROM x ORDER BY id`,
    () => sql`WITH x (a, b) AS (SELECT cid, COUNT(*) FROM orders GROUP BY cid) SELECT a, b FROM x ORDER BY a`,
    () =>
      sql`WITH x AS (SELECT cid, total FROM orders), y AS (SELECT * FROM x WHERE cid = ${one}) SELECT MIN(total), COUNT(*) FROM y`,
    () =>
      sql`SELECT t.id, t.n FROM (SELECT c.id, COUNT(o.oid) n FROM customers c LEFT JOIN orders o ON o.cid = c.id GROUP BY c.id) t ORDER BY t.id`,
    () =>
      sql`SELECT * FROM (SELECT oid, total FROM orders WHERE cid = ${one} ORDER BY total, oid LIMIT 2) AS d ORDER BY oid`,
    () =>
      sql`SELECT n, k FROM (SELECT n, ${key.ref} AS k FROM ${table.name}) z WHERE ${condition(random, [{ ...key, ref: 'k' }], 1)} ORDER BY n`,
    () =>
      sql`SELECT COUNT(*), MAX(n) FROM (SELECT n FROM ${table.name} WHERE ${condition(random, [key], 1)}) q`,
    () =>
      sql`WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r ORDER BY n`,
    () =>
      sql`SELECT x.id, y.c FROM customers x JOIN (SELECT cid, COUNT(*) c FROM orders GROUP BY cid) y ON y.cid = x.id ORDER BY x.id`,
    () =>
      sql`SELECT id FROM (SELECT id, age FROM customers ORDER BY age, id LIMIT 10) t WHERE t.id > 3 ORDER BY id`,
    () =>
      sql`SELECT n FROM ${table.name} AS a WHERE ${condition(
        random,
        columnsOf(table, 'a').filter(({ sharding }) => sharding),
        1,
      )} ORDER BY a.n`,
  ]);
  return { text: text(), order: 'total', loose: [], topic: 'cte, derived table' };
}

/** No table, or only the reference table. */
export function withoutShard(random: Random): Query {
  const countries = tableNamed('countries');
  const scope: readonly ScopeColumn[] = columnsOf(countries, '');
  const text = random.pick<() => Fragment>([
    () => sql`SELECT 1`,
    () => sql`SELECT ${random.below(10)} + 1 AS x, 'ä', NULL FROM DUAL`,
    () => sql`SELECT * FROM countries WHERE ${condition(random, scope)} ORDER BY code`,
    () => sql`SELECT code, ${functionOf(random, scope[1]!)} FROM countries ORDER BY 2, code`,
    () => sql`SELECT region, COUNT(*) FROM countries GROUP BY region ORDER BY region`,
    () => sql`SELECT DATABASE(), SCHEMA()`,
    () => sql`SELECT id, name FROM core.plain ORDER BY id`,
    () => sql`SELECT a.code, b.code FROM countries a JOIN countries b ON a.people < b.people ORDER BY 1, 2`,
  ]);
  return { text: text(), order: 'total', loose: [], topic: 'no shard' };
}

/** Statements that MySQL refuses: the router's answer has to be the same error. */
export function mistaken(random: Random): Query {
  const { from, columns } = oneTable(random, random.pick(keyTableDefinitions));
  const text = random.pick<() => Fragment>([
    () => sql`SELECT nosuch FROM ${from}`,
    () => sql`SELECT ${columns[0]!.ref} FROM ${from} WHERE nosuch = 1`,
    () => sql`SELECT 1 FROM nosuch`,
    () => sql`SELECT ${columns[1]!.ref} FROM ${from} GROUP BY ${columns[0]!.ref} + 1`,
    () => sql`SELECT n FROM k_big a JOIN k_big b ON a.k = b.k`,
    () => sql`SELECT FROM ${from}`,
    () => sql`SELECT ${columns[0]!.ref} FROM ${from} ORDER BY 7`,
    () => sql`SELECT SUM(COUNT(*)) FROM ${from}`,
    () => sql`SELECT nosuch(${columns[0]!.ref}) FROM ${from}`,
    () => sql`SELECT ${columns[0]!.ref} FROM ${from} LIMIT -1`,
    () => sql`SELECT id, name FROM customers UNION SELECT 1`,
    () => sql`SELECT DISTINCT city FROM customers ORDER BY age`,
    () => sql`SELECT id FROM customers WHERE id = (SELECT cid FROM orders)`,
    () => sql`SELECT id FROM customers WHERE 1 = (SELECT 1, 2)`,
    () => sql`SELECT c.id FROM customers, orders WHERE cid = id AND customers.id = 1`,
  ]);
  return { text: text(), order: 'any', loose: [], topic: 'mistake' };
}
