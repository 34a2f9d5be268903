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
import type { LexMode } from '../sql/lex-mode.ts';
import { effect, type StatementKind, type StatementScan } from '../sql/statement-scan.ts';
import { commandPacket } from '../wire/packets.ts';
import { previousFacts, unreadable } from './diagnostics.ts';
import { boundTypes, idAt, nullBitmapAt, outgoingExecute } from './execute-packet.ts';
import { requireNotExplained } from './explain.ts';
import { pin } from './pins.ts';
import { isPlanned } from './planned.ts';
import { executePlanned, preparePlace } from './planned-execute.ts';
import { lexModeIn, planContextIn, scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { setStatement } from './set-statement.ts';
import { notOverShards } from './shard-writes.ts';
import { type Place, placeOf } from './statement-place.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

const ERRNO_TOO_MANY_STATEMENTS = 1461;

/** Statements that the session itself handles: their EXECUTE is the same as their text. */
const handledAsText: ReadonlySet<StatementKind> = new Set(['begin', 'commit', 'rollback', 'kill', 'use']);

/** Effects for which the connection or the text has to be prepared for the session first. */
const preparedEffects = previousFacts | effect.lastInsertIdRead | effect.connectionId | effect.currentUser;

type ClientStatement = {
  readonly id: number;
  readonly text: Buffer;
  readonly scan: StatementScan;
  readonly target: Target;
  /** How the text was read at PREPARE. */
  readonly mode: LexMode;
  readonly planContext: number;
  /** How the text is to be read: see `SessionState.parseSettings`. */
  readonly parseSettings: string;
  readonly parameterCount: number;
  /** Parameter types that the client bound last. */
  types: Buffer | undefined;
  /** What a failed SEND_LONG_DATA leaves to be said at EXECUTE. */
  failure: unknown;
  /** Its key in a connection's cache, and the database for which that was made. */
  key: string;
  keyDatabase: string | undefined;
  /** Data was sent ahead: the tablet's statement is then this client's alone. */
  hasLongData: boolean;
  /** Where that data waits. */
  longDataOn: BackendConnection | undefined;
};

export class PreparedStatements {
  readonly #session: Session;
  readonly #byId = new Map<number, ClientStatement>();
  #nextId = 1;

  constructor(session: Session) {
    this.#session = session;
  }

  clear(): void {
    this.#byId.clear();
  }

  /** COM_STMT_PREPARE: the tablet's own definitions or error, with the session's handle in place of the tablet's. */
  async prepare(packet: Buffer): Promise<void> {
    const session = this.#session;
    const { holding, services, state } = session;
    session.countAs('prepare');
    holding.requireState();
    if (this.#byId.size >= services.limits.preparedStatementsMax) {
      throw new HeadgateError('ER_MAX_PREPARED_STMT_COUNT_REACHED', {
        message: `Can't create more than max_prepared_stmt_count statements (current value: ${services.limits.preparedStatementsMax})`,
      });
    }
    const text = packet.subarray(5);
    const scan = scanIn(session, text, 0);
    requireNotExplained(session, text, scan);
    const { target, parseSettings } = state;
    const mode = lexModeIn(session);
    const planContext = planContextIn(session);
    const facts = { text, scan, target, mode, planContext, parameterCount: 0, types: undefined };
    const isSharded = isPlanned(session, scan);
    const planned = isSharded ? await preparePlace(session, facts) : undefined;
    const place = planned?.place ?? placeOf(scan, target, services.gateway, text);
    const renamed = planned === undefined || planned.text === text ? undefined : planned.text;
    const sent = renamed === undefined ? packet : commandPacket(command.stmtPrepare, renamed);
    const connection = await holding.lease(scan, place);
    const id = this.#nextId;
    const answer = await session.exchange(
      { source: text, scan, packet: sent },
      place,
      connection,
      'prepare',
      id,
    );
    const failed = answer.error !== undefined || connection.closed;
    if (!failed) {
      this.#nextId = (id % 0x7fff_ffff) + 1;
      closeOnTablet(
        connection,
        connection.prepared.add(keyOf(connection, parseSettings, renamed ?? text), answer.statementId),
      );
      const { parameterCount } = answer;
      this.#byId.set(id, {
        id,
        text,
        scan,
        target,
        mode,
        planContext,
        parseSettings,
        parameterCount,
        types: undefined,
        failure: undefined,
        key: '',
        keyDatabase: undefined,
        hasLongData: false,
        longDataOn: undefined,
      });
    }
    holding.giveBack(connection);
    session.finished(failed);
  }

  /** COM_STMT_EXECUTE. */
  execute(packet: Buffer): Promise<unknown> | undefined {
    const statement = this.#find(packet);
    if (packet.length < nullBitmapAt) throw new HeadgateError('ER_MALFORMED_PACKET');
    const { failure, scan, text } = statement;
    statement.failure = undefined;
    if (failure !== undefined) throw failure;
    const session = this.#session;
    const { holding } = session;
    if (handledAsText.has(scan.kind) && statement.parameterCount === 0) {
      session.execute({ source: text, scan, packet: textPacket(text) });
      return undefined;
    }
    session.countAs('execute');
    holding.requireState();
    statement.types = boundTypes(packet, statement.parameterCount) ?? statement.types;
    if (scan.kind === 'set') {
      return setStatement(session, { source: text, scan, packet }, (connection) =>
        this.#packetFor(connection, statement, packet),
      );
    }
    if (isPlanned(session, scan, this.#targetOf(statement))) {
      const target = this.#targetOf(statement);
      const under = (text: Buffer | undefined): ClientStatement =>
        text === undefined ? statement : { ...statement, text, keyDatabase: undefined };
      return executePlanned(
        session,
        { ...statement, target },
        packet,
        (place, renamed) => this.#executeAt(under(renamed), packet, place ?? this.#placeOf(statement)),
        (connection, text) => this.#knownOn(connection, under(text)),
      );
    }
    return this.#executeAt(statement, packet, this.#placeOf(statement));
  }

  #executeAt(statement: ClientStatement, packet: Buffer, place: Place): Promise<unknown> | undefined {
    const { holding } = this.#session;
    const { scan } = statement;
    if (!holding.beginIsPending && (scan.effects & preparedEffects) === 0) {
      const connection = holding.tryLease(scan, place);
      if (connection === undefined) return this.#executeOn(statement, packet, place, undefined);
      const prepared = connection.prepared.get(this.#keyOf(connection, statement));
      if (prepared === undefined) return this.#executeOn(statement, packet, place, connection);
      this.#send(statement, packet, outgoingExecute(packet, statement, prepared), place, connection);
      return undefined;
    }
    return this.#executeOn(statement, packet, place, undefined);
  }

  async #executeOn(
    statement: ClientStatement,
    packet: Buffer,
    place: Place,
    leased: BackendConnection | undefined,
  ): Promise<void> {
    const session = this.#session;
    const { diagnostics, holding } = session;
    const { scan } = statement;
    const last = leased ?? diagnostics.takeLast(scan, place);
    let meant = statement;
    if (last === undefined && (scan.effects & (previousFacts | effect.currentUser)) !== 0) {
      await diagnostics.settleFacts(scan.effects);
      meant = { ...statement, text: this.#withValues(statement), keyDatabase: undefined };
    }
    const connection = last ?? (await holding.lease(scan, place));
    if (last === undefined) await diagnostics.prime(scan.effects, connection);
    const sent = await this.#packetFor(connection, meant, packet);
    this.#send(statement, packet, sent, place, connection);
  }

  #send(
    statement: ClientStatement,
    packet: Buffer,
    sent: Buffer,
    place: Place,
    connection: BackendConnection,
  ): void {
    const { text: source, scan, hasLongData } = statement;
    const remake = (other: BackendConnection) => this.#packetFor(other, statement, packet);
    const repeatable: Statement = { source, scan, packet: sent, remake };
    // Data sent ahead goes with this EXECUTE; the tablet's private statement is closed behind it.
    const privateId = hasLongData ? this.#dropLongData(statement, connection) : undefined;
    this.#session.sendStatement(
      scan.readOnly ? repeatable : { source, scan, packet: sent },
      place,
      connection,
    );
    closeOnTablet(connection, privateId);
  }

  /** The client's EXECUTE for a connection, on which the statement is prepared first if it has to be. */
  async #packetFor(
    connection: BackendConnection,
    statement: ClientStatement,
    packet: Buffer,
  ): Promise<Buffer> {
    return outgoingExecute(packet, statement, await this.#preparedOn(connection, statement));
  }

  /** The statement's text where what it asks about the last one is no longer on any connection. */
  #withValues({ text, scan }: ClientStatement): Buffer {
    const { diagnostics } = this.#session;
    if ((scan.effects & effect.diagnosticsRead) !== 0 && diagnostics.warningCount > 0) {
      throw unreadable('in the binary protocol; use SHOW WARNINGS as text');
    }
    return diagnostics.substitute({ source: text, scan, packet: textPacket(text) }).subarray(5);
  }

  /** COM_STMT_SEND_LONG_DATA: no answer. The connection is kept, since the data waits there for EXECUTE. */
  async sendLongData(packet: Buffer): Promise<void> {
    const session = this.#session;
    const { holding } = session;
    const statement = packet.length >= 11 ? this.#byId.get(packet.readUInt32LE(idAt)) : undefined;
    if (statement !== undefined) {
      try {
        holding.requireState();
        if (isPlanned(session, statement.scan, this.#targetOf(statement)))
          throw notOverShards('data sent ahead of EXECUTE');
        const place = this.#placeOf(statement);
        const connection = await holding.lease(statement.scan, place);
        statement.hasLongData = true;
        statement.longDataOn = connection;
        holding.hold(connection, place, pin.longData);
        const prepared = await this.#preparedOn(connection, statement);
        packet.writeUInt32LE(prepared.id, idAt);
        connection.sendSilently(packet);
      } catch (error) {
        statement.failure = error;
      }
    }
    session.answeredSilently();
  }

  /** COM_STMT_CLOSE: no answer. The tablet's statement stays for others, until its connection needs the place. */
  close(packet: Buffer): void {
    const statement = packet.length >= 9 ? this.#byId.get(packet.readUInt32LE(idAt)) : undefined;
    if (statement !== undefined) {
      this.#byId.delete(statement.id);
      this.#forgetLongData(statement);
    }
    this.#session.answeredSilently();
  }

  /** COM_STMT_RESET: forgets data sent ahead. */
  reset(packet: Buffer): undefined {
    const statement = this.#find(packet);
    statement.failure = undefined;
    this.#forgetLongData(statement);
    this.#session.ok();
  }

  #forgetLongData(statement: ClientStatement): void {
    const connection = statement.longDataOn;
    if (!statement.hasLongData) return;
    if (connection === undefined || connection.closed) statement.hasLongData = false;
    else closeOnTablet(connection, this.#dropLongData(statement, connection));
    this.#session.holding.unholdIfFree();
  }

  /** Takes the private statement off the connection's list and returns its id. */
  #dropLongData(statement: ClientStatement, connection: BackendConnection): number | undefined {
    const id = connection.prepared.remove(this.#keyOf(connection, statement));
    statement.hasLongData = false;
    const others = [...this.#byId.values()].some((other) => other.hasLongData);
    if (!others) this.#session.holding.unpin(pin.longData);
    return id;
  }

  #find(packet: Buffer): ClientStatement {
    const id = packet.length >= 9 ? packet.readUInt32LE(idAt) : 0;
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

  /** Made once per database: building and hashing a long text is most of what an EXECUTE would cost here. */
  #keyOf(connection: BackendConnection, statement: ClientStatement): string {
    if (statement.keyDatabase !== connection.database) {
      statement.key = keyOf(connection, statement.parseSettings, statement.text);
      statement.keyDatabase = connection.database;
    }
    return statement.hasLongData ? `${statement.key}\n${statement.id}` : statement.key;
  }

  /** The statement as the connection has it prepared, preparing it first where it has not. */
  async #preparedOn(connection: BackendConnection, statement: ClientStatement): Promise<PreparedOnTablet> {
    try {
      return await this.#knownOn(connection, statement);
    } catch (error) {
      this.#session.holding.giveBack(connection);
      throw error;
    }
  }

  /** The same for a caller that gives back the connection itself. */
  async #knownOn(connection: BackendConnection, statement: ClientStatement): Promise<PreparedOnTablet> {
    const key = this.#keyOf(connection, statement);
    const known = connection.prepared.get(key);
    if (known !== undefined) return known;
    const id = await this.#prepareOn(connection, statement);
    closeOnTablet(connection, connection.prepared.add(key, id));
    return connection.prepared.get(key)!;
  }

  async #prepareOn(connection: BackendConnection, statement: ClientStatement): Promise<number> {
    const { state } = this.#session;
    const foreign = statement.parseSettings !== state.parseSettings;
    // The session reads statements differently now; this one keeps the meaning that it had at PREPARE.
    if (foreign) await demand(connection.query(`SET ${statement.parseSettings}`));
    let answer = await connection.ask(command.stmtPrepare, statement.text, 'prepare');
    if (answer.error?.errno === ERRNO_TOO_MANY_STATEMENTS && connection.prepared.size > 0) {
      while (connection.prepared.size > 0) closeOnTablet(connection, connection.prepared.evict());
      answer = await connection.ask(command.stmtPrepare, statement.text, 'prepare');
    }
    if (foreign) await demand(connection.query(`SET ${state.parseSettings}`));
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    return answer.statementId;
  }
}

/** Statements mean the same where they are read in the same way, with the same default database. */
const keyOf = (connection: BackendConnection, parseSettings: string, text: Buffer): string =>
  `${parseSettings}\n${connection.database}\n${text.toString('latin1')}`;

function closeOnTablet(connection: BackendConnection, id: number | undefined): void {
  if (id === undefined) return;
  const content = Buffer.alloc(4);
  content.writeUInt32LE(id, 0);
  connection.sendSilently(commandPacket(command.stmtClose, content));
}
