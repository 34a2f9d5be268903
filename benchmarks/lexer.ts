/**
 * `node benchmarks/lexer.ts`: nanoseconds per statement of the lexer alone, of the whole statement scan, of the fingerprint,
 * and of the fingerprint with the lookup in the plan cache.
 */
import { PlanCache } from '../src/planner/plan-cache.ts';
import { Fingerprint } from '../src/sql/fingerprint.ts';
import { lexModeOf } from '../src/sql/lex-mode.ts';
import { Lexer, token } from '../src/sql/lexer.ts';
import { scanStatement } from '../src/sql/statement-scan.ts';

const ROUNDS = 5;
const RUNS = 100_000;

const statements: readonly (readonly [name: string, sql: string])[] = [
  ['point select', "SELECT c FROM sbtest1 WHERE id = 12345 AND name = 'abcdefgh'"],
  ['select without table', 'SELECT 1'],
  ['range', 'SELECT DISTINCT c FROM sbtest12 WHERE id BETWEEN 5012 AND 5111 ORDER BY c'],
  ['insert', "INSERT INTO orders (id, customer_id, total, note) VALUES (1, 2, 3.5, 'some text here')"],
  [
    'join',
    'SELECT a.id, b.name, COUNT(*) FROM customers a JOIN commerce.orders b ON a.id = b.customer_id ' +
      "WHERE a.email = 'a@example.org' AND b.total > 100 GROUP BY a.id, b.name HAVING COUNT(*) > 2 " +
      'ORDER BY 3 DESC LIMIT 10',
  ],
  ['update', `UPDATE sbtest1 SET k = k + 1, c = '${'x'.repeat(40)}' WHERE id = 5012`],
  ['list of 100', `SELECT c FROM t WHERE id IN (${Array.from({ length: 100 }, (_, i) => i * 7).join(',')})`],
  [
    '100 rows',
    `INSERT INTO t VALUES ${Array.from({ length: 100 }, (_, i) => `(${i},'name ${i}',1.5)`).join(',')}`,
  ],
  ['set', "SET NAMES utf8mb4, autocommit = 1, sql_mode = 'STRICT_TRANS_TABLES'"],
  ['long string', `INSERT INTO t VALUES (1, '${'x'.repeat(10_000)}')`],
];

const mode = lexModeOf('STRICT_TRANS_TABLES', 'utf8mb4', 80_406, false);
const fingerprint = new Fingerprint();
const cache = new PlanCache<string>(1_000_000);
const keyspaces: ReadonlySet<string> = new Set(['commerce', 'customer']);

function nanosecondsPer(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.hrtime.bigint();
    for (let i = 0; i < RUNS; i++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - begun) / RUNS);
  }
  return Math.round(best);
}

for (const [name, sql] of statements) {
  const text = Buffer.from(sql);
  const lexer = new Lexer(text, 0, mode);
  const lexNs = nanosecondsPer(() => {
    lexer.reset(text, 0, mode);
    while (lexer.next() !== token.end);
  });
  const scanNs = nanosecondsPer(() => void scanStatement(text, 0, mode, keyspaces));
  const readNs = nanosecondsPer(() => void fingerprint.read(text, 0, mode));
  cache.set(fingerprint.key, 1, name, 0);
  const lookupNs = nanosecondsPer(() => {
    fingerprint.read(text, 0, mode);
    if (cache.get(fingerprint.key, 1) !== name) throw new Error(`${name} is not in the cache`);
  });
  console.log(
    `${name.padEnd(22)} ${String(text.length).padStart(6)} bytes  lexer ${lexNs} ns  scan ${scanNs} ns  ` +
      `fingerprint ${readNs} ns  with lookup ${lookupNs} ns`,
  );
}
