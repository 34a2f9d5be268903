/** What a case has left in the tables, read from the tablets themselves: the same rows as the reference, each in its shard. */

import type { Endpoint } from '../support/raw-client.ts';
import { shardOfStored } from './placement.ts';
import { Player } from './play.ts';
import type { Cluster } from './stage.ts';
import { type TableDefinition, writtenTables } from './tables.ts';

type Cells = readonly (string | null)[];

/** Sessions of its own with one cluster's tablets and the reference: reading must not touch the session that is compared. */
export class StoredRows {
  readonly #reference: Player;
  readonly #tablets: readonly Player[];

  constructor(reference: Endpoint, { tablets }: Cluster) {
    this.#reference = new Player(reference);
    this.#tablets = tablets.map((tablet) => new Player(tablet));
  }

  /** The first difference between the reference's tables and those of all shards together. */
  async compare(): Promise<string | undefined> {
    for (const table of writtenTables) {
      const what = await compareTable(table, this.#reference, this.#tablets);
      if (what !== undefined) return `table ${table.name}: ${what}`;
    }
    return undefined;
  }

  close(): void {
    for (const player of [this.#reference, ...this.#tablets]) player.close();
  }
}

async function compareTable(
  table: TableDefinition,
  reference: Player,
  tablets: readonly Player[],
): Promise<string | undefined> {
  const read = `SELECT * FROM ${table.name}`;
  const [whole, ...parts] = await Promise.all([reference, ...tablets].map((player) => player.rows(read)));
  for (const [at, rows] of parts.entries()) {
    const astray = rows.find((row) => shardOfStored(table, row, tablets.length) !== at);
    if (astray)
      return `${JSON.stringify(astray)} lies in shard ${at + 1} of ${tablets.length}, where no query looks for it`;
  }
  const [expected, got] = [sorted(whole!), sorted(parts.flat())];
  const missing = expected.find((row) => !got.includes(row));
  const extra = got.find((row) => !expected.includes(row));
  if (missing || extra) return `${missing ?? 'nothing'} is missing, ${extra ?? 'nothing'} is more`;
  return expected.length === got.length ? undefined : `${expected.length} rows and ${got.length}`;
}

const sorted = (rows: readonly Cells[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
