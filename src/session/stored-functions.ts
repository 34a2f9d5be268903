/**
 * Statements with stored functions, which are in the databases of the shards. A function that only computes with its arguments is the same
 * wherever it is: it runs on the shards, or where rows are put together. One that reads tables would see the rows of one shard only.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Call } from '../sql/ast/expression.ts';
import type { AnyNode } from '../sql/ast/walk.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { routineReads } from '../sql/routine-reads.ts';
import { effect, type StatementScan } from '../sql/statement.ts';
import { textWithOwnUser, withEdits } from './own-user.ts';
import { isPlanned } from './planned.ts';
import { lexModeIn, scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { notOverShards } from './shard-writes.ts';
import { askAside } from './show/aside.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

/** So long the functions of a keyspace are taken to be what they were, as its tables are. */
const KNOWN_MS = 1000;

/** A function as a keyspace's shards have it. */
type StoredFunction = Readonly<{
  name: string;
  deterministic: boolean;
  /** Undefined where the router's user may not see it. */
  body: Buffer | undefined;
  /** The shards have different ones, or not all have it. */
  differs: boolean;
}>;

type Functions = ReadonlyMap<string, StoredFunction>;
type Known = Readonly<{ atMs: number; functions: Promise<Functions> }>;

const known = new WeakMap<Gateway, Map<string, Known>>();

/** A statement all of whose functions only compute with their arguments. */
export type WithFunctions = Readonly<{
  /** No word of unknown functions is in its scan; those of the default database are named with it. */
  statement: Statement;
  /** The keyspace that has them. */
  keyspace: string;
  /** All are declared to be. */
  deterministic: boolean;
}>;

type ReadText = Pick<Statement, 'source' | 'scan'>;

/**
 * Undefined where there is a function that no keyspace has, or the text is not understood: MySQL says what it makes of it. Raises
 * HG_SHARDED_NOT_PLANNED for functions that are not the same on all shards, or not by themselves.
 */
export async function functionsIn(
  session: Session,
  { source, scan }: ReadText,
  target: Target,
): Promise<WithFunctions | undefined> {
  if ((scan.effects & effect.lexError) !== 0) return undefined;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'syntaxProblem') return undefined;
  const calls = nodesOfKind(parsed as AnyNode, 'call').filter(({ builtin }) => !builtin);
  const schemas = new Set(calls.map(({ schema }) => schema ?? databaseOf(target)));
  const [keyspace = ''] = schemas;
  if (calls.length === 0 || ![...schemas].every((name) => session.services.gateway.keyspaces.has(name)))
    return undefined;
  if (schemas.size > 1)
    throw notOverShards(`stored functions of several keyspaces (${[...schemas].join(', ')})`);
  const functions = await functionsOf(session, keyspace);
  const used = calls.map(({ name }) => functions.get(name.toLowerCase()));
  if (!used.every((found) => found !== undefined)) return undefined;
  for (const found of used) requireOwn(session, keyspace, found, functions, new Set());
  return {
    statement: statementOf(session, { source, scan }, parsed as AnyNode, calls, target),
    keyspace,
    deterministic: used.every(({ deterministic }) => deterministic),
  };
}

/**
 * A text that is to be prepared, and its scan: with the client's user in it, and without a word of unknown functions where all that it names is in the
 * session's keyspace and so are they. They are looked up once.
 */
export async function textToPrepare(
  session: Session,
  written: Buffer,
): Promise<Readonly<{ text: Buffer; scan: StatementScan }>> {
  const plain = { text: written, scan: scanIn(session, written, 0) };
  const read = textWithOwnUser(session, written, plain.scan) ?? plain;
  const { text, scan } = read;
  const { target } = session.state;
  const isOwn = scan.qualifiers.every((name) => name === target.keyspace);
  if ((scan.effects & effect.unknownFunction) === 0 || !isOwn || !isPlanned(session, scan)) return read;
  const found = await functionsIn(session, { source: text, scan }, target);
  if (found === undefined || !found.deterministic || found.keyspace !== target.keyspace) return read;
  return { text, scan: found.statement.scan };
}

/** Raises where a function may do more than compute with its arguments. */
function requireOwn(
  session: Session,
  keyspace: string,
  { name, body, differs }: StoredFunction,
  all: Functions,
  seen: Set<string>,
): void {
  if (seen.has(name)) return;
  seen.add(name);
  const what = `the stored function ${keyspace}.${name}`;
  if (differs) throw notOverShards(`${what}, which is not the same on all shards`);
  if (body === undefined) throw notOverShards(`${what}, whose body the router may not see`);
  const { beyond, calls } = routineReads(body, lexModeIn(session));
  if (beyond !== undefined)
    throw notOverShards(
      `${what}, which does more than compute with its arguments (${beyond}): each shard has only its own rows and its own connection`,
    );
  for (const call of calls) {
    const other = all.get(call);
    if (other !== undefined) requireOwn(session, keyspace, other, all, seen);
  }
}

/** Where it names keyspaces, functions without one have to say that theirs is the session's. */
function statementOf(
  session: Session,
  { source, scan }: ReadText,
  root: AnyNode,
  calls: readonly Call[],
  target: Target,
): Statement {
  const { keyspaces } = session.services.gateway;
  const isElsewhere = scan.qualifiers.some((name) => name !== target.keyspace && keyspaces.has(name));
  const named = calls.filter(({ schema }) => schema === undefined && isElsewhere);
  const bytes = Buffer.from(`\`${target.keyspace.replaceAll('`', '``')}\`.`);
  const edits = named.map(({ start }) => ({ start, end: start, bytes }));
  if (edits.length === 0) {
    const own = source.subarray(scan.start, scan.end);
    return { source, scan: withoutFunctions(scan), packet: textPacket(own) };
  }
  const text = withEdits(source, scan, root, edits);
  return { source: text, scan: withoutFunctions(scanIn(session, text, 0)), packet: textPacket(text) };
}

const withoutFunctions = (scan: StatementScan): StatementScan => ({
  ...scan,
  effects: (scan.effects & ~effect.unknownFunction) | effect.knownFunction,
});

/** By their names in lower case. */
function functionsOf(session: Session, keyspace: string): Promise<Functions> {
  const { gateway } = session.services;
  let own = known.get(gateway);
  if (own === undefined) {
    own = new Map();
    known.set(gateway, own);
  }
  const nowMs = performance.now();
  const found = own.get(keyspace);
  if (found !== undefined && nowMs - found.atMs < KNOWN_MS) return found.functions;
  const functions = readFunctions(session, keyspace);
  own.set(keyspace, { atMs: nowMs, functions });
  const all = own;
  functions.catch(() => all.delete(keyspace));
  return functions;
}

const question = (keyspace: string): string =>
  `SELECT routine_name, is_deterministic, HEX(routine_definition), SHA2(CONCAT_WS('\\0', dtd_identifier, routine_definition, sql_mode,
    (SELECT GROUP_CONCAT(parameter_name, ' ', dtd_identifier ORDER BY ordinal_position) FROM information_schema.parameters AS p
      WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name AND p.ordinal_position > 0)), 256)
    FROM information_schema.routines AS r WHERE routine_schema = '${keyspace}' AND routine_type = 'FUNCTION'`;

async function readFunctions(session: Session, keyspace: string): Promise<Functions> {
  const { gateway } = session.services;
  const names = [...(gateway.topology?.keyspaces.get(keyspace)?.shards.keys() ?? [])];
  const shards = names.flatMap((name) => gateway.shard(keyspace, name) ?? []);
  if (shards.length === 0)
    throw new HeadgateError('HG_NO_TABLET', { keyspace, detail: `keyspace ${keyspace} has no shard` });
  const answers = await Promise.all(shards.map((shard) => askAside(session, shard, question(keyspace))));
  const digests = new Map<string, (string | null)[]>();
  const functions = new Map<string, StoredFunction>();
  for (const [name, deterministic, body, digest] of answers.flat()) {
    const key = name!.toLowerCase();
    const all = [...(digests.get(key) ?? []), digest!];
    digests.set(key, all);
    functions.set(key, {
      name: name!,
      deterministic: deterministic === 'YES',
      body: body === null ? undefined : Buffer.from(body!, 'hex'),
      differs: all.length < shards.length || new Set(all).size > 1,
    });
  }
  return functions;
}
