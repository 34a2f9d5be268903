/** One client in all places. */
import type { Client } from './clients.ts';
import { type Difference, differences } from './compare.ts';
import { type Findings, play } from './play.ts';
import { type ClientStage, type Place, places } from './stage.ts';

/** What a client's checks gave. `passed`: on mysqld without an error, elsewhere as on mysqld. */
export type ClientResult = Readonly<{
  client: Client;
  baseline: Findings;
  passed: Readonly<Record<Place, number>>;
  differences: readonly Difference[];
  ms: number;
}>;

/** Plays a client on mysqld and on Headgate at the same time, each in a database of its own. */
export async function playAll(client: Client, stage: ClientStage): Promise<ClientResult> {
  const startMs = Date.now();
  await stage.forgetLogins();
  const [baseline, unsharded, sharded] = await Promise.all(
    places.map((place): Promise<Findings> => play(client, place, stage)),
  );
  const found = [
    ...differences(client.name, 'unsharded', baseline!, unsharded!),
    ...differences(client.name, 'sharded', baseline!, sharded!),
  ];
  const all = baseline!.size;
  return {
    client,
    baseline: baseline!,
    passed: {
      mysqld: [...baseline!.values()].filter(({ outcome }) => outcome === 'ok').length,
      unsharded: all - found.filter(({ place }) => place === 'unsharded').length,
      sharded: all - found.filter(({ place }) => place === 'sharded').length,
    },
    differences: found,
    ms: Date.now() - startMs,
  };
}
