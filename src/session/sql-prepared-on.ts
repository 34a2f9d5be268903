/** A text prepared under a client's name on a tablet's connection. */
import type { CollectedAnswer } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { command } from '../mysql/protocol.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { TabletText } from './client-statement.ts';
import type { Session } from './session.ts';
import { withRoom } from './tablet-prepare.ts';
import { putVariables } from './user-variables.ts';

/** Names that one connection keeps. */
const NAMES_MAX = 100;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;

/** Whether a text can be written as a literal byte by byte: not where a backslash or a quote may be half of a character. */
export const isLiteralSafe = ({ charset, table }: LexMode): boolean =>
  charset.startsWith('utf8') || table.multibyteLength === undefined;

function literal(text: Buffer, { noBackslashEscapes }: LexMode): Buffer {
  const out = Buffer.allocUnsafe(2 * text.length + 2);
  let length = 0;
  out[length++] = QUOTE;
  for (const byte of text) {
    if (byte === QUOTE) out[length++] = QUOTE;
    else if (byte === BACKSLASH && !noBackslashEscapes) out[length++] = BACKSLASH;
    out[length++] = byte;
  }
  out[length++] = QUOTE;
  return out.subarray(0, length);
}

/** A text and the name under which it is to be known. `mode`: how it was read. */
export type NamedText = Readonly<{ name: string; text: TabletText; mode: LexMode }>;

/** Prepares a text under a name, in place of what has it. An error is the caller's to tell. */
export async function prepareNamed(
  session: Session,
  connection: BackendConnection,
  { name, text, mode }: NamedText,
): Promise<CollectedAnswer> {
  const { named } = connection;
  named.delete(name);
  // Nobody else may find it there: the connection is reset before another session has it.
  connection.suspect = true;
  const [oldest] = named.keys();
  if (oldest !== undefined && named.size >= NAMES_MAX) {
    named.delete(oldest);
    await demand(connection.query(`DEALLOCATE PREPARE \`${oldest}\``));
  }
  const sql = Buffer.concat([Buffer.from(`PREPARE \`${name}\` FROM `), literal(text.text, mode)]);
  const { state } = session;
  const isForeign = text.parseSettings !== state.parseSettings;
  // The session reads statements differently now; this one keeps the meaning that it had at PREPARE.
  if (isForeign) await demand(connection.query(`SET ${text.parseSettings}`));
  const answer = await withRoom(session, connection, () => connection.ask(command.query, sql));
  if (isForeign) await demand(connection.query(`SET ${state.parseSettings}`));
  if (answer.error === undefined) named.set(name, text.keyOn(connection));
  return answer;
}

/** Readies a connection for EXECUTE: the variables, and the text under its name. Raises TabletRefusal. */
export async function readyToExecute(
  session: Session,
  connection: BackendConnection,
  scan: StatementScan,
  named: NamedText,
): Promise<void> {
  await putVariables(session, scan, connection);
  if (connection.named.get(named.name) === named.text.keyOn(connection)) return;
  await demand(prepareNamed(session, connection, named));
}

/** EXECUTE of a name with variables, which are plain names. */
export function executeText(name: string, variables: readonly string[]): Buffer {
  const using = variables.length === 0 ? '' : ` USING ${variables.map((each) => `@\`${each}\``).join(', ')}`;
  return Buffer.from(`EXECUTE \`${name}\`${using}`);
}
