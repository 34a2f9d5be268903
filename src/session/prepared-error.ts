import { HeadgateError } from '../errors/headgate-error.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import type { ServerError } from '../wire/err-packet.ts';
import type { Session, Statement } from './session.ts';
import { type Place, placeOf } from './statement-place.ts';
import { prepareOnTablet } from './tablet-prepare.ts';
import { databaseOf, type Target } from './target.ts';

const ERRNO_NOT_PREPARABLE = 1295;

/** What MySQL has against a statement, in its own words; undefined for nothing. The statement is prepared, not run. */
export async function preparedError(
  session: Session,
  place: Place,
  text: Buffer,
): Promise<ServerError | undefined> {
  const { holding, services, activity } = session;
  const need = holding.needAt(place);
  const connection = await services.gateway.lease(
    place.shard,
    place.type,
    need,
    session,
    undefined,
    activity.signal,
  );
  try {
    return (await prepareOnTablet(session, connection, text)).error;
  } finally {
    void holding.discard(connection);
  }
}

/** What MySQL has against a text, on a shard of the target's keyspace; undefined for nothing. Raises HG_NO_TABLET. */
export async function preparedErrorAt(
  session: Session,
  target: Target,
  text: Buffer,
): Promise<ServerError | undefined> {
  const { gateway } = session.services;
  const shard = gateway.firstShard(target.keyspace) ?? gateway.anyShard();
  if (shard === undefined) throw new HeadgateError('HG_NO_TABLET', { detail: 'no keyspace has a primary' });
  return preparedError(session, { shard, type: target.type, database: databaseOf(target) }, text);
}

/**
 * The place of a statement that is not planned. Rejects as `refusedInWords` where Headgate has no place for it. Raises what `placeOf`
 * raises.
 */
export function placeFor(session: Session, statement: Statement): Place | Promise<never> {
  const { scan, source } = statement;
  const { target } = session.state;
  try {
    return placeOf(scan, target, session.services.gateway, source);
  } catch (refusal) {
    return refusedInWords(session, source.subarray(scan.start, scan.end), refusal, ERRNO_NOT_PREPARABLE);
  }
}

/** Rejects with what MySQL has against a text that Headgate refuses, so that a mistake gets MySQL's words; else with the refusal. */
export async function refusedInWords(
  session: Session,
  text: Buffer,
  refusal: unknown,
  exceptErrno?: number,
): Promise<never> {
  if (!(refusal instanceof HeadgateError) || refusal.code !== 'HG_SHARDED_NOT_PLANNED') throw refusal;
  const error = await preparedErrorAt(session, session.state.target, text);
  if (error === undefined || error.errno === exceptErrno) throw refusal;
  throw new TabletRefusal(error);
}
