/** INSERT and REPLACE of rows: sequence values, the shard of each row, and one answer for all of them. */

import { refuse, textOf } from '../planner/bind.ts';
import { InsertBinding } from '../planner/bind-insert.ts';
import type { Operands } from '../planner/operands.ts';
import type { InsertPlan } from '../planner/plan.ts';
import type { BoundParameter } from './bound-parameters.ts';
import { placeAt, requireSeveral, valuesOf } from './planned.ts';
import type { Session, Statement } from './session.ts';
import { type ShardStatement, type WriteOutcome, writeOnShards } from './shard-writes.ts';
import { textPacket } from './text-packet.ts';

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
      // One shard's own answer says all.
      const { text } = plan;
      const packet =
        text === undefined
          ? statement.packet
          : textPacket(textOf(text, valuesOf(statement.source, operands)));
      session.relayTo({ ...statement, packet }, placeAt(session, plan.keyspace, map, first));
      return undefined;
    }
    return insertOnShards(session, statement, plan, binding, undefined, shards);
  }
  // From here on the sequence is waited for, and the fingerprint will be another statement's.
  const kept = operands.kept(session.services.plans.fingerprint.literals);
  return insertOnShards(
    session,
    statement,
    plan,
    new InsertBinding(plan, kept, valuesOf(statement.source, kept), map),
  );
}

/** `shards`: those of the rows, where they are known before the sequence is asked. `textOn`: see `ShardStatement`. */
export async function insertOnShards(
  session: Session,
  statement: Statement,
  plan: InsertPlan,
  binding: InsertBinding,
  parameters?: readonly BoundParameter[],
  shards?: readonly number[],
  textOn?: (text: Buffer, markers: readonly number[]) => ShardStatement['textOn'],
): Promise<void> {
  if (plan.refusal !== undefined) refuse(plan.refusal);
  const { sequence, keyspace } = plan;
  const { services, activity } = session;
  const count = binding.generated.length;
  if (sequence !== undefined && count > 0)
    binding.take(
      await activity.during(
        `waiting for a block of sequence ${sequence.keyspace}.${sequence.table}`,
        services.sequences.take(sequence.keyspace, sequence.table, count, activity.signal),
      ),
    );
  const map = services.plans.shardMap(keyspace);
  const parts = binding.parts(shards ?? binding.shards());
  if (parts.length > 1) requireSeveral(session, statement.scan);
  const statements = parts.map(
    ({ shard, text, rowNumbers, markers }): ShardStatement => ({
      place: placeAt(session, keyspace, map, shard),
      text,
      rowNumbers,
      parameters: parameters === undefined ? undefined : markers.map((index) => parameters[index]!),
      textOn: textOn?.(text, markers),
    }),
  );
  const outcome = await writeOnShards(session, statement, statements);
  const { affectedRows, warnings, warningRows } = outcome;
  session.diagnostics.noteSeveral({ rows: undefined, affectedRows, warnings, warningRows });
  const insertId = binding.insertId();
  if (count > 0) await session.diagnostics.noteInsertId(insertId);
  const statusFlags = session.statusFlags | outcome.status;
  session.okWith({
    affectedRows,
    insertId,
    statusFlags,
    warnings,
    info: infoOf(plan, binding.rowCount, outcome),
  });
}

/** As MySQL writes it for several rows; for one there is none. */
function infoOf({ verb, ignore }: InsertPlan, rows: number, { warnings, parts }: WriteOutcome): string {
  if (rows === 1) return '';
  const duplicates = parts.reduce((sum, { info, affectedRows }) => {
    const told = /Duplicates: (\d+)/.exec(info)?.[1];
    if (told !== undefined) return sum + BigInt(told);
    // A shard that got a single row says nothing of it: a row that was replaced or updated counts twice, one that IGNORE left out does not.
    if (ignore && verb === 'insert') return sum + 1n - affectedRows;
    return affectedRows > 1n ? sum + affectedRows - 1n : sum;
  }, 0n);
  return `Records: ${rows}  Duplicates: ${duplicates}  Warnings: ${warnings}`;
}
