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
import { effect, type StatementKind, type StatementScan } from '../sql/statement-scan.ts';
import { frame } from '../wire/packets.ts';
import { pin } from './pins.ts';
import type { Session } from './session.ts';
import { setStatement } from './set-statement.ts';
import { type Place, placeOf } from './statement-place.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

/** Offsets in an EXECUTE packet, header of four bytes included (protocol page "COM_STMT_EXECUTE"). */
const idAt = 5;
const flagsAt = 9;
const nullBitmapAt = 14;

const ERRNO_TOO_MANY_STATEMENTS = 1461;

/** Statements that the session itself handles: their EXECUTE is the same as their text. */
const handledAsText: ReadonlySet<StatementKind> = new Set([
  'begin',
  'commit',
  'rollback',
  'set',
  'kill',
  'use',
]);

/** Facts of the statement before. */
const previousFacts = effect.foundRows | effect.rowCount | effect.diagnosticsRead;
const preparedEffects = previousFacts | effect.lastInsertIdRead | effect.connectionId | effect.currentUser;

type ClientStatement = {
  readonly id: number;
  readonly text: Buffer;
  readonly scan: StatementScan;
  readonly target: Target;
  readonly parameterCount: number;
  /** Parameter types that the client bound last. */
  types: Buffer | undefined;
  /** What a failed SEND_LONG_DATA leaves to be said at EXECUTE. */
  failure: unknown;
  hasLongData: boolean;
};

export class PreparedStatements {
  readonly #session: Session;
  #byId = new Map<number, ClientStatement>();
  #nextId = 1;

  constructor(session: Session) {
    this.#session = session;
  }

  get size(): number {
    return this.#byId.size;
  }

  clear(): void {
    this.#byId.clear();
  }

  /** COM_STMT_PREPARE: the tablet's own definitions or error, with the session's handle in place of the tablet's. */
  async prepare(packet: Buffer): Promise<void> {
    const session = this.#session;
    if (this.#byId.size >= session.services.limits.preparedStatementsMax) {
      throw new HeadgateError('ER_MAX_PREPARED_STMT_COUNT_REACHED', {
        message: `Can't create more than max_prepared_stmt_count statements (current value: ${session.services.limits.preparedStatementsMax})`,
      });
    }
    const scan = session.scan(packet, 5);
    const { target } = session.state;
    const place = placeOf(scan, target, session.services.gateway, packet);
    const connection = await session.lease(place);
    const id = this.#nextId;
    const answer = await session.exchange({ source: packet, scan, packet }, place, connection, 'prepare', id);
    const failed = answer.error !== undefined || connection.closed;
    if (!failed) {
      this.#nextId = (id % 0x7fff_ffff) + 1;
      const text = packet.subarray(5);
      this.#remember(connection, text, answer.statementId);
      const { parameterCount } = answer;
      this.#byId.set(id, {
        id,
        text,
        scan: session.scan(text, 0),
        target,
        parameterCount,
        types: undefined,
        failure: undefined,
        hasLongData: false,
      });
    }
    session.giveBack(connection);
    session.finished(failed);
  }

  /** COM_STMT_EXECUTE. */
  execute(packet: Buffer): Promise<unknown> | undefined {
    const statement = this.#find(packet, 'mysql_stmt_precheck');
    if (packet.length < nullBitmapAt) throw new HeadgateError('ER_MALFORMED_PACKET');
    if (statement.failure !== undefined) {
      const { failure } = statement;
      statement.failure = undefined;
      throw failure;
    }
    const session = this.#session;
    if (handledAsText.has(statement.scan.kind) && statement.parameterCount === 0) {
      session.execute({ source: statement.text, scan: statement.scan, packet: textPacket(statement.text) });
      return undefined;
    }
    session.requireState();
    const types = boundTypes(packet, statement.parameterCount);
    if (types !== undefined) statement.types = types;
    if (statement.scan.kind === 'set') {
      const { text: source, scan } = statement;
      return setStatement(session, { source, scan, packet }, async (connection) =>
        outgoing(packet, statement, await this.#preparedOn(connection, source)),
      );
    }
    const place = this.#placeOf(statement);
    if (
      session.held === undefined &&
      session.pendingBegin === undefined &&
      (statement.scan.effects & preparedEffects) === 0
    ) {
      const connection = session.tryLease(place);
      const prepared = connection?.prepared.get(keyOf(connection, statement.text));
      if (connection !== undefined && prepared !== undefined) {
        this.#send(statement, packet, place, connection, prepared);
        return undefined;
      }
      return this.#executeOn(statement, packet, place, connection);
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
    const { diagnostics } = session;
    const { scan } = statement;
    const last = leased ?? diagnostics.takeLast(scan.effects, place);
    const needsValues = (scan.effects & (previousFacts | effect.currentUser)) !== 0;
    const text = last === undefined && needsValues ? this.#withValues(statement) : statement.text;
    const connection = last ?? (await session.lease(place));
    if (connection !== last) await diagnostics.prime(scan.effects, connection);
    const prepared = await this.#preparedOn(connection, text);
    if (statement.hasLongData) {
      statement.hasLongData = false;
      if (![...this.#byId.values()].some((other) => other.hasLongData)) session.pins &= ~pin.longData;
    }
    this.#send(statement, packet, place, connection, prepared);
  }

  /** The statement's text where what it asks about the last one is no longer on any connection. */
  #withValues({ text, scan }: ClientStatement): Buffer {
    const { diagnostics } = this.#session;
    if ((scan.effects & effect.diagnosticsRead) !== 0 && diagnostics.warningCount > 0) {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message:
          'Headgate cannot read the diagnostics of the last statement in the binary protocol; use SHOW WARNINGS as text',
      });
    }
    return diagnostics.substitute({ source: text, scan, packet: textPacket(text) }).subarray(5);
  }

  #send(
    statement: ClientStatement,
    packet: Buffer,
    place: Place,
    connection: BackendConnection,
    prepared: PreparedOnTablet,
  ): void {
    const { text, scan } = statement;
    const sent = outgoing(packet, statement, prepared);
    this.#session.sendStatement({ source: text, scan, packet: sent }, place, connection);
  }

  /** COM_STMT_SEND_LONG_DATA: no answer. The connection is kept, since the data waits there for EXECUTE. */
  async sendLongData(packet: Buffer): Promise<void> {
    const session = this.#session;
    const statement = packet.length >= 11 ? this.#byId.get(packet.readUInt32LE(idAt)) : undefined;
    if (statement !== undefined) {
      try {
        session.requireState();
        const place = this.#placeOf(statement);
        const connection = await session.lease(place);
        const prepared = await this.#preparedOn(connection, statement.text);
        session.hold(connection, place, pin.longData);
        statement.hasLongData = true;
        const outgoing = Buffer.from(packet);
        outgoing.writeUInt32LE(prepared.id, idAt);
        connection.sendSilently(outgoing);
      } catch (error) {
        statement.failure = error;
      }
    }
    session.answeredSilently();
  }

  /** COM_STMT_CLOSE: no answer. The tablet's statement stays for others, until its connection needs the place. */
  close(packet: Buffer): void {
    if (packet.length >= 9) this.#byId.delete(packet.readUInt32LE(idAt));
    this.#session.answeredSilently();
  }

  /** COM_STMT_RESET: forgets data sent ahead. */
  async reset(packet: Buffer): Promise<void> {
    const session = this.#session;
    const statement = this.#find(packet, 'mysqld_stmt_reset');
    statement.failure = undefined;
    if (statement.hasLongData && session.held !== undefined) {
      const prepared = await this.#preparedOn(session.held, statement.text);
      const payload = Buffer.alloc(5);
      payload[0] = command.stmtReset;
      payload.writeUInt32LE(prepared.id, 1);
      await demand(session.held.ask(payload));
      statement.hasLongData = false;
    }
    session.ok();
  }

  #find(packet: Buffer, caller: string): ClientStatement {
    const id = packet.length >= 9 ? packet.readUInt32LE(idAt) : 0;
    const statement = this.#byId.get(id);
    if (statement === undefined) {
      throw new HeadgateError('ER_UNKNOWN_STMT_HANDLER', {
        message: `Unknown prepared statement handler (${id}) given to ${caller}`,
      });
    }
    return statement;
  }

  /** Tables were bound to the database of PREPARE; the tablet type follows the session. */
  #placeOf(statement: ClientStatement): Place {
    const { state, services } = this.#session;
    const same =
      databaseOf(statement.target) === databaseOf(state.target) &&
      statement.target.shard === state.target.shard;
    return placeOf(
      statement.scan,
      same ? state.target : { ...statement.target, type: state.target.type },
      services.gateway,
      statement.text,
    );
  }

  /** The statement as the connection has it prepared, preparing it first where it has not. */
  async #preparedOn(connection: BackendConnection, text: Buffer): Promise<PreparedOnTablet> {
    const key = keyOf(connection, text);
    const known = connection.prepared.get(key);
    if (known !== undefined) return known;
    try {
      const payload = Buffer.concat([Buffer.from([command.stmtPrepare]), text]);
      let answer = await connection.ask(payload, 'prepare');
      if (answer.error?.errno === ERRNO_TOO_MANY_STATEMENTS && connection.prepared.size > 0) {
        while (connection.prepared.size > 0) closeOnTablet(connection, connection.prepared.evict());
        answer = await connection.ask(payload, 'prepare');
      }
      if (answer.error !== undefined) throw new TabletRefusal(answer.error);
      this.#remember(connection, text, answer.statementId);
      return connection.prepared.get(key)!;
    } catch (error) {
      this.#session.giveBack(connection);
      throw error;
    }
  }

  #remember(connection: BackendConnection, text: Buffer, tabletId: number): void {
    closeOnTablet(connection, connection.prepared.add(keyOf(connection, text), tabletId));
  }
}

/** Statements mean the same on a connection in the same state only. */
const keyOf = (connection: BackendConnection, text: Buffer): string =>
  `${connection.need?.key ?? ''}\n${connection.database}\n${text.toString('latin1')}`;

function closeOnTablet(connection: BackendConnection, id: number | undefined): void {
  if (id === undefined) return;
  const payload = Buffer.alloc(5);
  payload[0] = command.stmtClose;
  payload.writeUInt32LE(id, 1);
  connection.sendSilently(frame(payload, 0));
}

/** The parameter types in an EXECUTE packet, undefined when the client did not send them again. */
function boundTypes(packet: Buffer, parameterCount: number): Buffer | undefined {
  if (parameterCount === 0) return undefined;
  const flag = nullBitmapAt + ((parameterCount + 7) >> 3);
  if (packet.length <= flag || packet[flag] !== 1) return undefined;
  const end = flag + 1 + parameterCount * 2;
  if (packet.length < end) throw new HeadgateError('ER_MALFORMED_PACKET');
  return Buffer.from(packet.subarray(flag + 1, end));
}

/** The client's EXECUTE as the tablet wants it. */
function outgoing(packet: Buffer, statement: ClientStatement, prepared: PreparedOnTablet): Buffer {
  const sent = withTypes(packet, statement, prepared);
  sent.writeUInt32LE(prepared.id, idAt);
  // Server-side cursors are not served: the rows come at once, which every client understands.
  sent[flagsAt] = 0;
  return sent;
}

/** The packet with the types put back where the tablet's statement was executed with others, or never. */
function withTypes(packet: Buffer, statement: ClientStatement, prepared: PreparedOnTablet): Buffer {
  const { types, parameterCount } = statement;
  if (types === undefined || parameterCount === 0) return packet;
  const flag = nullBitmapAt + ((parameterCount + 7) >> 3);
  const known = prepared.types?.equals(types) === true;
  prepared.types = types;
  if (packet[flag] === 1 || known) return packet;
  const payload = Buffer.concat([
    packet.subarray(4, flag),
    Buffer.from([1]),
    types,
    packet.subarray(flag + 1),
  ]);
  return frame(payload, 0);
}
