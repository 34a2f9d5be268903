/**
 * USER(), CURRENT_USER() and their like are the client's, which a tablet does not know: every client reaches it as the router's own user. So
 * they are values in the text, wherever they stand.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { SelectExpression } from '../sql/ast/query.ts';
import type { SyntaxProblem } from '../sql/ast/statement.ts';
import { type AnyNode, nodesOfKind } from '../sql/ast/walk.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { effect, type StatementKind, type StatementScan } from '../sql/statement.ts';
import { lexModeIn, scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { textPacket } from './text-packet.ts';

/** Others are about accounts of the tablets, or keep the call for later. */
const kinds: ReadonlySet<StatementKind> = new Set([
  'select',
  'values',
  'table',
  'insert',
  'replace',
  'update',
  'delete',
  'do',
  'set',
  'call',
]);

const names: ReadonlySet<string> = new Set(['user', 'session_user', 'system_user', 'current_user']);

type ReadText = Readonly<{ text: Buffer; scan: StatementScan }>;

/** The statement with the values in it; itself where there is nothing to replace. Raises 1235 for what our parser does not understand. */
export function withOwnUser(session: Session, statement: Statement): Statement {
  if ((statement.scan.effects & effect.currentUser) === 0) return statement;
  const own = textWithOwnUser(session, statement.source, statement.scan);
  return own === undefined ? statement : { source: own.text, scan: own.scan, packet: textPacket(own.text) };
}

/** The same for a text that is to be prepared; undefined where there is nothing to replace. */
export function textWithOwnUser(session: Session, source: Buffer, scan: StatementScan): ReadText | undefined {
  const { identity } = session.port;
  if (identity === undefined || (scan.effects & effect.currentUser) === 0 || !kinds.has(scan.kind))
    return undefined;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'syntaxProblem') throw notUnderstood(parsed, identity.user);
  const text = withCallValues(source, scan, parsed as AnyNode, (name) =>
    names.has(name)
      ? valueText(name === 'current_user' ? identity.currentUser : identity.user, name)
      : undefined,
  );
  const read = scanIn(session, text, 0);
  return { text, scan: { ...read, effects: read.effects & ~effect.currentUser } };
}

const notUnderstood = ({ message }: SyntaxProblem, user: string): HeadgateError =>
  new HeadgateError('ER_NOT_SUPPORTED_YET', {
    message: `Headgate does not understand this statement (${message}), so that it cannot put ${user} in the place of USER()`,
  });

type Edit = Readonly<{ start: number; end: number; bytes: Buffer }>;

/** The text with calls without arguments replaced by SQL that stands for them; undefined: it stays. Titles stay. */
export function withCallValues(
  source: Buffer,
  scan: StatementScan,
  root: AnyNode,
  sqlOf: (name: string) => string | undefined,
): Buffer {
  const edits = nodesOfKind(root, 'call').flatMap(({ name, builtin, args, start, end }): Edit[] => {
    const sql = builtin && args.length === 0 ? sqlOf(name) : undefined;
    return sql === undefined ? [] : [{ start, end, bytes: Buffer.from(sql) }];
  });
  return withEdits(source, scan, root, edits);
}

/** The text with edits within its expressions. Titles stay. */
export function withEdits(
  source: Buffer,
  scan: StatementScan,
  root: AnyNode,
  edits: readonly Edit[],
): Buffer {
  const titles = nodesOfKind(root, 'selectExpression').flatMap((item) => titleEdit(item, source, edits));
  const parts: Buffer[] = [];
  let from = scan.start;
  for (const { start, end, bytes } of [...edits, ...titles].sort((a, b) => a.start - b.start)) {
    parts.push(source.subarray(from, start), bytes);
    from = end;
  }
  return Buffer.concat([...parts, source.subarray(from, scan.end)]);
}

/**
 * As an expression of the function's own type, length, character set and coercibility: of IF's three operands the last is never taken. A name
 * beyond ASCII has to say its character set, and MySQL's utf8mb3 cannot be named without a warning.
 */
export const valueText = (value: string, name: string): string =>
  `IF(1, ${/^[ -~]*$/.test(value) ? '_ascii' : '_utf8mb4'} 0x${Buffer.from(value).toString('hex')}, ${name}())`;

/** A select item without an alias has its own text as title. */
function titleEdit(
  { alias, start, end, expression }: SelectExpression,
  source: Buffer,
  edits: readonly Edit[],
): Edit[] {
  if (alias !== undefined || expression.kind === 'column') return [];
  if (!edits.some((edit) => start <= edit.start && edit.end <= end)) return [];
  const title = source.toString('latin1', start, end).replaceAll('`', '``');
  return [{ start: end, end, bytes: Buffer.from(` AS \`${title}\``, 'latin1') }];
}
