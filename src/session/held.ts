/** A connection that a session holds, and what is asked about it. */
import type { ShardTransactions } from '../engine/transactions/shard-transactions.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { serverStatus } from '../mysql/protocol.ts';
import type { BeginOptions, StatementScan } from '../sql/statement-scan.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { pin } from './pins.ts';
import type { Session } from './session.ts';
import { namesTables, type Place } from './statement-place.ts';

export type Held = {
  readonly connection: BackendConnection;
  readonly place: Place;
  /** Why it is held: bits of `pin`. */
  pins: number;
  /** Since when (`performance.now()`). */
  readonly sinceMs: number;
};

/** How a statement ended on one connection. */
export type Outcome = Pick<ResponseRelay, 'error'>;

/** A statement's answer, with the packet that was sent. */
export type Answered = Readonly<{ answer: ResponseRelay; connection: BackendConnection; packet: Buffer }>;

/** MySQL rolls the whole transaction back, not only the statement. */
export const ERRNO_DEADLOCK = 1213;

/** Whether a statement for the place belongs to the held connection. */
export const isAt = ({ place: at }: Held, place: Place): boolean =>
  at.shard === place.shard && at.type === place.type;

/** Whether the held connection has the default database of the place. */
export function hasDatabase(held: Held, place: Place): boolean {
  // What belongs to the held connection from another place has no use for the database there.
  return !isAt(held, place) || place.database === '' || held.connection.database === place.database;
}

/** The statement that begins a transaction with these options. */
export function beginText(options: BeginOptions | undefined): string {
  if (options?.readOnly) return 'START TRANSACTION READ ONLY';
  return options?.readWrite ? 'START TRANSACTION READ WRITE' : 'START TRANSACTION';
}

/** The status flag of a transaction that may only read: as it was begun, as a tablet says, or as the session's transactions are. */
export function readOnlyFlag({ transaction, all }: Session['holding'], state: Session['state']): number {
  const { readOnly, readWrite, begin } = transaction;
  const open = all.filter(({ pins }) => (pins & pin.transaction) !== 0);
  const isTold = open.some(
    ({ connection: { status } }) => (status & serverStatus.inTransactionReadOnly) !== 0,
  );
  const isUsual = begin !== undefined && open.length === 0 && !readWrite && readsOnly(state);
  return readOnly || isTold || isUsual ? serverStatus.inTransactionReadOnly : 0;
}

const readsOnly = (state: Session['state']): boolean =>
  /=\s*'?(?:1|on|true)'?$/i.test(state.assignment('transaction_read_only') ?? '');

/** An error says nothing of the transaction: without autocommit the failed statement may have begun one. */
export function isOpen(connection: BackendConnection, answer: Outcome): boolean {
  if ((connection.status & serverStatus.inTransaction) !== 0) return true;
  const undone = answer.error?.errno === ERRNO_DEADLOCK;
  return answer.error !== undefined && !undone && (connection.status & serverStatus.autocommit) === 0;
}

/** Errors of a statement that has not even begun: its text, or 1792, a write under READ ONLY. */
const ERRNO_READ_ONLY_TRANSACTION = 1792;

/** Whether a statement that ended so has been a transaction, if it is one by itself. */
export const hasBegun = ({ error }: Outcome): boolean =>
  error === undefined || !(error.errno === ERRNO_READ_ONLY_TRANSACTION || error.sqlState.startsWith('42'));

/** Whether what SET TRANSACTION said holds for this statement, which begins a transaction or is one. */
export const isFirstOfNext = ({ next }: ShardTransactions, scan: StatementScan): boolean =>
  next !== undefined && (namesTables(scan) || scan.kind === 'begin');

/** Raises ER_NOT_SUPPORTED_YET or HG_SINGLE_SHARD where the open transaction cannot have a shard more. */
export function requireJoinable({ state, holding }: Session, held: readonly Held[], { shard }: Place): void {
  const first = held[0];
  if (first !== undefined && holding.transaction.snapshot) {
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `Headgate does not support WITH CONSISTENT SNAPSHOT over several shards: this transaction reads ${first.place.shard.name}, the statement is for ${shard.name}`,
    });
  }
  if (!state.vitess.isSingleShard) return;
  const other = held.find(({ pins }) => (pins & pin.transaction) !== 0);
  if (other !== undefined)
    throw new HeadgateError('HG_SINGLE_SHARD', { detail: `${other.place.shard.name} and ${shard.name}` });
}

/** Raises HG_SINGLE_SHARD for a statement on several shards that writes, or is part of a transaction. */
export function requireSeveralShards({ state, inTransaction }: Session, { readOnly }: StatementScan): void {
  if (state.vitess.isSingleShard && (inTransaction || !state.autocommit || !readOnly))
    throw new HeadgateError('HG_SINGLE_SHARD', { detail: 'the statement is for several shards' });
}
