/**
 * ONLY_FULL_GROUP_BY over temporary tables, which have no unique keys: the remainder is prepared over empty tables that have them, and then
 * runs without that mode. What MySQL says of a plan it says of all its executions.
 */
import { demand } from '../../gateway/prepare-connection.ts';
import { command } from '../../mysql/protocol.ts';
import { type TextValues, textOf } from '../../planner/bind.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { commandPacket } from '../../wire/packets.ts';
import type { Session } from '../session.ts';
import type { ScratchConnection } from './scratch-connection.ts';

/** Plans that MySQL has accepted. */
const accepted = new WeakSet<GatherPlan>();

/**
 * Whether the remainder has to run without ONLY_FULL_GROUP_BY. Rejects with a TabletRefusal where MySQL refuses it under that mode. No table
 * has been loaded yet.
 */
export async function checkGroups(
  session: Session,
  plan: GatherPlan,
  scratch: ScratchConnection,
  valuesOf: () => TextValues,
): Promise<boolean> {
  const { check } = plan;
  const { sqlMode } = session.state.valueContext;
  if (check === undefined || !(sqlMode.has('ONLY_FULL_GROUP_BY') || sqlMode.has('ANSI'))) return false;
  if (accepted.has(plan)) return true;
  for (const sql of check.create) await demand(scratch.query(sql));
  const values = valuesOf();
  await scratch.settle(values.timestamp());
  const { statementId } = await demand(
    scratch.ask(command.stmtPrepare, textOf(check.text ?? plan.text, values), 'prepare'),
  );
  const id = Buffer.alloc(4);
  id.writeUInt32LE(statementId, 0);
  scratch.connection.sendSilently(commandPacket(command.stmtClose, id));
  await demand(scratch.query(check.drop));
  await scratch.settleForLoading();
  accepted.add(plan);
  return true;
}
