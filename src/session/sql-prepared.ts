/**
 * Statements that a client prepares by SQL (PREPARE … FROM, EXECUTE … USING). The session keeps their texts; no connection is held for
 * them. One without parameters runs as its text. One with parameters is prepared, under the client's own name, on the connection where
 * it runs, so that EXECUTE means there what it means in MySQL.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { markerCount, type PreparedForm, preparedForm } from '../sql/prepared-forms.ts';
import { effect, type StatementKind } from '../sql/statement.ts';
import { TabletText } from './client-statement.ts';
import { previousFacts } from './diagnostics.ts';
import type { Description } from './gather/describe-statement.ts';
import { isPlanned } from './planned.ts';
import { type PlannedStatement, type PreparePlace, preparePlace } from './planned-execute.ts';
import { preparedErrorAt } from './prepared-error.ts';
import { lexModeIn, planContextIn, scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { somethingChanged } from './session-track.ts';
import { prepareShown } from './show/prepared-show.ts';
import { executeWith } from './sql-execute.ts';
import { isLiteralSafe, prepareNamed } from './sql-prepared-on.ts';
import { type Place, placeOf } from './statement-place.ts';
import { databaseOf } from './target.ts';
import { textPacket } from './text-packet.ts';
import { isPlainName } from './user-variable-value.ts';

/** A statement under a client's name. */
export type NamedStatement = PlannedStatement &
  Readonly<{ name: string; own: TabletText; parameterCount: number }>;

type Prepare = Extract<PreparedForm, { kind: 'prepare' }>;

/** What runs by itself, wherever the session's settings and database have changed meanwhile. */
const handledAsText: ReadonlySet<StatementKind> = new Set(['begin', 'commit', 'rollback', 'kill', 'use']);

/** What a statement with parameters must not ask for: it is put into the text as a value, or is not a single connection's to answer. */
const textOnly = previousFacts | effect.currentUser;

/** What may run anything. */
const doubtful = effect.unknownFunction | effect.lexError;

const done = Promise.resolve();

export class SqlPrepared {
  readonly #session: Session;
  readonly #byName = new Map<string, NamedStatement>();
  /** Names that only the session's held connection knows. */
  readonly #pinned = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  get count(): number {
    return this.#byName.size;
  }

  get textBytes(): number {
    let bytes = 0;
    for (const { text } of this.#byName.values()) bytes += text.length;
    return bytes;
  }

  clear(): void {
    this.#byName.clear();
    this.#pinned.clear();
  }

  /** Runs one of the three statements; undefined: a held connection answers it. */
  run(statement: Statement): Promise<unknown> | undefined {
    const { source, scan } = statement;
    const form = preparedForm(source, scan.start, scan.end, lexModeIn(this.#session));
    // A syntax error is for MySQL to find.
    if (form === undefined) return undefined;
    switch (form.kind) {
      case 'prepare':
        return this.#prepare(form, statement);
      case 'execute':
        return this.#execute(form);
      case 'deallocate':
        return this.#deallocate(form);
    }
  }

  #prepare(form: Prepare, statement: Statement): Promise<unknown> | undefined {
    const session = this.#session;
    const key = form.name.toLowerCase();
    // As in MySQL, the one before is gone even where the new one is refused.
    this.#byName.delete(key);
    const text = isPlainName(key) ? this.#textOf(form) : undefined;
    if (text === undefined || this.#pinned.has(key)) return this.#pin(key);
    const scan = scanIn(session, text, 0);
    const mode = lexModeIn(session);
    const parameterCount = markerCount(text, mode);
    session.prepared.requireRoom(text);
    const { target, parseSettings } = session.state;
    const own = new TabletText(text, parseSettings);
    const facts = { text, scan, target, mode, planContext: planContextIn(session) };
    const named = { ...facts, name: key, own, parameterCount };
    const isTextOnly = (scan.effects & textOnly) !== 0 || scan.kind === 'show' || scan.kind === 'call';
    const isDoubtful = scan.kind === 'unknown' || scan.next >= 0 || (scan.effects & doubtful) !== 0;
    if (!isDoubtful && !(parameterCount > 0 && isTextOnly)) return this.#describe(named);
    return this.#refuseOrPin(named, statement);
  }

  /** MySQL may refuse it, in its words; else a held connection has to keep it. */
  async #refuseOrPin(named: NamedStatement, statement: Statement): Promise<void> {
    await this.#requirePreparable(named);
    this.#pin(named.name);
    this.#session.relay(statement);
  }

  /** Raises what MySQL has against the text, wherever that is asked. */
  async #requirePreparable({ text, target }: NamedStatement): Promise<void> {
    const error = await preparedErrorAt(this.#session, target, text);
    if (error !== undefined) throw new TabletRefusal(error);
  }

  /** Where PREPARE goes, and under what text; undefined: its own. Raises what MySQL, else what Headgate has against the statement. */
  async #placeFor(
    named: NamedStatement,
  ): Promise<Readonly<{ place: Place; text: Buffer | undefined; description?: undefined }> | PreparePlace> {
    const session = this.#session;
    const { scan, target, text } = named;
    try {
      const planned = await (isPlanned(session, scan)
        ? preparePlace(session, named)
        : prepareShown(session, named));
      return planned ?? { place: placeOf(scan, target, session.services.gateway, text), text: undefined };
    } catch (error) {
      if (error instanceof HeadgateError) await this.#requirePreparable(named);
      throw error;
    }
  }

  #pin(key: string): undefined {
    this.#pinned.add(key);
    return undefined;
  }

  /** The text to prepare, in the client's character set; undefined where only a tablet can say it. */
  #textOf({ source }: Prepare): Buffer | undefined {
    const mode = lexModeIn(this.#session);
    if (!isLiteralSafe(mode)) return undefined;
    if (source.kind === 'literal') return source.text;
    const value = this.#session.state.variables.valueOf(source.name);
    switch (value.kind) {
      case 'null':
        return Buffer.from('NULL');
      case 'integer':
        return Buffer.from(String(value.value));
      case 'binary': {
        const isUtf8 = value.charset?.startsWith('utf8') === true && mode.charset.startsWith('utf8');
        return isUtf8 || value.bytes.every((byte) => byte < 0x80) ? value.bytes : undefined;
      }
      default:
        return undefined;
    }
  }

  /** A tablet prepares it, for what MySQL may have against it. */
  async #describe(named: NamedStatement): Promise<void> {
    const session = this.#session;
    const { holding, diagnostics } = session;
    const { scan, text } = named;
    const planned = await this.#placeFor(named);
    if (planned.description !== undefined) return this.#described(named, planned.description);
    const { place, text: other = text } = planned;
    const described = other === text ? named.own : new TabletText(other, named.own.parseSettings);
    const connection = await holding.lease(scan, place);
    try {
      await diagnostics.leave(connection);
      const { error, warnings } = await prepareNamed(session, connection, {
        name: named.name,
        text: described,
        mode: named.mode,
      });
      if (error !== undefined) throw new TabletRefusal(error);
      const warningRows = warnings === 0 ? [] : (await connection.query('SHOW WARNINGS')).rows;
      this.#byName.set(named.name, named);
      diagnostics.noteSeveral({ rows: undefined, affectedRows: 0n, warnings, warningRows });
      session.okWith({ warnings, info: 'Statement prepared', ...somethingChanged(session.state) });
    } finally {
      holding.giveBack(connection);
    }
  }

  /** It has been described by the router itself. */
  #described(named: NamedStatement, { warnings }: Description): void {
    const session = this.#session;
    this.#byName.set(named.name, named);
    session.diagnostics.noteSeveral({ rows: undefined, affectedRows: 0n, warnings, warningRows: [] });
    session.okWith({ warnings, info: 'Statement prepared', ...somethingChanged(session.state) });
  }

  #execute({ name, variables }: Extract<PreparedForm, { kind: 'execute' }>): Promise<unknown> | undefined {
    const session = this.#session;
    const key = name.toLowerCase();
    const named = this.#byName.get(key);
    if (named === undefined) return this.#unknown(key, name, 'EXECUTE');
    if (variables.length !== named.parameterCount)
      throw new HeadgateError('ER_WRONG_ARGUMENTS', { message: 'Incorrect arguments to EXECUTE' });
    const odd = variables.find((variable) => !isPlainName(variable));
    if (odd !== undefined)
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `Headgate does not support EXECUTE USING a variable of this name yet: @${odd}`,
      });
    if (!this.#runsAsText(named)) return executeWith(session, named, variables);
    const { text, scan } = named;
    session.execute({ source: text, scan, packet: textPacket(text) });
    return done;
  }

  /** Whether sending the text is the same as executing what was prepared. */
  #runsAsText({ parameterCount, scan, target, own }: NamedStatement): boolean {
    if (parameterCount > 0) return false;
    const { state } = this.#session;
    const isSame =
      databaseOf(target) === databaseOf(state.target) && own.parseSettings === state.parseSettings;
    return isSame || handledAsText.has(scan.kind);
  }

  #deallocate({ name }: Extract<PreparedForm, { kind: 'deallocate' }>): Promise<unknown> | undefined {
    const key = name.toLowerCase();
    if (!this.#byName.delete(key)) return this.#unknown(key, name, 'DEALLOCATE PREPARE');
    this.#session.ok(somethingChanged(this.#session.state));
    return done;
  }

  /** A held connection may know it. Raises 1243. */
  #unknown(key: string, name: string, command: string): undefined {
    if (this.#pinned.has(key)) return undefined;
    throw new HeadgateError('ER_UNKNOWN_STMT_HANDLER', {
      message: `Unknown prepared statement handler (${name}) given to ${command}`,
    });
  }
}
