/** What the VSchema and the routing rules say after each change, and the tables that they speak of. */

export const keyspace = 'user';

/** One thing changes with each number. */
export type State = Readonly<{
  /** `hash`, or the same as a `multicol` of one column. */
  isMulticol: boolean;
  /** Whether the VSchema has the table `extra`. */
  hasExtra: boolean;
  /** Whether `tag` is promised to have canonical values. */
  isCanonical: boolean;
  /** Which table `ledger` is. */
  ledger: 'a' | 'b';
  /** Where `prices` are: an unsharded keyspace, or the sharded one. */
  prices: 'main' | 'user';
  /** The table that shows a router's knowledge of this state. */
  mark: string;
}>;

const KINDS = 5;

export function stateAt(number: number): State {
  const isTurned = (kind: number) => Math.floor((number + KINDS - 1 - kind) / KINDS) % 2 === 1;
  return {
    isMulticol: isTurned(0),
    hasExtra: !isTurned(1),
    isCanonical: isTurned(2),
    ledger: isTurned(3) ? 'b' : 'a',
    prices: isTurned(4) ? 'user' : 'main',
    mark: `mark_${number % 2}`,
  };
}

const keyed = (column: string, name: string) => ({ column_vindexes: [{ column, name }] });

export function vschemaOf({ isMulticol, hasExtra, isCanonical, mark }: State): Record<string, unknown> {
  return {
    sharded: true,
    vindexes: {
      keys: isMulticol
        ? { type: 'multicol', params: { column_count: '1', column_vindex: 'hash' } }
        : { type: 'hash' },
      words: { type: 'xxhash', params: isCanonical ? { canonical_values: 'true' } : {} },
    },
    tables: {
      account: keyed('id', 'keys'),
      ledger_a: keyed('id', 'keys'),
      ledger_b: keyed('id', 'keys'),
      prices_here: keyed('id', 'keys'),
      journal: { ...keyed('id', 'keys'), auto_increment: { column: 'id', sequence: 'main.journal_seq' } },
      tag: keyed('word', 'words'),
      [mark]: keyed('id', 'keys'),
      ...(hasExtra ? { extra: keyed('id', 'keys') } : {}),
    },
  };
}

export const vschemaOfMain = { tables: { journal_seq: { type: 'sequence' } } };

export function routingRulesOf({ ledger, prices }: State): Record<string, unknown> {
  return {
    rules: [
      { from_table: 'user.ledger', to_tables: [`user.ledger_${ledger}`] },
      { from_table: 'user.prices', to_tables: [prices === 'main' ? 'main.prices' : 'user.prices_here'] },
    ],
  };
}

export const tablesOfMain = [
  'CREATE TABLE prices (id BIGINT PRIMARY KEY, price VARCHAR(40))',
  "CREATE TABLE journal_seq (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
  'INSERT INTO journal_seq VALUES (0, 1, 100)',
] as const;

/** The two ledgers have their columns in different places. */
export const tablesOfShards = [
  'CREATE TABLE account (id BIGINT PRIMARY KEY, name VARCHAR(40), n BIGINT)',
  'CREATE TABLE ledger_a (id BIGINT PRIMARY KEY, note VARCHAR(40))',
  "CREATE TABLE ledger_b (remark VARCHAR(40) DEFAULT 'late', id BIGINT PRIMARY KEY, note VARCHAR(40))",
  'CREATE TABLE prices_here (id BIGINT PRIMARY KEY, price VARCHAR(40))',
  'CREATE TABLE journal (id BIGINT PRIMARY KEY, body VARCHAR(40))',
  'CREATE TABLE tag (word VARCHAR(40) PRIMARY KEY, n INT)',
  'CREATE TABLE extra (id BIGINT PRIMARY KEY, v VARCHAR(40))',
  'CREATE TABLE mark_0 (id BIGINT PRIMARY KEY)',
  'CREATE TABLE mark_1 (id BIGINT PRIMARY KEY)',
] as const;

export const accounts = 200;
export const notes = 50;
export const prices = 10;
export const words = 40;

const rows = (count: number, row: (n: number) => string): string =>
  Array.from({ length: count }, (_, at) => row(at + 1)).join(', ');

/** Put in through a router, which spreads them. */
export const contents = [
  `INSERT INTO account VALUES ${rows(accounts, (n) => `(${n}, 'name ${n}', ${n})`)}`,
  `INSERT INTO ledger_a VALUES ${rows(notes, (n) => `(${n}, 'a ${n}')`)}`,
  `INSERT INTO ledger_b VALUES ${rows(notes, (n) => `('remark ${n}', ${n}, 'b ${n}')`)}`,
  `INSERT INTO prices_here VALUES ${rows(prices, (n) => `(${n}, 'user ${n}')`)}`,
  `INSERT INTO main.prices VALUES ${rows(prices, (n) => `(${n}, 'main ${n}')`)}`,
  `INSERT INTO extra VALUES ${rows(words, (n) => `(${n}, 'extra ${n}')`)}`,
] as const;
