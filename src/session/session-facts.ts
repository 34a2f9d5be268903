/** One session as SHOW HEADGATE shows it. */
import type { PinFacts, SessionFacts } from './cluster.ts';
import type { Held } from './held.ts';
import { pinReasons } from './pins.ts';
import { processOf } from './process-row.ts';
import type { Session } from './session.ts';
import { targetText } from './target.ts';

/** `nowMs` is of `performance.now()`; `router` the number of the session's router. */
export function factsOf(session: Session, router: number, nowMs: number, infoBytesMax: number): SessionFacts {
  const { holding, state } = session;
  return {
    router,
    process: processOf(session, nowMs, infoBytesMax),
    target: targetText(state.target),
    transaction: holding.beginIsPending ? 'begun' : holding.inTransaction ? 'open' : '',
    pins: holding.all.map((held) => pinOf(held, nowMs)),
  };
}

function pinOf({ connection, place, pins, sinceMs }: Held, nowMs: number): PinFacts {
  return {
    shard: place.shard.name,
    type: place.type,
    tablet: connection.tablet.alias,
    threadId: connection.threadId,
    reasons: pinReasons(pins),
    seconds: Math.floor((nowMs - sinceMs) / 1000),
  };
}
