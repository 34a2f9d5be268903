/**
 * Statements that shards could answer by themselves, were it not for what the session has of its own: what one connection has to see (user
 * variables that are set, rows that are counted) is evaluated on one tablet.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';
import { type CombinedPlan, isCombined, type Scatter } from '../../planner/plan.ts';
import type { AnyNode } from '../../sql/ast/walk.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { effect, type StatementScan } from '../../sql/statement.ts';
import { valueText, withCallValues } from '../own-user.ts';
import { requireSeveral } from '../planned.ts';
import { lexModeIn, scanIn } from '../read-statement.ts';
import { underSelectLimit } from '../select-limit.ts';
import type { Session, Statement } from '../session.ts';
import { databaseOf, type Target } from '../target.ts';
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

/** Whether a statement asks for what only the session knows: numbers of the one before, or a default database that no keyspace is. */
export const asksSession = ({ state: { target } }: Session, { effects }: StatementScan): boolean =>
  (effects & counts) !== 0 ||
  ((effects & effect.currentDatabase) !== 0 && (target.keyspace === '' || target.systemSchema !== undefined));

/** The statement with such values in it. */
export async function withSessionValues(session: Session, statement: Statement): Promise<Statement> {
  const { diagnostics } = session;
  await diagnostics.settleFacts(statement.scan.effects);
  const { scan, source } = statement;
  const own = textPacket(source.subarray(scan.start, scan.end));
  const counted = Buffer.from(diagnostics.substitute({ ...statement, packet: own }).subarray(5));
  const text = withDatabase(session, counted);
  const read = scanIn(session, text, 0);
  const effects = read.effects & ~(counts | effect.currentDatabase);
  return { source: text, scan: { ...read, effects }, packet: textPacket(text) };
}

/** DATABASE() where the tablet's would be another one. */
function withDatabase(session: Session, text: Buffer): Buffer {
  const { target } = session.state;
  if (target.keyspace !== '' && target.systemSchema === undefined) return text;
  const scan = scanIn(session, text, 0);
  const parsed = parseStatement(text, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'syntaxProblem') return text;
  const name = databaseOf(target);
  return withCallValues(text, scan, parsed as AnyNode, (called) =>
    called === 'database' || called === 'schema'
      ? name === ''
        ? `IF(1, NULL, ${called}())`
        : valueText(name, called)
      : undefined,
  );
}

/** The statement as a plan is made from it. */
export const plannedText = (session: Session, { source, scan }: Statement): PlannedText => ({
  text: source,
  scan,
  mode: lexModeIn(session),
  target: session.state.target,
});
