import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { effect } from '../../sql/statement.ts';
import type { CombinedRun } from '../combined.ts';
import type { Session } from '../session.ts';
import type { Place } from '../statement-place.ts';

let turn = 0;

/**
 * Where the temporary tables are: in the session's own keyspace, so that its default database is the same, else in one of the plan's; of those
 * places on one where rows come from anyway, and of these on that with the fewest other statements. A file is written where whoever looks for it
 * knows: on the first shard.
 */
export function scratchPlace(
  session: Session,
  plan: GatherPlan,
  read: readonly Place[],
  run?: Pick<CombinedRun, 'scan' | 'scratchIn'>,
): Place {
  const { gateway } = session.services;
  const { target } = session.state;
  const own =
    target.systemSchema === undefined ? gateway.topology?.keyspaces.get(target.keyspace) : undefined;
  const name = run?.scratchIn ?? own?.name ?? plan.keyspace;
  if (run !== undefined && (run.scan.effects & effect.intoOutfile) !== 0) return placesOf(session, name)[0]!;
  const near = read.filter(({ shard }) => shard.keyspace === name);
  const places = near.length > 0 ? near : placesOf(session, name);
  const busy = places.map((place) => busyAt(session, place));
  const least = Math.min(...busy);
  const free = places.filter((_, at) => busy[at] === least);
  return free[turn++ % free.length]!;
}

function placesOf({ services, state }: Session, keyspace: string): Place[] {
  const { gateway } = services;
  const { type } = state.target;
  const shards = [...(gateway.topology?.keyspaces.get(keyspace)?.shards.keys() ?? [])];
  const handles = shards.flatMap((shard) => gateway.shard(keyspace, shard) ?? []);
  if (handles.length === 0)
    throw new HeadgateError('HG_NO_TABLET', { detail: `keyspace ${keyspace} has no shard` });
  return handles.map((shard) => ({ shard, type, database: keyspace }));
}

function busyAt({ services }: Session, { shard, type }: Place): number {
  const pool = type === 'primary' ? shard.primary : undefined;
  return pool === undefined ? 0 : services.gateway.scratch.counts(pool.tablet.alias).leased;
}
