/**
 * DO and SET with queries over tables that no tablet has: the values come from a SELECT … INTO variables, which is planned like any other. What is
 * computed there is the statement's own expressions.
 */
import type { SetStatement as ParsedSet, SetAssignment } from '../sql/ast/administration.ts';
import type { Expression } from '../sql/ast/expression.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { effect } from '../sql/statement.ts';
import { runMade } from './made-statement.ts';
import { isPlanned } from './planned.ts';
import { lexModeIn, scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { setStatement } from './set-statement.ts';
import { namesTables } from './statement-place.ts';
import { textPacket } from './text-packet.ts';

/** Whether it has tables, and such that a SELECT of them would be planned. Functions alone are any tablet's. */
const needsPlan = (session: Session, { scan }: Statement): boolean =>
  namesTables(scan) && isPlanned(session, { ...scan, kind: 'select' });

/** Answers a DO whose tables need a plan; undefined: it goes the way of any other. */
export function doQueries(session: Session, statement: Statement): Promise<unknown> | undefined {
  if (!needsPlan(session, statement)) return undefined;
  const { source, scan } = statement;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind !== 'do') return undefined;
  const made = selectInto(session, source, parsed.expressions, parsed.expressions.map(ownVariable));
  // The variables are nobody's.
  const effects = made.scan.effects & ~effect.writesUserVariable;
  return runMade(session, { ...made, scan: { ...made.scan, effects } }, made.source, 'ok');
}

/** Answers a SET whose tables need a plan; undefined: it goes the way of any other. */
export function setQueries(session: Session, statement: Statement): Promise<unknown> | undefined {
  if (!needsPlan(session, statement)) return undefined;
  const { source, scan } = statement;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind !== 'set') return undefined;
  const { assignments } = parsed;
  const users = assignments.filter((each) => each.kind === 'setUserVariable');
  if (users.length < assignments.length) return setOthers(session, statement, parsed);
  const names = users.map(({ variable: { start, end } }) => source.toString('latin1', start, end));
  const values = users.map(({ value }) => value);
  const made = selectInto(session, source, values, names);
  return runMade(session, made, made.source, 'ok');
}

/** With variables of the system among them: the values of their queries first, then the SET with these. */
async function setOthers(session: Session, statement: Statement, parsed: ParsedSet): Promise<void> {
  const { source, scan } = statement;
  const values = parsed.assignments.flatMap(queryValue);
  const names = values.map(ownVariable);
  const made = selectInto(session, source, values, names);
  const parts: Buffer[] = [];
  let from = scan.start;
  for (const [at, { start, end }] of values.entries()) {
    parts.push(source.subarray(from, start), Buffer.from(names[at]!));
    from = end;
  }
  const text = Buffer.concat([...parts, source.subarray(from, scan.end)]);
  await runMade(session, made, made.source, () =>
    setStatement(session, { source: text, scan: scanIn(session, text, 0), packet: textPacket(text) }),
  );
}

const queryValue = (assignment: SetAssignment): Expression[] => {
  if (assignment.kind === 'setNames' || assignment.value.kind === 'setKeyword') return [];
  return nodesOfKind(assignment.value, 'query').length > 0 ? [assignment.value] : [];
};

const ownVariable = (_: unknown, at: number): string => `@headgate_${at + 1}`;

function selectInto(
  session: Session,
  source: Buffer,
  values: readonly Expression[],
  names: readonly string[],
): Statement {
  const items = values.flatMap(({ start, end }, at) => [
    Buffer.from(at === 0 ? 'SELECT ' : ', '),
    source.subarray(start, end),
  ]);
  const text = Buffer.concat([...items, Buffer.from(` INTO ${names.join(', ')}`, 'latin1')]);
  return { source: text, scan: scanIn(session, text, 0), packet: textPacket(text) };
}
