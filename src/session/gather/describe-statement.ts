/**
 * PREPARE of a statement of which no tablet has all tables: the inputs are described by their shards, and the remainder over empty temporary
 * tables in their places.
 */
import { scratchColumns, tableDefinition } from '../../engine/scratch/table-definition.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { capability, command } from '../../mysql/protocol.ts';
import { TextValues, textOf } from '../../planner/bind.ts';
import type { GatherInput, GatherPlan } from '../../planner/gather/gather-plan.ts';
import type { Operands } from '../../planner/operands.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { buildResultEnd, PayloadWriter } from '../../wire/packets.ts';
import { placeAt } from '../planned.ts';
import type { Session } from '../session.ts';
import { checkGroups } from './check-groups.ts';
import { emptyCopy } from './copy-table.ts';
import { leaseForInputs } from './input-settings.ts';
import { originalColumn } from './original-columns.ts';
import { originalsOf } from './originals.ts';
import { inKeyspaces, withSuggestion } from './own-words.ts';
import { ScratchConnection } from './scratch-connection.ts';
import { scratchPlaces } from './scratch-place.ts';

/** What a client is told of its statement: the definitions' packets (payloads). */
export type Description = Readonly<{
  parameters: readonly Buffer[];
  columns: readonly Buffer[];
  warnings: number;
}>;

/** A text of the plan as it was described, and the parameters that its markers stand for. */
type Described = Readonly<{ statement: CollectedAnswer; markers: readonly number[] }>;

/** Rejects with a TabletRefusal for what MySQL has against the statement. */
export async function describeGathered(
  session: Session,
  plan: GatherPlan,
  { text, scan }: Readonly<{ text: Buffer; scan: StatementScan }>,
  operands: Operands,
  parameterCount: number,
): Promise<Description> {
  const values = () => new TextValues(text, operands, Date.now());
  const inputs: Described[] = [];
  for (const input of plan.inputs) inputs.push(await describeInput(session, scan, input, values()));
  const shares = plan.inputs.map(({ plan: { keyspace } }) => ({
    place: placeAt(session, keyspace, session.services.plans.shardMap(keyspace), 0),
    part: 1,
  }));
  const scratch = await ScratchConnection.lease(session, scratchPlaces(session, plan, shares));
  try {
    await session.diagnostics.prime(scan, scratch.connection);
    const isChecked = await checkGroups(session, plan, scratch, values);
    for (const [at, input] of plan.inputs.entries()) {
      const columns = scratchColumns(input, inputs[at]!.statement.definitions);
      await demand(scratch.query(tableDefinition(input, columns)));
      for (const copy of input.copies ?? []) await demand(scratch.query(emptyCopy(input.table, copy)));
    }
    const whole = values();
    const remainder = textOf(plan.text, whole);
    await scratch.settle(whole.timestamp());
    if (isChecked) await scratch.allowAnyGroup();
    const statement = await describe(scratch.connection, remainder);
    const originals = originalsOf(
      plan.inputs,
      inputs.map(({ statement: { definitions } }) => definitions),
    );
    return {
      parameters: parametersOf([{ statement, markers: whole.markers() }, ...inputs], parameterCount),
      columns: statement.definitions.map((column) => originalColumn(column, originals, plan.views ?? [])),
      warnings: statement.warnings,
    };
  } catch (error) {
    if (!(error instanceof TabletRefusal)) throw error;
    const told = inKeyspaces(error.answer, plan, scratch.place.shard.keyspace);
    throw new TabletRefusal(withSuggestion(told, plan));
  } finally {
    scratch.release();
  }
}

async function describeInput(
  session: Session,
  scan: StatementScan,
  input: GatherInput,
  values: TextValues,
): Promise<Described> {
  const { keyspace, text } = input.plan;
  if (text === undefined)
    throw new HeadgateError('HG_INTERNAL', { detail: 'a gathered input without a text' });
  const place = placeAt(session, keyspace, session.services.plans.shardMap(keyspace), 0);
  const filled = textOf(text, values);
  const connections = await leaseForInputs(session, [place]);
  const [connection] = connections;
  // It may wait for a definition that is being changed.
  session.runsOn(connections, place);
  try {
    // The type of a user variable is that of its value.
    await session.diagnostics.prime(scan, connection!);
    const statement = await describe(connection!, filled);
    return { statement, markers: values.markers() };
  } finally {
    session.running.delete(connection!);
    session.holding.giveBack(connection!);
  }
}

/** Prepares a text and closes it again. */
async function describe(connection: BackendConnection, text: Buffer): Promise<CollectedAnswer> {
  const described = await demand(connection.ask(command.stmtPrepare, text, 'prepare'));
  connection.closeStatement(described.statementId);
  return described;
}

/** Each parameter as the first text that has it describes it. */
function parametersOf(texts: readonly Described[], count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    for (const { statement, markers } of texts) {
      const at = markers.indexOf(index);
      if (at >= 0) return statement.parameters[at]!;
    }
    throw new HeadgateError('HG_INTERNAL', { detail: `parameter ${index + 1} is in no text of the plan` });
  });
}

/** Answers COM_STMT_PREPARE. */
export function sendDescription(session: Session, id: number, description: Description): void {
  const { parameters, columns, warnings } = description;
  const { port } = session;
  const { capabilities } = port;
  session.answered();
  port.cork();
  const head = new PayloadWriter().int(0, 1).int(id, 4).int(columns.length, 2).int(parameters.length, 2);
  session.sendPayload(head.int(0, 1).int(warnings, 2).done());
  for (const definitions of [parameters, columns]) {
    for (const definition of definitions) session.sendPayload(definition);
    if (definitions.length > 0 && (capabilities & capability.deprecateEof) === 0)
      session.sendPayload(buildResultEnd(session.statusFlags, 0, capabilities));
  }
  port.uncork();
}
