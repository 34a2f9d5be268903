/** Where a client sees a difference from mysqld today, and why: each is named in docs/compatibility.md. */
import type { Place } from './stage.ts';

/** Matches checks by their name and by what they gave (as JSON text). */
export type KnownDifference = Readonly<{
  places: readonly Place[];
  client?: RegExp;
  check: RegExp;
  value: RegExp;
  /** What differs, in a few words. */
  title: string;
  why: string;
}>;

/** What a sharded keyspace refuses by name: the end of the message of 9101, and what to call it. */
const refusals: readonly (readonly [message: RegExp, title: string])[] = [
  [/not bound together/, 'joins and subqueries over rows of other shards'],
  [/COUNT\(DISTINCT/, 'COUNT(DISTINCT) over several shards'],
  [/LIMIT in a derived table/, 'LIMIT in a derived table over several shards'],
  [
    /ORDER BY of something else than DISTINCT/,
    'DISTINCT with ORDER BY of another expression over several shards',
  ],
  [/ON DUPLICATE KEY UPDATE with a sequence/, 'ON DUPLICATE KEY UPDATE on a table with a sequence'],
  [/INSERT IGNORE with a sequence|IGNORE with a sequence/, 'INSERT IGNORE on a table with a sequence'],
  [/window functions/, 'window functions over several shards'],
  [/UNION/, 'UNION over several shards'],
  [/changing orm_book.author_id/, 'an UPDATE that sets the sharding column, even to what it is'],
  [/LATERAL|lateral/, 'LATERAL over several shards'],
];

const everywhere: readonly Place[] = ['unsharded', 'sharded'];

export const knownDifferences: readonly KnownDifference[] = [
  ...refusals.map(
    ([message, title]): KnownDifference => ({
      places: ['sharded'],
      check: /./,
      value: new RegExp(`does not run this over several shards yet: .*(?:${message.source})`),
      title,
      why: 'Not planned yet; refused by name (9101).',
    }),
  ),
  {
    places: ['sharded'],
    check: /subquery/,
    value: /not bound together/,
    title: 'a subquery over rows of other shards',
    why: 'Not planned yet; refused by name (9101).',
  },
  {
    places: ['sharded'],
    check: /no such table/,
    value: /doesn't exist: it is not in the VSchema/,
    title: 'an unknown table',
    why: "MySQL's number, state and text; behind it stands what the VSchema lacks.",
  },
  {
    places: ['sharded'],
    check: /deadlock of two shards/,
    value: /1205/,
    title: 'a deadlock between two shards',
    why: 'No MySQL server sees both waits, so it ends by innodb_lock_wait_timeout (1205) instead of at once (1213).',
  },
  {
    places: ['sharded'],
    check: /temporary table/i,
    value: /temporary tables/,
    title: 'temporary tables',
    why: 'A temporary table is on one server. Select a shard (`USE keyspace:shard`) or use an unsharded keyspace.',
  },
  {
    places: ['sharded'],
    check: /procedure|callproc|callable/i,
    value: /select one of its shards/,
    title: 'stored procedures',
    why: 'A procedure runs on one server. Select a shard or use an unsharded keyspace.',
  },
  {
    places: everywhere,
    client: /mysql-connector-python/,
    check: /login: password.*plain text/,
    value: /fresh/,
    title: 'a password in plain text by mysql-connector-python',
    why: 'It cannot send its password to a mysqld that has not seen the account yet, without TLS (1045); Headgate knows its users from a file and needs no such first time.',
  },
  {
    places: everywhere,
    check: /getIndexInfo|metadata: indexes|dump: XML/,
    value: /PRIMARY/,
    title: 'the cardinality of an index',
    why: 'An estimate, which varies on MySQL too; in a sharded keyspace that of the first shard.',
  },
  {
    places: ['sharded'],
    check: /^dump/,
    value: /LOCK TABLES/,
    title: 'mysqldump with LOCK TABLES',
    why: 'LOCK TABLES means one server. `--skip-lock-tables` dumps a sharded keyspace.',
  },
  {
    places: ['sharded'],
    check: /^dump/,
    value: /WITH CONSISTENT SNAPSHOT/,
    title: 'mysqldump --single-transaction',
    why: 'No two shards can show the same moment. `--skip-lock-tables` dumps a sharded keyspace.',
  },
  {
    places: everywhere,
    check: /a prepared statement again/,
    value: /two/,
    title: 'the type of a parameter that changes between executions',
    why: 'MySQL keeps the type of the first execution, so a string becomes 0; a statement that is prepared anew on another connection takes the string.',
  },
  {
    places: everywhere,
    check: /dump: routines/,
    value: /libraries/i,
    title: 'INFORMATION_SCHEMA.LIBRARIES',
    why: 'Not among the tables that are put together over keyspaces yet.',
  },
  {
    places: everywhere,
    check: /dump: routines/,
    value: /DEFINER=`root`/,
    title: 'the definer of a routine',
    why: "Tablets know the router's user only, so that is who defines what clients create.",
  },
  {
    places: everywhere,
    client: /MariaDB Connector.J .compressed/,
    check: /LOAD DATA LOCAL/,
    value: /check_load/,
    title: 'LOAD DATA LOCAL with compression by MariaDB Connector/J',
    why: 'It waits for ever on mysqld, and gets its answer from Headgate.',
  },
  {
    places: ['sharded'],
    client: /^mysql \(|^mysql$/,
    check: /one by one/,
    value: /varchar/,
    title: 'a stream of mysql that closes early',
    why: 'The client reports some streams as closed too early, anywhere; here it did not.',
  },
  {
    places: everywhere,
    check: /login: unknown user/,
    value: /nobody_here/,
    title: 'the login of an unknown user',
    why: 'MySQL asks unknown users for a proof of some kind, chosen by their name; Headgate always for the same. Neither lets them in.',
  },
  {
    places: everywhere,
    client: /MariaDB/,
    check: /getExportedKeys/,
    value: /KCU/,
    title: 'NOT NULL flags of information_schema',
    why: 'Columns lose the flag where the databases of several keyspaces are put together.',
  },
  {
    places: ['sharded'],
    check: /^import/,
    value: /holds state \(variables\)/,
    title: 'mysqlimport',
    why: 'It sets character_set_database within a version comment, which binds the session to one shard. `LOAD DATA LOCAL` by itself loads a sharded table.',
  },
  {
    places: everywhere,
    check: /SHOW INDEX/,
    value: /"Packed","","NULL"/,
    title: 'types of SHOW under a cursor',
    why: 'mysqld materialises the rows for a cursor and thereby gives a column of NULLs a type.',
  },
];
