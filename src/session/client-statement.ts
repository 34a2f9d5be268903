import { hash } from 'node:crypto';
import type { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { columnType } from '../mysql/protocol.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { Cursor } from './cursor.ts';
import type { KeptPlan } from './kept-plan.ts';
import type { LongData } from './long-data.ts';
import type { Statement } from './session.ts';
import type { Target } from './target.ts';

const KEY_TEXT_BYTES_MAX = 1024;

/** A text under which tablets' connections have a statement prepared. */
export class TabletText {
  readonly text: Buffer;
  /** How it is to be read: see `SessionState.parseSettings`. */
  readonly parseSettings: string;
  #key = '';
  #database: string | undefined;
  #typesKey = '';

  constructor(text: Buffer, parseSettings: string) {
    this.text = text;
    this.parseSettings = parseSettings;
  }

  /**
   * Its key in a connection's cache: statements mean the same where they are read in the same way, with the same default database, and
   * were never executed with other types (`typesKey`). It is kept, since building and hashing a long text is most of what an EXECUTE would
   * cost.
   */
  keyOn({ database }: BackendConnection, typesKey = ''): string {
    if (this.#database !== database || this.#typesKey !== typesKey) {
      this.#key = `${this.parseSettings}\n${database}\n${typesKey}\n${shortened(this.text)}`;
      this.#database = database;
      this.#typesKey = typesKey;
    }
    return this.#key;
  }
}

/** Connections keep their keys, so that those of long texts are digests. */
const shortened = (text: Buffer): string =>
  text.length <= KEY_TEXT_BYTES_MAX ? text.toString('latin1') : hash('sha512', text);

let mixedStatements = 0;

/** Notes the types of an execution. */
export function noteTypes(statement: ClientStatement, types: Buffer | undefined): void {
  statement.types = types;
  if (types === undefined || statement.earlierTypes !== undefined) return;
  const before = statement.typesKey;
  const now = types.toString('latin1');
  let merged = before === '' ? now : '';
  for (let at = 0; at < before.length; at += 2) {
    const [earlier, later] = [before.slice(at, at + 2), now.slice(at, at + 2)];
    if (earlier !== later && !isNullType(earlier) && !isNullType(later)) {
      statement.earlierTypes = before;
      merged = `mixed ${++mixedStatements}`;
      break;
    }
    merged += isNullType(later) ? earlier : later;
  }
  statement.typesKey = merged;
}

const isNullType = (type: string): boolean => type.charCodeAt(0) === columnType.null;

/** A statement that a client has prepared. */
export type ClientStatement = {
  readonly id: number;
  readonly text: Buffer;
  readonly scan: StatementScan;
  readonly target: Target;
  /** How the text was read at PREPARE. */
  readonly mode: LexMode;
  readonly planContext: number;
  readonly parameterCount: number;
  /** The text as the client wrote it. */
  readonly own: TabletText;
  /** Parameter types that the client bound last. */
  types: Buffer | undefined;
  /**
   * The types of all executions so far, NULL being of any. MySQL takes a parameter for what it was in earlier executions (after a date a
   * number is stored as a zero date), so that a tablet's statement serves those only that bind the same. Once they differ its statements
   * on the tablets are this client's alone.
   */
  typesKey: string;
  /** What `typesKey` was before they differed. */
  earlierTypes: string | undefined;
  /** What a failed SEND_LONG_DATA leaves to be said at EXECUTE, until COM_STMT_RESET. */
  failure: HeadgateError | undefined;
  longData: LongData | undefined;
  /** The execution in progress asks for a cursor; the tablet's statement is then no one else's. */
  wantsCursor: boolean;
  /** What COM_STMT_FETCH reads from. */
  cursor: Cursor | undefined;
  /** Where its executions go, as long as nothing changes. */
  kept: KeptPlan | undefined;
  /** The execution in progress: the client's packet, and the text under which tablets have the statement. */
  packet: Buffer;
  sent: TabletText;
  /** The same as a session sends it: one object for all executions. */
  readonly statement: Statement;
};

const nothing = Buffer.alloc(0);

/** Lets go of the last execution's packet, which may be large: a session keeps one, not one for each of its statements. */
export function forgetPacket(of: ClientStatement): void {
  of.packet = nothing;
  of.statement.packet = nothing;
  if (of.kept?.kind === 'plan') of.kept.parameters.forget();
}
