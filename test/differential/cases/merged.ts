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

export const mergedCases = (): Case[] => [
  ...reads('merged', 'total', total),
  ...reads('merged in any order', 'any', any),
  ...reads('merged spellings', 'total', loose, [0]),
  ...reads('merged and cut', 'count', limited),
];
