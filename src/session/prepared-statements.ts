/**
 * A client's prepared statements (binary protocol). The client's handle is the session's own; each tablet connection has the
 * statement prepared under its text as it is needed, and keeps it for other sessions. EXECUTE goes to EXECUTE, rows come
 * back as they are.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import type { PreparedOnTablet } from '../gateway/prepared-cache.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command } from '../mysql/protocol.ts';
import { effect, type StatementKind } from '../sql/statement-scan.ts';
import { commandPacket } from '../wire/packets.ts';
import { type ClientStatement, forgetPacket, noteTypes, TabletText } from './client-statement.ts';
import {
  type Cursor,
  closeCursor,
  cursorKey,
  cursorOpened,
  fetchRows,
  mayHaveCursor,
  requireCursorable,
  rowCountAt,
} from './cursor.ts';
import { previousFacts, unreadable } from './diagnostics.ts';
import {
  boundTypes,
  CURSOR_READ_ONLY,
  flagsAt,
  idAt,
  nullBitmapAt,
  outgoingExecute,
  requireLength,
} from './execute-packet.ts';
import { type Description, sendDescription } from './gather/describe-statement.ts';
import type { Answered } from './held.ts';
import { keepPlace, stillHolds } from './kept-plan.ts';
import { LongData } from './long-data.ts';
import { isPlanned } from './planned.ts';
import {
  executeKept,
  executePlanned,
  type PlannedStatement,
  type PreparePlace,
  preparePlace,
  type TabletStatements,
} from './planned-execute.ts';
import { refusedInWords } from './prepared-error.ts';
import { lexModeIn, planContextIn } from './read-statement.ts';
import { needsPreparing } from './relay-needs.ts';
import type { Session, Statement } from './session.ts';
import { setStatement } from './set-statement.ts';
import { readsMetadata } from './show/metadata-query.ts';
import { executeMetadata } from './show/prepared-metadata.ts';
import { executeShown, prepareShown } from './show/prepared-show.ts';
import { SqlPrepared } from './sql-prepared.ts';
import { type Place, placeOf } from './statement-place.ts';
import { textToPrepare } from './stored-functions.ts';
import { keepToShare, prepareOnTablet, withRoom } from './tablet-prepare.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

const ID_END = idAt + 4;
/** Where the data of COM_STMT_SEND_LONG_DATA begins, behind the parameter's number. */
const LONG_DATA_AT = ID_END + 2;

/** Statements that the session itself handles: their EXECUTE is the same as their text. */
const handledAsText: ReadonlySet<StatementKind> = new Set(['begin', 'commit', 'rollback', 'kill', 'use']);

export class PreparedStatements implements TabletStatements {
  readonly #session: Session;
  readonly #byId = new Map<number, ClientStatement>();
  /** Of all of them. */
  #textBytes = 0;
  /** Of the data that waits for EXECUTE. */
  #longBytes = 0;
  #nextId = 1;
  #lastRun: ClientStatement | undefined;
  /** Those that are prepared by SQL. */
  readonly sql: SqlPrepared;
  /** Those that are open. */
  readonly cursors = new Set<Cursor>();

  constructor(session: Session) {
    this.#session = session;
    this.sql = new SqlPrepared(session);
  }

  get count(): number {
    return this.#byId.size + this.sql.count;
  }

  clear(): void {
    this.#byId.clear();
    this.sql.clear();
    for (const cursor of this.cursors) cursor.leave?.();
    this.cursors.clear();
    this.#textBytes = 0;
    this.#longBytes = 0;
    this.#lastRun = undefined;
  }

  /** COM_STMT_PREPARE: the tablet's own definitions or error, with the session's handle in place of the tablet's. */
  async prepare(packet: Buffer): Promise<void> {
    const session = this.#session;
    const { holding, state } = session;
    session.countAs('prepare');
    holding.requireState();
    const written = packet.subarray(5);
    this.requireRoom(written);
    const { text, scan } = await textToPrepare(session, written);
    const { target, parseSettings } = state;
    const facts = { text, scan, target, mode: lexModeIn(session), planContext: planContextIn(session) };
    const isSharded = isPlanned(session, scan);
    const planned = await this.#placeToPrepare(facts, isSharded);
    if (planned.description !== undefined) return this.#describe(facts, planned.description);
    const { place, text: described = text } = planned;
    const renamed = described === text ? undefined : described;
    const sent = described === written ? packet : commandPacket(command.stmtPrepare, described);
    const connection = await holding.lease(scan, place);
    // The types of variables become those of the statement.
    if ((scan.effects & effect.readsUserVariable) !== 0) await session.diagnostics.prime(scan, connection);
    const id = this.#takeId();
    // The session's transaction may be on other shards.
    session.addStatus |= holding.statusFlags;
    const statement = { source: text, scan, packet: sent };
    const answer = await withRoom(session, connection, () =>
      session.exchange(statement, place, connection, 'prepare', id),
    );
    if (answer.withheld) {
      holding.giveBack(connection);
      throw new TabletRefusal(answer.error!);
    }
    const failed = answer.error !== undefined || connection.closed;
    if (!failed) {
      const own = new TabletText(text, parseSettings);
      const there = renamed === undefined ? own : new TabletText(renamed, parseSettings);
      connection.closeStatement(connection.prepared.add(there.keyOn(connection), answer.statementId));
      keepToShare(session, connection);
      this.#textBytes += text.length;
      this.#byId.set(id, this.#made({ id, ...facts, own, parameterCount: answer.parameterCount }));
    }
    holding.giveBack(connection);
    session.finished(failed);
  }

  /** As in MySQL, one that fails has used up a number too. */
  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = (id % 0x7fff_ffff) + 1;
    return id;
  }

  /** A statement that the router has described itself. */
  #describe(facts: PlannedStatement, description: Description): void {
    const session = this.#session;
    const id = this.#takeId();
    const own = new TabletText(facts.text, session.state.parseSettings);
    this.#textBytes += facts.text.length;
    this.#byId.set(id, this.#made({ id, ...facts, own, parameterCount: description.parameters.length }));
    sendDescription(session, id, description);
    session.finished(false);
  }

  /** Whether one more may be prepared, in whatever way. Raises 1461. */
  requireRoom({ length }: Buffer): void {
    const { preparedStatementsMax, preparedBytesMax } = this.#session.services.limits;
    const message = "Can't create more than max_prepared_stmt_count statements";
    if (this.count >= preparedStatementsMax)
      throw new HeadgateError('ER_MAX_PREPARED_STMT_COUNT_REACHED', {
        message: `${message} (current value: ${preparedStatementsMax})`,
      });
    if (this.#textBytes + this.sql.textBytes + length > preparedBytesMax)
      throw new HeadgateError('ER_MAX_PREPARED_STMT_COUNT_REACHED', {
        message: `${message}: their texts would have more than session.preparedBytesMax = ${preparedBytesMax} bytes`,
      });
  }

  #made(facts: PlannedStatement & Pick<ClientStatement, 'id' | 'own' | 'parameterCount'>): ClientStatement {
    const { text, scan, own } = facts;
    const packet = text;
    const remake = (connection: BackendConnection) => this.#packetFor(connection, made, made.sent);
    const made: ClientStatement = {
      ...facts,
      types: undefined,
      typesKey: '',
      earlierTypes: undefined,
      failure: undefined,
      longData: undefined,
      wantsCursor: false,
      cursor: undefined,
      kept: undefined,
      packet,
      sent: own,
      statement: scan.readOnly ? { source: text, scan, packet, remake } : { source: text, scan, packet },
    };
    return made;
  }

  /** COM_STMT_EXECUTE. */
  execute(packet: Buffer): Promise<unknown> | undefined {
    requireLength(packet, nullBitmapAt);
    const statement = this.#find(packet);
    const { failure, scan, text, kept } = statement;
    if (failure !== undefined) throw failure;
    closeCursor(statement);
    const wantsCursor = (packet[flagsAt]! & CURSOR_READ_ONLY) !== 0 && mayHaveCursor(scan.kind);
    statement.wantsCursor = wantsCursor;
    const session = this.#session;
    const { holding } = session;
    if (wantsCursor) requireCursorable(scan.kind);
    if (handledAsText.has(scan.kind) && statement.parameterCount === 0) {
      session.execute({ source: text, scan, packet: textPacket(text) });
      return undefined;
    }
    session.countAs('execute');
    session.deadline.begin(scan);
    holding.requireState();
    if (this.#lastRun !== statement) {
      if (this.#lastRun !== undefined) {
        forgetPacket(this.#lastRun);
        this.#forgetUsed(this.#lastRun);
      }
      this.#lastRun = statement;
    }
    if (statement.longData !== undefined) this.#useLongData(statement, statement.longData);
    statement.packet = packet;
    const types = boundTypes(packet, statement.parameterCount, statement.types);
    if (types !== statement.types) noteTypes(statement, types);
    if (kept !== undefined && stillHolds(session, kept)) {
      if (kept.kind === 'place') return this.executeAt(statement, kept.place);
      return executeKept(session, statement, kept, this);
    }
    statement.kept = undefined;
    if (scan.kind === 'set') {
      return setStatement(session, { source: text, scan, packet }, (connection) =>
        this.#packetFor(connection, statement, statement.own),
      );
    }
    const target = this.#targetOf(statement);
    if (scan.kind === 'show' || scan.kind === 'explain') {
      const shown = executeShown(session, statement, target);
      if (shown !== undefined) return shown;
    }
    if (readsMetadata(scan, target)) return executeMetadata(session, statement, target, this);
    if (isPlanned(session, scan, target)) return executePlanned(session, statement, target, this);
    const place = this.#placeOf(statement);
    statement.kept = keepPlace(session, place);
    return this.executeAt(statement, place);
  }

  /** Where a text is described, and under which; undefined: its own. Rejects with MySQL's words about a mistake. */
  async #placeToPrepare(
    facts: PlannedStatement,
    isSharded: boolean,
  ): Promise<Readonly<{ place: Place; text?: Buffer; description?: undefined }> | PreparePlace> {
    const session = this.#session;
    const { scan, target, text } = facts;
    try {
      const planned = await (isSharded ? preparePlace(session, facts) : prepareShown(session, facts));
      return planned ?? { place: placeOf(scan, target, session.services.gateway, text) };
    } catch (refusal) {
      this.#takeId();
      return refusedInWords(session, text, refusal);
    }
  }

  /** See `TabletStatements`. */
  executeAt(
    statement: ClientStatement,
    place = this.#placeOf(statement),
    text = statement.own,
  ): Promise<unknown> | undefined {
    const { holding } = this.#session;
    const { scan } = statement;
    if (statement.longData === undefined && !needsPreparing(this.#session, scan)) {
      const connection = holding.tryLease(scan, place);
      if (connection === undefined) return this.#executeOn(statement, place, text, undefined);
      const prepared = connection.prepared.get(this.#keyOn(connection, statement, text));
      if (prepared === undefined) return this.#executeOn(statement, place, text, connection);
      this.#send(statement, text, outgoingExecute(statement.packet, statement, prepared), place, connection);
      return undefined;
    }
    return this.#executeOn(statement, place, text, undefined);
  }

  async #executeOn(
    statement: ClientStatement,
    place: Place,
    text: TabletText,
    leased: BackendConnection | undefined,
  ): Promise<void> {
    const session = this.#session;
    const { diagnostics, holding } = session;
    const { scan } = statement;
    const last = leased ?? diagnostics.takeLast(scan, place);
    let meant = text;
    if (last === undefined && (scan.effects & previousFacts) !== 0) {
      await diagnostics.settleFacts(scan.effects);
      meant = new TabletText(this.#withValues(statement), text.parseSettings);
    }
    const connection = last ?? (await holding.lease(scan, place));
    if (last === undefined) await diagnostics.prime(scan, connection);
    const sent = await this.#packetFor(connection, statement, meant);
    this.#send(statement, text, sent, place, connection);
  }

  #send(
    statement: ClientStatement,
    text: TabletText,
    packet: Buffer,
    place: Place,
    connection: BackendConnection,
  ): void {
    statement.sent = text;
    statement.statement.packet = packet;
    const { wantsCursor, longData } = statement;
    if (!wantsCursor && longData === undefined)
      return this.#session.sendStatement(statement.statement, place, connection);
    const leaves: Statement['leaves'] = (answered) => {
      if (longData !== undefined && answered.answer.error !== undefined) dropFailed(answered);
      return wantsCursor ? cursorOpened(this.#session, statement, place, answered) : 0;
    };
    this.#session.sendStatement({ ...statement.statement, leaves }, place, connection);
  }

  /** The client's EXECUTE for a connection, on which the statement is prepared first if it has to be. */
  async #packetFor(
    connection: BackendConnection,
    statement: ClientStatement,
    text: TabletText,
  ): Promise<Buffer> {
    try {
      const prepared = await this.knownOn(connection, text, statement);
      statement.longData?.sendTo(connection, prepared.id);
      return outgoingExecute(statement.packet, statement, prepared);
    } catch (error) {
      this.#session.holding.giveBack(connection);
      throw error;
    }
  }

  /** The statement's text where what it asks about the last one is no longer on any connection. */
  #withValues({ text, scan }: ClientStatement): Buffer {
    const { diagnostics } = this.#session;
    if ((scan.effects & effect.diagnosticsRead) !== 0 && diagnostics.warningCount > 0) {
      throw unreadable('in the binary protocol; use SHOW WARNINGS as text');
    }
    return diagnostics.substitute({ source: text, scan, packet: textPacket(text) }).subarray(5);
  }

  /** COM_STMT_SEND_LONG_DATA: no answer. What is wrong with it EXECUTE says, each one until COM_STMT_RESET. */
  sendLongData(packet: Buffer): undefined {
    requireLength(packet, LONG_DATA_AT);
    const statement = this.#byId.get(packet.readUInt32LE(idAt));
    if (statement !== undefined && statement.failure === undefined) {
      if (this.#lastRun !== undefined) this.#forgetUsed(this.#lastRun);
      const parameter = packet.readUInt16LE(ID_END);
      const bytes = packet.subarray(LONG_DATA_AT);
      statement.failure = this.#longDataProblem(statement, parameter, bytes);
      if (statement.failure === undefined) {
        statement.longData ??= new LongData();
        this.#longBytes += statement.longData.add(parameter, bytes);
      }
    }
    this.#session.answeredSilently();
  }

  #longDataProblem(
    { parameterCount }: ClientStatement,
    parameter: number,
    { length }: Buffer,
  ): HeadgateError | undefined {
    if (parameter >= parameterCount)
      return new HeadgateError('ER_WRONG_ARGUMENTS', {
        message: 'Incorrect arguments to mysql_stmt_precheck',
      });
    if (this.#longBytes + length > this.#session.services.limits.longDataBytesMax)
      return new HeadgateError('ER_LONG_DATA_TOO_LONG');
    return undefined;
  }

  /** Takes what was sent ahead for this EXECUTE; what was used by the one before is none. */
  #useLongData(statement: ClientStatement, longData: LongData): void {
    if (longData.used) this.#forgetLongData(statement);
    else longData.used = true;
  }

  #forgetUsed(statement: ClientStatement): void {
    if (statement.longData?.used === true) this.#forgetLongData(statement);
  }

  /** COM_STMT_CLOSE: no answer. The tablet's statement stays for others, until its connection needs the place. */
  close(packet: Buffer): void {
    requireLength(packet, ID_END);
    const statement = this.#byId.get(packet.readUInt32LE(idAt));
    if (statement !== undefined) {
      this.#byId.delete(statement.id);
      closeCursor(statement);
      this.#textBytes -= statement.text.length;
      this.#forgetLongData(statement);
    }
    this.#session.answeredSilently();
  }

  /** COM_STMT_RESET: forgets data sent ahead. */
  reset(packet: Buffer): undefined {
    requireLength(packet, ID_END);
    const statement = this.#find(packet);
    statement.failure = undefined;
    closeCursor(statement);
    this.#forgetLongData(statement);
    this.#session.ok();
  }

  /** COM_STMT_FETCH: rows of the statement's cursor. */
  fetch(packet: Buffer): Promise<unknown> {
    requireLength(packet, rowCountAt + 4);
    const statement = this.#find(packet);
    this.#session.countAs('fetch');
    return fetchRows(this.#session, statement, packet);
  }

  #forgetLongData(statement: ClientStatement): void {
    this.#longBytes -= statement.longData?.size ?? 0;
    statement.longData = undefined;
  }

  /** The statement that an EXECUTE names, if there is one. */
  named(packet: Buffer): ClientStatement | undefined {
    return packet.length >= ID_END ? this.#byId.get(packet.readUInt32LE(idAt)) : undefined;
  }

  #find(packet: Buffer): ClientStatement {
    const id = packet.readUInt32LE(idAt);
    const statement = this.#byId.get(id);
    if (statement === undefined) {
      throw new HeadgateError('ER_UNKNOWN_STMT_HANDLER', {
        message: `Unknown prepared statement handler (${id}) given to mysql_stmt_precheck`,
      });
    }
    return statement;
  }

  /** Tables were bound to the database of PREPARE; the tablet type follows the session. */
  #targetOf({ target }: ClientStatement): Target {
    const { state } = this.#session;
    const same = databaseOf(target) === databaseOf(state.target) && target.shard === state.target.shard;
    return same ? state.target : { ...target, type: state.target.type };
  }

  #placeOf(statement: ClientStatement): Place {
    const { gateway } = this.#session.services;
    return placeOf(statement.scan, this.#targetOf(statement), gateway, statement.text);
  }

  #keyOn(
    connection: BackendConnection,
    { wantsCursor, typesKey }: ClientStatement,
    text: TabletText,
  ): string {
    const key = text.keyOn(connection, typesKey);
    return wantsCursor ? cursorKey(key) : key;
  }

  /** See `TabletStatements`. */
  async knownOn(
    connection: BackendConnection,
    text: TabletText,
    statement: ClientStatement,
  ): Promise<PreparedOnTablet> {
    const { prepared } = connection;
    const key = this.#keyOn(connection, statement, text);
    // As PREPARE has left it, or as the executions did before their types differed.
    const known = prepared.get(key) ?? prepared.rename(text.keyOn(connection, statement.earlierTypes), key);
    if (known !== undefined) return known;
    const id = await this.#prepareOn(connection, text);
    connection.closeStatement(prepared.add(key, id));
    keepToShare(this.#session, connection);
    return prepared.get(key)!;
  }

  async #prepareOn(connection: BackendConnection, { text, parseSettings }: TabletText): Promise<number> {
    const { state } = this.#session;
    const foreign = parseSettings !== state.parseSettings;
    // The session reads statements differently now; this one keeps the meaning that it had at PREPARE.
    if (foreign) await demand(connection.query(`SET ${parseSettings}`));
    const answer = await prepareOnTablet(this.#session, connection, text);
    if (foreign) await demand(connection.query(`SET ${state.parseSettings}`));
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    return answer.statementId;
  }
}

/** Data that a tablet found too long leaves its statement in error until a reset. */
function dropFailed({ connection, packet }: Answered): void {
  const id = packet.readUInt32LE(idAt);
  if (connection.prepared.take(id) !== undefined) connection.closeStatement(id);
}
