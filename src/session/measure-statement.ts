/** What is counted and logged of a statement that has ended. */
import { digestOf } from '../sql/digest.ts';
import { queryKind } from '../telemetry/query-kinds.ts';
import { tabletTypes } from '../topology/topology.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import type { Place } from './statement-place.ts';

const SLOW_QUERY_CHARACTERS_MAX = 1000;

export type EndedStatement = Readonly<{
  /** Undefined where none was sent to a tablet. */
  statement: Statement | undefined;
  /** Of several: the first. */
  place: Place | undefined;
  kind: string;
  startedMs: number;
  failed: boolean;
}>;

/** Returns the time (`performance.now()`) at which the statement has ended. */
export function measureStatement(session: Session, ended: EndedStatement): number {
  const { metrics, log, slowQueryMs } = session.services;
  const { statement, place, kind, startedMs, failed } = ended;
  const endedMs = performance.now();
  const tookMs = endedMs - startedMs;
  const index = (queryKind as Record<string, number>)[kind] ?? queryKind.other;
  const type = place === undefined ? metrics.noTablet : tabletTypes.indexOf(place.type);
  metrics.query(index, type, tookMs * 1000, failed);
  if (slowQueryMs <= 0 || tookMs < slowQueryMs || statement === undefined) return endedMs;
  const { source, scan } = statement;
  const { hash: digest, text: sql } = digestOf(
    source,
    scan.start,
    scan.end,
    lexModeIn(session),
    SLOW_QUERY_CHARACTERS_MAX,
  );
  const { connectionId, userName } = session.port;
  const shard = place?.shard.name;
  const workload = scan.directives?.workloadName;
  log.warn(
    { connectionId, userName, tookMs: Math.round(tookMs), kind, shard, digest, sql, failed, workload },
    'slow query',
  );
  return endedMs;
}
