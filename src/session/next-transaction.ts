/** SET TRANSACTION for the next transaction of a sharded keyspace: which shards take part is not known before it begins. */
import type { Assignment, StatementScan } from '../sql/statement.ts';
import type { Session } from './session.ts';
import { notOverShards } from './shard-writes.ts';

const levels: ReadonlySet<string> = new Set([
  'READ-UNCOMMITTED',
  'READ-COMMITTED',
  'REPEATABLE-READ',
  'SERIALIZABLE',
]);

/** True: the statement has been answered. Raises HG_SHARDED_NOT_PLANNED for values that only MySQL could judge. */
export function setNextTransaction(session: Session, { assignments = [] }: StatementScan): boolean {
  const { target } = session.state;
  const { topology } = session.services.gateway;
  const next = assignments.some((assignment) => assignment.target === 'nextTransaction');
  // Within a transaction MySQL refuses it.
  if (!next || session.inTransaction || target.shard !== undefined) return false;
  if (topology?.keyspaces.get(target.keyspace)?.sharded !== true) return false;
  const parts = assignments.map(characteristic);
  const names = new Set(assignments.map(({ name }) => name));
  // MySQL has an error for it.
  if (names.size < parts.length) return false;
  if (parts.includes(undefined))
    throw notOverShards(
      'SET of characteristics for the next transaction together with others, or to expressions',
    );
  const { transaction } = session.holding;
  const before = transaction.next?.slice('SET TRANSACTION '.length).split(', ') ?? [];
  const kept = before.filter((part) => !names.has(nameOf(part)));
  transaction.next = `SET TRANSACTION ${[...kept, ...parts].join(', ')}`;
  session.ok();
  return true;
}

const nameOf = (part: string): string =>
  part.startsWith('ISOLATION') ? 'transaction_isolation' : 'transaction_read_only';

function characteristic({ target, name, value = '' }: Assignment): string | undefined {
  if (target !== 'nextTransaction') return undefined;
  const word = value.toUpperCase();
  if (name === 'transaction_isolation')
    return levels.has(word) ? `ISOLATION LEVEL ${word.replace('-', ' ')}` : undefined;
  if (['1', 'ON', 'TRUE'].includes(word)) return 'READ ONLY';
  return ['0', 'OFF', 'FALSE'].includes(word) ? 'READ WRITE' : undefined;
}
