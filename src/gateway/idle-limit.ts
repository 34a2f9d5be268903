import { capability } from '../mysql/protocol.ts';
import type { ConnectionNeed } from './connection-need.ts';
import type { TabletFacts } from './tablet-facts.ts';

const SETTING = '@@session.wait_timeout=';

/**
 * How long a connection may lie unused: not as long as until its server closes it (`wait_timeout`), for a statement could be sent at that
 * moment, and whether a write was applied would then be unknown.
 */
export function idleMsOf(
  need: ConnectionNeed | undefined,
  facts: TabletFacts | undefined,
  idleMsMax: number,
): number {
  const set = need?.settings.findLast((setting) => setting.startsWith(SETTING));
  const isInteractive = ((need?.capabilities ?? 0) & capability.interactive) !== 0;
  const byDefault = isInteractive ? facts?.timeouts.interactiveSeconds : facts?.timeouts.waitSeconds;
  const seconds = set === undefined ? byDefault : Number(set.slice(SETTING.length));
  if (seconds === undefined || !Number.isFinite(seconds)) return idleMsMax;
  return Math.min(idleMsMax, Math.max(1, seconds) * 500);
}
