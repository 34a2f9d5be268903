/** Queries that were once answered otherwise when their rows were put together: each for its kind. */
import type { Case } from '../case.ts';
import { MARKET } from '../definitions.ts';
import { reads } from './chosen.ts';

const inMarket = [
  // An INT expression of a shard that sorts through a temporary table is the BIGINT of another.
  'SELECT t1.cid IN (1, 5, 20), t1.region FROM order_of t1 ORDER BY t1.oid',
  'SELECT t1.customer_id, CASE WHEN t1.customer_id > 5 THEN 1 WHEN t1.customer_id IS NULL THEN 2 ELSE 0 END, t1.page FROM visit t1 LEFT JOIN visit t2 USING (customer_id) ORDER BY 1, 2, 3',
  "SELECT c.id, c.name > 'B', c.age IS NULL FROM customer c JOIN orders o ON o.customer_id = c.id ORDER BY o.id",
  // A group by a subquery.
  'SELECT (SELECT COUNT(*) FROM customer t3 WHERE t3.id = t2.uid) AS g, COUNT(*), SUM(t2.uid) FROM visit t1 LEFT JOIN prof t2 ON t1.customer_id = t2.uid GROUP BY g ORDER BY g',
  'SELECT (SELECT COUNT(*) FROM customer t3 WHERE t3.id = t2.uid) AS g, COUNT(*) FROM prof t2 GROUP BY g ORDER BY g DESC',
  'SELECT COUNT(*), MAX(t2.uid), (SELECT COUNT(*) FROM customer t3 WHERE t3.id = t2.uid AND t3.age > 18) FROM prof t2 GROUP BY 3 ORDER BY 3',
  'SELECT COUNT(*) FROM prof t2 GROUP BY (SELECT COUNT(*) FROM customer t3 WHERE t3.id = t2.uid) ORDER BY 1',
  'SELECT (SELECT o.note FROM orders o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) AS g, COUNT(*) FROM customer c GROUP BY g ORDER BY 2 DESC, g',
  'SELECT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id) + 1 AS g, c.city IS NULL AS h, COUNT(*) FROM customer c GROUP BY h, g ORDER BY h, g',
  // A year that the type YEAR does not have.
  'SELECT d.y, d.y + 1, d.y % 7 FROM (SELECT YEAR(born) AS y, uid FROM prof ORDER BY uid LIMIT 20) d ORDER BY d.uid',
  'WITH q AS (SELECT YEAR(t3.born) AS x FROM orders t1 RIGHT JOIN prof t3 ON t1.customer_id = t3.uid) SELECT c.x, t6.score FROM q c RIGHT JOIN office.cfg t6 ON c.x = t6.score + 9969 ORDER BY 1, 2',
  'SELECT YEAR(p.born) AS y, COUNT(*) FROM prof p JOIN office.plain o ON o.id = p.uid GROUP BY y ORDER BY y',
  'SELECT d.y, COUNT(*) FROM (SELECT YEAR(born) AS y FROM prof ORDER BY uid LIMIT 20) d JOIN office.plain o ON o.id > 5 GROUP BY d.y ORDER BY d.y',
];

const inShop = [
  // What is warned of while a text is prepared.
  "SELECT SUM(k_bin.n) + 1 FROM k_bin WHERE k_bin.k BETWEEN N'fi' AND _latin1'ABC'",
  "SELECT CONCAT(COUNT(*), ' rows') FROM zoo WHERE id BETWEEN 24 AND '029' AND (id, se) = ('30abc', 'a,c,d')",
  "SELECT AVG(t.oid), t.line + 0.0 FROM items t WHERE '38abc' = t.cid GROUP BY t.line + 0.0 HAVING COUNT(*) > 3 ORDER BY 2",
  "SELECT b.oid, MAX(b.line), SUM(b.oid) FROM orders a LEFT JOIN items b ON a.cid = b.cid AND a.oid = b.oid WHERE '15abc' = b.cid OR b.sku != 'c3' GROUP BY b.oid HAVING COUNT(*) > 1 ORDER BY 1",
];

/** The type of a variable is that of its value, also to PREPARE. */
const variables: Case = {
  name: 'gathered variables',
  topic: 'gathered variables',
  statements: [
    { sql: 'SET @n = 5, @t = (SELECT MAX(name) FROM customer)', order: 'total' },
    {
      sql: 'SELECT t1.col, @n, @t, t2.n + @n FROM office.plain t1 JOIN visit t2 ON t1.col = t2.n WHERE t2.n > @n ORDER BY 1, 4',
      parameters: [],
      order: 'total',
    },
  ],
  writes: false,
  database: MARKET,
};

export const gatheredCases = (): Case[] => [
  ...reads('gathered', 'total', inMarket, undefined, MARKET),
  ...reads('gathered warnings', 'total', inShop),
  variables,
];
