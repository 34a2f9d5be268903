/** The VSchemas of the clients' keyspaces. Tables of the same prefix belong to one suite of checks. */

const byColumn = (column: string) => ({ column_vindexes: [{ column, name: 'hash' }] });

const numbered = (table: string) => ({
  ...byColumn('id'),
  auto_increment: { column: 'id', sequence: `hgflat.seq_${table}` },
});

const numberedTables = ['check_item'];

/** Sequences, one per table that numbers its rows. */
export const sequences: readonly string[] = numberedTables.map((table) => `seq_${table}`);

export const unshardedVschema = {
  sharded: false,
  tables: Object.fromEntries(sequences.map((name) => [name, { type: 'sequence' }])),
};

export const shardedVschema = {
  sharded: true,
  vindexes: { hash: { type: 'hash' } },
  tables: {
    ...Object.fromEntries(numberedTables.map((table) => [table, numbered(table)])),
    check_types: byColumn('id'),
    check_big: byColumn('id'),
    check_load: byColumn('id'),
    check_made: byColumn('id'),
    check_line: byColumn('item_id'),
  },
};
