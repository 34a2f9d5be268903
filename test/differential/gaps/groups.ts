/** Aggregates, groups and windows over several shards. */
import { any, gapsOf } from './gap.ts';

const city = { order: 'any', loose: [0] } as const;

export const groupGaps = gapsOf([
  ['G23', 'SELECT COUNT(DISTINCT city), COUNT(DISTINCT score) FROM customer'],
  ['G24', 'SELECT COUNT(DISTINCT city), SUM(DISTINCT score) FROM customer'],
  ['G25', 'SELECT COUNT(DISTINCT city, score) FROM customer'],
  ['G26', 'SELECT AVG(DISTINCT score) FROM customer'],
  [
    'G26b',
    'SELECT age, AVG(DISTINCT score), COUNT(DISTINCT name), MIN(DISTINCT score) FROM customer GROUP BY age ORDER BY age',
  ],
  ['G27', 'SELECT city, SUM(score) FROM customer GROUP BY city WITH ROLLUP', city],
  [
    'G27b',
    'SELECT age, score, COUNT(*), MAX(id) FROM customer GROUP BY age, score WITH ROLLUP ORDER BY age, score',
  ],
  [
    'G27c',
    'SELECT region, SUM(amount) FROM orders GROUP BY ROLLUP (region) ORDER BY GROUPING(region), region',
  ],
  [
    'G28',
    "SELECT c.city, GROUP_CONCAT(o.note ORDER BY o.amount, o.id, c.id SEPARATOR '|') FROM customer c JOIN orders o ON o.region = c.age GROUP BY c.city",
    city,
  ],
  [
    'G29',
    'SELECT GROUP_CONCAT(c.name, o.note ORDER BY c.id, o.id) FROM customer c JOIN orders o ON o.region = c.age',
  ],
  ['G30', 'SELECT id, JSON_ARRAYAGG(score) FROM customer GROUP BY id ORDER BY id'],
  ['G30b', 'SELECT age, JSON_LENGTH(JSON_ARRAYAGG(score)) FROM customer GROUP BY age ORDER BY age'],
  ['G31', "SELECT JSON_OBJECTAGG(CONCAT('k', id), score) FROM customer"],
  ['G32', 'SELECT BIT_OR(score), BIT_AND(score), BIT_XOR(score) FROM customer'],
  ['G32b', 'SELECT age, BIT_OR(score) FROM customer GROUP BY age ORDER BY age'],
  ['G33', 'SELECT STDDEV(score), VAR_SAMP(age) FROM customer'],
  ['G34', 'SELECT city, STD(score) FROM customer GROUP BY city', city],
  ['G35', "SELECT COUNT(*) FROM customer WHERE city = 'x' GROUP BY age HAVING JSON_ARRAYAGG(score) = '[]'"],
  [
    'G35b',
    "SELECT COUNT(*) FROM customer WHERE city = 'x' GROUP BY age HAVING JSON_LENGTH(JSON_ARRAYAGG(score)) > 0 ORDER BY age",
  ],
  ['G36', 'SELECT age, GROUPING(age), COUNT(*) FROM customer GROUP BY age WITH ROLLUP', any],
  ['A1', 'SELECT COUNT(*) + 1, SUM(score) / COUNT(*), CONCAT(MIN(id), MAX(id)) FROM customer'],
  ['A2', "SELECT IFNULL(SUM(score), 0) FROM customer WHERE city = 'nowhere'"],
  [
    'A3',
    'SELECT age, SUM(score) * 2 AS s FROM customer GROUP BY age HAVING s > 20 AND COUNT(*) > 1 ORDER BY s DESC, age',
  ],
  ['A4', 'SELECT GROUP_CONCAT(DISTINCT score ORDER BY score DESC) FROM customer'],
  [
    'A5',
    "SELECT region, GROUP_CONCAT(id ORDER BY id SEPARATOR '/') FROM orders GROUP BY region ORDER BY region",
  ],
  ['A6', 'SELECT DISTINCT COUNT(*) FROM customer GROUP BY age ORDER BY 1'],
  ['A7', 'SELECT COUNT(*) FROM (SELECT DISTINCT city, age FROM customer) t'],
  ['A8', 'SELECT COUNT(*) FROM (SELECT age FROM customer GROUP BY age HAVING COUNT(*) > 2) t'],
  [
    'A9',
    'SELECT o.region, COUNT(*), SUM(c.score) FROM customer c JOIN orders o ON o.region = c.age GROUP BY o.region ORDER BY 1',
  ],
  ['A10', 'SELECT SUM(a.n) FROM (SELECT city, COUNT(*) AS n FROM customer GROUP BY city) a'],
  ['A11', 'SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM orders GROUP BY region) x'],
  ['A12', 'SELECT age FROM customer GROUP BY age ORDER BY COUNT(*) DESC, age LIMIT 2'],
  ['A13', 'SELECT YEAR(placed) AS y, COUNT(*), SUM(amount) FROM orders GROUP BY y WITH ROLLUP', any],
  [
    'A14',
    'SELECT c.id, c.name, COUNT(o.id) FROM customer c LEFT JOIN orders o ON o.region = c.age GROUP BY c.id ORDER BY c.id',
  ],
  ['A15', 'SELECT id, SUM(score) FROM customer'],
  ['A16', 'SELECT city, score FROM customer GROUP BY city'],
  ['A17', 'SELECT ANY_VALUE(age), age FROM customer GROUP BY age ORDER BY 2'],
  ['A18', 'SELECT MIN(note), MAX(note) FROM orders', { loose: [0, 1] }],
  ['A19', 'SELECT SUM(big), AVG(big), SUM(real4) FROM prof'],
  ['A20', 'SELECT MIN(kind), MAX(tags), MIN(doc), MAX(raw), MIN(bits) FROM prof'],
  ['A21', 'SELECT kind, COUNT(*) FROM prof GROUP BY kind ORDER BY kind'],
  ['A22', 'SELECT COUNT(*), COUNT(n), COUNT(DISTINCT page), SUM(share) FROM visit'],
  ['G37', 'SELECT id, ROW_NUMBER() OVER (PARTITION BY city ORDER BY id) rn FROM customer', any],
  ['G38', 'SELECT id, RANK() OVER (ORDER BY score) r FROM customer', any],
  ['G39', 'SELECT SUM(score) OVER () FROM customer'],
  ['G40', 'SELECT AVG(score) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM customer', any],
  ['G41', 'SELECT LAG(score, 1, 0) OVER (ORDER BY id), LEAD(score) OVER (ORDER BY id) FROM customer', any],
  [
    'G42',
    'SELECT FIRST_VALUE(name) OVER (ORDER BY id), NTILE(4) OVER (ORDER BY id), NTH_VALUE(name, 2) OVER (ORDER BY id) FROM customer',
    any,
  ],
  ['G43', 'SELECT SUM(score) OVER w FROM customer WINDOW w AS (PARTITION BY city)', any],
  [
    'G44',
    'SELECT * FROM (SELECT id, RANK() OVER (PARTITION BY city ORDER BY score) r FROM customer) t WHERE t.r = 1',
    any,
  ],
  [
    'G45',
    'SELECT id, ROW_NUMBER() OVER (ORDER BY score, id) rn FROM customer UNION ALL SELECT id, ROW_NUMBER() OVER (ORDER BY age, id) rn FROM customer',
    any,
  ],
  [
    'G46',
    'SELECT id, RANK() OVER (PARTITION BY score ORDER BY id) r FROM customer WHERE id IN (1, 2, 3)',
    any,
  ],
  [
    'G47',
    'SELECT c.id, ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY o.amount, o.id) FROM customer c JOIN orders o ON o.region = c.age',
    any,
  ],
  ['N1', 'SELECT age, SUM(COUNT(*)) OVER (ORDER BY age) FROM customer GROUP BY age ORDER BY age'],
  [
    'N2',
    'SELECT id, PERCENT_RANK() OVER w, CUME_DIST() OVER w, DENSE_RANK() OVER w FROM customer WINDOW w AS (ORDER BY score) ORDER BY id',
  ],
  [
    'N3',
    'SELECT id, SUM(amount) OVER (ORDER BY amount RANGE BETWEEN 5 PRECEDING AND CURRENT ROW) FROM orders WHERE amount IS NOT NULL ORDER BY id',
  ],
  [
    'N4',
    'SELECT id, COUNT(*) OVER (PARTITION BY region ORDER BY placed RANGE BETWEEN INTERVAL 30 DAY PRECEDING AND CURRENT ROW) FROM orders ORDER BY id',
  ],
  ['N5', 'SELECT DISTINCT COUNT(*) OVER (PARTITION BY age) FROM customer ORDER BY 1'],
  ['N6', 'SELECT id FROM customer ORDER BY ROW_NUMBER() OVER (ORDER BY score DESC, id) LIMIT 5'],
  ['N7', 'SELECT id FROM customer WHERE ROW_NUMBER() OVER (ORDER BY id) = 1'],
  [
    'G36b',
    'SELECT age, COALESCE(score, -1), GROUPING(age), COUNT(*) FROM customer WHERE id < 0 GROUP BY age, COALESCE(score, -1) WITH ROLLUP',
  ],
  [
    'G36c',
    "SELECT UPPER(email), GROUPING(UPPER(email)), COUNT(*) FROM customer WHERE id = 3 AND name LIKE 'nobody%' GROUP BY UPPER(email) WITH ROLLUP",
  ],
  [
    'G36d',
    'SELECT COALESCE(o.id, -1), GROUPING(COALESCE(o.id, -1)), COUNT(*) FROM (SELECT id, age FROM customer ORDER BY id LIMIT 1) c JOIN orders o ON o.region = c.age + 1000 GROUP BY COALESCE(o.id, -1) WITH ROLLUP',
  ],
]);
