/** What statements leave on a connection and other statements take away again, so that it need not be held to the session's end. */
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { effect, type StatementScan } from '../sql/statement.ts';
import { NamedLocks } from './named-locks.ts';
import { pin } from './pins.ts';
import type { Session, Statement } from './session.ts';
import { TemporaryTables } from './temporary-tables.ts';

export class LeftBehind {
  readonly #session: Session;
  /** Made when they are needed: most sessions have neither. */
  #locks: NamedLocks | undefined;
  #tables: TemporaryTables | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A statement has run on a connection; where `settle` does not follow, what it left stays there. */
  note(scan: StatementScan, connection: BackendConnection): void {
    if ((scan.effects & effect.namedLock) !== 0) {
      this.#locks ??= new NamedLocks(this.#session);
      this.#locks.note(connection);
    }
    if (scan.kind === 'ddl') {
      this.#tables ??= new TemporaryTables(this.#session);
      this.#tables.note(connection);
    }
  }

  /** Lets the connection go where nothing is left; undefined: it needed nobody to be asked. */
  settle(statement: Statement, failed: boolean, connection: BackendConnection): Promise<void> | undefined {
    const { scan } = statement;
    if (scan.kind === 'ddl') {
      const held = this.#session.holding.all.find((each) => each.connection === connection);
      const mayHaveTables = ((held?.pins ?? 0) & pin.temporaryTables) !== 0;
      this.#tables?.settle(statement, failed, connection, mayHaveTables);
    }
    if ((scan.effects & effect.namedLock) === 0) return undefined;
    return this.#locks?.settle(statement, failed, connection);
  }
}
