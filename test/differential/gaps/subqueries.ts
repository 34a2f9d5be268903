/** Subqueries of all kinds in all places. */
import { any, gapsOf } from './gap.ts';

export const subqueryGaps = gapsOf([
  [
    'G10',
    'SELECT c.name FROM customer c WHERE c.score > (SELECT AVG(o.amount) FROM orders o WHERE o.region = c.age)',
    any,
  ],
  [
    'G11',
    'SELECT id FROM customer c WHERE c.id IN (SELECT p.col FROM office.plain p WHERE p.col = c.score) ORDER BY id',
  ],
  ['G12', 'SELECT c.name, (SELECT COUNT(*) FROM orders o WHERE o.region = c.score) FROM customer c', any],
  ['G13', 'SELECT 1 FROM customer c WHERE c.score = (SELECT o.amount FROM orders o WHERE o.note = c.name)'],
  [
    'G13b',
    'SELECT c.id FROM customer c WHERE c.score = (SELECT MAX(o.amount) FROM orders o WHERE o.note = c.name) ORDER BY 1',
  ],
  ['G14', 'SELECT (SELECT SUM(c.score) FROM visit LIMIT 1) FROM customer c'],
  ['G15', 'SELECT (SELECT 1 FROM customer c HAVING COUNT(o.amount) > 3) FROM orders o'],
  ['G15b', 'SELECT (SELECT MAX(c.id) FROM customer c HAVING COUNT(o.amount) > 3) FROM orders o'],
  [
    'G16',
    'SELECT 1 FROM customer c WHERE c.score = 6 OR EXISTS (SELECT 1 FROM visit v WHERE v.n = c.age AND c.age = v.n + 0)',
  ],
  ['G17', 'SELECT id FROM customer WHERE score = ANY (SELECT n FROM visit) ORDER BY id'],
  ['G18', 'SELECT id FROM customer WHERE score = SOME (SELECT n FROM visit WHERE n = 1) ORDER BY id'],
  ['G19', 'SELECT id FROM customer WHERE score > ALL (SELECT n FROM visit) ORDER BY id'],
  [
    'G19b',
    'SELECT id FROM customer WHERE score >= ALL (SELECT n FROM visit WHERE n IS NOT NULL) ORDER BY id',
  ],
  ['G19c', 'SELECT id FROM customer WHERE score <> ALL (SELECT n FROM visit WHERE n < 5) ORDER BY id'],
  [
    'G20',
    'SELECT city FROM customer GROUP BY city, (SELECT MAX(n) FROM visit)',
    { order: 'any', loose: [0] },
  ],
  [
    'G21',
    'SELECT c.id FROM customer c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.region = c.score AND o.amount IN (SELECT n FROM visit v WHERE v.n = c.age)) ORDER BY 1',
  ],
  [
    'G22',
    'SELECT id FROM customer c WHERE c.score NOT IN (SELECT o.amount FROM orders o WHERE o.region = c.age) ORDER BY id',
  ],
  ['S1', 'SELECT id, (SELECT MAX(n) FROM visit) FROM customer ORDER BY id'],
  ['S2', 'SELECT id FROM customer WHERE score = (SELECT MAX(score) FROM customer) ORDER BY id'],
  [
    'S3',
    'SELECT id FROM customer c WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.region = c.age) ORDER BY id',
  ],
  ['S4', 'SELECT id FROM customer WHERE (score, age) = (SELECT region, region FROM orders WHERE id = 7)'],
  [
    'S5',
    'SELECT id FROM customer WHERE (score, age) IN (SELECT region, n FROM orders o JOIN visit v ON v.customer_id = o.customer_id) ORDER BY id',
  ],
  [
    'S6',
    'SELECT id FROM customer WHERE ROW(score, age) NOT IN (SELECT n, n FROM visit WHERE n IS NOT NULL) ORDER BY id',
  ],
  [
    'S7',
    'SELECT city, COUNT(*) FROM customer GROUP BY city HAVING COUNT(*) > (SELECT MIN(n) FROM visit) ORDER BY 2, 1',
    { loose: [0] },
  ],
  ['S8', 'SELECT id FROM customer c ORDER BY (SELECT COUNT(*) FROM orders o WHERE o.region = c.age), id'],
  ['S9', 'SELECT (SELECT id FROM customer) AS x'],
  ['S10', 'SELECT id FROM customer WHERE score = (SELECT n, page FROM visit)'],
  ['S11', 'SELECT (SELECT COUNT(*) FROM customer) + (SELECT COUNT(*) FROM orders) AS s'],
  [
    'S12',
    'SELECT EXISTS (SELECT 1 FROM visit WHERE n = 30), NOT EXISTS (SELECT 1 FROM customer WHERE age = 30)',
  ],
  ['S13', 'SELECT id, (SELECT p.col FROM office.plain p WHERE p.id = c.id) FROM customer c ORDER BY id'],
  ['S14', 'SELECT p.id, (SELECT c.name FROM customer c WHERE c.id = p.id) FROM office.plain p ORDER BY p.id'],
  ['S15', 'SELECT p.id FROM office.plain p WHERE p.col IN (SELECT score FROM customer) ORDER BY 1'],
  [
    'S16',
    'SELECT p.id FROM office.plain p WHERE EXISTS (SELECT 1 FROM customer c WHERE c.score = p.col) ORDER BY 1',
  ],
  ['S17', 'SELECT COUNT(*) FROM orders WHERE region NOT IN (SELECT age FROM customer WHERE age IS NOT NULL)'],
  ['S18', 'SELECT COUNT(*) FROM orders WHERE region NOT IN (SELECT age FROM customer)'],
  [
    'S19',
    'SELECT id FROM customer c WHERE 2 < (SELECT COUNT(DISTINCT o.region) FROM orders o WHERE o.customer_id = c.id) ORDER BY id',
  ],
  ['S20', "SELECT id, IF(score IN (SELECT n FROM visit), 'yes', 'no') AS met FROM customer ORDER BY id"],
  [
    'S21',
    'SELECT id, score IN (SELECT n FROM visit) AS met, score IN (SELECT n FROM visit WHERE n IS NOT NULL) FROM customer ORDER BY id',
  ],
  [
    'S22',
    'SELECT t.id FROM (SELECT id, (SELECT COUNT(*) FROM visit v WHERE v.n = c.score) AS k FROM customer c) t WHERE t.k > 1 ORDER BY 1',
  ],
  [
    'S23',
    'SELECT id, (SELECT GROUP_CONCAT(o.id ORDER BY o.id) FROM orders o WHERE o.region = c.age) FROM customer c ORDER BY id',
  ],
  ['S24', 'SELECT SUM((SELECT COUNT(*) FROM orders o WHERE o.region = c.age)) FROM customer c'],
  [
    'S25',
    'SELECT id FROM customer WHERE score > (SELECT AVG(score) FROM customer) AND id NOT IN (SELECT customer_id FROM orders) ORDER BY id',
  ],
  [
    'S26',
    'SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE amount > 1000) THEN (SELECT COUNT(*) FROM visit) ELSE 0 END AS n',
  ],
  [
    'S27',
    'SELECT id FROM customer WHERE score IN (SELECT n FROM visit UNION SELECT col FROM office.plain) ORDER BY id',
  ],
  ['S28', 'SELECT id FROM customer WHERE score IN (SELECT n FROM visit ORDER BY n LIMIT 3)'],
  ['S29', 'SELECT id FROM customer WHERE EXISTS (TABLE visit) ORDER BY id'],
  ['S30', 'SELECT id FROM customer WHERE (score, age) IN (VALUES ROW(18, 18), ROW(20, 20)) ORDER BY id'],
  [
    'S31',
    'SELECT id FROM customer c WHERE EXISTS (SELECT t3.k, MIN(t3.a), SUM(t3.n) FROM shop.k_pinned t3 GROUP BY t3.k UNION ALL SELECT t4.age, t4.score, 1 FROM customer t4) ORDER BY id',
  ],
  [
    'S32',
    "SELECT EXISTS (SELECT DISTINCT note, customer_id, ABS(customer_id) FROM orders UNION SELECT 'Øre', MIN(col), MIN(col) FROM office.plain) AS e",
  ],
  ['S33', 'SELECT id + 9223372036854775807 FROM (SELECT id FROM customer ORDER BY id LIMIT 3) d'],
  ['S34', 'SELECT COUNT(*) FROM (SELECT id + 9223372036854775807 AS x FROM customer ORDER BY id LIMIT 3) d'],
]);
