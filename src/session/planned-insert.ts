/** INSERT and REPLACE of rows: sequence values, the shard of each row, and one answer for all of them. */

import { refuse } from '../planner/bind.ts';
import { InsertBinding } from '../planner/bind-insert.ts';
import type { Operands } from '../planner/operands.ts';
import type { InsertPlan } from '../planner/plan.ts';
import { placeAt, requireSeveral, valuesOf } from './planned.ts';
import type { Session, Statement } from './session.ts';
import { type ShardStatement, type WriteOutcome, writeOnShards } from './shard-writes.ts';

export function runInsert(
  session: Session,
  statement: Statement,
  plan: InsertPlan,
  operands: Operands,
): Promise<unknown> | undefined {
  const map = session.services.plans.shardMap(plan.keyspace);
  const binding = new InsertBinding(plan, operands, valuesOf(statement.source, operands), map);
  if (plan.sequence === undefined && plan.refusal === undefined) {
    const shards = binding.shards();
    const [first = 0] = shards;
    if (shards.every((shard) => shard === first)) {
      // One shard's own answer says all: the text goes there as it came.
      session.relayTo(statement, placeAt(session, plan.keyspace, map, first));
      return undefined;
    }
  }
  // From here on something waits, and the fingerprint will be another statement's.
  const kept = operands.kept(session.services.plans.fingerprint.literals);
  return insertOnShards(
    session,
    statement,
    plan,
    new InsertBinding(plan, kept, valuesOf(statement.source, kept), map),
  );
}

export async function insertOnShards(
  session: Session,
  statement: Statement,
  plan: InsertPlan,
  binding: InsertBinding,
): Promise<void> {
  if (plan.refusal !== undefined) refuse(plan.refusal);
  const { sequence, keyspace } = plan;
  const { services } = session;
  const count = binding.generated.length;
  if (sequence !== undefined && count > 0)
    binding.take(
      await services.sequences.take(sequence.keyspace, sequence.table, count, session.abort.signal),
    );
  const map = services.plans.shardMap(keyspace);
  const parts = binding.parts(binding.shards());
  if (parts.length > 1) requireSeveral(session, statement.scan);
  const statements = parts.map(
    ({ shard, text, rowNumbers }): ShardStatement => ({
      place: placeAt(session, keyspace, map, shard),
      text,
      rowNumbers,
    }),
  );
  const outcome = await writeOnShards(session, statement, statements);
  const { affectedRows, warnings, warningRows } = outcome;
  session.diagnostics.noteSeveral({ rows: undefined, affectedRows, warnings, warningRows });
  const insertId = binding.insertId();
  if (count > 0) session.diagnostics.noteInsertId(insertId);
  session.okWith({ affectedRows, insertId, warnings, info: infoOf(plan, binding.rowCount, outcome) });
}

/** As MySQL writes it for several rows; for one there is none. */
function infoOf(
  { verb, ignore }: InsertPlan,
  rows: number,
  { affectedRows, warnings, infos }: WriteOutcome,
): string {
  if (rows === 1) return '';
  const duplicates = infos.reduce((sum, info) => sum + BigInt(/Duplicates: (\d+)/.exec(info)?.[1] ?? 0), 0n);
  // A shard that got a single row says nothing of it: rows that REPLACE has removed count as affected, those that IGNORE left out do not.
  const difference = affectedRows - BigInt(rows);
  const known = verb === 'replace' ? difference : ignore ? -difference : duplicates;
  return `Records: ${rows}  Duplicates: ${known}  Warnings: ${warnings}`;
}
