/** What the other lists do not have: variables, locks, hints, EXPLAIN, what is answered wrongly elsewhere. */
import { any, count, gapsOf } from './gap.ts';

export const otherGaps = gapsOf([
  ['G75', 'SELECT @v := 42', { behind: ['SELECT @v'] }],
  [
    'G75b',
    'SELECT @v := COUNT(*) FROM customer c JOIN orders o ON o.region = c.age',
    { behind: ['SELECT @v'] },
  ],
  [
    'G75c',
    'SELECT id FROM customer c WHERE score = @v AND EXISTS (SELECT 1 FROM orders o WHERE o.region = @v) ORDER BY id',
    { before: ['SET @v = 20'] },
  ],
  ['G85', "SELECT GET_LOCK('gap', 0) FROM customer WHERE id = 1", { behind: ['DO RELEASE_ALL_LOCKS()'] }],
  ['G86', "SELECT GET_LOCK('gap', 0), 1 FROM DUAL", { behind: ['DO RELEASE_ALL_LOCKS()'] }],
  ['G87', "SELECT IS_FREE_LOCK('gap') FROM customer", any],
  [
    'G88',
    "SELECT id FROM customer WHERE GET_LOCK('gap', 0) = 1 ORDER BY id",
    { behind: ['DO RELEASE_ALL_LOCKS()'] },
  ],
  ['G89', "SELECT * FROM customer INTO OUTFILE 'x'"],
  ['G90', "SELECT name FROM customer INTO DUMPFILE 'x'"],
  ['G110', 'SELECT (SELECT NEXT VALUE FROM office.seq) FROM customer'],
  ['G111', 'SELECT * FROM orders UNION SELECT * FROM visit'],
  ['G111b', 'SELECT * FROM visit UNION SELECT customer_id, region, note, amount FROM orders', any],
  [
    'G112',
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'market' AND table_schema = 'office'",
  ],
  [
    'G112b',
    "SELECT c.id, t.table_name FROM customer c JOIN information_schema.tables t ON t.table_schema = 'market' AND t.table_name = 'orders' WHERE c.id < 3 ORDER BY 1",
  ],
  [
    'G113',
    'SELECT c.id FROM customer c LEFT JOIN orders o ON o.region = c.age WHERE my_fn(o.note) = 1 ORDER BY c.id',
  ],
  [
    'G113b',
    'SELECT c.id FROM customer c LEFT JOIN orders o ON o.region = c.age WHERE no_fn(o.note) = 1 ORDER BY c.id',
  ],
  ['G113c', 'SELECT SUM(my_fn(note)) FROM orders'],
  ['W1', 'SELECT id FROM customer UNION ALL SELECT col FROM office.plain ORDER BY id LIMIT 2'],
  ['W1b', 'SELECT id FROM customer UNION SELECT col FROM office.plain ORDER BY id DESC LIMIT 2'],
  ['W2', 'SELECT id FROM customer PARTITION (p0)'],
  ['W3', 'SELECT id FROM customer WHERE (score, age) IN (SELECT amount, region FROM orders) ORDER BY id'],
  ['W6', 'VALUES ROW(1, 2), ROW(3, 4)', any],
  ['W8', 'SELECT id INTO @x FROM customer WHERE id = 1', { behind: ['SELECT @x'] }],
  ['W8b', 'SELECT COUNT(*), MAX(id) INTO @x, @y FROM customer', { behind: ['SELECT @x, @y'] }],
  ['W8c', 'SELECT id INTO @x FROM customer ORDER BY id', { behind: ['SELECT @x IS NULL'] }],
  [
    'W8d',
    'SELECT c.id, o.id INTO @x, @y FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1, 2 LIMIT 1',
    { behind: ['SELECT @x, @y'] },
  ],
  ['W8e', 'SELECT id INTO @never FROM customer WHERE id = -5', { behind: ['SELECT @never'] }],
  ['W9', 'SELECT id, CONNECTION_ID() FROM customer ORDER BY id', { volatile: true }],
  ['W9b', 'SELECT COUNT(*) FROM customer c JOIN orders o ON o.region = c.age WHERE CONNECTION_ID() > 0'],
  [
    'W9c',
    'SELECT c.id, DATABASE(), LAST_INSERT_ID(), FOUND_ROWS(), ROW_COUNT(), VERSION(), USER() FROM customer c JOIN orders o ON o.region = c.age WHERE c.id = 2 LIMIT 1',
  ],
  ['W12', 'SELECT DISTINCT city FROM customer ORDER BY score'],
  [
    'W13',
    'SELECT DISTINCT x.city FROM (SELECT city FROM customer UNION ALL SELECT k FROM office.cfg) x LIMIT 2',
    count,
  ],
  [
    'W14',
    'SELECT id FROM (SELECT id, score, age FROM customer ORDER BY age, id LIMIT 10) t WHERE t.score > 3',
    any,
  ],
  [
    'W14b',
    'SELECT t.id, o.id FROM (SELECT id, score FROM customer ORDER BY id LIMIT 10) t JOIN orders o ON o.region = t.score WHERE t.score > 3 ORDER BY 1, 2',
  ],
  [
    'W15',
    'SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY id ORDER BY score) rn FROM customer) t WHERE t.rn = 1',
    any,
  ],
  [
    'W15b',
    'SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY region ORDER BY amount DESC, id) rn FROM orders) t WHERE t.rn <= 2 ORDER BY id',
  ],
  [
    'F1',
    'SELECT SQL_CALC_FOUND_ROWS c.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1 LIMIT 2',
    { behind: ['SELECT FOUND_ROWS()'] },
  ],
  [
    'F2',
    'SELECT SQL_CALC_FOUND_ROWS id FROM customer ORDER BY id LIMIT 2',
    { behind: ['SELECT FOUND_ROWS()'] },
  ],
  [
    'F3',
    'SELECT NOW() = NOW(), COUNT(*) FROM customer c JOIN orders o ON o.region = c.age WHERE o.placed < NOW()',
  ],
  ['F4', 'SELECT c.id, RAND() < 2 FROM customer c JOIN orders o ON o.region = c.age ORDER BY c.id'],
  ['E1', 'SELECT c.id FROM customer c JOIN orders c ON 1'],
  ['E1b', 'SELECT c.id FROM customer c JOIN orders c ON c.id = c.region JOIN office.plain c'],
  ['F4b', 'SELECT RAND(3) FROM customer', any],
  ['F4c', 'SELECT c.id, RAND(3) FROM customer c ORDER BY c.id LIMIT 5'],
  ['F4d', 'SELECT COUNT(*) FROM customer WHERE RAND(4) < 0.5'],
  ['F4e', 'SELECT id, RAND(id) FROM customer ORDER BY id'],
  ['F4f', 'SELECT SUM(RAND(5)) FROM customer'],
  [
    'F5',
    "SELECT c.id, o.id FROM customer c JOIN orders o ON o.region = c.age WHERE c.name = 'ann' COLLATE utf8mb4_bin ORDER BY 1, 2",
  ],
  [
    'F6',
    'SELECT /*+ MAX_EXECUTION_TIME(60000) SET_VAR(sort_buffer_size = 262144) */ c.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1',
  ],
  ['F7', 'SELECT c.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1 LIMIT 3 FOR SHARE'],
  ['F8', 'SELECT c.id FROM customer c JOIN orders o ON o.region = c.age ORDER BY 1 LIMIT 3 FOR UPDATE OF c'],
  ['F9', 'SELECT p.*, c.id FROM prof p LEFT JOIN customer c ON c.age = p.uid ORDER BY p.uid, c.id'],
  [
    'F10',
    'SELECT p.at, c.id FROM prof p JOIN customer c ON c.age = p.uid ORDER BY p.uid, c.id',
    { before: ["SET time_zone = '+05:30'"] },
  ],
  [
    'F11',
    "SELECT c.id, 1 / 3, 'x' || 'y' FROM customer c JOIN orders o ON o.region = c.age ORDER BY c.id, o.id LIMIT 4",
    { before: ["SET div_precision_increment = 9, sql_mode = 'PIPES_AS_CONCAT'"] },
  ],
  [
    'F12',
    'SELECT c.id, o.note FROM customer c JOIN orders o ON o.region = c.age WHERE c.id / 0 IS NULL ORDER BY 1, 2 LIMIT 3',
  ],
  ['F13', 'SELECT c.id + 9223372036854775807 FROM customer c JOIN orders o ON o.region = c.age'],
  [
    'F14',
    'SELECT c.name, o.note, c.city FROM customer c JOIN orders o ON o.region = c.age ORDER BY c.id, o.id',
    { before: ['SET NAMES latin1'] },
  ],
  // Titles are cut.
  [
    'T1',
    "SELECT (SELECT CONCAT(MAX(o.note), 'ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日ü日') FROM orders o WHERE o.region = c.age) FROM customer c ORDER BY c.id",
  ],
  [
    'T2',
    "SELECT (SELECT CONCAT('😀', MAX(o.id), '`') FROM orders o WHERE o.region = c.age) FROM customer c ORDER BY c.id",
  ],
  [
    'F15',
    'SELECT c.id, c.name, COUNT(o.id) FROM customer c LEFT JOIN orders o ON o.region = c.age GROUP BY c.id ORDER BY c.id',
    { before: ['SET autocommit = 0', 'SELECT COUNT(*) FROM visit'], behind: ['ROLLBACK'] },
  ],
]);
