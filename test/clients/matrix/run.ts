/** One client in all places. */
import type { Client } from './clients.ts';
import { type Difference, differences } from './compare.ts';
import { type Findings, play } from './play.ts';
import { type ClientStage, type Place, places } from './stage.ts';

/** What a client's checks gave, by place. */
export type Played = Readonly<{ client: Client; found: ReadonlyMap<Place, Findings>; ms: number }>;

/** `passed`: on the first place, mysqld, without an error; elsewhere as there. */
export type ClientResult = Readonly<{
  client: Client;
  baseline: Findings;
  passed: ReadonlyMap<Place, number>;
  differences: readonly Difference[];
  ms: number;
}>;

/** Plays a client on mysqld and on Headgate at the same time, each in a database of its own. */
export async function playAll(client: Client, stage: ClientStage): Promise<Played> {
  const startMs = Date.now();
  await stage.forgetLogins();
  const played = client.withoutMysqld === undefined ? places : places.filter((place) => place !== 'mysqld');
  const found = await Promise.all(
    played.map(async (place) => [place, await play(client, place, stage)] as const),
  );
  return { client, found: new Map(found), ms: Date.now() - startMs };
}

export function resultOf({ client, found, ms }: Played): ClientResult {
  const [[first, baseline], ...others] = [...found] as [[Place, Findings], ...[Place, Findings][]];
  const all = others.flatMap(([place, findings]) => differences(client.name, place, baseline, findings));
  const passed = new Map<Place, number>();
  passed.set(first, [...baseline.values()].filter(({ outcome }) => outcome === 'ok').length);
  for (const [place] of others) {
    const differing = all.filter((each) => each.place === place && baseline.has(each.check));
    passed.set(place, baseline.size - differing.length);
  }
  return { client, baseline, passed, differences: all, ms };
}
