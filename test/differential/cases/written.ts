/** Queries as testers of MySQL write them: what is odd about each is its form, not its tables. */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';

const total = [
  // Names in ON of a table that comes later.
  'SELECT a.id, b.oid FROM customers a LEFT JOIN orders b ON c.age = b.oid LEFT JOIN customers c ON c.id = a.age ORDER BY 1, 2',
  'SELECT a.id, b.oid FROM customers a JOIN orders b ON c.age = b.oid JOIN customers c ON c.id = a.age ORDER BY 1, 2',
  // An aggregate in the order of a subquery is the outer query's.
  'SELECT (SELECT 1 AS one UNION SELECT 2 ORDER BY COUNT(age) LIMIT 1) AS x FROM customers',
  'SELECT COUNT(*), age, (SELECT MIN(oid) FROM orders WHERE oid = COUNT(*)) FROM customers GROUP BY age ORDER BY age',
  'SELECT COUNT(*), age FROM customers GROUP BY age HAVING (SELECT MIN(oid) FROM orders WHERE oid = COUNT(*)) > 1 ORDER BY age',
  'SELECT age FROM customers GROUP BY age HAVING (SELECT 1 FROM orders GROUP BY 1 HAVING age > 20) ORDER BY age',
  'SELECT oid FROM orders o GROUP BY oid HAVING (SELECT 1 FROM items GROUP BY 1 HAVING oid > 3) ORDER BY oid',
  // A name of several tables is the column that * has selected.
  'SELECT o.*, i.cid AS other FROM orders o LEFT JOIN items i ON i.cid = o.cid AND i.oid = o.oid ORDER BY cid, oid, i.line',
  'SELECT (SELECT f FROM (SELECT MAX(c.age) AS f) AS d) AS g FROM customers c',
  // A query in parentheses keeps its tables' names.
  '(SELECT id, age + 1 FROM customers ORDER BY id LIMIT 2) LIMIT 4',
  '(SELECT c.id AS i, c.age FROM customers c ORDER BY id DESC LIMIT 2) LIMIT 1',
  'SELECT DISTINCT DEFAULT(z.f), DEFAULT(z.si) FROM zoo z JOIN orders o ON o.oid >= z.bu ORDER BY 1',
  // Windows that are defined by each other.
  'SELECT ROW_NUMBER() OVER w FROM customers WINDOW w AS (v), u AS (w), v AS (u)',
  'SELECT ROW_NUMBER() OVER w FROM customers WINDOW w AS (u), u AS (v), v AS (u)',
  // GROUPING without subtotals.
  'SELECT age, SUM(age) OVER (PARTITION BY GROUPING(age)) FROM customers GROUP BY age ORDER BY age',
  'SELECT 1 FROM customers GROUP BY (age + age) ORDER BY GROUPING(age + age)',
  // Groups by what the select list calls so, within an expression and as a constant.
  'SELECT DISTINCT age, ANY_VALUE(age) AS a FROM customers GROUP BY a + 2, age ORDER BY age, a',
  'SELECT MAX(age) + 1, 1 AS one FROM customers GROUP BY one',
  'SELECT MAX(age) + 1, 1 AS one FROM customers WHERE id > 99999 GROUP BY one',
  'SELECT (SELECT SUM(o.oid) OVER () FROM orders o WHERE o.cid = c.id AND o.oid = 1) AS s, age FROM customers c GROUP BY s, age ORDER BY 1, 2',
  'SELECT age + 1 AS num FROM customers GROUP BY 30 - num ORDER BY 1',
  // What DISTINCT forbids to sort by.
  'SELECT DISTINCT MIN(age) FROM customers GROUP BY city ORDER BY -MIN(age)',
  'SELECT DISTINCT age, MIN(id) FROM customers GROUP BY age ORDER BY MAX(id - 2) - MIN(id * 5), age',
  'SELECT DISTINCT age, MIN(id) FROM customers GROUP BY age ORDER BY COUNT(*) - COUNT(*), age',
  'SELECT DISTINCT age, MIN(id) AS m FROM customers GROUP BY age ORDER BY m, age',
];

export const writtenCases = (): Case[] => reads('written queries', 'total', total);
