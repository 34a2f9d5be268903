import { queries, query, type Script, textQueries } from '../script.ts';

const digits =
  '(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
const mega = 1024 * 1024;

export const bigRows: Script = {
  name: 'big rows',
  heavy: true,
  steps: [
    ...queries(
      `SELECT REPEAT('x', ${mega})`,
      `SELECT REPEAT('y', ${17 * mega}), 'after'`,
      `SELECT REPEAT('z', ${40 * mega})`,
      // Rows of exactly one packet's limit and its neighbours: an empty packet follows the full one.
      ...[-6, -5, -4, -3, -2, -1, 0, 1].map((more) => `SELECT REPEAT('e', ${0xff_ff_ff + more})`),
      `SELECT REPEAT('a', ${mega}) UNION ALL SELECT REPEAT('b', ${mega}) UNION ALL SELECT 'c'`,
      `SELECT REPEAT('z', 200 * ${mega})`,
      'SHOW WARNINGS',
    ),
    query(`SELECT LENGTH('${'p'.repeat(mega)}')`),
    query(`SELECT LENGTH('${'q'.repeat(17 * mega)}') AS n`),
    query(`SELECT '${'r'.repeat(17 * mega)}' AS n`),
  ],
};

export const manyRows: Script = {
  name: 'many rows',
  heavy: true,
  steps: [
    ...textQueries('DROP TABLE IF EXISTS numbers', 'CREATE TABLE numbers (n INT PRIMARY KEY, t VARCHAR(40))'),
    query(
      `INSERT INTO numbers SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d, CONCAT('row ', a.d, b.d, c.d) FROM
       ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f`,
    ),
    ...queries(
      'SELECT * FROM numbers ORDER BY n',
      'SELECT COUNT(*), SUM(n) FROM numbers',
      'SELECT n, t FROM numbers WHERE n % 1000 = 7 ORDER BY n',
      'SELECT SQL_CALC_FOUND_ROWS n FROM numbers ORDER BY n LIMIT 3',
      'SELECT FOUND_ROWS()',
      'UPDATE numbers SET t = "same" WHERE n < 5000',
      'SELECT ROW_COUNT()',
      'DELETE FROM numbers WHERE n >= 99990',
      'DROP TABLE numbers',
    ),
  ],
};

export const manyColumns: Script = {
  name: 'many columns',
  steps: queries(
    `SELECT ${Array.from({ length: 1000 }, (_, i) => `${i} AS c${i}`).join(', ')}`,
    // More packets than a sequence number can count to, several times over.
    `SELECT ${Array.from({ length: 600 }, (_, i) => `${i}`).join(' UNION ALL SELECT ')}`,
    `SELECT ${Array.from({ length: 4097 }, (_, i) => `${i}`).join(', ')}`,
  ),
};
