/** Tables of keyspaces beside what is no table of theirs: MySQL's own tables, and queries within statements that are no queries. */
import { any, type GapText, gapsOf } from './gap.ts';

const texts: readonly GapText[] = [
  [
    'G112c',
    "SELECT COUNT(*) FROM customer WHERE name IN (SELECT column_name FROM information_schema.columns WHERE table_schema = 'market')",
  ],
  [
    'G112d',
    "SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'market') AS n, COUNT(*) FROM customer",
  ],
  [
    'G112e',
    "SELECT p.id, t.table_name FROM office.plain p JOIN information_schema.tables t ON t.table_schema = 'market' AND t.table_name = 'customer' ORDER BY 1",
  ],
  [
    'G112f',
    "SELECT c.id, e.engine FROM customer c, information_schema.engines e WHERE e.engine = 'InnoDB' AND c.id < 4 ORDER BY 1",
  ],
  [
    'G112g',
    "SELECT c.id, u.user FROM customer c, mysql.user u WHERE u.user = 'root' AND c.id < 4 ORDER BY 1",
  ],
  [
    'G112h',
    "SELECT c.id, performance_schema.v.variable_value FROM customer c, performance_schema.session_variables v WHERE v.variable_name = 'lower_case_table_names' AND c.id < 4 ORDER BY 1",
  ],
  [
    'G112i',
    "SELECT c.id, v.value FROM customer c, sys.sys_config v WHERE v.variable = 'statement_truncate_len' AND c.id < 4 ORDER BY 1",
  ],
  [
    'G112j',
    "SELECT score FROM customer UNION SELECT ordinal_position FROM information_schema.columns WHERE table_schema = 'market' AND table_name = 'customer'",
    any,
  ],
  [
    'G112k',
    "WITH t AS (SELECT table_name FROM information_schema.tables WHERE table_schema = 'market' AND table_name LIKE 'o%') SELECT c.id, t.* FROM customer c, t WHERE c.id < 3 ORDER BY 1, 2",
  ],
  [
    'G112l',
    "SELECT c.id, t.table_rows FROM customer c JOIN information_schema.tables t ON t.table_schema = 'market' AND t.table_name = 'customer' WHERE c.id = 5",
  ],
  [
    'G112m',
    "SELECT COUNT(*) FROM customer c JOIN office.plain p JOIN information_schema.columns k ON k.column_name = 'id' AND k.table_schema IN ('market', 'office') WHERE c.id < 3",
  ],
  [
    'G112n',
    'SELECT c.id, k.table_name FROM customer c JOIN (SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1 LIMIT 1) k ORDER BY 1 LIMIT 2',
  ],
  [
    'G112o',
    "SELECT id, (SELECT k.column_name FROM information_schema.columns k WHERE k.table_schema = 'market' AND k.table_name = 'customer' AND k.ordinal_position = c.id) FROM customer c ORDER BY 1",
  ],
  ['Q1', 'SET @x = (SELECT COUNT(*) FROM customer)', { behind: ['SELECT @x'] }],
  [
    'Q2',
    'SET @x = (SELECT COUNT(*) FROM customer JOIN office.plain ON 1), @y = (SELECT name FROM customer WHERE id = 5), @z = 1 + 1',
    { behind: ['SELECT @x, @y, @z, COLLATION(@y)'] },
  ],
  [
    'Q3',
    'SET @x = @x + 1, @y = (SELECT COUNT(*) FROM customer WHERE id > @x)',
    { before: ['SET @x = 5'], behind: ['SELECT @x, @y'] },
  ],
  ['Q4', 'SET @x = (SELECT id FROM customer)', { behind: ['SELECT @x'] }],
  [
    'Q5',
    "SET @x = 2, sql_mode = (SELECT CONCAT('ANSI', LEFT('x', COUNT(*) - COUNT(*))) FROM customer)",
    { behind: ['SELECT @x, @@sql_mode', 'SELECT "id" FROM customer WHERE id = 3'] },
  ],
  ['Q6', 'SET sql_mode = (SELECT MIN(LOWER(name)) FROM customer)', { behind: ['SELECT @@sql_mode'] }],
  ['Q7', 'DO (SELECT COUNT(*) FROM customer), 1 / 0', { behind: ['SHOW WARNINGS'] }],
  ['Q8', 'DO (SELECT id FROM customer)'],
  ['A1', 'SELECT c.id FROM customer c JOIN office.plain c'],
  ['A2', 'SELECT c.col FROM customer c JOIN office.plain c ORDER BY 1 LIMIT 3'],
  ['A3', 'SELECT 1 FROM customer c JOIN office.plain c WHERE c.id = 1'],
  ['A4', 'SELECT 1 FROM customer c JOIN office.plain c ON c.id = c.col'],
  ['A5', 'SELECT 1 FROM customer c JOIN office.plain c ON c.score = c.col ORDER BY c.id'],
  ['A6', 'SELECT 1 FROM customer c JOIN office.plain c ON c.score = c.col GROUP BY c.id'],
  ['A7', 'SELECT 1 FROM customer c JOIN office.plain c ON c.score = c.col HAVING c.id > 1'],
  ['A8', 'SELECT COUNT(*) FROM customer c JOIN office.plain c ON c.score = c.col'],
  [
    'A9',
    'SELECT c.* FROM customer c JOIN office.plain c ON c.score = c.col ORDER BY market.c.id, office.c.id LIMIT 2',
  ],
  ['A10', 'SELECT c.nix FROM customer c JOIN office.plain c ON c.score = c.col'],
  ['A11', 'SELECT 1 FROM customer c JOIN office.plain c USING (id) WHERE c.id = 5'],
  ['A12', 'SELECT (SELECT c.id) FROM customer c JOIN office.plain c'],
  ['A13', 'SELECT country.code FROM market.country JOIN office.country ON 1 LIMIT 1'],
  ['A15', 'SELECT market.c.id FROM customer c JOIN office.plain c JOIN office.cfg c'],
  ['A16', 'SELECT 1 FROM customer c JOIN office.plain c JOIN market.orders c'],
  ['A17', 'SELECT customer.id FROM market.customer JOIN shop.customers customer LIMIT 1'],
  ['G113f', "SELECT my_fn('x'), market.my_fn('oak')"],
  ['G113g', "SELECT market.my_fn('x')"],
  ['G113h', 'SELECT id, my_fn(name) FROM customer WHERE id = 5'],
  ['G113i', 'SELECT id, MY_FN(name) FROM customer ORDER BY 1'],
  ['G113j', 'SELECT my_fn(note) m, COUNT(*) FROM orders GROUP BY my_fn(note) ORDER BY 1'],
  ['G113k', 'SELECT my_fn(MAX(note)) FROM orders'],
  ['G113l', 'SELECT DISTINCT my_fn(note) FROM orders ORDER BY 1'],
  [
    'G113m',
    'SELECT id FROM customer WHERE my_fn(name) = 0 AND id IN (SELECT col FROM office.plain) ORDER BY 1',
  ],
  ['G113n', 'SELECT market.my_fn(p.col), p.id FROM office.plain p ORDER BY 2'],
  ['G113o', 'SELECT market.my_fn(p.col), p.id FROM office.plain p JOIN customer c ON c.id = p.id ORDER BY 2'],
  ['G113q', 'SELECT office.my_fn(id) FROM customer', any],
  ['G113r', 'SELECT my_fn(id, id) FROM customer', any],
  ['G113s', 'SELECT my_fn(id, id)'],
  ['G113t', 'SELECT (SELECT MAX(my_fn(note)) FROM orders), id FROM customer ORDER BY 2 LIMIT 2'],
  ['G113u', 'SELECT o.c FROM (SELECT my_fn(note) AS c, COUNT(*) FROM orders GROUP BY 1) o ORDER BY 1'],
  [
    'G112p',
    "SELECT COUNT(*) FROM (TABLE information_schema.engines) s, customer c WHERE s.engine = 'InnoDB'",
  ],
];

export const besideGaps = gapsOf(texts);
