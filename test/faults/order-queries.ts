/**
 * What a client of the random orders asks: of one shard, of several, joined by looking up, gathered on a tablet. Each query has the client's
 * token in its rows.
 */
import type { Life } from './order-actions.ts';

/** Answered by asking other shards for the keys of the rows. */
const lookups = (token: string): readonly string[] => [
  `SELECT '${token}', i.id, j.s FROM user.item i JOIN user.item j ON j.id = i.n WHERE i.id < 30`,
  `SELECT '${token}', p.id, i.s FROM main.plain p JOIN user.item i ON i.id = p.id`,
  `SELECT p.id, '${token}', n.s FROM main.plain p LEFT JOIN user.note n ON n.id = p.v`,
];

/** Of those that are gathered, what stands behind the columns; `t` is in each, with one row or more. */
const gathered = [
  'FROM user.item t JOIN user.item j ON j.id = t.id + 1 WHERE t.id <= 40',
  'FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS w FROM user.item WHERE id <= 40) t',
  'FROM main.plain t JOIN user.item i ON i.id = t.id + 2 LEFT JOIN user.item j ON j.n = i.n AND j.id < 6',
  'FROM user.item t WHERE t.n = (SELECT MIN(v) FROM main.plain) AND t.id IN (SELECT p.id FROM main.plain p)',
  'FROM (SELECT id FROM user.item WHERE id <= 9 UNION SELECT v FROM main.plain ORDER BY 1 LIMIT 5) t',
] as const;

/** Queries that all have the token in their rows. */
export function tellingQuery({ token, random }: Life): string {
  const behind = random.pick(gathered);
  return random.pick([
    `SELECT '${token}'`,
    `SELECT '${token}', REPEAT('x', ${random.below(20_000)})`,
    `SELECT id, '${token}' FROM user.item WHERE id = ${1 + random.below(40)}`,
    `SELECT id, '${token}' FROM user.item ORDER BY id LIMIT ${1 + random.below(40)}`,
    `SELECT '${token}', id FROM user.item`,
    `SELECT '${token}' AS t, COUNT(*) FROM user.item GROUP BY t`,
    `SELECT '${token}' FROM main.plain`,
    random.pick(lookups(token)),
    `SELECT '${token}', t.id ${behind}`,
    `SELECT COUNT(*), '${token}', REPEAT('y', ${random.below(20_000)}) ${behind} GROUP BY t.id + 0 WITH ROLLUP`,
    `WITH RECURSIVE r (n) AS (SELECT MIN(id) FROM user.item UNION ALL SELECT n + 1 FROM r WHERE n < 9)
      SELECT '${token}', r.n, i.s FROM r JOIN user.item i ON i.id = r.n`,
  ]);
}

/** Whether a query has a row whatever is in the tables. */
export const isAlways = (sql: string): boolean => !sql.includes('FROM');

/** Statements with their numbers of parameters; where the token is one, it is the first. */
export const preparable = ({
  random,
  token,
}: Life): readonly [sql: string, parameters: number, isTold: boolean] =>
  random.pick([
    ['SELECT ?, id FROM user.item WHERE id > ? ORDER BY id', 2, true],
    ['SELECT id, ? FROM user.item WHERE id = ?', 2, true],
    ['SELECT ?, id FROM main.plain WHERE id > ?', 2, true],
    ['SELECT ?', 1, true],
    [`SELECT '${token}', id FROM user.item`, 0, true],
    ['SELECT ?, i.id FROM main.plain p JOIN user.item i ON i.id = p.id WHERE p.v > ?', 2, true],
    [`SELECT ?, t.id ${random.pick(gathered)}`, 1, true],
    ['SELECT ?, t.id FROM user.item t JOIN user.item j ON j.id = t.id + 1 WHERE j.id > ?', 2, true],
    [`SELECT COUNT(*), '${token}' ${random.pick(gathered)}`, 0, true],
    ['UPDATE user.item SET n = 1 WHERE s = ? AND id = ?', 2, false],
    ['DO ?', 1, false],
    ['SELEC ?', 1, false],
    ['COMMIT', 0, false],
  ] as const);

/** Puts the token into @v, from rows of several shards. */
export const stored = ({ random, token }: Life): string =>
  `SELECT '${token}', COUNT(*) INTO @v, @n ${random.pick([...gathered, 'FROM user.item t', 'FROM main.plain t'])}`;

/** The plan of any of them. */
export const explained = (life: Life): string =>
  `EXPLAIN ${life.random.pick(['', 'ANALYZE ', 'FORMAT=TREE ', 'FORMAT=JSON ', 'FORMAT=HEADGATE '])}${tellingQuery(life)}`;
