/** One client in all places. */
import type { Client } from './clients.ts';
import { type Difference, differences } from './compare.ts';
import { type Findings, play } from './play.ts';
import { type ClientStage, type Place, places } from './stage.ts';

/** What a client's checks gave. `passed`: on mysqld without an error, elsewhere as on mysqld. */
export type ClientResult = Readonly<{
  client: Client;
  baseline: Findings;
  passed: ReadonlyMap<Place, number>;
  differences: readonly Difference[];
  ms: number;
}>;

/** Plays a client on mysqld and on Headgate at the same time, each in a database of its own. */
export async function playAll(client: Client, stage: ClientStage): Promise<ClientResult> {
  const startMs = Date.now();
  await stage.forgetLogins();
  const played = client.withoutMysqld === undefined ? places : places.filter((place) => place !== 'mysqld');
  const found = new Map(
    await Promise.all(played.map(async (place) => [place, await play(client, place, stage)] as const)),
  );
  const baseline = found.get(played[0]!)!;
  const others = played.slice(1);
  const passedIn = (place: Place): number =>
    place === played[0]
      ? [...baseline.values()].filter(({ outcome }) => outcome === 'ok').length
      : baseline.size - all.filter((each) => each.place === place && baseline.has(each.check)).length;
  const all = others.flatMap((place) => differences(client.name, place, baseline, found.get(place)!));
  return {
    client,
    baseline,
    passed: new Map(played.map((place) => [place, passedIn(place)])),
    differences: all,
    ms: Date.now() - startMs,
  };
}
