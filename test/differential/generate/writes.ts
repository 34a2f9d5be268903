/** Series of INSERT, UPDATE and DELETE, in and outside transactions, with reads between them. */
import { longlong, nullValue } from '../../support/parameters.ts';
import type { Random } from '../../support/random.ts';
import type { Case, Statement } from '../case.ts';
import { quoted } from '../columns.ts';
import { asPrepared, asText, type Fragment, joined, literal, sql } from '../fragment.ts';
import { insertedColumns } from '../rows.ts';
import { type TableDefinition, tableNamed } from '../tables.ts';
import { integerLiteral, literalFor } from './literals.ts';
import { condition } from './predicates.ts';
import { columnsOf } from './sources.ts';

type Write = Readonly<{ text: Fragment; topic: string; volatile?: boolean }>;

const writable = ['w_item', 'w_item', 'w_text', 'w_exact', 'w_auto', 'w_child'];

/** A key that is mostly new: the tables hold small numbers and the pool's. */
const freshNumber = (random: Random): string => String(random.between(200, 900));

function rowOf(random: Random, table: TableDefinition, names: readonly string[]): Fragment {
  const values = names.map((name) => {
    const column = table.columns.find((each) => each.name === name)!;
    if (table.autoIncrement?.column === name) return generatedKey(random);
    if (column.pool.length === 0 || (name === 'id' && random.chance(0.7)))
      return integerLiteral(random, freshNumber(random));
    if (name === 'k' && random.chance(0.6))
      return literal(quoted(`${random.pick(['new', 'New', 'ñew', '07'])}${random.below(60)}`));
    if (/DEFAULT/.test(column.type) && random.chance(0.1)) return sql`DEFAULT`;
    return literalFor(random, column);
  });
  return sql`(${joined(values, ', ')})`;
}

/** What makes the server choose a number: nothing in its place, NULL, 0 or DEFAULT. */
function generatedKey(random: Random): Fragment {
  return random.pick([
    literal('NULL', nullValue()),
    literal('0', longlong(0)),
    literal('NULL'),
    sql`DEFAULT`,
  ]);
}

function insert(random: Random): Write {
  const table = tableNamed(random.pick(writable));
  const all = insertedColumns(table).map(({ name }) => name);
  const automatic = table.autoIncrement?.column;
  // Without a value, with every column, or in another order.
  const names = random.pick([
    all,
    all,
    all.filter((name) => name !== automatic),
    [...all].reverse(),
    all.filter(
      (name) => table.unique.includes(name) || table.sharding?.columns.includes(name) || name === 'n',
    ),
  ]);
  const rows = joined(
    Array.from({ length: random.pick([1, 1, 2, 3, 5, 12]) }, () => rowOf(random, table, names)),
    random.chance(0.5) ? ', ' : ',\n',
  );
  const list =
    names === all && random.chance(0.3)
      ? sql``
      : sql` (${names.map((name) => (random.chance(0.1) ? `\`${name}\`` : name)).join(', ')})`;
  const ignore = random.chance(0.08) ? ' IGNORE' : '';
  return {
    text: sql`INSERT${ignore} INTO ${table.name}${list} ${random.chance(0.9) ? 'VALUES' : 'VALUE'} ${rows}`,
    topic: automatic === undefined ? 'insert' : 'insert with sequence',
  };
}

const assignments: Readonly<Record<string, readonly string[]>> = {
  w_item: [
    'n = n + 1',
    'n = 5',
    "v = 'changed'",
    'v = UPPER(v)',
    'd = d * 2, n = NULL',
    'd = 1.2345',
    "v = 'far too long a text'",
    'n = DEFAULT',
    "at = '2021-05-05'",
    'v = v',
  ],
  w_text: ["x = 'new'", 'x = CONCAT(x, n)', 'x = NULL'],
  w_exact: ['n = n + 10', 'n = 3'],
  w_auto: ['n = n - 1', "v = 'b'"],
  w_child: ["v = CONCAT(v, '+')", 'v = NULL'],
};

function conditionOn(random: Random, table: TableDefinition): Fragment {
  const columns = columnsOf(table, '');
  const where = random.chance(0.85) ? sql` WHERE ${condition(random, columns, 1)}` : sql``;
  return where;
}

function update(random: Random): Write {
  const name = random.pick(writable);
  const table = tableNamed(name);
  return {
    text: sql`UPDATE ${name} SET ${random.pick(assignments[name]!)}${conditionOn(random, table)}`,
    topic: 'update',
  };
}

function remove(random: Random): Write {
  const name = random.pick(writable);
  return { text: sql`DELETE FROM ${name}${conditionOn(random, tableNamed(name))}`, topic: 'delete' };
}

function read(random: Random): Write {
  const table = tableNamed(random.pick(writable));
  const order = table.unique.join(', ');
  const text = random.pick([
    sql`SELECT * FROM ${table.name} ORDER BY ${order}`,
    sql`SELECT COUNT(*), MIN(n), MAX(n) FROM ${table.name === 'w_child' ? 'w_item' : table.name}`,
    sql`SELECT LAST_INSERT_ID()`,
    sql`SELECT ROW_COUNT()`,
    sql`SELECT * FROM ${table.name}${conditionOn(random, table)} ORDER BY ${order}`,
  ]);
  return { text, topic: 'read' };
}

const write = (random: Random): Write =>
  random.pick([insert, insert, insert, update, update, remove, read])(random);

function statement(random: Random, { text, volatile }: Write): Statement {
  const base = random.chance(0.75) ? { sql: asText(text) } : asPrepared(text);
  return { ...base, order: 'total', volatile };
}

const plain = (text: string): Statement => ({ sql: text, order: 'total' });

/** Statements inside a transaction, with savepoints now and then. */
function transaction(random: Random): Statement[] {
  const some = (): Statement[] =>
    Array.from({ length: random.between(1, 3) }, () => statement(random, write(random)));
  const inside = some();
  if (random.chance(0.4)) {
    inside.push(plain('SAVEPOINT a'), ...some());
    if (random.chance(0.5)) inside.push(plain('SAVEPOINT b'), ...some());
    inside.push(
      plain(random.pick(['ROLLBACK TO a', 'ROLLBACK TO SAVEPOINT a', 'RELEASE SAVEPOINT a'])),
      ...some(),
    );
  }
  const begin = random.pick(['BEGIN', 'START TRANSACTION', 'begin work', 'SET autocommit = 0']);
  const end = random.pick(['COMMIT', 'COMMIT', 'ROLLBACK', 'rollback work']);
  return [plain(begin), ...inside, plain(end)];
}

/** What changes the tables, and the reads that must see it. */
export function writeSeries(random: Random): Pick<Case, 'topic' | 'statements'> {
  if (random.chance(0.35)) {
    const statements = transaction(random);
    const savepoints = statements.some(({ sql: text }) => text.startsWith('SAVEPOINT'));
    return { topic: savepoints ? 'transaction with savepoints' : 'transaction', statements };
  }
  const first = write(random);
  const rest = Array.from({ length: random.below(3) }, () => write(random));
  return {
    topic: first.topic === 'read' ? 'write' : first.topic,
    statements: [first, ...rest].map((each) => statement(random, each)),
  };
}
