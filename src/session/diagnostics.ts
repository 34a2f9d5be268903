/**
 * What a session's next statement may ask about its last one: FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), warnings.
 *
 * The truth lies on the connection where that statement ran. While nobody else has used it, the question goes there as the
 * client wrote it; otherwise the connection is asked before it changes hands (`captured`) and the values are put into the
 * statement or onto the new connection.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { type CollectedAnswer, textValues } from '../gateway/answer-collector.ts';
import { type BackendConnection, type CapturedState, pendingState } from '../gateway/backend-connection.ts';
import { captureState, demand } from '../gateway/prepare-connection.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command } from '../mysql/protocol.ts';
import { effect, type StatementScan } from '../sql/statement-scan.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { buildTextRow } from '../wire/packets.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { countItems, type Limit, limitOf, rowsFor, rowsMet } from './diagnostics-rows.ts';
import { diagnosticsAssignments } from './get-diagnostics.ts';
import { sendRows } from './local-result.ts';
import type { Session, Statement } from './session.ts';
import type { Place } from './statement-place.ts';
import { substituted } from './substitute.ts';
import { textPacket } from './text-packet.ts';
import { hasVariables, putVariables } from './user-variables.ts';

/** Effects that ask about the statement before. */
export const previousFacts = effect.foundRows | effect.rowCount | effect.diagnosticsRead;
/** Effects for which something has to be put onto the connection first. */
const primedEffects = effect.lastInsertIdRead | effect.connectionId;
const WAIT_MS = 2;
const WAITS_MAX = 500;
/** Connections of earlier INSERTs that are remembered. */
const INSERTS_KEPT_MAX = 8;

export class Diagnostics {
  /** How many warnings (and errors) the last statement had. */
  warningCount = 0;
  readonly #session: Session;
  #foundRows = 0n;
  #rowCount = 0n;
  /** ROW_COUNT() is no longer what the last connection says. */
  #rowCountHere = false;
  #lastInsertId = 0n;
  /** Where the last statement ran, if nothing of the session happened since. */
  #lastOn: BackendConnection | undefined;
  /** FOUND_ROWS() of the connection is the session's: an INSERT leaves there what another session has read. */
  #foundThere = false;
  /** Warnings of the last statement as rows of SHOW WARNINGS, once they are no longer on a connection. */
  #warnings: readonly Buffer[] = [];
  /** Warnings of the router's own about the statement in progress. */
  #beside: Buffer[] = [];
  /** SQLSTATE of the error with which the last statement failed. */
  #errorState: string | undefined;
  /** GET DIAGNOSTICS is answered with what is known here: its connection knows nothing. */
  #isToldHere = false;
  /** Rows of SHOW WARNINGS of a statement over several shards that is about to fail. */
  #failedWith: readonly Buffer[] | undefined;
  /** Where an INSERT reported an id that may or may not be what LAST_INSERT_ID() now is. */
  #insertOn: BackendConnection | undefined;
  #insertSeen = 0n;
  /** The same of INSERTs before it on other connections: theirs counts where the later ones were given their ids. */
  #insertsBefore: { on: BackendConnection; seen: bigint; certain: boolean }[] = [];
  /** The connection's value is the session's even if it is the same as before. */
  #insertCertain = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The session begins anew. As in MySQL, what FOUND_ROWS() says stays. */
  clear(): void {
    this.#leaveConnection();
    this.#forgetInsert();
    this.warningCount = 0;
    this.#rowCount = 0n;
    this.#lastInsertId = 0n;
    this.#warnings = [];
  }

  /** A statement has run on a connection. */
  note({ scan, source }: Statement, answer: ResponseRelay, connection: BackendConnection): void {
    if (this.#lastOn !== connection) this.#foundThere = false;
    this.#lastOn = connection;
    this.#rowCountHere = false;
    if (scan.kind === 'show' && (scan.effects & effect.diagnosticsRead) !== 0) return;
    if (scan.kind === 'getDiagnostics' && answer.error === undefined) {
      if (this.#isToldHere) this.#lastOn = undefined;
      this.#isToldHere = false;
      return;
    }
    let pending = connection.pending & pendingState.lastInsertId;
    if (answer.warnings > 0 || answer.error !== undefined) pending |= pendingState.diagnostics;
    this.#warnings = [];
    this.#errorState = answer.error?.sqlState;
    this.warningCount = answer.error === undefined ? answer.warnings : Math.max(answer.warnings, 1);
    const found = answer.hasRows
      ? BigInt(answer.rowCount)
      : answer.info === ''
        ? undefined
        : rowsMet(scan, source, answer.info);
    if (found !== undefined) {
      this.#foundRows = found;
      this.#foundThere = true;
    }
    // The result of OUT parameters is none of a query's.
    if ((scan.effects & effect.calcFoundRows) !== 0 || scan.kind === 'call')
      pending |= pendingState.foundRows;
    this.#rowCount = answer.hasRows || answer.error !== undefined ? -1n : answer.affectedRows;
    const wrote = (scan.effects & effect.lastInsertIdWrite) !== 0;
    const { insertId } = answer;
    // What a procedure or LOAD DATA has generated is not in the answer.
    if (insertId !== 0n || wrote || scan.kind === 'call' || scan.kind === 'load') {
      pending |= pendingState.lastInsertId;
      if (this.#insertOn !== connection) this.#keepInsert(connection);
      this.#insertCertain ||= wrote || (insertId !== 0n && insertId === connection.lastInsertId);
      this.#insertOn = connection;
      this.#insertSeen = insertId === 0n && !wrote ? this.#lastInsertId : insertId;
    }
    connection.pending = pending;
  }

  /** An INSERT reports an id on another connection than the last one did. */
  #keepInsert(connection: BackendConnection): void {
    const on = this.#insertOn;
    const others = this.#insertsBefore.filter((before) => before.on !== connection);
    if (on !== undefined) others.push({ on, seen: this.#insertSeen, certain: this.#insertCertain });
    this.#insertsBefore = others.slice(-INSERTS_KEPT_MAX);
    this.#insertCertain = false;
  }

  /** A statement was answered by the router: nothing affected, no warnings. */
  noteLocal(): void {
    this.#leaveConnection();
    this.#rowCount = 0n;
    this.#warnings = [];
    this.warningCount = 0;
  }

  /** A command that is no statement was answered by the router: the warnings of the statement before it stay. */
  noteCommand(rowCount: bigint): void {
    this.#rowCount = rowCount;
    this.#rowCountHere = true;
  }

  /** A warning of the router's own about the statement in progress. */
  warnBeside(row: Buffer): void {
    this.#beside.push(row);
  }

  /** How many of these the end of the statement has to count. */
  get besideCount(): number {
    return this.#beside.length;
  }

  /** A statement over several shards has run. `affectedRows`: -1 for rows; `rows`: what FOUND_ROWS() is, undefined for no change. */
  noteSeveral(facts: SeveralFacts): void {
    this.#leaveConnection();
    this.#rowCount = facts.affectedRows;
    if (facts.rows !== undefined) this.#foundRows = BigInt(facts.rows);
    const beside = this.#takeBeside();
    this.#warnings = this.#kept(beside.length === 0 ? facts.warningRows : [...beside, ...facts.warningRows]);
    this.#errorState = undefined;
    this.warningCount = facts.warnings + beside.length;
  }

  /** What SHOW WARNINGS said on the shard whose error is about to be told; undefined: the error alone is to be shown. */
  failedWith(rows: readonly Buffer[] | undefined): void {
    this.#failedWith = rows;
  }

  /** A sequence has given values: the first of them is LAST_INSERT_ID(). */
  async noteInsertId(id: bigint): Promise<void> {
    // What an earlier INSERT has left on a connection must be known before it is forgotten here.
    await this.#settleInsertId(undefined);
    this.#lastInsertId = id;
  }

  /** An error that is not on any connection is what SHOW WARNINGS shows next. */
  noteError(error: ServerError): void {
    this.#leaveConnection();
    this.#rowCount = -1n;
    this.#takeBeside();
    const rows = this.#failedWith ?? [buildTextRow(['Error', String(error.errno), error.message])];
    this.#failedWith = undefined;
    this.#errorState = error.sqlState;
    this.#warnings = this.#kept(rows);
    this.warningCount = rows.length;
  }

  /** Each shard has kept as many as one MySQL keeps of all. */
  #takeBeside(): readonly Buffer[] {
    const beside = this.#beside;
    if (beside.length > 0) this.#beside = [];
    return beside;
  }

  #kept(rows: readonly Buffer[]): readonly Buffer[] {
    return rows.slice(0, this.#session.state.number('max_error_count'));
  }

  /** What diagnostics and FOUND_ROWS the last connection holds is out of date; an insert id is not. */
  #leaveConnection(): void {
    const connection = this.#lastOn;
    this.#lastOn = undefined;
    if (connection?.owner === this.#session) connection.pending &= pendingState.lastInsertId;
  }

  /** The session begins anew: a connection whose LAST_INSERT_ID() is of the time before is reset, as the client's own is. */
  #forgetInsert(): void {
    const on = this.#insertOn;
    this.#insertOn = undefined;
    this.#insertCertain = false;
    this.#insertsBefore = [];
    if (on === undefined || on.closed || on.leased || on.owner !== this.#session) return;
    on.leased = true;
    void this.#session.holding.discard(on);
  }

  /** The connection goes to another session; this is what it knew. */
  captured(connection: BackendConnection, state: CapturedState): void {
    if (connection === this.#lastOn) {
      if (state.pending & pendingState.foundRows) this.#foundRows = state.foundRows;
      if (state.pending & pendingState.diagnostics) this.#warnings = state.warnings?.rows ?? [];
      this.#lastOn = undefined;
    }
    if (state.pending & pendingState.lastInsertId) this.#decideInsertId(connection, state.lastInsertId);
  }

  /**
   * An explicit value for an AUTO_INCREMENT column is reported as insert id but is not LAST_INSERT_ID(): that is so only if
   * the connection's value has changed.
   */
  #decideInsertId(connection: BackendConnection, value: bigint): void {
    const changed = value !== connection.lastInsertId;
    if (connection === this.#insertOn) {
      this.#decided(this.#insertCertain || changed ? value : undefined);
      return;
    }
    const at = this.#insertsBefore.findIndex(({ on }) => on === connection);
    if (at < 0) return;
    const counts = this.#insertsBefore[at]!.certain || changed;
    if (counts) this.#lastInsertId = value;
    // What was before one that counts does not.
    this.#insertsBefore.splice(counts ? 0 : at, counts ? at + 1 : 1);
  }

  /** The last INSERT has made LAST_INSERT_ID() what it is; undefined: it has not, and the one before it may have. */
  #decided(value: bigint | undefined): void {
    const before = value === undefined ? this.#insertsBefore.pop() : undefined;
    if (value !== undefined) {
      this.#lastInsertId = value;
      this.#insertsBefore = [];
    }
    this.#insertOn = before?.on;
    this.#insertSeen = before?.seen ?? 0n;
    this.#insertCertain = before?.certain ?? false;
  }

  /** Runs a statement that asks about the last one, or that begins a transaction first. */
  async relayPrepared(statement: Statement, place: Place): Promise<void> {
    const session = this.#session;
    const { scan } = statement;
    const foreign = (scan.effects & effect.foundRows) !== 0 && !this.#foundThere;
    const same = foreign ? undefined : this.takeLast(scan, place);
    if (same !== undefined) return session.sendStatement(statement, place, same);
    await this.settleFacts(scan.effects);
    if (scan.effects & effect.diagnosticsRead) return this.#answerDiagnostics(statement, place);
    const packet = this.substitute(statement);
    const connection = await session.holding.lease(scan, place);
    await this.prime(scan, connection);
    session.sendStatement({ ...statement, packet }, place, connection);
  }

  /** The statement's packet with what the session knows better than the tablet put in as values. */
  substitute(statement: Statement): Buffer {
    // The casts have the functions' own type and length; of FOUND_ROWS() MySQL warns wherever it stands.
    const counts = {
      found_rows: `CAST(IF(FOUND_ROWS() IS NULL, 0, ${this.#foundRows}) AS SIGNED)`,
      row_count: `CAST(${this.#rowCount} AS SIGNED)`,
      variable: (name: string) => this.#session.state.vitess.sqlOf(name),
    };
    return substituted(statement, counts);
  }

  /** Puts user variables, LAST_INSERT_ID() and CONNECTION_ID() of the session onto a connection before a statement that reads them. */
  async prime(scan: StatementScan, connection: BackendConnection): Promise<void> {
    const { effects } = scan;
    if ((effects & primedEffects) === 0 && hasVariables(this.#session, scan, connection)) return;
    try {
      await putVariables(this.#session, scan, connection);
      if (effects & effect.lastInsertIdRead) await this.#primeInsertId(connection);
      // IS_USED_LOCK() gives the tablet's own id: beside it, CONNECTION_ID() has to be that too.
      if ((effects & effect.connectionId) !== 0 && (effects & effect.namedLock) === 0) {
        await demand(connection.query(`SET @@session.pseudo_thread_id=${this.#session.port.connectionId}`));
      }
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * The connection of the last statement if it is untouched and can answer as it is: what has to be put onto a connection
   * first would change what is asked.
   */
  takeLast(scan: StatementScan, place: Place): BackendConnection | undefined {
    const { effects } = scan;
    const { holding, services } = this.#session;
    if (this.#rowCountHere && (effects & effect.rowCount) !== 0) return undefined;
    if ((effects & previousFacts) === 0 || (effects & primedEffects) !== 0) return undefined;
    const last = this.#lastOn;
    if (last === undefined || last.closed || last.owner !== this.#session || holding.beginIsPending)
      return undefined;
    if (!hasVariables(this.#session, scan, last)) return undefined;
    if (holding.count > 0) {
      const leased = holding.holds(last) ? holding.tryLease(scan, place) : undefined;
      if (leased !== undefined && leased !== last) holding.giveBack(leased);
      return leased === last ? last : undefined;
    }
    const pool = services.gateway.poolOf(last);
    if (pool === undefined || last.leased || !place.shard.serves(pool, place.type)) return undefined;
    return pool.reclaim(last, holding.needAt(place), this.#session);
  }

  /** The router asks a connection something itself: what that knows of the last statement is brought here first. */
  async leave(connection: BackendConnection): Promise<void> {
    if ((connection.pending & (pendingState.foundRows | pendingState.diagnostics)) !== 0) {
      connection.owner = this.#session;
      await captureState(connection);
      connection.owner = this.#session;
    }
    if (this.#lastOn === connection) this.#lastOn = undefined;
  }

  /** What FOUND_ROWS() is after the last statement, only its connection knows. */
  askFoundRows(connection: BackendConnection): void {
    connection.pending |= pendingState.foundRows;
  }

  /** Brings what the last connection knows of the last statement here, before anything else is done. */
  async settleFacts(effects: number): Promise<void> {
    if ((effects & previousFacts) === 0) return;
    for (
      let waits = 0;
      this.#lastOn !== undefined && this.#lastOn.pending !== 0 && waits < WAITS_MAX;
      waits++
    ) {
      const { closed, owner } = this.#lastOn;
      // What another session has left there is not waited for: all of this one's had been asked for before.
      if (closed || (owner !== undefined && owner !== this.#session)) break;
      await this.#captureFrom(this.#lastOn);
    }
  }

  /** Asks a connection of ours, or waits a moment while its next user is being given it (which asks first, too). */
  async #captureFrom(connection: BackendConnection): Promise<void> {
    const session = this.#session;
    const held = session.holding.holds(connection);
    if (connection.owner !== session || (connection.leased && !held)) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      return;
    }
    connection.leased = true;
    await captureState(connection);
    connection.owner = session;
    if (!held) session.holding.giveBack(connection);
  }

  async #answerDiagnostics(statement: Statement, place: Place): Promise<void> {
    const session = this.#session;
    const { scan } = statement;
    const warnings = this.#warnings;
    const counts = scan.kind === 'show' ? undefined : countItems(scan);
    if (scan.kind === 'getDiagnostics') {
      const known = { warnings, rowCount: this.#rowCount, sqlState: this.#errorState };
      const set = diagnosticsAssignments(statement.source.toString('utf8', scan.start, scan.end), known);
      if (set !== undefined) {
        const connection = await session.holding.lease(scan, place);
        this.#isToldHere = true;
        return session.sendStatement(
          { ...statement, packet: textPacket(Buffer.from(set)) },
          place,
          connection,
        );
      }
    }
    if (warnings.length > 0 && scan.kind !== 'show' && counts === undefined) {
      throw unreadable('in this form; use SHOW WARNINGS');
    }
    const packet = this.substitute(statement);
    const connection = await session.holding.lease(scan, place);
    await this.prime(scan, connection);
    let template: CollectedAnswer | undefined;
    try {
      // An empty list is what a statement without warnings leaves.
      await demand(connection.query('DO 0'));
      if (warnings.length > 0 || this.warningCount > 0 || counts !== undefined)
        template = await demand(connection.ask(command.query, packet.subarray(5)));
    } catch (error) {
      session.holding.giveBack(connection);
      throw error;
    }
    if (template === undefined) return session.sendStatement({ ...statement, packet }, place, connection);
    session.holding.giveBack(connection);
    if (template.error !== undefined) throw new TabletRefusal(template.error);
    const limit = limitOf(statement.source.toString('latin1', scan.start, scan.end));
    this.#sendWarnings(scan, template, warnings, limit, counts);
  }

  #sendWarnings(
    scan: StatementScan,
    template: CollectedAnswer,
    warnings: readonly Buffer[],
    limit: Limit,
    counts: readonly ('warnings' | 'errors')[] | undefined,
  ): void {
    const errors = warnings.filter((row) => row.toString('latin1', 1, 6) === 'Error');
    const count = this.warningCount;
    // max_error_count limits what is kept, not what is counted.
    const total = Math.max(count, warnings.length);
    const rows =
      counts === undefined
        ? rowsFor(scan, warnings, errors, total)
        : [buildTextRow(counts.map((what) => String(what === 'errors' ? errors.length : total)))];
    const foundRows = this.#foundRows;
    sendRows(this.#session, template.definitions, rows.slice(limit.from, limit.to));
    if (counts !== undefined) return;
    // The list stays what it was, and FOUND_ROWS(): showing it changes nothing.
    this.#foundRows = foundRows;
    this.#warnings = warnings;
    this.warningCount = count;
  }

  /** SET last_insert_id has succeeded on a connection. */
  async insertIdSet(connection: BackendConnection): Promise<void> {
    const answer = await demand(connection.query('SELECT LAST_INSERT_ID() LIMIT 1'));
    this.#lastInsertId = BigInt(textValues(answer, 0)[0]!);
    this.#insertOn = undefined;
    this.#insertsBefore = [];
    connection.lastInsertId = this.#lastInsertId;
    connection.pending &= ~pendingState.lastInsertId;
  }

  async #primeInsertId(connection: BackendConnection): Promise<void> {
    await this.#settleInsertId(connection);
    if (connection.lastInsertId === this.#lastInsertId) return;
    await demand(connection.query(`SET @@session.last_insert_id=${this.#lastInsertId}`));
    connection.lastInsertId = this.#lastInsertId;
  }

  /** Learns what LAST_INSERT_ID() is from the connection of the last INSERT. */
  async #settleInsertId(connection: BackendConnection | undefined): Promise<void> {
    for (let waits = 0; this.#insertOn !== undefined; waits++) {
      const on = this.#insertOn;
      if (on === connection) {
        const answer = await demand(on.query('SELECT LAST_INSERT_ID() LIMIT 1'));
        const value = BigInt(textValues(answer, 0)[0]!);
        this.#decideInsertId(on, value);
        on.pending &= ~pendingState.lastInsertId;
        on.lastInsertId = value;
      } else if (on.closed || waits > WAITS_MAX) {
        // The connection is gone, and with it the difference between a generated and a given id.
        this.#decided(this.#insertSeen);
      } else {
        await this.#captureFrom(on);
      }
    }
  }
}

/** What is known of a statement that ran on several shards. */
export type SeveralFacts = Readonly<{
  rows: number | bigint | undefined;
  affectedRows: bigint;
  warnings: number;
  /** Rows of SHOW WARNINGS. */
  warningRows: readonly Buffer[];
}>;

/** The error for diagnostics that are asked for in a form which only their own connection could answer. */
export const unreadable = (how: string): HeadgateError =>
  new HeadgateError('ER_NOT_SUPPORTED_YET', {
    message: `Headgate cannot read the diagnostics of the last statement ${how}`,
  });
