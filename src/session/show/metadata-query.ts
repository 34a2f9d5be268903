/**
 * Queries over information_schema. What is about one keyspace goes to a tablet of it as it came. What is about several, or adds up over
 * shards, goes to one tablet too, with the rows of all of them as derived tables in the place of information_schema's own: MySQL computes
 * the client's statement, whatever it is.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type DatabaseContext, databasesOf } from '../../planner/metadata/databases.ts';
import { namesCollation, tableText } from '../../planner/metadata/json-table.ts';
import { columnsNamed, withTables } from '../../planner/metadata/rewrite.ts';
import { metadataTable } from '../../planner/metadata/tables.ts';
import { isCurrentSchema, type MetadataUse, metadataUses } from '../../planner/metadata/uses.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { SelectStatement } from '../../sql/ast/statement.ts';
import { nodesOfKind } from '../../sql/ast/walk.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { stringText } from '../../sql/literals.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { effect, type StatementScan } from '../../sql/statement.ts';
import { unwrapped } from '../../sql/unwrapped.ts';
import { runMade } from '../made-statement.ts';
import { isPlanned } from '../planned.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { type Place, placeOf } from '../statement-place.ts';
import { databaseOf, isSystemSchema, type Target } from '../target.ts';
import { textPacket } from '../text-packet.ts';
import { type MetadataRows, metadataRows, needsAllShards } from './metadata-rows.ts';
import { homePlace } from './places.ts';
import { isProcessUse, processTable, processUses } from './process-table.ts';

/** A query and how it is to be read. */
export type MetadataQuestion = Readonly<{
  text: Buffer;
  scan: StatementScan;
  mode: LexMode;
  target: Target;
  /** The text of a parameter; null for NULL, undefined where it is none. */
  parameter: (index: number) => string | null | undefined;
}>;

/** Where it goes; `tables` are what stands in the place of information_schema's, undefined where it goes as it came. */
type Answer = Readonly<{ place: Place; text: Buffer | undefined }>;

const isInformationSchema = (name: string | undefined): boolean =>
  name?.toLowerCase() === 'information_schema';

/** performance_schema has a process list, too. */
const isAsked = (name: string | undefined): boolean =>
  isInformationSchema(name) || name?.toLowerCase() === 'performance_schema';

/** Whether a statement reads information_schema (or performance_schema) and nothing of a keyspace. */
export function asksMetadata(
  { kind, qualifiers, hasUnqualifiedTable }: StatementScan,
  target: Target,
): boolean {
  if (qualifiers.length === 0 && target.systemSchema === undefined) return false;
  if (kind !== 'select' || target.shard !== undefined) return false;
  if (hasUnqualifiedTable && target.systemSchema === undefined) return false;
  return (
    qualifiers.every(isSystemSchema) &&
    (qualifiers.some(isAsked) || (hasUnqualifiedTable && isAsked(target.systemSchema)))
  );
}

/** Whether it reads such tables, alone or beside others. */
export const readsMetadata = (scan: StatementScan, target: Target): boolean =>
  asksMetadata(scan, target) || mixesMetadata(scan, target);

/** Whether it reads such tables beside those of keyspaces. */
export function mixesMetadata(
  { kind, qualifiers, hasUnqualifiedTable }: StatementScan,
  target: Target,
): boolean {
  if (qualifiers.length === 0 || kind !== 'select' || target.shard !== undefined) return false;
  const isOfSystem = hasUnqualifiedTable && target.systemSchema !== undefined;
  const isAsking = qualifiers.some(isAsked) || (isOfSystem && isAsked(target.systemSchema));
  const isOfKeyspace = hasUnqualifiedTable && target.systemSchema === undefined;
  return isAsking && (isOfKeyspace || !qualifiers.every(isSystemSchema));
}

/** Answers a query over information_schema; undefined: it goes the way of any other. */
export function metadataQuery(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const { target } = session.state;
  const question = () => ({
    text: source,
    scan,
    mode: lexModeIn(session),
    target,
    parameter: () => undefined,
  });
  if (mixesMetadata(scan, target)) return mixedQuery(session, statement, question());
  if (!asksMetadata(scan, target)) return undefined;
  const answered = answerTo(session, question());
  if (answered === undefined) return undefined;
  const send = ({ place, text }: Answer) =>
    session.relayTo(text === undefined ? statement : { ...statement, packet: textPacket(text) }, place);
  return answered.then(send);
}

/** The query with rows in the place of information_schema's tables, which then goes the way of any other. */
function mixedQuery(
  session: Session,
  statement: Statement,
  question: MetadataQuestion,
): Promise<unknown> | undefined {
  return withMetadata(session, question)?.then((text) =>
    text === undefined ? session.relay(statement) : runMade(session, statement, text, 'rows'),
  );
}

/**
 * The text of a query that `mixesMetadata` with rows in the place of those tables of information_schema that are about databases; undefined where
 * there are none, or where the tablet of its own tables has those rows.
 */
export function withMetadata(
  session: Session,
  question: MetadataQuestion,
): Promise<Buffer | undefined> | undefined {
  const { text, scan, mode, target } = question;
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  if (parsed.kind !== 'select') return undefined;
  const { uses, processes, databases, columns } = readUses(session, question, parsed);
  if (uses.length + processes.length === 0) return undefined;
  if (processes.length === 0 && !isPlanned(session, scan, target)) {
    const { shard } = placeOf(scan, target, session.services.gateway, text);
    const others = [...session.services.gateway.keyspaces].filter((name) => name !== shard.keyspace);
    if (!others.some((name) => [...databases.values()].some((set) => set.has(name)))) return undefined;
  }
  const plain = parsed.hasVersionComment ? plainText(session, question) : undefined;
  if (plain !== undefined) return withMetadata(session, plain);
  requireWritable(parsed);
  const place = homePlace(session, scan, target);
  const wanted = { parsed, text, uses: [...uses, ...processes], databases, columns, place, isMixed: true };
  return gathered(session, wanted).then((answer) => answer.text);
}

/** The question without the marks of version comments; undefined where tablets differ in what they take from them. */
function plainText(session: Session, question: MetadataQuestion): MetadataQuestion | undefined {
  const { text, scan, mode } = question;
  if (session.services.gateway.versionsDiffer) return undefined;
  const plain = unwrapped(text, scan.start, scan.end, mode);
  if (plain === undefined) return undefined;
  return { ...question, text: plain, scan: { ...scan, start: 0, end: plain.length } };
}

/** The tables that a query reads, and of which databases. */
function readUses(session: Session, question: MetadataQuestion, parsed: SelectStatement) {
  const { scan, target } = question;
  const schemaOf = (schema: string | undefined): string | undefined =>
    schema ?? (scan.hasUnqualifiedTable ? target.systemSchema : undefined);
  const uses = metadataUses(parsed.query, (schema) => isInformationSchema(schemaOf(schema)));
  const processes = processUses(parsed.query, (schema) => schemaOf(schema)?.toLowerCase());
  const context = contextOf(session, question);
  const databases = new Map(uses.map((use) => [use, databasesOf(use, context)]));
  return { uses, processes, context, databases, columns: columnsNamed(parsed) };
}

/** Where the query goes, and with what text; undefined where its names say it. */
export function answerTo(session: Session, question: MetadataQuestion): Promise<Answer> | undefined {
  const { text, scan, mode, target } = question;
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  if (parsed.kind !== 'select') return undefined;
  const { uses, processes, context, databases, columns } = readUses(session, question, parsed);
  const keyspaces = [...context.keyspaces].filter((name) =>
    [...databases.values()].some((set) => set.has(name)),
  );
  const isSum = uses.some((use) =>
    keyspaces.some(
      (name) => databases.get(use)!.has(name) && needsAllShards(session, name, use.table, columns),
    ),
  );
  const [keyspace] = keyspaces;
  const own = homePlace(session, scan, target);
  const isAtHome = keyspace === undefined || keyspace === own.shard.keyspace;
  const needsHome = (scan.effects & effect.currentDatabase) !== 0;
  if (processes.length === 0 && keyspaces.length <= 1 && !isSum && (isAtHome || !needsHome)) {
    const place = isAtHome ? own : placeIn(session, keyspace, target);
    return Promise.resolve({ place, text: undefined });
  }
  const plain = parsed.hasVersionComment ? plainText(session, question) : undefined;
  if (plain !== undefined) return answerTo(session, plain);
  requireWritable(parsed);
  return gathered(session, { parsed, text, uses: [...uses, ...processes], databases, columns, place: own });
}

/** A tablet of a keyspace that is not the session's own, nor named in the text. */
function placeIn({ services }: Session, keyspace: string, target: Target): Place {
  const shard = services.gateway.firstShard(keyspace);
  if (shard === undefined)
    throw new HeadgateError('HG_NO_TABLET', { keyspace, detail: `keyspace ${keyspace} has no shard` });
  return { shard, type: target.type, database: target.keyspace === '' ? databaseOf(target) : keyspace };
}

type Gathering = Readonly<{
  parsed: SelectStatement;
  text: Buffer;
  uses: readonly MetadataUse[];
  databases: ReadonlyMap<MetadataUse, ReadonlySet<string>>;
  columns: ReadonlySet<string> | undefined;
  place: Place;
  /** They stand beside columns of any type. */
  isMixed?: boolean;
}>;

async function gathered(session: Session, gathering: Gathering): Promise<Answer> {
  const { parsed, text, uses, databases, columns, place, isMixed = false } = gathering;
  const tables = new Map<MetadataUse, string>();
  const gatheredRows = new Map<MetadataUse, MetadataRows>();
  for (const use of uses) {
    if (isProcessUse(use)) {
      tables.set(use, await processTable(session, use));
      continue;
    }
    const wanted = { table: use.table, columns, databases: databases.get(use)! };
    const found = await metadataRows(session, wanted, place.shard);
    // A table that this version does not have: MySQL says so.
    if (found === undefined) return { place, text: undefined };
    gatheredRows.set(use, found);
  }
  // Beside columns that are of utf8mb4 by themselves, the others must stay what they are to be comparable.
  const isOfBoth = [...gatheredRows.values()].some(({ columns: all }) =>
    all.some(({ type }) => type.includes('utf8mb4')),
  );
  const exact = isMixed || isOfBoth || namesCollation(text) ? 'exact' : 'quiet';
  for (const [use, found] of gatheredRows) tables.set(use, tableText(found.columns, found.rows, exact));
  return { place, text: withTables(parsed, text, uses, (use) => tables.get(use)!) };
}

function requireWritable({ query, hasVersionComment }: SelectStatement): void {
  const isTable = nodesOfKind(query, 'tableBody').some(({ name }) => metadataTable(name) !== undefined);
  const what = hasVersionComment ? 'with a version comment (/*! */)' : isTable ? 'with TABLE' : undefined;
  if (what === undefined) return;
  throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
    detail: `a query over information_schema of several keyspaces or shards ${what}`,
  });
}

function contextOf(session: Session, { text, mode, target, parameter }: MetadataQuestion): DatabaseContext {
  const textOf = (operand: Expression): string | null | undefined => {
    if (operand.kind === 'parameter') return parameter(operand.index);
    if (isCurrentSchema(operand)) return databaseOf(target) === '' ? null : databaseOf(target);
    if (operand.kind !== 'literal') return undefined;
    return stringText(text, operand.valueStart, operand.valueEnd, mode);
  };
  return {
    keyspaces: session.services.gateway.keyspaces,
    textOf,
    noBackslashEscapes: mode.noBackslashEscapes,
  };
}
