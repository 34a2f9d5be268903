/**
 * Temporary tables of one session: their connection is kept until the last of them is dropped. Which there are is read from the statements;
 * whatever else might change that (ALTER can rename) leaves the connection with the session to its end.
 */
import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { TableName } from '../sql/ast/table.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { pin } from './pins.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';

type Tables = {
  readonly names: Set<string>;
  /** Definitions after which tables of unknown names may be there. */
  unread: number;
};

export class TemporaryTables {
  readonly #session: Session;
  readonly #byConnection = new WeakMap<BackendConnection, Tables>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** A definition has run on a connection; if `settle` does not follow, its table may be there to the end. */
  note(connection: BackendConnection): void {
    this.#of(connection).unread++;
  }

  /** `isHeld`: the connection is held for temporary tables. */
  settle(statement: Statement, failed: boolean, connection: BackendConnection, isHeld: boolean): void {
    const tables = this.#of(connection);
    // Without a temporary table there is none to be renamed.
    if (!isHeld || this.#isRead(tables.names, statement, failed, connection)) tables.unread--;
    if (!isHeld || tables.unread > 0 || tables.names.size > 0) return;
    const { holding } = this.#session;
    // Reset before somebody else has it: what a statement says is no proof for others.
    connection.suspect = true;
    holding.unpin(pin.temporaryTables, connection);
    holding.unholdIfFree();
  }

  /** Follows CREATE and DROP; false for what may have done something else. */
  #isRead(
    names: Set<string>,
    { source, scan }: Statement,
    failed: boolean,
    connection: BackendConnection,
  ): boolean {
    const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(this.#session));
    const nameOf = ({ schema, name }: TableName) => `${schema ?? connection.database}.${name}`;
    if (parsed.kind === 'dropTable' && !parsed.hasVersionComment) {
      // One that has failed may have dropped some of its tables: keeping them all is safe.
      if (!failed) for (const table of parsed.tables) names.delete(nameOf(table));
      return true;
    }
    const isCreated = parsed.kind === 'createTable' && !parsed.hasVersionComment && !failed;
    if (isCreated && parsed.temporary) names.add(nameOf(parsed.table));
    return isCreated;
  }

  #of(connection: BackendConnection): Tables {
    let tables = this.#byConnection.get(connection);
    if (tables === undefined) {
      tables = { names: new Set(), unread: 0 };
      this.#byConnection.set(connection, tables);
    }
    return tables;
  }
}
