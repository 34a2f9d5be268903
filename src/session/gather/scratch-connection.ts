/**
 * A connection with temporary tables of the router's own, for one statement. Its state is nobody's: whatever happens, it is reset before
 * anybody else has it, or closed.
 */
import { loadOnly, loadSettings, type Scratch } from '../../engine/scratch/load-table.ts';
import type { Warned } from '../../engine/scratch/table-store.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { isServerFull } from '../../gateway/aside.ts';
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { connectionNeed, settingsStatement } from '../../gateway/connection-need.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import type { TabletPool } from '../../gateway/tablet-pool.ts';
import { command } from '../../mysql/protocol.ts';
import type { ResponseKind } from '../../wire/response-relay.ts';
import type { Session } from '../session.ts';
import type { Place } from '../statement-place.ts';
import type { ScratchPlace } from './scratch-place.ts';

/** MySQL's own default: what loads tables must not depend on what servers have. */
const LOAD_COLLATION_ID = 255;

export class ScratchConnection implements Scratch {
  readonly connection: BackendConnection;
  readonly place: Place;
  readonly #session: Session;
  readonly #pool: TabletPool;
  readonly #loadSettings: readonly string[];
  /** The last command that was given; it never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #isReleased = false;

  private constructor(
    session: Session,
    place: Place,
    pool: TabletPool,
    connection: BackendConnection,
    settings: readonly string[],
  ) {
    this.#session = session;
    this.#loadSettings = settings;
    this.place = place;
    this.#pool = pool;
    this.connection = connection;
  }

  /**
   * A connection to one of the tablets (the first that can be reached), ready for tables to be loaded. It is taken when all others of the statement
   * are there, so that whoever has one waits for nobody. Rejects as `TabletPool.take`.
   */
  static async lease(session: Session, places: Iterable<ScratchPlace>): Promise<ScratchConnection> {
    let last: unknown = new HeadgateError('HG_NO_TABLET', { detail: 'none for temporary tables' });
    for (const place of places) {
      try {
        return await ScratchConnection.#leaseAt(session, place);
      } catch (error) {
        if (!isUnreachable(error) && !isServerFull(error)) throw error;
        last = error;
      }
    }
    throw last;
  }

  static async #leaseAt(session: Session, { place, pool: main }: ScratchPlace): Promise<ScratchConnection> {
    const { services, activity, state } = session;
    const pool = services.gateway.scratch.beside(main);
    const zone = state.assignment('time_zone');
    const settings = zone === undefined ? loadSettings : [...loadSettings, zone];
    const need = connectionNeed({
      capabilities: state.need.capabilities,
      collationId: LOAD_COLLATION_ID,
      database: place.shard.keyspace,
      settings,
    });
    const taken = pool.take(need, session, undefined, activity.signal);
    const connection = await activity.during(place, taken);
    const scratch = new ScratchConnection(session, place, pool, connection, settings);
    session.running.add(connection);
    if (session.closed || activity.interrupted) {
      scratch.release();
      throw new HeadgateError('ER_QUERY_INTERRUPTED');
    }
    return scratch;
  }

  /** Commands run one after the other, whoever gives them. Rejects when the connection is lost, or has been released. */
  ask(code: number, content: Buffer, kind: ResponseKind = 'result'): Promise<CollectedAnswer> {
    return this.#inTurn(() => this.#put(code, content, kind));
  }

  askWarned(statement: Buffer): Promise<Warned> {
    return this.#inTurn(async () => {
      const answer = await this.#put(command.query, statement);
      const isWarned = answer.error === undefined && answer.warnings > 0;
      const shown = isWarned
        ? await this.#put(command.query, Buffer.from('SHOW WARNINGS LIMIT 1000'))
        : undefined;
      return { answer, shown };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(work);
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** One input may fail while another is still being stored: from then on the connection may be anybody's. */
  async #put(code: number, content: Buffer, kind?: ResponseKind): Promise<CollectedAnswer> {
    if (this.#isReleased) throw new HeadgateError('ER_QUERY_INTERRUPTED');
    return this.connection.ask(code, content, kind);
  }

  query(sql: string): Promise<CollectedAnswer> {
    return this.ask(command.query, Buffer.from(sql));
  }

  /** Makes the session's settings those of the connection, with the moment of the statement. */
  async settle(timestamp: string): Promise<void> {
    const need = this.#session.state.needFor(this.place.shard.keyspace);
    const { state } = this.#session;
    const back = loadOnly.filter((name) => state.assignment(name) === undefined);
    const parts = [...back.map((name) => `@@session.${name}=DEFAULT`), `@@session.timestamp=${timestamp}`];
    await demand(this.query(`${settingsStatement(need, undefined)}, ${parts.join(', ')}`));
  }

  /** After `settle`: groups are taken as they are. ANSI has the mode in it. */
  async allowAnyGroup(): Promise<void> {
    const modes = "CONCAT(',', @@session.sql_mode, ',')";
    const without = `REPLACE(REPLACE(${modes}, ',ONLY_FULL_GROUP_BY,', ','), ',ANSI,', ',')`;
    await demand(this.query(`SET @@session.sql_mode = TRIM(BOTH ',' FROM ${without})`));
  }

  /** After `settle`: tables can be loaded. */
  async settleForLoading(): Promise<void> {
    // Some of it is refused within a transaction, which reading has begun where the session has switched autocommit off.
    if (!this.#session.state.autocommit) await demand(this.query('SET autocommit = 1'));
    await demand(this.query(`SET ${this.#loadSettings.join(', ')}`));
  }

  /** Gives it back; what is under way on it is nobody's any more. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const { connection } = this;
    this.#session.running.delete(connection);
    void this.#pool.discard(connection);
  }
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof HeadgateError && error.code === 'HG_TABLET_LOST';
