/** Joins of tables whose rows meet on no shard: by every type, in every form, and with groups over them. */
import type { Case } from '../case.ts';
import { reads } from './chosen.ts';
import { zooTypes } from './titles.ts';

const byType = (key: string): string[] => [
  `SELECT x.id, y.id, x.${key} FROM zoo x JOIN zoo y ON y.${key} = x.${key} WHERE x.id < 30 AND y.i < 100 ORDER BY 1, 2`,
  `SELECT x.id, y.id, y.${key} FROM zoo x LEFT JOIN zoo y ON y.${key} = x.${key} AND y.id < 20 ORDER BY 1, 2`,
  `SELECT x.id FROM zoo x WHERE x.${key} IN (SELECT y.${key} FROM zoo y WHERE y.id < 12) ORDER BY 1`,
  `SELECT x.id FROM zoo x WHERE x.${key} NOT IN (SELECT y.${key} FROM zoo y WHERE y.id < 12) ORDER BY 1`,
  `SELECT x.id FROM zoo x WHERE NOT EXISTS (SELECT 1 FROM zoo y WHERE y.${key} = x.${key} AND y.id < 12) ORDER BY 1`,
];

/** Two columns that MySQL compares as something third. */
const unlike: readonly (readonly [string, string])[] = [
  ['i', 'de'],
  ['i', 'db'],
  ['i', 'f'],
  ['i', 'v'],
  ['i', 'bt'],
  ['i', 'en'],
  ['i', 'se'],
  ['i', 'y'],
  ['b', 'bu'],
  ['b', 'iu'],
  ['ti', 'bu'],
  ['de', 'de0'],
  ['de', 'deu'],
  ['de', 'db'],
  ['f', 'db'],
  ['v', 'vas'],
  ['v', 'vgen'],
  ['v', 'vlat'],
  ['v', 'c'],
  ['v', 'tx'],
  ['v', 'vb'],
  ['v', 'en'],
  ['c', 'vbin'],
  ['vb', 'bi'],
  ['vb', 'bl'],
  ['da', 'dt'],
  ['dt6', 'dt'],
  ['tm', 'tm3'],
  ['en', 'se'],
  ['bt', 'ti'],
  ['js', 'i'],
  ['bo', 'i'],
  ['zf', 'iu'],
];

const byUnlike = ([one, other]: readonly [string, string]): string[] => [
  `SELECT x.id, y.id FROM zoo x JOIN zoo y ON y.${other} = x.${one} WHERE x.id < 60 ORDER BY 1, 2`,
  `SELECT x.id FROM zoo x WHERE NOT EXISTS (SELECT 1 FROM zoo y WHERE y.${other} = x.${one} AND y.id < 30) ORDER BY 1`,
];

/** What is selected, sorted by all that tells its rows apart. */
const forms = [
  // The title of a column that is always NULL is its own.
  'SELECT c.id, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE o.oid IS NULL AND c.age > 10 ORDER BY 1',
  'SELECT c.id, o.oid AS x, o.* FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE o.cid IS NULL ORDER BY 1',
  'SELECT c.id FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE o.cid IS NULL ORDER BY 1',
  'SELECT c.id FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE o.day IS NULL ORDER BY 1, o.cid',
  'SELECT c.id, o.cid FROM customers c LEFT JOIN orders o ON o.oid = c.age AND o.day IS NULL ORDER BY 1, 2',
  'SELECT c.id FROM customers c LEFT JOIN k_date d ON d.n = c.age WHERE d.k IS NULL ORDER BY 1',
  'SELECT c.id FROM customers c LEFT JOIN w_item w ON w.id = c.age WHERE w.at IS NULL ORDER BY 1',
  // NULL on either side of NOT IN.
  'SELECT id FROM customers WHERE age NOT IN (SELECT oid FROM orders) ORDER BY 1',
  'SELECT id FROM customers WHERE id NOT IN (SELECT age FROM customers) ORDER BY 1',
  'SELECT id FROM customers WHERE id NOT IN (SELECT age FROM customers WHERE age IS NOT NULL) ORDER BY 1',
  'SELECT id FROM customers WHERE id NOT IN (SELECT oid FROM orders WHERE oid > 1000) ORDER BY 1',
  'SELECT id FROM customers WHERE age NOT IN (SELECT oid FROM orders WHERE oid > 1000) ORDER BY 1',
  'SELECT id FROM customers WHERE (age, id) NOT IN (SELECT oid, cid FROM orders) ORDER BY 1',
  'SELECT id FROM customers WHERE (age, id) IN (SELECT oid, qty FROM items) ORDER BY 1',
  // The same key in many rows, on both sides.
  'SELECT c.id, i.cid, i.oid, i.line FROM customers c JOIN items i ON i.qty = c.age - c.age + 1 ORDER BY 1, 2, 3, 4',
  'SELECT i.cid, i.oid, i.line, j.cid, j.oid, j.line FROM items i JOIN items j ON j.qty = i.line ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 300',
  'SELECT i.sku, j.cid, j.oid, j.line FROM items i JOIN items j ON j.sku = i.sku WHERE i.cid = 3 ORDER BY 1, 2, 3, 4',
  // Sorted by one side, with a LIMIT.
  'SELECT c.id, o.cid, o.oid FROM customers c JOIN orders o ON o.oid = c.age ORDER BY c.name, c.id, o.cid LIMIT 7',
  'SELECT c.id, o.cid, o.oid FROM customers c LEFT JOIN orders o ON o.oid = c.age ORDER BY c.id DESC, o.cid LIMIT 5 OFFSET 4',
  'SELECT c.id, o.cid FROM customers c LEFT JOIN orders o ON o.oid = c.age ORDER BY c.id, o.cid LIMIT 0',
  'SELECT c.id, o.cid FROM customers c JOIN orders o ON o.oid = c.age ORDER BY o.total, o.cid, o.oid, c.id LIMIT 3, 5',
  // Nothing found, or nothing asked for.
  'SELECT c.id, o.cid FROM customers c JOIN orders o ON o.oid = c.age WHERE c.id = 123456789 ORDER BY 1',
  'SELECT c.id, o.cid FROM customers c LEFT JOIN orders o ON o.oid = c.age AND o.cid = 123456789 ORDER BY 1',
  'SELECT c.id, o.cid FROM customers c JOIN orders o ON o.oid = c.age WHERE 1 = 0 ORDER BY 1',
  'SELECT c.id, o.cid FROM customers c LEFT JOIN orders o ON o.oid = c.age WHERE c.age IS NULL ORDER BY 1',
  'SELECT c.id, o.cid, i.line FROM customers c LEFT JOIN orders o ON o.oid = c.age LEFT JOIN items i ON i.qty = o.oid ORDER BY 1, 2, i.cid, i.oid, i.line',
  'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.oid = c.age) AND NOT EXISTS (SELECT 1 FROM items i WHERE i.qty = c.id) ORDER BY 1',
];

const from = 'FROM orders o JOIN customers c ON c.id = o.oid';
/** One row for each group. */
const groups = [
  `SELECT c.city, COUNT(*), SUM(o.total) ${from} GROUP BY c.city`,
  `SELECT c.age, COUNT(o.total), SUM(o.oid), AVG(o.total), AVG(o.oid), MIN(o.day), MAX(o.total) ${from} GROUP BY c.age`,
  `SELECT COUNT(*), SUM(o.total), AVG(o.total), MIN(o.oid) ${from}`,
  `SELECT COUNT(*), SUM(o.total), AVG(o.total), MIN(o.oid), MAX(o.day) ${from} WHERE o.cid = 123456789`,
  `SELECT c.age, COUNT(*) ${from} WHERE o.cid = 123456789 GROUP BY c.age`,
  `SELECT c.id, SUM(o.total * (1 - c.credit)) ${from} GROUP BY c.id`,
  `SELECT c.id, SUM(o.total * (1 + o.total)) AS s ${from} GROUP BY c.id`,
  `SELECT o.status, COUNT(*) ${from} GROUP BY o.status`,
  `SELECT o.status, c.age, COUNT(*), MAX(o.oid) ${from} GROUP BY c.age, o.status`,
  `SELECT c.city AS town, COUNT(*) n ${from} GROUP BY town`,
  `SELECT c.age AS oid, COUNT(*) n ${from} GROUP BY oid`,
  `SELECT c.age, COUNT(*) ${from} GROUP BY 1`,
  `SELECT c.age ${from} GROUP BY c.age`,
  `SELECT COUNT(*) ${from} GROUP BY c.age, c.country`,
  `SELECT c.name, COUNT(*) ${from} GROUP BY c.age`,
  `SELECT c.name, COUNT(*) ${from} GROUP BY c.id`,
  `SELECT COUNT(c.age), COUNT(c.id), SUM(c.age), MIN(c.name) ${from}`,
  `SELECT o.cid, SUM(c.age), COUNT(c.city) ${from} GROUP BY o.cid`,
  `SELECT o.cid, SUM(c.age), COUNT(o.total) ${from} GROUP BY o.cid`,
  `SELECT c.born, COUNT(DISTINCT o.cid) ${from} GROUP BY c.born`,
  `SELECT c.age, COUNT(*) FROM orders o LEFT JOIN customers c ON c.age = o.oid GROUP BY c.age`,
  `SELECT o.oid, COUNT(*), COUNT(c.age), SUM(c.age) FROM orders o LEFT JOIN customers c ON c.age = o.oid GROUP BY o.oid`,
  `SELECT c.age, SUM(o.total), COUNT(*) FROM orders o JOIN customers c ON c.id = o.oid JOIN items i ON i.qty = c.age GROUP BY c.age`,
  `SELECT c.age, SUM(i.qty), COUNT(*) FROM orders o JOIN customers c ON c.id = o.oid JOIN items i ON i.qty = o.oid GROUP BY c.age`,
  `SELECT c.age, COUNT(*) FROM customers c WHERE c.age IN (SELECT oid FROM orders) GROUP BY c.age`,
  `SELECT c.country, COUNT(*), SUM(c.credit) FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.oid = c.age) GROUP BY c.country`,
  `SELECT COUNT(*), SUM(c.credit) FROM customers c WHERE c.id NOT IN (SELECT oid FROM orders WHERE total > 5)`,
  `SELECT c.age, SUM(i.price), AVG(i.price), MAX(i.price) FROM items i JOIN customers c ON c.id = i.oid GROUP BY c.age`,
  `SELECT x.v, COUNT(*), SUM(y.de) FROM zoo x JOIN zoo y ON y.v = x.v GROUP BY x.v`,
  `SELECT y.v, COUNT(*), MAX(y.dt6) FROM zoo x JOIN zoo y ON y.vgen = x.vgen GROUP BY y.v`,
  `SELECT x.en, x.se, COUNT(*), MIN(y.en) FROM zoo x JOIN zoo y ON y.i = x.i GROUP BY x.en, x.se`,
  `SELECT x.f, COUNT(*) FROM zoo x JOIN zoo y ON y.i = x.i GROUP BY x.f`,
  `SELECT x.tx, COUNT(*) FROM zoo x JOIN zoo y ON y.i = x.i GROUP BY x.tx`,
  `SELECT SUM(y.bu), SUM(y.b), SUM(y.iu), AVG(y.ti), SUM(y.bo), SUM(y.y), SUM(y.bt) FROM zoo x JOIN zoo y ON y.i = x.i`,
  `SELECT SUM(y.ti * y.si), SUM(y.tu - y.iu) FROM zoo x JOIN zoo y ON y.i = x.i WHERE x.id < 9`,
];

const sortedGroups = [
  `SELECT c.city, COUNT(*) AS n ${from} GROUP BY c.city ORDER BY n DESC, c.city`,
  `SELECT c.age, SUM(o.total) ${from} GROUP BY c.age ORDER BY SUM(o.total) DESC, 1 LIMIT 3`,
  `SELECT c.age, SUM(o.total) AS s ${from} GROUP BY c.age ORDER BY s, c.age LIMIT 2 OFFSET 1`,
  `SELECT c.age, AVG(o.total) ${from} GROUP BY c.age ORDER BY 2, 1`,
  `SELECT c.age, COUNT(*) ${from} GROUP BY c.age ORDER BY MAX(o.total), c.age`,
  `SELECT c.age, MIN(o.day) AS d ${from} GROUP BY c.age ORDER BY d DESC, c.age`,
  `SELECT COUNT(*) ${from} GROUP BY c.age ORDER BY c.age`,
  `SELECT COUNT(*) ${from} ORDER BY 1 LIMIT 1`,
  `SELECT COUNT(*) ${from} LIMIT 0`,
  `SELECT o.status, COUNT(*) ${from} GROUP BY o.status ORDER BY o.status DESC`,
];

export const joinCases = (): Case[] => [
  ...reads('join by type', 'total', zooTypes.flatMap(byType), [0, 1, 2]),
  ...reads('join of unlike types', 'total', unlike.flatMap(byUnlike)),
  ...reads('join forms', 'total', forms),
  ...reads('join with groups', 'any', groups, [0, 1]),
  ...reads('join with sorted groups', 'total', sortedGroups, [0]),
];
