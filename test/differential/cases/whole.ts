/** Whole queries over several keyspaces that shards, temporary tables and one MySQL could tell apart. */
import { long, type Parameter } from '../../support/parameters.ts';
import type { Case, RowOrder, Statement } from '../case.ts';
import { MARKET } from '../definitions.ts';
import { reads } from './chosen.ts';

/** A subquery in an outer join's ON that says nothing of the inner table must not multiply its rows, however it is run. */
const semijoins = [
  'SELECT * FROM orders t1 RIGHT JOIN visit t2 ON t1.amount = t2.customer_id AND EXISTS (SELECT NULL FROM (office.plain t3, shop.k_pinned t4) WHERE t4.a < t2.share)',
  'SELECT * FROM orders t1 RIGHT JOIN visit t2 ON t1.amount = t2.customer_id AND (NOT (NOT EXISTS (SELECT NULL FROM (office.plain t3, shop.k_pinned t4) WHERE t4.a < t2.share)))',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n IN (SELECT t4.a FROM shop.k_pinned t4 JOIN office.plain t3 ON t3.id >= t4.a)',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n IN (SELECT /*+ NO_MERGE() */ t4.a FROM shop.k_pinned t4 JOIN office.plain t3)',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n = ANY (SELECT t4.score FROM customer t4)',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND EXISTS (TABLE office.plain)',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n NOT IN (SELECT t4.score FROM customer t4 WHERE t4.score IS NOT NULL UNION SELECT 3)',
  'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n > (SELECT MIN(t4.a) FROM shop.k_pinned t4 WHERE t4.a IN (SELECT id FROM office.plain))',
  'SELECT t2.n, (SELECT COUNT(t1.id) FROM country t3 LEFT JOIN orders t1 ON t1.id = t3.people AND t2.n IN (SELECT t4.score FROM customer t4)) FROM visit t2',
];

/** What is one width on one shard is another on the next, by way of a temporary table. */
const widths = [
  'SELECT d.x1 FROM (SELECT SUM(DISTINCT t1.region) AS x1, COUNT(t1.placed) AS x2 FROM orders t1 JOIN visit t2 USING (customer_id)) d JOIN office.plain p ON p.id = 2',
  'SELECT t1.region, COUNT(*), MIN(t1.region), MAX(t1.id) FROM orders t1 JOIN visit t2 USING (customer_id) GROUP BY t1.region ORDER BY 1',
  'SELECT SQL_BIG_RESULT t2.n, ABS(t2.n), t2.n IS NULL FROM orders t1 JOIN visit t2 USING (customer_id) ORDER BY 1, 2, 3',
  'SELECT DISTINCT t1.region, t1.region + 0 FROM orders t1 JOIN visit t2 USING (customer_id) ORDER BY 1',
];

/** Two parameters are two values, even of one number. */
const parameters: readonly (readonly [sql: string, values: readonly Parameter[], mode?: string])[] = [
  ['SELECT age, COUNT(*) FROM shop.customers GROUP BY age, born >= ?', [long(20000101)]],
  ['SELECT age > ? AS x, COUNT(*) FROM shop.customers GROUP BY x ORDER BY x', [long(20)]],
  ['SELECT age > ? AS x, COUNT(*) FROM shop.customers GROUP BY 1 ORDER BY 1 DESC', [long(20)]],
  ['SELECT age > ?, COUNT(*) FROM shop.customers GROUP BY age > ? ORDER BY 1', [long(20), long(20)]],
  ['SELECT age FROM shop.customers GROUP BY age, age > ? ORDER BY age > ?', [long(20), long(20)]],
  ['SELECT age + ?, COUNT(*) FROM shop.customers GROUP BY age + ? ORDER BY 1', [long(1), long(2)], "''"],
  [
    'SELECT d.x FROM (SELECT t1.age AS x FROM shop.customers t1 GROUP BY t1.age, t1.born >= ?) AS d WHERE d.x <> ? ORDER BY 1',
    [long(20000101), long(20)],
  ],
  [
    'SELECT NULLIF(t4.id, ?) AS x1 FROM customer t1 JOIN office.plain t2 ON t1.age = t2.id LEFT JOIN office.plain t4 ON t1.id = 2 GROUP BY NULLIF(t4.id, ?)',
    [long(1), long(1)],
  ],
  [
    'SELECT COUNT(*) FROM visit t2 LEFT JOIN orders t1 ON t1.amount = t2.customer_id AND t2.n > IFNULL((SELECT ?), ?) JOIN office.plain p ON p.id = t2.n',
    [long(1), long(1)],
  ],
  [
    'SELECT t1.n > ?, COUNT(*) FROM shop.k_pinned t1 JOIN country t3 ON t1.n = t3.people GROUP BY t1.n > ?',
    [long(1), long(1)],
  ],
];

const inMarket = (each: Case): Case => ({ ...each, database: MARKET });

function bound([sql, values, mode]: (typeof parameters)[number], at: number, order: RowOrder): Case {
  const set: Statement[] = mode === undefined ? [] : [{ sql: `SET sql_mode = ${mode}`, order: 'total' }];
  return {
    name: `whole: parameters ${at + 1}`,
    topic: 'whole: parameters',
    statements: [...set, { sql, parameters: values, order }],
    writes: false,
  };
}

export const wholeQueryCases = (): Case[] =>
  [
    ...reads('whole: semijoins', 'any', semijoins),
    ...reads('whole: widths', 'any', widths),
    ...parameters.map((each, at) => bound(each, at, 'any')),
  ].map(inMarket);
