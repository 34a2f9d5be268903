/** Wide cases: one construct each, in the forms that the generator of whole queries has seldom or never. */
import { longlong } from '../../../support/parameters.ts';
import type { Random } from '../../../support/random.ts';
import type { Case, RowOrder, Statement } from '../../case.ts';
import { MARKET } from '../../definitions.ts';
import { asPrepared, asText, type Fragment, literal, sql } from '../../fragment.ts';
import { wholeCase } from '../deep/whole.ts';
import { loginOf, settings } from '../sessions.ts';
import { inGroups, inOn, inOrder, nested, ofRows, outerAggregate } from './subqueries.ts';
import { chains, common, derived, documents, lateral, recursive, sets } from './tables-made.ts';
import { functions, lists, texts, windows } from './values-made.ts';
import { join, number, type Scope, use, where } from './vocabulary.ts';

const shapes: readonly (readonly [topic: string, make: (scope: Scope) => Fragment])[] = [
  ['nested', nested],
  ['subquery in ON', inOn],
  ['subquery over groups', inGroups],
  ['subquery in ORDER BY', inOrder],
  ['rows', ofRows],
  ['outer aggregate', outerAggregate],
  ['derived', derived],
  ['lateral', lateral],
  ['JSON_TABLE', documents],
  ['common table', common],
  ['recursive', recursive],
  ['set operations', sets],
  ['USING chain', chains],
  ['window', windows],
  ['lists', lists],
  ['texts', texts],
  ['functions', functions],
];

/** Rows are sorted to the end only here: elsewhere any order will do. */
const orderOf = (topic: string): RowOrder => (topic === 'subquery in ORDER BY' ? 'total' : 'any');

function sent({ random }: Scope, text: Fragment, order: RowOrder): Statement {
  if (random.chance(0.55)) return { sql: asText(text), order };
  return random.chance(0.3) ? { sql: asText(text), parameters: [], order } : { ...asPrepared(text), order };
}

/** Variables that a query fills and another reads. */
function variables(scope: Scope): Statement[] {
  const { random } = scope;
  const { from, left, right } = join(scope);
  const [a, b] = [number(scope, left), number(scope, right)];
  const fill = random.pick([
    sql`SELECT COUNT(*), MAX(${b}) INTO @n, @m FROM ${from}`,
    sql`SELECT ${a}, ${b} INTO @n, @m FROM ${from} ORDER BY 1 DESC, 2 DESC LIMIT 1`,
    sql`SET @n = (SELECT MIN(${a}) FROM ${from}), @m = ${String(random.between(1, 30))}`,
  ]);
  const other = use(scope);
  const read = random.pick([
    sql`SELECT ${a}, @n, ${b} + @m FROM ${from} WHERE ${a} > @m OR ${b} = @n`,
    sql`SELECT @n, @m, COUNT(*) FROM ${from}${where(scope, left, right)} HAVING COUNT(*) <> @n`,
    sql`SELECT ${number(scope, other)} FROM ${other.from} WHERE ${number(scope, other)} IN (SELECT ${a} + @m % 3 FROM ${from} WHERE ${b} <= @m)`,
  ]);
  return [
    { sql: asText(fill), order: 'any' },
    { sql: 'SELECT @n, @m', order: 'any' },
    sent(scope, read, 'any'),
  ];
}

/** The same once more, with another number of rows wanted. */
function repeated(scope: Scope): Statement[] {
  const { from, left, right } = join(scope);
  const [a, b] = [number(scope, left), number(scope, right)];
  const most = (rows: number): Fragment => literal(String(rows), longlong(BigInt(rows)));
  const text = (rows: number): Fragment =>
    sql`SELECT d.a, d.b FROM (SELECT ${a} AS a, ${b} AS b FROM ${from} ORDER BY 1, 2 LIMIT ${most(rows)}) AS d ORDER BY d.a, d.b LIMIT ${most(rows + 2)}`;
  return [3, 0, 11].map((rows, at) => ({ ...asPrepared(text(rows)), order: 'total', again: at > 0 }));
}

const changes = [
  'UPDATE orders SET region = region + 1 WHERE id < 30',
  'UPDATE customer SET score = 18, age = NULL WHERE id > 9',
  'DELETE FROM visit WHERE n = 20',
  "INSERT INTO visit VALUES (1, 18, 'oak', 0.5), (2, NULL, 'ash', NULL), (5, 20, NULL, 1e-10)",
  'DELETE FROM orders WHERE customer_id IN (1, 5, 8)',
  'UPDATE office.plain SET col = id',
  'INSERT INTO office.plain VALUES (100, 18), (101, 20)',
  'UPDATE prof SET big = 20 WHERE uid BETWEEN 5 AND 15',
];

/** Queries that see what their own transaction has changed, and no more when it is rolled back. */
function transaction(scope: Scope): Statement[] {
  const { random } = scope;
  const queries = Array.from({ length: 2 }, () => {
    const [topic, make] = random.pick(shapes);
    return sent(scope, make(scope), orderOf(topic));
  });
  const plain = (text: string): Statement => ({ sql: text, order: 'total' });
  return [
    plain('START TRANSACTION'),
    plain(random.pick(changes)),
    plain(random.pick(changes)),
    ...queries,
    plain('ROLLBACK'),
    queries[0]!,
  ];
}

function statementsOf(scope: Scope, topic: string): Statement[] {
  if (topic === 'variables') return variables(scope);
  if (topic === 'repeated') return repeated(scope);
  const [, make] = shapes.find(([name]) => name === topic)!;
  return [sent(scope, make(scope), orderOf(topic))];
}

const topics = [...shapes.map(([topic]) => topic), 'variables', 'repeated', 'deep', 'deep', 'transaction'];

export function wideCase(random: Random, name: string): Case {
  const scope: Scope = { random, names: { next: 0 } };
  const topic = random.pick(topics);
  if (topic === 'deep') return { ...wholeCase(random, name, [4, 5]), topic: 'wide: deep' };
  if (topic === 'transaction')
    return {
      name,
      topic: 'wide: transaction',
      statements: transaction(scope),
      writes: true,
      database: MARKET,
    };
  const set: Statement[] = random.chance(0.9)
    ? []
    : [{ sql: random.pick(settings.filter((each) => !each.includes('select_limit'))), order: 'total' }];
  const statements = [...set, ...statementsOf(scope, topic)];
  const login = loginOf(random, false);
  return { name, topic: `wide: ${topic}`, statements, writes: false, database: MARKET, login };
}
