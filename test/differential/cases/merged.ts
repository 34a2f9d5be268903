/** What the shards compute for their own rows and the router puts together: set operations, DISTINCT within aggregates, bits. */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';

const total = [
  // DISTINCT within aggregates.
  'SELECT COUNT(DISTINCT age) FROM customers',
  'SELECT COUNT(DISTINCT city) FROM customers',
  'SELECT COUNT(DISTINCT name), COUNT(DISTINCT city), COUNT(*), SUM(credit), AVG(age) FROM customers',
  'SELECT COUNT(DISTINCT city, age) FROM customers',
  'SELECT COUNT(DISTINCT age), SUM(DISTINCT age), AVG(DISTINCT age) FROM customers',
  'SELECT SUM(DISTINCT credit), AVG(DISTINCT credit), SUM(credit), MIN(DISTINCT name) IS NULL FROM customers WHERE id < 30',
  'SELECT COUNT(DISTINCT age), SUM(DISTINCT age), AVG(DISTINCT age), MAX(age), BIT_AND(age) FROM customers WHERE id > 99999',
  'SELECT COUNT(DISTINCT tx), COUNT(DISTINCT vgen), COUNT(DISTINCT en), COUNT(DISTINCT se), COUNT(DISTINCT f) FROM zoo',
  'SELECT COUNT(DISTINCT da), COUNT(DISTINCT tm), COUNT(DISTINCT dt6), COUNT(DISTINCT de), COUNT(DISTINCT db) FROM zoo',
  'SELECT status, COUNT(DISTINCT cid) FROM orders GROUP BY status ORDER BY status',
  'SELECT status, COUNT(DISTINCT cid, note), COUNT(*), SUM(total) FROM orders GROUP BY status ORDER BY status DESC',
  'SELECT status, AVG(DISTINCT total), SUM(DISTINCT oid + 1), COUNT(DISTINCT note) FROM orders GROUP BY status ORDER BY 1',
  'SELECT day, COUNT(DISTINCT cid) c FROM orders GROUP BY day ORDER BY c DESC, day LIMIT 3',
  'SELECT day FROM orders GROUP BY day ORDER BY COUNT(DISTINCT cid) DESC, day LIMIT 3',
  'SELECT oid AS a, COUNT(DISTINCT cid) FROM orders GROUP BY oid ORDER BY a',
  'SELECT YEAR(day), COUNT(DISTINCT cid) FROM orders GROUP BY YEAR(day) ORDER BY 1',
  'SELECT COUNT(DISTINCT cid) FROM orders WHERE cid = 4',
  'SELECT cid, COUNT(DISTINCT note) FROM orders GROUP BY cid ORDER BY cid',
  // What MySQL refuses stays refused.
  'SELECT note, COUNT(DISTINCT note) FROM orders GROUP BY status ORDER BY 1',
  'SELECT COUNT(DISTINCT note) FROM orders ORDER BY note',
  'SELECT COUNT(DISTINCT) FROM orders',
  'SELECT COUNT(DISTINCT nosuch) FROM orders',
  // Bits.
  'SELECT BIT_AND(id), BIT_OR(id), BIT_XOR(id), BIT_OR(age), BIT_AND(credit) FROM customers',
  'SELECT BIT_AND(id), BIT_OR(id), BIT_XOR(id) FROM customers WHERE id > 99999',
  'SELECT status, BIT_AND(oid), BIT_OR(oid), BIT_XOR(oid) FROM orders GROUP BY status ORDER BY status',
  // Set operations.
  'SELECT id FROM customers UNION ALL SELECT oid FROM orders ORDER BY id LIMIT 2',
  'SELECT id FROM customers UNION ALL SELECT cid FROM orders ORDER BY id DESC LIMIT 5, 5',
  'SELECT name, id FROM customers UNION ALL SELECT name, 0 - id FROM customers ORDER BY id',
  'SELECT id, name FROM customers UNION ALL SELECT cid, note FROM orders WHERE oid = 1 ORDER BY 1 DESC, 2',
  'SELECT id FROM customers UNION SELECT oid FROM orders ORDER BY id DESC LIMIT 3',
  'SELECT id FROM customers UNION SELECT cid FROM orders ORDER BY id LIMIT 3 OFFSET 2',
  'SELECT id FROM customers WHERE id < 3 UNION SELECT 7 UNION SELECT cid FROM orders ORDER BY id',
  'SELECT age FROM customers UNION SELECT oid FROM orders UNION ALL SELECT age FROM customers ORDER BY 1',
  'SELECT age FROM customers UNION ALL SELECT oid FROM orders UNION SELECT age FROM customers ORDER BY 1',
  'SELECT id, age FROM customers INTERSECT SELECT cid, oid + 17 FROM orders ORDER BY 1, 2',
  'SELECT id FROM customers INTERSECT SELECT cid FROM orders ORDER BY 1',
  'SELECT id FROM customers INTERSECT ALL SELECT cid FROM orders ORDER BY 1',
  'SELECT id FROM customers EXCEPT SELECT cid FROM orders WHERE oid = 1 ORDER BY 1',
  'SELECT cid FROM orders EXCEPT ALL SELECT id FROM customers ORDER BY 1',
  'SELECT age FROM customers EXCEPT SELECT oid FROM orders ORDER BY 1',
  'SELECT cid, COUNT(*) AS n FROM orders GROUP BY cid UNION ALL SELECT id, age FROM customers ORDER BY cid, n',
  'SELECT COUNT(*) FROM orders UNION ALL SELECT COUNT(*) FROM customers ORDER BY 1',
  '(SELECT id FROM customers WHERE age = 30) UNION ALL (SELECT cid FROM orders WHERE oid = 1) ORDER BY id',
  '(SELECT id FROM customers ORDER BY id LIMIT 1) UNION ALL (SELECT cid FROM orders ORDER BY cid LIMIT 1) ORDER BY id',
  'WITH c AS (SELECT id, age FROM customers WHERE id < 9) SELECT id FROM c UNION ALL SELECT age FROM c ORDER BY 1',
  'SELECT t.x FROM (SELECT id AS x FROM customers) t UNION SELECT cid FROM orders ORDER BY x',
  'SELECT id, born FROM customers UNION SELECT cid, day FROM orders ORDER BY 2, 1 LIMIT 12',
  'SELECT total FROM orders UNION SELECT credit FROM customers ORDER BY total',
  'SELECT * FROM orders WHERE oid = 1 UNION ALL SELECT * FROM orders WHERE oid = 2 ORDER BY cid, oid',
  'SELECT c.id FROM customers c JOIN orders o ON o.cid = c.id WHERE o.oid = 1 UNION SELECT cid FROM items ORDER BY 1',
  'SELECT code FROM countries UNION SELECT country FROM customers ORDER BY code',
  // Windows of rows that lie together.
  'SELECT cid, oid, ROW_NUMBER() OVER (PARTITION BY cid ORDER BY oid) rn FROM orders ORDER BY cid, oid',
  'SELECT oid, SUM(total) OVER w, RANK() OVER (w ORDER BY oid DESC) FROM orders WINDOW w AS (PARTITION BY cid) ORDER BY cid, 3 LIMIT 20',
  'SELECT cid, oid FROM orders ORDER BY RANK() OVER (PARTITION BY cid ORDER BY oid DESC), cid LIMIT 20',
  'SELECT cid, t.oid FROM (SELECT cid, oid, ROW_NUMBER() OVER (PARTITION BY cid, status ORDER BY oid) rn FROM orders) t WHERE rn = 1 ORDER BY 1, 2',
  'SELECT c.id, COUNT(*) OVER (PARTITION BY o.cid) FROM customers c LEFT JOIN orders o ON o.cid = c.id ORDER BY 1, 2',
  'SELECT DISTINCT cid, COUNT(*) OVER (PARTITION BY cid) FROM orders ORDER BY cid',
  'SELECT cid, COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY cid) FROM orders GROUP BY cid ORDER BY cid',
  'SELECT oid, ROW_NUMBER() OVER (PARTITION BY cid ORDER BY oid), COUNT(*) OVER () FROM orders ORDER BY cid, oid',
  // And what MySQL says of them.
  'SELECT id, age FROM customers UNION SELECT cid FROM orders',
  'SELECT id FROM customers UNION ALL SELECT nosuch FROM orders ORDER BY id',
  'SELECT id FROM customers UNION ALL SELECT cid FROM orders ORDER BY nosuch',
  'SELECT id FROM customers UNION ALL SELECT cid FROM orders ORDER BY 2',
  'SELECT id FROM customers UNION ALL SELECT cid FROM orders ORDER BY customers.id',
];

/** What is computed over the shards' groups, and queries of which a part is. */
const gathered = [
  'SELECT SUM(age) / COUNT(*), AVG(age), COUNT(*) + 1, MAX(credit) - MIN(credit) FROM customers',
  'SELECT AVG(age) * 1000000000, AVG(credit) / 3, SUM(credit) / COUNT(credit) * 1000000 FROM customers',
  'SELECT status, COUNT(*) FROM orders GROUP BY status HAVING COUNT(*) > 30 AND SUM(total) <> 0 ORDER BY status',
  'SELECT status, COUNT(*) AS n, SUM(total) * 2 AS d FROM orders GROUP BY status HAVING n > 30 ORDER BY d DESC',
  'SELECT day, COUNT(*) - 1 AS n FROM orders GROUP BY day HAVING n * 2 > 4 ORDER BY n, day',
  'SELECT day, COUNT(*) n FROM orders GROUP BY day HAVING AVG(total) > 1 ORDER BY day',
  'SELECT YEAR(day) + 1, MAX(oid) % 3 FROM orders GROUP BY YEAR(day) ORDER BY YEAR(day)',
  "SELECT CONCAT(MIN(name), '-', MAX(name)), COUNT(DISTINCT city) * 2 FROM customers WHERE id < 10",
  'SELECT age, RANK() OVER (ORDER BY COUNT(*) DESC, age) r, SUM(COUNT(*)) OVER w FROM customers GROUP BY age WINDOW w AS (ORDER BY age) ORDER BY r',
  'SELECT DISTINCT COUNT(*) FROM orders GROUP BY day ORDER BY 1',
  'SELECT day FROM orders GROUP BY day ORDER BY SUM(total) / COUNT(*) DESC, day LIMIT 4',
  'SELECT o.status, SUM(i.qty * 2) / COUNT(DISTINCT o.cid) FROM orders o JOIN items i ON i.cid = o.cid AND i.oid = o.oid GROUP BY o.status ORDER BY 1',
  'WITH x AS (SELECT cid, total FROM orders WHERE oid > 1) SELECT SUM(total) / COUNT(*) FROM x',
  'SELECT COUNT(*) + 0 FROM customers WHERE id > 99999',
  'SELECT SUM(age) + 0, MIN(name) IS NULL FROM customers WHERE id > 99999 HAVING COUNT(*) = 0',
  'SELECT age, COUNT(*) + 0 FROM customers WHERE id > 99999 GROUP BY age ORDER BY age',
  'SELECT status, COUNT(*) + 1 FROM orders GROUP BY status ORDER BY status',
  'SELECT IFNULL(SUM(price), 0) > 1, SUM(qty) DIV 2 FROM items',
  'SELECT MAX(born) + INTERVAL 1 DAY, MIN(born) FROM customers',
  'SELECT BIT_OR(id) & 255, CAST(AVG(id) AS SIGNED) FROM customers',
  // Derived tables, common tables, subqueries and parts of set operations that the shards answer.
  'SELECT t.n, COUNT(*) FROM (SELECT status, COUNT(*) n FROM orders GROUP BY status) t GROUP BY t.n ORDER BY 1',
  'SELECT t.age, t.c, x.id FROM (SELECT age, COUNT(*) c FROM customers GROUP BY age) t JOIN customers x ON x.age = t.age ORDER BY x.id',
  'SELECT t.id FROM (SELECT id, age FROM customers ORDER BY age, id LIMIT 5) t WHERE t.age > 18 ORDER BY 1',
  'SELECT COUNT(*) FROM (SELECT DISTINCT age, city IS NULL FROM customers) t',
  'SELECT a + 0, b + 0 FROM (SELECT age, COUNT(*) FROM customers GROUP BY age) t (a, b) ORDER BY a',
  'SELECT YEAR(day), MAX(oid) % 3 FROM orders GROUP BY YEAR(day) ORDER BY YEAR(day)',
  'SELECT `COUNT(*)` FROM (SELECT age, COUNT(*) FROM customers GROUP BY age) t ORDER BY age',
  'WITH t AS (SELECT age, SUM(credit) s FROM customers GROUP BY age) SELECT age FROM t WHERE s = (SELECT MAX(s) FROM t)',
  'WITH t AS (SELECT id, age FROM customers WHERE id < 20), u AS (SELECT age, COUNT(*) n FROM t GROUP BY age) SELECT u.n, t.id FROM u JOIN t ON t.age = u.age ORDER BY 2',
  'SELECT id FROM customers WHERE credit > (SELECT AVG(total) FROM orders) ORDER BY id',
  'SELECT id FROM customers WHERE credit >= (SELECT MAX(total) FROM orders WHERE oid = 1) ORDER BY id',
  'SELECT (SELECT AVG(age) FROM customers) * 1000000000',
  'SELECT id, (SELECT COUNT(*) FROM orders) FROM customers WHERE id < 5 ORDER BY id',
  'SELECT id FROM customers WHERE age IN (SELECT oid + 16 FROM orders GROUP BY oid HAVING COUNT(*) > 1) ORDER BY id',
  'SELECT id FROM customers c WHERE age > (SELECT MIN(oid) FROM orders o WHERE o.oid <> c.age) ORDER BY id',
  'SELECT id FROM customers WHERE EXISTS (SELECT status FROM orders GROUP BY status HAVING COUNT(*) > 10000) ORDER BY id',
  'SELECT COUNT(*) FROM orders UNION ALL SELECT COUNT(*) FROM customers ORDER BY 1',
  'SELECT age, COUNT(*) FROM customers GROUP BY age UNION SELECT oid, COUNT(*) FROM orders GROUP BY oid ORDER BY 1, 2',
  '(SELECT id FROM customers ORDER BY id LIMIT 2) UNION ALL (SELECT cid FROM orders ORDER BY cid DESC LIMIT 2) ORDER BY 1',
  'SELECT age FROM customers EXCEPT SELECT oid FROM orders ORDER BY 1',
  'SELECT EXISTS (SELECT DISTINCT oid, note, ABS(oid) FROM orders UNION SELECT id, name, MIN(age) FROM customers GROUP BY id, name)',
  'SELECT i, MAX(en), MIN(en) FROM zoo GROUP BY i HAVING MIN(en) IS NOT NULL ORDER BY i',
  "SELECT COUNT(*) FROM customers WHERE (city, id) IN (SELECT MAX('Rome'), oid FROM orders GROUP BY oid)",
  'SELECT t.status FROM (SELECT status, COUNT(*) n FROM orders GROUP BY status) t ORDER BY t.status',
  'SELECT t.f FROM (SELECT f, ts, en, COUNT(*) FROM zoo GROUP BY f, ts, en) t WHERE t.f = 1.5 LIMIT 1',
  'SELECT t.v, t.n FROM (SELECT CAST(age AS CHAR) v, COUNT(*) n FROM customers GROUP BY 1) t ORDER BY 1',
  'SELECT * FROM (SELECT c.id, o.oid, o.total FROM customers c JOIN orders o ON o.cid = c.id) t JOIN customers d ON d.age = t.oid ORDER BY 1, 2, 4',
  'SELECT x.code, t.n FROM countries x LEFT JOIN (SELECT country, COUNT(*) n FROM customers GROUP BY country) t ON t.country = x.code ORDER BY 1',
];

const any = [
  'SELECT id FROM customers UNION ALL SELECT oid FROM orders',
  'SELECT name, credit FROM customers UNION ALL SELECT note, total FROM orders',
  'SELECT id, NOW() - NOW() FROM customers UNION ALL SELECT cid, 1 FROM orders',
  "SELECT 'c' AS what, id FROM customers UNION ALL SELECT 'o', cid FROM orders",
  'SELECT en, se, js, f, bt, vb FROM zoo UNION ALL SELECT en, se, js, f, bt, bi FROM zoo WHERE i > 0',
  'SELECT DISTINCT cid FROM orders UNION ALL SELECT id FROM customers',
  'SELECT id FROM customers UNION DISTINCT SELECT oid FROM orders',
];

/** Which of several spellings stands for a group depends on the order in which rows are read. */
const loose = [
  'SELECT city FROM customers UNION SELECT note FROM orders ORDER BY city',
  'SELECT note FROM orders UNION SELECT city FROM customers ORDER BY 1 DESC LIMIT 3',
  'SELECT city, COUNT(DISTINCT age), COUNT(DISTINCT name) FROM customers GROUP BY city ORDER BY city',
  'SELECT v FROM zoo UNION SELECT v FROM zoo WHERE i = 1 ORDER BY 1',
  'SELECT vgen FROM zoo UNION SELECT vgen FROM zoo WHERE i = 1 ORDER BY 1',
  'SELECT tx FROM zoo UNION SELECT tx FROM zoo WHERE i = 1 ORDER BY 1',
  'SELECT tx, COUNT(DISTINCT v) FROM zoo GROUP BY tx ORDER BY tx',
];

const limited = [
  'SELECT id FROM customers UNION ALL SELECT oid FROM orders LIMIT 7',
  'SELECT id FROM customers UNION SELECT cid FROM orders LIMIT 3, 4',
];

/** The setting counts for what the client sees, not for what the shards send. */
const limitedBySetting = [
  'SELECT age, COUNT(*) FROM customers GROUP BY age ORDER BY age',
  'SELECT age, COUNT(*) FROM customers GROUP BY age ORDER BY COUNT(*) DESC, age',
  'SELECT age, COUNT(*) FROM customers GROUP BY age ORDER BY age LIMIT 6',
  'SELECT COUNT(DISTINCT id), COUNT(DISTINCT age) FROM customers',
  'SELECT age, COUNT(*) + 1 FROM customers GROUP BY age HAVING COUNT(*) > 0 ORDER BY age',
  'SELECT note, COUNT(*) FROM orders GROUP BY note ORDER BY note LIMIT 6',
  'SELECT age FROM customers UNION SELECT oid FROM orders ORDER BY age',
  'SELECT age FROM customers UNION SELECT oid FROM orders ORDER BY age LIMIT 9',
  'SELECT vgen FROM zoo UNION SELECT v FROM zoo WHERE i = 99 ORDER BY vgen IS NULL LIMIT 0',
  'SELECT t.age, t.n FROM (SELECT age, COUNT(*) n FROM customers GROUP BY age) t ORDER BY t.age',
];

const underLimit = (sql: string, at: number): Case[] =>
  [undefined, []].map((parameters) => ({
    name: `merged under sql_select_limit ${at + 1}${parameters === undefined ? '' : ' prepared'}`,
    topic: 'merged under sql_select_limit',
    statements: [
      { sql: 'SET sql_select_limit = 3', order: 'any' },
      { sql, order: 'total', ...(parameters === undefined ? {} : { parameters }) },
    ],
    writes: false,
  }));

export const mergedCases = (): Case[] => [
  ...reads('merged', 'total', total),
  ...reads('gathered groups and queries', 'total', gathered),
  ...reads('merged in any order', 'any', any),
  ...reads('merged spellings', 'total', loose, [0]),
  ...reads('merged and cut', 'count', limited),
  ...limitedBySetting.flatMap(underLimit),
];
