/**
 * A connection beside the pool, for the router's own questions about a tablet: what runs there never waits for clients, nor
 * they for it. Questions are asked one after the other.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { TabletRecord } from '../topology/topology.ts';
import type { CollectedAnswer } from './answer-collector.ts';
import { BackendConnection, type TabletLogin } from './backend-connection.ts';
import { connectionNeed } from './connection-need.ts';
import { demand } from './prepare-connection.ts';
import { StatementBudget } from './statement-budget.ts';

/** Capabilities, collation and database of connections of the router's own. */
export const plainNeed = connectionNeed({ capabilities: 0, collationId: 255, database: '', settings: [] });

/** Such connections prepare nothing. */
export const noStatements = new StatementBudget(0, 0);

/** Whether the tablet has stored functions or triggers: 1 or 0. */
export const storedCodeExpression = `(EXISTS (SELECT 1 FROM information_schema.routines
    WHERE routine_schema NOT IN ('mysql', 'sys') AND routine_type = 'FUNCTION')
  OR EXISTS (SELECT 1 FROM information_schema.triggers WHERE trigger_schema NOT IN ('mysql', 'sys')))`;

/** A tablet that says nothing for so long is given up; the next question opens another connection. */
const ANSWER_MS_MAX = 10_000;

/** Whatever the server's defaults are: all rows are wanted, of the present, and no statement is cut off. */
const observerSettings = `SET SESSION sql_mode = '', autocommit = 1, sql_select_limit = 18446744073709551615,
  max_execution_time = 0, transaction_isolation = 'READ-COMMITTED'`;

export class TabletObserver {
  readonly #tablet: TabletRecord;
  readonly #login: TabletLogin;
  #connection: BackendConnection | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #asking = 0;
  #closed = false;
  /** How many connections were opened: with a new one, whatever was known of the server may have changed meanwhile. */
  connectionCount = 0;

  constructor(tablet: TabletRecord, login: TabletLogin) {
    this.#tablet = tablet;
    this.#login = login;
  }

  /** Whether a question is under way. */
  get busy(): boolean {
    return this.#asking > 0;
  }

  /** Rejects with HG_TABLET_LOST, HG_TABLET_MISCONFIGURED or, as the tablet's own error, TabletRefusal. */
  async query(sql: string): Promise<CollectedAnswer> {
    this.#asking++;
    const answer = this.#turn.then(() => this.#ask(sql));
    this.#turn = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      this.#asking--;
    }
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  async #ask(sql: string): Promise<CollectedAnswer> {
    const connection = await this.#open();
    const late = setTimeout(
      () => connection.close(this.#lost(`no answer within ${ANSWER_MS_MAX} ms`)),
      ANSWER_MS_MAX,
    );
    try {
      return await demand(connection.query(sql));
    } finally {
      clearTimeout(late);
    }
  }

  async #open(): Promise<BackendConnection> {
    if (this.#closed) throw this.#lost('it left the topology');
    if (this.#connection !== undefined && !this.#connection.closed) return this.#connection;
    const connection = await BackendConnection.connect(
      this.#tablet,
      this.#login,
      plainNeed,
      noStatements,
      () => {},
    );
    try {
      await demand(connection.query(observerSettings));
    } catch (error) {
      connection.close();
      throw error;
    }
    if (this.#closed) connection.close();
    this.#connection = connection;
    this.connectionCount++;
    return connection;
  }

  #lost(detail: string): HeadgateError {
    const { alias } = this.#tablet;
    return new HeadgateError('HG_TABLET_LOST', { tablet: alias, detail: `${alias}: ${detail}` });
  }
}
