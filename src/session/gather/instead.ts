/**
 * Statements that shards could answer by themselves, were it not for what the session has of its own: what one connection has to see (user
 * variables that are set, rows that are counted) is evaluated on one tablet.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { type CombinedPlan, isCombined, type Scatter } from '../../planner/plan.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { effect, type StatementScan } from '../../sql/statement.ts';
import { requireSeveral } from '../planned.ts';
import { lexModeIn, scanIn } from '../read-statement.ts';
import { underSelectLimit } from '../select-limit.ts';
import type { Session, Statement } from '../session.ts';
import type { Target } from '../target.ts';
import { textPacket } from '../text-packet.ts';

/** What a plan is made from. */
export type PlannedText = Readonly<{ text: Buffer; scan: StatementScan; mode: LexMode; target: Target }>;

/**
 * The plan for the statement where the given one will not do; undefined: it will. The fingerprint read last is then that of the statement. Raises
 * what is in the way where nothing will do.
 */
export function gatherInstead(
  session: Session,
  { text, scan, mode, target }: PlannedText,
  plan: Scatter | CombinedPlan,
): GatherPlan | undefined {
  if (isCombined(plan) && plan.kind === 'gather') return plan;
  try {
    requireSeveral(session, scan);
    if (!isCombined(plan)) underSelectLimit(session.state, plan);
    return undefined;
  } catch (refusal) {
    if (!(refusal instanceof HeadgateError)) throw refusal;
    const gathered = session.services.plans.gatherPlan(text, scan, mode, target);
    if (gathered === undefined) throw refusal;
    return gathered;
  }
}

const counts = effect.foundRows | effect.rowCount;

/** Whether a statement asks for numbers of the one before, which only the session knows. */
export const asksCounts = ({ effects }: StatementScan): boolean => (effects & counts) !== 0;

/** The statement with the numbers of the one before in it. */
export async function withCounts(session: Session, statement: Statement): Promise<Statement> {
  const { diagnostics } = session;
  await diagnostics.settleFacts(statement.scan.effects);
  const { scan, source } = statement;
  const own = textPacket(source.subarray(scan.start, scan.end));
  const packet = diagnostics.substitute({ ...statement, packet: own });
  const text = Buffer.from(packet.subarray(5));
  const read = scanIn(session, text, 0);
  return { source: text, scan: { ...read, effects: read.effects & ~counts }, packet };
}

/** The statement as a plan is made from it. */
export const plannedText = (session: Session, { source, scan }: Statement): PlannedText => ({
  text: source,
  scan,
  mode: lexModeIn(session),
  target: session.state.target,
});
