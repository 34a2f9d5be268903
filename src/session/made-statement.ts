/**
 * Statements that the router has made of the client's: with rows in the place of tables that no tablet has, or as the query that is within them.
 * One tablet sees all of them, so that what was added to the text shows nowhere.
 */
import { TextValues } from '../planner/bind.ts';
import type { GatherPlan } from '../planner/gather/gather-plan.ts';
import { Operands, type ParameterValues } from '../planner/operands.ts';
import type { StatementScan } from '../sql/statement.ts';
import { asText } from './asking.ts';
import type { BoundParameters } from './bound-parameters.ts';
import type { ClientStatement } from './client-statement.ts';
import { type CombinedRun, runCombined } from './combined.ts';
import { asksSession, withSessionValues } from './gather/instead.ts';
import { requirePlannable } from './planned.ts';
import { askingWith } from './planned-execute.ts';
import { lexModeIn, scanIn } from './read-statement.ts';
import { requireScatter } from './scatters.ts';
import { schemasToWaitFor } from './schema-waits.ts';
import type { Session, Statement } from './session.ts';
import { notOverShards } from './shard-writes.ts';
import type { Target } from './target.ts';
import { textPacket } from './text-packet.ts';

/** How the answer is other than that of the text. */
export type MadeAs = NonNullable<CombinedRun['madeAs']>;

type Planned = Readonly<{ plan: GatherPlan; source: Buffer; operands: Operands }>;

/** Runs `text` for the client's statement. `scratchIn`: the keyspace that has its functions. Ends when the client has its answer. */
export async function runMade(
  session: Session,
  { scan, source }: Statement,
  text: Buffer,
  madeAs: MadeAs | undefined,
  scratchIn?: string,
): Promise<void> {
  const planned = await planMade(session, { text, scan }, session.state.target, [], scratchIn);
  await run(session, { scan, source, ask: asText, prepared: undefined, madeAs, scratchIn }, planned);
}

/** Runs `text` for the EXECUTE of a client's statement: its markers are those of the statement. */
export async function executeMade(
  session: Session,
  statement: ClientStatement,
  text: Buffer,
  target: Target,
  parameters: BoundParameters,
): Promise<void> {
  const { scan, text: source } = statement;
  const planned = await planMade(session, { text, scan }, target, parameters);
  const ask = askingWith(session, { parameters });
  await run(session, { scan, source, ask, prepared: statement, madeAs: 'rows' }, planned);
}

function run(
  session: Session,
  parts: Pick<CombinedRun, 'scan' | 'source' | 'ask' | 'prepared' | 'madeAs' | 'scratchIn'>,
  { plan, source, operands }: Planned,
): Promise<void> {
  const nowMs = Date.now();
  const values = () => new TextValues(source, operands, nowMs);
  return runCombined({ session, ...parts, operands, values }, plan);
}

async function planMade(
  session: Session,
  { text, scan: { directives } }: Readonly<{ text: Buffer; scan: StatementScan }>,
  target: Target,
  parameters: ParameterValues,
  scratchIn?: string,
): Promise<Planned> {
  const read = { ...scanIn(session, text, 0), directives };
  // Whoever says where functions are knows them.
  if (scratchIn === undefined) requirePlannable(read);
  let made: Statement = { source: text, scan: read, packet: textPacket(text) };
  await schemasToWaitFor(session, made.scan);
  if (asksSession(session, made.scan)) made = await withSessionValues(session, made);
  const { plans } = session.services;
  const { source, scan } = made;
  const mode = lexModeIn(session);
  const plan = plans.gatherPlan(source, scan, mode, target);
  if (plan === undefined) throw notOverShards('this form of statement');
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  const operands = new Operands(source, mode, slots, parameters, session.state.valueContext);
  requireScatter(session, scan, source, plan, operands);
  return { plan, source, operands };
}
