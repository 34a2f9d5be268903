/** Why a session keeps one connection: bits, each with the words that people are shown. */
import { effect, type StatementScan } from '../sql/statement.ts';

export const pin = {
  transaction: 1 << 0,
  /** SET TRANSACTION waits for the next one. */
  nextTransaction: 1 << 1,
  tableLocks: 1 << 2,
  /** Some that cannot be carried to another connection. */
  userVariables: 1 << 3,
  temporaryTables: 1 << 4,
  namedLocks: 1 << 5,
  sqlPrepared: 1 << 6,
  /** HANDLER, XA, FLUSH TABLES WITH READ LOCK. */
  connectionLocks: 1 << 7,
  /** A variable that cannot be carried to another connection. */
  variables: 1 << 8,
  /** COM_STMT_FETCH will ask for rows that wait there. */
  cursor: 1 << 11,
  /** A routine, or a statement that is not understood: it may have done anything. */
  unknown: 1 << 10,
} as const;

const pinNames = Object.keys(pin) as (keyof typeof pin)[];

export const pinReasons = (pins: number): string[] => pinNames.filter((name) => (pins & pin[name]) !== 0);

const pinningEffects =
  effect.namedLock | effect.temporaryTable | effect.unknownFunction | effect.connectionLock | effect.lexError;

/** What a statement that ran without a syntax error leaves on its connection. */
export function pinsOf(scan: StatementScan): number {
  const { kind, effects } = scan;
  let pins = 0;
  if ((effects & pinningEffects) !== 0) {
    if (effects & effect.namedLock) pins |= pin.namedLocks;
    if (effects & effect.temporaryTable) pins |= pin.temporaryTables;
    if (effects & (effect.unknownFunction | effect.lexError)) pins |= pin.unknown;
    if (effects & effect.connectionLock) pins |= kind === 'lockTables' ? pin.tableLocks : pin.connectionLocks;
  }
  switch (kind) {
    case 'prepare':
      return pins | pin.sqlPrepared;
    case 'execute':
    case 'call':
    case 'unknown':
      return pins | pin.unknown;
    case 'handler':
    case 'xa':
      return pins | pin.connectionLocks;
    case 'lockTables':
      return pins | pin.tableLocks;
    default:
      return pins;
  }
}
