/**
 * Queries that look as if each shard could answer them for its own rows, and are not so. The data shows it: every one of them
 * loses or repeats rows where it is sent to all shards as it is.
 */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';

/** What a row inside is equal to says nothing of two rows outside. */
const alignments = [
  'SELECT c.id, o.oid FROM customers c, orders o WHERE o.oid < 9 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.cid = c.id AND i.cid = o.cid) ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c, orders o WHERE o.oid < 9 AND (c.age = 20 OR EXISTS (SELECT 1 FROM items i WHERE i.cid = c.id AND i.cid = o.cid)) ORDER BY 1, 2',
  'SELECT c.id, o.oid, EXISTS (SELECT 1 FROM items i WHERE i.cid = c.id AND i.cid = o.cid) AS e FROM customers c, orders o WHERE o.oid < 9 ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c JOIN orders o ON o.oid = c.age LEFT JOIN items i ON i.cid = c.id AND i.cid = o.cid ORDER BY 1, 2, i.line',
  'SELECT c.id, o.oid, (SELECT COUNT(*) FROM items i WHERE i.cid = c.id AND i.cid = o.cid) AS n FROM customers c, orders o WHERE o.oid < 9 ORDER BY 1, 2',
  'SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.cid = c.id AND c.id = c.age) ORDER BY 1',
  'SELECT c.id, o.oid FROM customers c JOIN orders o ON c.age = o.oid AND c.id IN (SELECT i.cid FROM items i WHERE i.cid = o.cid) ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c, orders o WHERE o.oid < 9 AND c.id NOT IN (SELECT i.cid FROM items i WHERE i.cid = o.cid) ORDER BY 1, 2',
  'SELECT c.id, d.id FROM customers c LEFT JOIN customers d ON d.id = c.id AND d.id = c.age ORDER BY 1',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.cid = c.id OR o.oid = c.age ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN (orders o JOIN items i ON i.cid = o.cid AND i.oid = o.oid) ON o.cid = c.id ORDER BY 1, 2, i.line',
  'SELECT c.id, t.n FROM customers c LEFT JOIN (SELECT cid, COUNT(*) AS n FROM orders GROUP BY cid) t ON t.cid = c.id ORDER BY 1',
  'SELECT c.id, t.n FROM customers c LEFT JOIN (SELECT oid, COUNT(*) AS n FROM items GROUP BY oid) t ON t.oid = c.id ORDER BY 1',
];

/** Behind an outer join a key can be NULL on every shard. */
const outer = [
  'SELECT o.cid, COUNT(*) FROM customers c LEFT JOIN orders o ON o.cid = c.id GROUP BY o.cid ORDER BY 1',
  'SELECT o.cid, MAX(o.total) FROM customers c LEFT JOIN orders o ON c.id = o.cid GROUP BY o.cid ORDER BY MAX(o.total) DESC, o.cid',
  'SELECT DISTINCT o.cid FROM customers c LEFT JOIN orders o ON o.cid = c.id ORDER BY 1',
  'SELECT DISTINCT c.id FROM customers c RIGHT JOIN orders o ON o.cid = c.id ORDER BY 1',
  'SELECT COUNT(*) FROM (SELECT DISTINCT o.cid FROM customers c LEFT JOIN orders o ON o.cid = c.id) x',
  'SELECT x.cid, COUNT(*) FROM customers c LEFT JOIN (SELECT cid, oid FROM orders) x ON x.cid = c.id GROUP BY x.cid ORDER BY 1',
  'SELECT COUNT(DISTINCT o.cid) FROM customers c LEFT JOIN orders o ON o.cid = c.id',
  'SELECT k, COUNT(*) FROM k_big_x GROUP BY k ORDER BY k',
  'SELECT DISTINCT k FROM k_big_x ORDER BY k',
];

/** What makes a query one of groups, or of one group. */
const grouped = [
  "SELECT name FROM customers HAVING name > 'a' ORDER BY name, id",
  'SELECT age FROM customers HAVING age > 20 ORDER BY age',
  'SELECT 1 FROM customers ORDER BY COUNT(*)',
  'SELECT age FROM customers ORDER BY COUNT(*)',
  'SELECT 1 FROM (SELECT 1 AS one FROM customers ORDER BY COUNT(*)) x',
  'SELECT (SELECT COUNT(customers.id)) FROM customers',
  'SELECT (SELECT MAX(customers.age) FROM countries LIMIT 1) FROM customers',
  'SELECT id FROM customers WHERE id > 3 HAVING COUNT(*) > 1',
  'SELECT age, (SELECT SUM(customers.credit)) FROM customers GROUP BY age ORDER BY age',
  'SELECT DISTINCT cid FROM orders ORDER BY total',
  'SELECT DISTINCT cid, status FROM orders ORDER BY cid, oid',
  'SELECT DISTINCT cid FROM orders ORDER BY cid + 0',
  'SELECT DISTINCT age FROM customers GROUP BY age, city ORDER BY age',
  'SELECT age, COUNT(*) FROM customers GROUP BY age HAVING age > 18 AND age IS NOT NULL ORDER BY age',
  "SELECT city, COUNT(*) FROM customers GROUP BY city HAVING city < 'P' ORDER BY COUNT(*) DESC, city",
  'SELECT age AS city, COUNT(*) FROM customers GROUP BY city ORDER BY 1, 2',
  'SELECT i, MAX(en) FROM zoo GROUP BY i ORDER BY MAX(en), i',
  'SELECT i, MIN(se) FROM zoo GROUP BY i ORDER BY MIN(se) DESC, i',
  'SELECT MAX(en), MIN(se) FROM zoo',
];

/** Names that mean something else from clause to clause. */
const names = [
  'SELECT *, total * 2 AS z FROM orders ORDER BY z, oid',
  'SELECT *, total AS z FROM orders ORDER BY z DESC, oid LIMIT 6',
  'SELECT o.*, c.city AS total FROM orders o JOIN customers c ON c.id = o.cid ORDER BY total, oid',
  'SELECT *, oid AS line FROM orders ORDER BY 2',
  'SELECT *, age % 7 AS g FROM customers GROUP BY id ORDER BY g, id',
  'SELECT DISTINCT *, age AS g FROM customers ORDER BY g, id',
  'SELECT -oid AS total FROM orders ORDER BY total LIMIT 5',
  'SELECT age + 1 AS age, id FROM customers ORDER BY age + 1, id',
  'SELECT o.oid FROM orders o NATURAL JOIN items i ORDER BY o.oid, i.line',
  'SELECT cid, oid, line FROM orders JOIN items USING (cid, oid) ORDER BY line',
  'SELECT * FROM orders LEFT JOIN items USING (cid, oid) ORDER BY oid, line',
  'SELECT cid FROM orders RIGHT JOIN items USING (cid, oid) WHERE cid = 3 ORDER BY oid, line',
];

/** The same rows named twice, and rows chosen by rows, lists and alternatives. */
const rest = [
  'WITH x AS (SELECT id, age FROM customers) SELECT a.id, b.id FROM x a JOIN x b ON a.id = b.id ORDER BY 1',
  'WITH x AS (SELECT id, age FROM customers) SELECT a.id, b.id FROM x a JOIN x b ON a.age = b.id ORDER BY 1, 2',
  'WITH x AS (SELECT cid, COUNT(*) AS n FROM orders GROUP BY cid) SELECT a.cid, a.n, b.n FROM x a JOIN x b ON b.cid = a.cid ORDER BY 1',
  'WITH x AS (SELECT COUNT(*) AS n FROM orders) SELECT id FROM customers, x WHERE id < n ORDER BY 1',
  'SELECT id FROM customers WHERE id = 3 OR id BETWEEN 5 AND 7 ORDER BY id',
  'SELECT id FROM customers WHERE (id, age) IN ((1, 18), (2, 20), (3, 30), (4, 40)) ORDER BY id',
  'SELECT oid FROM orders WHERE (cid, oid) > (3, 20) ORDER BY oid',
  'SELECT oid FROM orders WHERE (cid, oid) <=> (3, 3) OR cid <=> NULL ORDER BY oid',
  'SELECT id FROM customers WHERE id = 1 + 1 OR id = LENGTH(name) ORDER BY id',
  'SELECT n FROM k_num WHERE k BETWEEN 5 AND 50 OR k > 9223372036854775807 ORDER BY n',
  'SELECT n FROM k_snum WHERE k < 50 ORDER BY n',
  'SELECT n FROM k_snum WHERE k BETWEEN -5 AND 50 ORDER BY n',
  'SELECT DISTINCT k FROM k_latin ORDER BY k LIMIT 2',
  'SELECT DISTINCT k FROM k_latin ORDER BY k DESC LIMIT 4 OFFSET 3',
  'SELECT DISTINCT tx FROM zoo ORDER BY tx LIMIT 3',
  'SELECT DISTINCT id, vgen FROM zoo ORDER BY vgen, id LIMIT 8',
];

export const unsoundCases = (): Case[] => [
  ...reads('unsound: alignment', 'total', alignments),
  ...reads('unsound: outer join', 'total', outer),
  ...reads('unsound: groups', 'total', grouped, [0, 1]),
  ...reads('unsound: names', 'total', names),
  ...reads('unsound: the rest', 'total', rest, [0]),
];
