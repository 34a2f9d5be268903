/** Joins of tables whose rows do not lie together, and of two keyspaces. */
import { any, gapsOf } from './gap.ts';

export const joinGaps = gapsOf([
  ['G1', 'SELECT c.name FROM customer c NATURAL JOIN visit v', any],
  ['G1b', 'SELECT * FROM orders NATURAL JOIN visit', any],
  ['G1c', 'SELECT * FROM customer NATURAL JOIN orders ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9', any],
  ['G2', 'SELECT c.name FROM customer c NATURAL LEFT JOIN visit v', any],
  ['G2b', 'SELECT * FROM orders NATURAL LEFT JOIN customer', any],
  ['G3', 'SELECT c.name FROM customer c NATURAL RIGHT JOIN visit v', any],
  ['G3b', 'SELECT id, customer_id, score FROM customer NATURAL RIGHT JOIN orders ORDER BY id', any],
  [
    'G4',
    'SELECT c.name, x.amount FROM customer c, LATERAL (SELECT amount FROM orders o WHERE o.customer_id = c.id ORDER BY amount DESC LIMIT 1) x',
    any,
  ],
  [
    'G4b',
    'SELECT c.id, x.n FROM customer c LEFT JOIN LATERAL (SELECT COUNT(*) AS n FROM orders o WHERE o.region = c.age) x ON TRUE ORDER BY c.id',
  ],
  [
    'G4c',
    'SELECT p.id, x.id AS oid FROM office.plain p JOIN LATERAL (SELECT o.id FROM orders o WHERE o.region = p.col ORDER BY o.id LIMIT 2) x ORDER BY 1, 2',
  ],
  ['G5', `SELECT jt.p FROM JSON_TABLE('[{"p":1},{"p":2}]', '$[*]' COLUMNS (p INT PATH '$.p')) AS jt`, any],
  [
    'G5b',
    "SELECT p.uid, jt.v FROM prof p, JSON_TABLE(p.doc, '$.a[*]' COLUMNS (n FOR ORDINALITY, v INT PATH '$')) AS jt ORDER BY p.uid, jt.n",
  ],
  [
    'G5c',
    `SELECT c.id, jt.p FROM customer c JOIN JSON_TABLE('[{"p":18},{"p":20}]', '$[*]' COLUMNS (p INT PATH '$.p')) AS jt ON jt.p = c.age ORDER BY 1`,
  ],
  [
    'G6',
    'SELECT p.col FROM office.plain p LEFT JOIN customer c ON c.score IN (SELECT score FROM visit v JOIN orders o ON o.note = v.page)',
    any,
  ],
  [
    'G6b',
    'SELECT c.id, o.id AS oid FROM customer c LEFT JOIN orders o ON o.region = c.age AND EXISTS (SELECT 1 FROM visit v WHERE v.n = o.region AND v.customer_id = c.id) ORDER BY 1, 2',
  ],
  [
    'G7',
    'SELECT p.col FROM office.plain p LEFT JOIN office.cfg g ON p.col IN (SELECT score FROM customer)',
    any,
  ],
  [
    'G8',
    'SELECT a.id FROM (SELECT id, score FROM customer ORDER BY id LIMIT 5) a JOIN (SELECT customer_id, n FROM visit ORDER BY customer_id, n, page, share LIMIT 5) b ON a.score > b.n',
    any,
  ],
  [
    'G9',
    'SELECT a.id FROM (SELECT id, score, age FROM customer ORDER BY id LIMIT 9) a JOIN (SELECT customer_id, n FROM visit ORDER BY 1, 2 LIMIT 15) b ON a.score = b.n AND a.age = b.customer_id',
    any,
  ],
  // The plain ones.
  ['J1', 'SELECT c.id, o.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1, 2'],
  ['J2', 'SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.region = c.age ORDER BY 1, 2'],
  ['J3', 'SELECT c.id, o.id FROM customer c RIGHT JOIN orders o ON o.region = c.age ORDER BY 1, 2'],
  ['J4', 'SELECT c.*, o.* FROM customer c, orders o WHERE o.region = c.age ORDER BY c.id, o.id'],
  ['J5', 'SELECT a.id, b.id FROM customer a JOIN customer b ON a.score = b.age ORDER BY 1, 2'],
  [
    'J6',
    'SELECT a.id, b.id FROM customer a JOIN customer b ON a.name = b.name AND a.id < b.id ORDER BY 1, 2',
  ],
  ['J7', 'SELECT a.id, b.id FROM customer a JOIN customer b ON a.score <=> b.score ORDER BY 1, 2'],
  ['J8', 'SELECT c.id, p.id, p.col FROM customer c JOIN office.plain p ON c.id = p.id ORDER BY 1'],
  ['J9', 'SELECT p.id, c.* FROM office.plain p LEFT JOIN customer c ON c.score = p.col ORDER BY p.id, c.id'],
  ['J10', 'SELECT c.id, g.k FROM customer c JOIN office.cfg g ON g.k = c.city ORDER BY c.id, g.k, g.score'],
  ['J11', 'SELECT o.id, v.page FROM orders o JOIN visit v ON o.note = v.page ORDER BY 1, 2'],
  ['J12', 'SELECT * FROM customer c JOIN visit v ON v.n = c.score JOIN orders o ON o.region = v.n', any],
  [
    'J13',
    'SELECT c.id, o.id, p.md FROM customer c JOIN orders o ON o.customer_id = c.id LEFT JOIN prof p ON p.uid = o.region ORDER BY 1, 2',
  ],
  [
    'J14',
    'SELECT c.id, t.title, p.col FROM customer c JOIN country t ON t.title = c.city JOIN office.plain p ON p.col = c.score',
    any,
  ],
  [
    'J15',
    'SELECT c.id, o.id FROM customer c STRAIGHT_JOIN orders o ON o.amount > c.score AND c.age > 20 ORDER BY 1, 2',
  ],
  ['J16', 'SELECT COUNT(*) FROM customer, orders, office.plain'],
  [
    'J17',
    'SELECT c.id, g.a, g.b, g.c FROM customer c JOIN geo g ON g.a = c.score AND g.b = c.city ORDER BY 1, 2, 3, 4',
  ],
  [
    'J18',
    'SELECT c.id, v.n FROM customer c LEFT JOIN (visit v JOIN office.plain p ON p.col = v.n) ON v.customer_id = c.id ORDER BY 1, 2',
    any,
  ],
  [
    'J19',
    'SELECT a.id, b.id, c.id FROM customer a LEFT JOIN customer b ON b.id = a.score LEFT JOIN customer c ON c.id = b.age ORDER BY 1',
  ],
  ['J20', 'SELECT c.id, k.title FROM customer c JOIN office.country k ON k.title = c.city ORDER BY 1'],
  ['J21', 'SELECT c.id FROM customer c JOIN orders o USING (id) ORDER BY id'],
  ['J22', 'SELECT id, c.name, o.note FROM customer c LEFT JOIN orders o USING (id) ORDER BY id DESC LIMIT 5'],
  ['J23', 'SELECT p.*, f.* FROM prof p JOIN prof f ON f.md = p.md AND f.uid <> p.uid ORDER BY p.uid, f.uid'],
  ['J24', 'SELECT p.uid, f.uid FROM prof p JOIN prof f ON f.raw = p.raw ORDER BY 1, 2'],
  ['J25', 'SELECT p.uid, f.uid FROM prof p JOIN prof f ON f.kind = p.kind AND f.tags = p.tags ORDER BY 1, 2'],
  ['J26', 'SELECT p.uid, f.uid FROM prof p JOIN prof f ON f.real4 = p.real4 ORDER BY 1, 2'],
  ['J27', 'SELECT p.uid, f.uid FROM prof p JOIN prof f ON f.big = p.big AND f.doc = p.doc ORDER BY 1, 2'],
  ['J28', 'SELECT p.uid, c.id FROM prof p JOIN customer c ON c.score = p.kind ORDER BY 1, 2'],
  ['J29', 'SELECT p.uid, x.people FROM prof p JOIN country x ON x.people = p.big ORDER BY 1, 2'],
  [
    'J30',
    "SELECT c.id, o.id FROM customer c JOIN orders o ON o.region = c.age WHERE c.id = 3 OR o.note LIKE 'a%' ORDER BY 1, 2",
  ],
  [
    'J31',
    'SELECT c.id, o.id FROM customer c JOIN orders o ON o.region = c.age WHERE c.id IN (1, 2, 3) ORDER BY o.amount DESC, o.id, c.id LIMIT 3 OFFSET 1',
  ],
  ['J32', 'SELECT v.page, f.worth FROM visit v JOIN office.cfg f ON f.worth = v.page', any],
  ['J33', 'SELECT c.id, o.id FROM customer c JOIN orders o ON o.region = c.age FOR UPDATE', any],
  ['J34', 'SELECT o.placed, f.since FROM orders o JOIN office.cfg f ON DATE(o.placed) = f.since', any],
  ['J35', 'SELECT customer.id FROM customer JOIN orders ON customer.nosuch = orders.region'],
  ['J36', 'SELECT id FROM customer JOIN orders ON age = region'],
  [
    'J37',
    'SELECT /*+ JOIN_ORDER(o, c) */ c.id, o.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1, 2',
  ],
  [
    'J38',
    'SELECT c.id, o.id FROM customer c IGNORE INDEX (city) JOIN orders o FORCE INDEX (region) ON o.region = c.age ORDER BY 1, 2',
  ],
  ['J39', 'SELECT c.id FROM customer c USE INDEX (nosuch) JOIN orders o ON o.region = c.age'],
]);
