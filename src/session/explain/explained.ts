/** A statement that is to be explained, and the plan that it would have now. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { Operands, type ParameterValues } from '../../planner/operands.ts';
import type { Plan } from '../../planner/plan.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { lexModeIn, planContextIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';

/** The explained statement as a text of its own, with what is around it. */
export type Explained = Readonly<{
  session: Session;
  /** The statement that explains it. */
  statement: Statement;
  parsed: ExplainStatement;
  text: Buffer;
  scan: StatementScan;
  /** Of EXECUTE; undefined: what its markers stand for is not known. */
  parameters: ParameterValues | undefined;
}>;

const noParameters: ParameterValues = [];

/** Undefined where no plan is needed. */
export function planOf({ session, text, scan }: Explained): Plan | undefined {
  const { plans } = session.services;
  const plan = plans.plan(text, scan, lexModeIn(session), planContextIn(session), session.state.target);
  if (plan?.kind !== 'syntaxProblem') return plan;
  throw new HeadgateError('HG_PARSER_GAP', { detail: plan.message });
}

/** The values of the statement that `planOf` has just read; they stay valid while others are read. */
export function operandsOf({ session, text, parameters = noParameters }: Explained): Operands {
  const { plans } = session.services;
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  return new Operands(text, lexModeIn(session), slots, parameters, session.state.valueContext);
}

export const unsupported = (what: string): HeadgateError =>
  new HeadgateError('ER_NOT_SUPPORTED_YET', { message: `Headgate ${what}` });
