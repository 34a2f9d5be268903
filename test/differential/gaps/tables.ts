/** Set operations, table constructors, common table expressions, derived tables, views. */
import { any, count, gapsOf } from './gap.ts';

export const tableGaps = gapsOf([
  ['G48', 'SELECT n FROM visit UNION (SELECT id FROM customer UNION ALL SELECT col FROM office.plain)', any],
  ['G49', 'SELECT n FROM visit UNION (SELECT id FROM customer UNION SELECT col FROM office.plain)', any],
  ['G50', 'SELECT id FROM customer UNION SELECT 3 ORDER BY customer.id'],
  [
    'G51',
    '(SELECT SQL_CALC_FOUND_ROWS id FROM customer WHERE id = 1 LIMIT 1) UNION SELECT id FROM customer WHERE id = 1',
    { behind: ['SELECT FOUND_ROWS()'] },
  ],
  ['G52', 'SELECT id FROM customer INTERSECT SELECT customer_id FROM visit', any],
  ['G53', 'SELECT id FROM customer EXCEPT SELECT customer_id FROM visit', any],
  ['G53b', 'SELECT customer_id FROM visit EXCEPT ALL SELECT id FROM customer', any],
  ['G53c', 'SELECT customer_id FROM visit INTERSECT ALL SELECT customer_id FROM orders ORDER BY 1'],
  ['G54', 'TABLE customer', any],
  ['G54b', 'TABLE customer ORDER BY id DESC LIMIT 3'],
  ['G54c', 'TABLE visit UNION ALL TABLE visit', any],
  ['G55', 'VALUES ROW(1, 2), ROW(3, 4)', any],
  [
    'G55b',
    "SELECT c.id, t.b FROM customer c JOIN (VALUES ROW(1, 'x'), ROW(20, 'y')) AS t (a, b) ON t.a = c.score ORDER BY c.id",
  ],
  ['U1', 'SELECT id FROM customer UNION ALL SELECT id FROM orders ORDER BY id LIMIT 5'],
  [
    'U2',
    '(SELECT id FROM customer ORDER BY id DESC LIMIT 2) UNION ALL (SELECT n FROM visit ORDER BY n LIMIT 2) ORDER BY 1',
  ],
  [
    'U3',
    'SELECT name FROM customer UNION SELECT note FROM orders UNION SELECT page FROM visit',
    { order: 'any', loose: [0] },
  ],
  ['U4', 'SELECT id, score FROM customer UNION ALL SELECT id, amount FROM orders ORDER BY 1, 2 LIMIT 3, 7'],
  ['U5', 'SELECT id FROM customer UNION SELECT id, amount FROM orders'],
  ['U6', 'SELECT id FROM customer UNION ALL SELECT nosuch FROM orders'],
  ['U7', 'SELECT id, NULL FROM customer UNION SELECT n, page FROM visit', any],
  ['U8', 'SELECT kind FROM prof UNION SELECT raw FROM prof', any],
  ['U9', 'SELECT born, real4 FROM prof UNION SELECT at, big FROM prof', any],
  ['U10', '(SELECT id FROM customer) UNION (SELECT customer_id FROM orders) LIMIT 4', count],
  ['U11', 'SELECT COUNT(*) FROM (SELECT id FROM customer UNION ALL SELECT customer_id FROM orders) u'],
  ['U12', 'SELECT MAX(id) FROM customer UNION ALL SELECT MAX(id) FROM orders', any],
  [
    'U13',
    'SELECT code FROM country UNION SELECT city FROM customer EXCEPT SELECT k FROM office.cfg',
    { order: 'any', loose: [0] },
  ],
  ['G56', 'WITH customer AS (SELECT score FROM customer WHERE id = 1) SELECT * FROM customer'],
  [
    'G60',
    'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT MAX(n) + 1 FROM r WHERE n < 5) SELECT * FROM r',
  ],
  [
    'G61',
    'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT a.n + 1 FROM r a JOIN r b ON a.n = b.n WHERE a.n < 5) SELECT * FROM r',
  ],
  [
    'C1',
    'WITH x AS (SELECT id, score FROM customer) SELECT a.id, b.id FROM x a JOIN x b ON a.id = b.score ORDER BY 1, 2',
  ],
  [
    'C2',
    'WITH x AS (SELECT age, COUNT(*) AS n FROM customer GROUP BY age) SELECT a.age, b.age FROM x a JOIN x b ON a.n = b.n ORDER BY 1, 2',
  ],
  [
    'C3',
    'WITH RECURSIVE r (n, s) AS (SELECT id, score FROM customer WHERE id = 1 UNION ALL SELECT c.id, c.score FROM r JOIN customer c ON c.id = r.n + 3) SELECT * FROM r ORDER BY n',
  ],
  [
    'C4',
    'WITH RECURSIVE r (n) AS (SELECT 1 UNION SELECT o.region FROM r JOIN orders o ON o.customer_id = r.n AND o.region IS NOT NULL) SELECT * FROM r ORDER BY n',
  ],
  [
    'C5',
    'WITH a AS (SELECT id FROM customer), b AS (SELECT id FROM a WHERE id < 9) SELECT COUNT(*) FROM a, b',
  ],
  [
    'C6',
    'WITH x AS (SELECT n FROM visit) SELECT id FROM customer WHERE score IN (SELECT n FROM x) AND age NOT IN (SELECT n FROM x WHERE n IS NOT NULL) ORDER BY id',
  ],
  [
    'C7',
    'SELECT id, (WITH x AS (SELECT region FROM orders o WHERE o.customer_id = c.id) SELECT COUNT(*) FROM x) FROM customer c ORDER BY id',
  ],
  ['C8', 'WITH x (a, b) AS (SELECT id FROM customer) SELECT * FROM x'],
  [
    'D1',
    'SELECT t.age, o.id FROM (SELECT DISTINCT age FROM customer) t JOIN orders o ON o.region = t.age ORDER BY 1, 2',
  ],
  ['D2', 'SELECT t.id FROM (SELECT id FROM customer ORDER BY score DESC, id LIMIT 4) t ORDER BY 1'],
  ['D3', 'SELECT * FROM (SELECT age, COUNT(*) AS n FROM customer GROUP BY age) t ORDER BY n DESC, age'],
  [
    'D4',
    'SELECT d.k, c.id FROM (SELECT MAX(n) AS k FROM visit) d JOIN customer c ON c.score = d.k ORDER BY 2',
  ],
  ['D5', 'SELECT * FROM (SELECT id FROM customer UNION SELECT id FROM orders) u WHERE u.id > 50 ORDER BY id'],
  ['D6', 'SELECT t.a FROM (SELECT id AS a, id AS a FROM customer) t'],
  ['V1', 'SELECT * FROM order_of ORDER BY oid'],
  [
    'V2',
    'SELECT v.name, o.note FROM order_of v JOIN orders o ON o.region = v.region AND o.id <> v.oid ORDER BY v.oid, o.id',
  ],
  ['V3', 'SELECT * FROM per_city', { order: 'any', loose: [0] }],
  ['V4', 'SELECT n, COUNT(*) FROM per_city GROUP BY n ORDER BY n'],
  ['V5', 'SELECT * FROM met ORDER BY id, oid'],
  ['V6', 'SELECT c.name, m.oid FROM met m JOIN customer c ON c.id = m.id ORDER BY 1, 2', any],
  ['V7', 'SELECT * FROM top3 ORDER BY score DESC, id'],
  ['V8', 'SELECT c.id FROM customer c WHERE c.id IN (SELECT id FROM top3) ORDER BY 1'],
  ['V9', 'SELECT c.id, k.k FROM customer c JOIN office.known k ON k.score = c.score ORDER BY 1, 2', any],
  // Common table expressions that nothing uses.
  ['C9', 'WITH q AS (SELECT c.id FROM customer c JOIN office.plain p ON p.id = c.id) SELECT 1'],
  [
    'C10',
    'WITH q AS (SELECT n FROM visit, prof GROUP BY n ORDER BY 1 LIMIT 3) SELECT a FROM (VALUES ROW(20, 0)) AS v (a, b)',
  ],
  ['C11', 'WITH q AS (SELECT nosuch FROM customer) SELECT 1'],
]);
