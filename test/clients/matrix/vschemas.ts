/** The VSchemas of the clients' keyspaces. `check_…` are the clients' tables, `orm_…` those of the ORMs. */

const byColumn = (column: string) => ({ column_vindexes: [{ column, name: 'hash' }] });

const numbers = (table: string, column = 'id') => ({
  auto_increment: { column, sequence: `hgflat.seq_${table}` },
});

const numberedTables = ['check_item', 'orm_author'];

/** What ORMs write about their migrations, and the column that numbers its rows. */
const migrationTables = { orm_migrations: 'id', orm_migrations_lock: 'index', django_migrations: 'id' };

/** Sequences, one per table that numbers its rows. */
export const sequences: readonly string[] = [
  ...numberedTables,
  ...Object.keys(migrationTables),
  'orm_book',
].map((table) => `seq_${table}`);

export const unshardedVschema = {
  sharded: false,
  tables: Object.fromEntries(sequences.map((name) => [name, { type: 'sequence' }])),
};

export const shardedVschema = {
  sharded: true,
  vindexes: { hash: { type: 'hash' } },
  tables: {
    ...Object.fromEntries(numberedTables.map((table) => [table, { ...byColumn('id'), ...numbers(table) }])),
    ...Object.fromEntries(
      Object.entries(migrationTables).map(([table, column]) => [
        table,
        { pinned: '00', ...numbers(table, column) },
      ]),
    ),
    orm_book: { ...byColumn('author_id'), ...numbers('orm_book') },
    orm_version: { pinned: '00' },
    check_types: byColumn('id'),
    check_big: byColumn('id'),
    check_load: byColumn('id'),
    check_made: byColumn('id'),
    check_line: byColumn('item_id'),
  },
};
