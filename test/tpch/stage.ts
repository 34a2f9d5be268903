/** TPC-H in two keyspaces over the same servers, sharded naturally and with nothing co-located, and in one MySQL. */
import { type KeyspaceSetup, type KeyspaceStage, setKeyspaces } from '../support/keyspace-stage.ts';
import { insertsOf, type TableName, tableNames } from './data.ts';
import { naturalVschema, scatteredVschema, tables } from './tables.ts';

export const NATURAL = 'tpch';
export const SCATTERED = 'tpch_scattered';
export const keyspaceNames = [NATURAL, SCATTERED] as const;
export type KeyspaceName = (typeof keyspaceNames)[number];

/** Whole on every shard of the natural sharding. */
const everywhere: readonly TableName[] = ['region', 'nation'];

/** The two keyspaces, with rows. */
export const tpchKeyspaces = (shards: number, scale: number): readonly KeyspaceSetup[] => [
  {
    name: NATURAL,
    shards,
    vschema: naturalVschema,
    everywhere: [...tables, ...insertsOf(everywhere, scale)],
    rows: () =>
      insertsOf(
        tableNames.filter((name) => !everywhere.includes(name)),
        scale,
      ),
  },
  {
    name: SCATTERED,
    shards,
    vschema: scatteredVschema,
    everywhere: tables,
    rows: () => insertsOf(tableNames, scale),
  },
];

/** Starts everything with all rows loaded. */
export const setTpch = (shards: number): Promise<KeyspaceStage> => setKeyspaces(tpchKeyspaces(shards, 1));
