/** Which tablets can have the temporary tables of a statement, and in what order they are tried. */
import type { TabletPool } from '../../gateway/tablet-pool.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { effect } from '../../sql/statement.ts';
import type { CombinedRun } from '../combined.ts';
import type { Session } from '../session.ts';
import type { Place } from '../statement-place.ts';

/** A tablet, by its usual pool. */
export type ScratchPlace = Readonly<{ place: Place; pool: TabletPool }>;

/** What is read from a place: each input is 1, in equal parts of all its shards. */
export type Share = Readonly<{ place: Place; part: number }>;

type Candidate = ScratchPlace & Readonly<{ part: number; busy: number; turn: number; later: boolean }>;

let turns = 0;

/**
 * The tablets, best first. They are in the session's own keyspace, so that its default database is the same, else in the plan's. Shards from which
 * rows come anyway are before others: the query then needs no tablet besides. Of several it is the tablet with the least under way, of these that
 * with more of the rows. Where a connection would have to be waited for, or could not be opened last time, comes behind all that. A file is written
 * where whoever looks for it knows: on the first shard.
 */
export function* scratchPlaces(
  session: Session,
  plan: GatherPlan,
  shares: readonly Share[],
  run?: Pick<CombinedRun, 'scan' | 'scratchIn'>,
): Generator<ScratchPlace, void, undefined> {
  const { gateway } = session.services;
  const { target } = session.state;
  const own =
    target.systemSchema === undefined ? gateway.topology?.keyspaces.get(target.keyspace) : undefined;
  const keyspace = run?.scratchIn ?? own?.name ?? plan.keyspace;
  const read = distinct(shares.map(({ place }) => place));
  const isNear = ({ shard }: Place) => shard.keyspace === keyspace;
  if (run !== undefined && (run.scan.effects & effect.intoOutfile) !== 0)
    return yield* ranked(session, placesOf(session, keyspace, target.type).slice(0, 1), shares);
  const near = ranked(session, read.filter(isNear), shares);
  yield* near.filter(({ later }) => !later);
  const type = read.find(isNear)?.type ?? target.type;
  const isRead = (place: Place) => read.some((other) => other.shard === place.shard);
  const others = placesOf(session, keyspace, type).filter((place) => !isRead(place));
  const far = ranked(session, others, shares);
  yield* far.filter(({ later }) => !later);
  yield* [...near, ...far].filter(({ later }) => later);
  const isBound = run?.scratchIn !== undefined || ((run?.scan.effects ?? ~0) & effect.currentDatabase) !== 0;
  if (isBound) return;
  const elsewhere = read.filter((place) => !isNear(place));
  yield* ranked(session, elsewhere, shares);
}

function ranked({ services }: Session, places: readonly Place[], shares: readonly Share[]): Candidate[] {
  const { scratch } = services.gateway;
  const turn = turns++;
  const candidates = places.flatMap((place) => {
    const part = shares.reduce((sum, share) => (isSame(share.place, place) ? sum + share.part : sum), 0);
    return place.shard.serving(place.type).map((pool) => ({ place, pool, part }));
  });
  return candidates
    .map(({ place, pool, part }, at) => {
      const { alias } = pool.tablet;
      const busy = underWay(pool.counts()) + underWay(scratch.counts(alias));
      const later = scratch.isFull(alias) || pool.lastError !== undefined;
      return { place, pool, part, busy, later, turn: (at + turn) % candidates.length };
    })
    .sort((a, b) => a.busy - b.busy || b.part - a.part || a.turn - b.turn);
}

const underWay = ({ leased, waiting }: ReturnType<TabletPool['counts']>): number => leased + waiting;

function placesOf({ services }: Session, keyspace: string, type: Place['type']): Place[] {
  const { gateway } = services;
  const shards = [...(gateway.topology?.keyspaces.get(keyspace)?.shards.keys() ?? [])];
  const handles = shards.flatMap((shard) => gateway.shard(keyspace, shard) ?? []);
  return handles.map((shard) => ({ shard, type, database: keyspace }));
}

const distinct = (places: readonly Place[]): Place[] =>
  places.filter((place, at) => places.findIndex((other) => isSame(other, place)) === at);

const isSame = (a: Place, b: Place): boolean => a.shard === b.shard && a.type === b.type;
