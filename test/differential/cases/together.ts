/** Tables whose rows lie together, beside others whose rows do not: the shards join the former. */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';

const total = [
  // Looked up by one column and by two, in lists and in joins, in either order.
  'SELECT o.cid, o.oid, c.name, z.id FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY 1, 2, 4',
  'SELECT o.cid, o.oid, c.name, z.id FROM customers c, orders o, customers z WHERE c.id = o.cid AND z.id = o.oid ORDER BY 1, 2, 4',
  'SELECT i.*, c.city, o.status, z.id FROM customers c JOIN orders o ON c.id = o.cid JOIN items i ON i.cid = o.cid AND i.oid = o.oid JOIN customers z ON z.id = i.qty ORDER BY i.cid, i.oid, i.line',
  'SELECT line, sku, day, born FROM items i, orders o, customers c, countries k WHERE i.cid = c.id AND o.cid = c.id AND i.oid = o.oid AND k.people > line AND c.age = k.people ORDER BY i.cid, i.oid, line, k.code',
  'SELECT line, sku, status, z.name FROM items i JOIN orders o USING (cid, oid) JOIN customers z ON z.id = i.qty ORDER BY cid, oid, line, z.id',
  'SELECT o.oid, k.code, z.id FROM orders o JOIN customers c ON c.id = o.cid JOIN countries k ON k.code = c.country JOIN customers z ON z.age = o.oid ORDER BY o.cid, 1, 2, 3',
  // Not looked up by a key: rows would be many more.
  'SELECT o.cid, o.oid, i.line, z.id FROM orders o JOIN items i ON i.cid = o.cid JOIN customers z ON z.id = o.oid ORDER BY o.cid, o.oid, i.oid, i.line',
  // All columns, of all and of some; a column of both.
  'SELECT * FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY o.cid, o.oid',
  'SELECT z.id, o.*, 1, c.* FROM orders o, customers z, customers c WHERE c.id = o.cid AND z.id = o.oid ORDER BY o.cid, o.oid',
  'SELECT shop.o.*, shop.c.name FROM orders o, customers z, customers c WHERE shop.c.id = shop.o.cid AND z.id = o.oid ORDER BY o.cid, o.oid',
  'SELECT cid, id FROM orders o JOIN customers c ON c.id = o.cid JOIN items i ON i.qty = c.age ORDER BY 1, 2',
  'SELECT name, z.oid FROM orders o JOIN customers c ON c.id = o.cid JOIN orders z ON z.oid = c.age ORDER BY 1, 2, note',
  // Conditions of one of them, of both, of all; of none.
  "SELECT o.cid, o.oid, z.id FROM orders o JOIN customers c ON c.id = o.cid AND o.status <> 'new' AND c.credit >= o.total JOIN customers z ON z.id = o.oid WHERE c.city = 'Oslo' OR o.note = 'fast' ORDER BY 1, 2",
  'SELECT o.cid, o.oid, z.id FROM orders o, customers c, customers z WHERE o.cid = c.id AND o.cid = 3 AND z.id >= o.oid ORDER BY 1, 2, 3',
  'SELECT o.cid, o.oid, z.id FROM orders o, customers c, customers z WHERE o.cid = c.id AND c.id IN (1, 2, 8) AND z.id = o.oid ORDER BY 1, 2, 3',
  'SELECT o.cid, o.oid FROM orders o, customers c, customers z WHERE o.cid = c.id AND z.id = o.oid AND (o.day < c.born) IS NULL ORDER BY 1, 2',
  'SELECT COUNT(*) FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.age > 20',
  'SELECT COUNT(*) FROM orders o JOIN customers c ON c.id = o.cid, customers z',
  // Groups that rest on keys, on equal columns and on constants.
  'SELECT o.cid, o.oid, o.note, SUM(i.qty), MAX(z.id) FROM orders o JOIN items i ON i.cid = o.cid AND i.oid = o.oid JOIN customers z ON z.age > i.qty GROUP BY o.cid, o.oid ORDER BY 1, 2',
  'SELECT i.cid, i.oid, o.note, COUNT(*) FROM orders o JOIN items i ON i.cid = o.cid AND i.oid = o.oid JOIN customers z ON z.age > i.qty GROUP BY i.cid, o.oid ORDER BY 1, 2',
  "SELECT o.oid, o.note, c.city, COUNT(*) FROM orders o JOIN customers c ON o.cid = c.id JOIN customers z ON z.id = o.oid WHERE c.city = 'Oslo' GROUP BY o.oid, o.note ORDER BY 1, 2",
  'SELECT c.city, COUNT(*) n, SUM(total) AS total FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid GROUP BY c.city HAVING total > 3 ORDER BY total, 1',
  'SELECT c.age + 1 AS age, o.oid AS id FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY age, o.cid, o.oid',
  'SELECT DISTINCT c.age, o.status FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY c.age, o.status',
  // Outer joins beside them, around them, between them.
  'SELECT o.cid, o.oid, z.id FROM orders o JOIN customers c ON c.id = o.cid LEFT JOIN customers z ON z.id = o.oid AND z.age > c.age ORDER BY 1, 2',
  'SELECT o.cid, o.oid, z.id FROM orders o LEFT JOIN customers z ON z.id = o.oid JOIN customers c ON c.id = o.cid ORDER BY 1, 2',
  'SELECT z.id, o.cid, o.oid FROM customers z LEFT JOIN (orders o JOIN customers c ON c.id = o.cid) ON z.id = o.oid ORDER BY 1, 2, 3',
  'SELECT o.cid, o.oid, c.id, z.id FROM orders o LEFT JOIN customers c ON c.id = o.cid AND c.age > 20 LEFT JOIN customers z ON z.id = o.oid ORDER BY 1, 2',
  'SELECT z.id, o.cid, o.oid FROM customers z JOIN orders o ON z.id = o.oid RIGHT JOIN customers c ON c.id = o.cid ORDER BY c.id, 1, 2, 3',
  // Queries in them that look at them, and queries that they are in.
  'SELECT o.cid, o.oid FROM orders o JOIN customers c ON c.id = o.cid WHERE EXISTS (SELECT * FROM customers z WHERE z.id = o.oid AND z.age <> c.age) ORDER BY 1, 2',
  'SELECT o.cid, o.oid, (SELECT COUNT(*) FROM customers z JOIN orders y ON y.cid = z.id WHERE z.age > c.age AND y.oid = o.oid) n FROM orders o JOIN customers c ON c.id = o.cid ORDER BY 1, 2',
  'SELECT t.x, t.n FROM (SELECT o.oid AS x, c.name AS n, z.id FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid) t WHERE t.x > 2 ORDER BY 1, 2',
  'WITH t (a, b) AS (SELECT o.oid, c.name FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid) SELECT x.a, y.b FROM t x JOIN t y ON y.a = x.a ORDER BY 1, 2',
  'SELECT c.id, l.m FROM customers c JOIN orders o ON o.cid = c.id, LATERAL (SELECT MAX(z.id) m FROM customers z WHERE z.id <= o.oid) l ORDER BY 1, o.oid',
  'SELECT o.oid, c.name FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid UNION SELECT z.id, z.city FROM customers z ORDER BY 1, 2',
  'SELECT o.cid, o.oid, ROW_NUMBER() OVER (PARTITION BY c.city ORDER BY o.cid, o.oid) r FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY 1, 2',
  // Types that do not go as they are.
  'SELECT a.id, a.f, a.ts, a.js, a.en, a.se, a.bt, b.v, b.ge FROM zoo a JOIN zoo b ON a.id = b.id JOIN customers z ON z.age = a.ti ORDER BY 1, z.id',
  'SELECT ((o.cid)), (o.oid) AS x, ( ( c.name ) ), (z.id) + (c.id) FROM orders o JOIN customers c ON (c.id) = (o.cid) JOIN customers z ON z.id = ( o.oid ) ORDER BY (o.cid), (o.oid), (z.id)',
];

/** What MySQL has something against. */
const wrong = [
  'SELECT o.oid, o.note, COUNT(*) FROM orders o JOIN customers c ON o.cid = c.id JOIN customers z ON z.id = o.oid GROUP BY o.oid ORDER BY 1',
  'SELECT id FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY 1',
  'SELECT c.nix FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid',
  'SELECT c.name, COUNT(*) FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid GROUP BY c.city ORDER BY 1',
  'SELECT o.oid - 9223372036854775807 - c.id - 99 FROM orders o JOIN customers c ON c.id = o.cid JOIN customers z ON z.id = o.oid ORDER BY 1',
];

/** Then no join is made by lookups. */
const gathered = total
  .filter((sql) => sql.startsWith('SELECT ') && !sql.includes(' UNION '))
  .map((sql) => `SELECT SQL_CALC_FOUND_ROWS${sql.slice('SELECT'.length)}`);

export const togetherCases = (): Case[] => [
  ...reads('together', 'total', [...total, ...wrong]),
  ...reads('together gathered', 'total', gathered),
];
