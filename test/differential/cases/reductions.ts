/** Joins and subqueries whose tables are gathered after each other, the later ones by the values of the earlier. */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';

const total = [
  "SELECT c.id, o.oid FROM customers c JOIN orders o ON o.oid = c.age WHERE c.city = 'Oslo' ORDER BY 1, 2",
  "SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE c.name LIKE 'A%' ORDER BY 1, 2",
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age AND o.total > 5 WHERE c.age < 40 ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c RIGHT JOIN orders o ON o.oid = c.age AND c.age > 20 WHERE o.total > 5 ORDER BY 2, 1',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE o.total > 5 ORDER BY 1, 2',
  'SELECT c.id FROM customers c WHERE c.age IN (SELECT o.oid FROM orders o WHERE o.total > 5) ORDER BY 1',
  'SELECT c.id FROM customers c WHERE c.age NOT IN (SELECT o.oid FROM orders o WHERE o.total > 5) ORDER BY 1',
  'SELECT c.id FROM customers c WHERE c.age > 20 AND c.age IN (SELECT o.oid FROM orders o GROUP BY o.oid HAVING COUNT(*) > 0) ORDER BY 1',
  'SELECT c.id FROM customers c WHERE c.age > 20 AND EXISTS (SELECT * FROM orders o WHERE o.oid = c.age) ORDER BY 1',
  'SELECT c.id FROM customers c WHERE c.age > 20 AND NOT EXISTS (SELECT * FROM orders o WHERE o.oid = c.age) ORDER BY 1',
  'SELECT c.id, (SELECT COUNT(*) FROM orders o WHERE o.oid < 20 AND o.oid = c.age) n FROM customers c WHERE c.age > 10 ORDER BY 1',
  'SELECT c.id, (SELECT MAX(o.total) FROM orders o WHERE o.oid = c.age OR o.oid = c.id) m FROM customers c WHERE c.age > 10 ORDER BY 1',
  'SELECT c.id, t.n FROM customers c JOIN (SELECT oid, COUNT(*) n FROM orders GROUP BY oid) t ON t.oid = c.age WHERE c.age < 30 ORDER BY 1, 2',
  'SELECT c.id, t.oid FROM customers c JOIN (SELECT oid FROM orders ORDER BY oid LIMIT 5) t ON t.oid = c.age WHERE c.age < 30 ORDER BY 1, 2',
  'SELECT c.id, t.oid FROM customers c, LATERAL (SELECT oid FROM orders o WHERE o.oid = c.age) t WHERE c.age < 30 ORDER BY 1, 2',
  'WITH x AS (SELECT id, age FROM customers WHERE age > 20) SELECT a.id, o.oid FROM x a JOIN orders o ON o.oid = a.age JOIN x b ON b.id = o.oid ORDER BY 1, 2',
  // Of nothing, of everything, of NULL.
  'SELECT c.id, o.oid FROM customers c JOIN orders o ON o.oid = c.age WHERE c.id > 99999 ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE c.id > 99999 ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE c.age IS NULL ORDER BY 1, 2',
  'SELECT c.id FROM customers c LEFT JOIN orders o ON o.oid <=> c.age WHERE c.age IS NULL ORDER BY 1',
  // What all branches of an OR say.
  'SELECT c.id, o.oid FROM customers c, orders o WHERE (c.age = o.oid AND o.total > 5 AND c.id < 10) OR (o.oid = c.age AND o.total < 3 AND c.id > 20) ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c, orders o WHERE (c.age = o.oid AND o.total > 5) OR (c.id = o.oid AND o.total < 3) ORDER BY 1, 2',
  "SELECT c.id, o.oid FROM customers c, orders o WHERE c.age = o.oid AND ((c.city = 'Oslo' AND o.total > 5) OR (c.city = 'Rome' AND o.total < 3)) ORDER BY 1, 2",
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON (c.age = o.oid AND c.id < 10) OR (c.age = o.oid AND c.id > 20) ORDER BY 1, 2',
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON c.age = o.oid WHERE (o.total > 5 AND c.id < 10) OR (o.oid IS NULL AND c.id > 20) ORDER BY 1, 2',
];

export const reductionCases = (): Case[] => reads('reductions', 'total', total);
