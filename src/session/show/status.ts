/** SHOW STATUS: what it says of the connection's TLS and compression is about the client's own, not about the tablet's. */
import { demand } from '../../gateway/prepare-connection.ts';
import { command, serverStatus } from '../../mysql/protocol.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { buildBinaryTextRow, buildTextRow, readTextRow } from '../../wire/packets.ts';
import type { ClientTransport } from '../client-port.ts';
import { sendRows } from '../local-result.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { placeOf } from '../statement-place.ts';

/** The variables, as MySQL spells them, and the client's values of them. */
const clientValues: ReadonlyMap<string, (transport: ClientTransport) => string> = new Map([
  ['Ssl_cipher', ({ tls }) => tls?.cipher ?? ''],
  ['Ssl_version', ({ tls }) => tls?.version ?? ''],
  ['Compression', ({ compression }) => (compression === undefined ? 'OFF' : 'ON')],
  ['Compression_algorithm', ({ compression }) => algorithmNames[compression?.algorithm ?? 'none']],
  ['Compression_level', ({ compression }) => String(compression?.level ?? 0)],
]);

const algorithmNames = { none: '', zlib: 'zlib', zstd: 'zstd' } as const;

/** Undefined where no such variable is shown: a tablet then answers it as it came. `protocol`: that of the rows for the client. */
export function showStatus(
  session: Session,
  statement: Statement,
  protocol: 'text' | 'binary' = 'text',
): Promise<void> | undefined {
  return mayShowOwn(session, statement) ? answer(session, statement, protocol) : undefined;
}

function mayShowOwn(session: Session, { source, scan }: Statement): boolean {
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind !== 'show') return false;
  if (parsed.like === undefined) return true;
  const { start, end } = parsed.like;
  const pattern = source.toString('latin1', start + 1, end - 1).toLowerCase();
  // An escape is too rare to be read; the answer is right either way.
  if (pattern.includes('\\')) return true;
  const parts = pattern.split(/([%_])/).map((part) => wildcards[part] ?? part.replace(/\W/g, '\\$&'));
  const matcher = new RegExp(`^${parts.join('')}$`, 's');
  return [...clientValues.keys()].some((name) => matcher.test(name.toLowerCase()));
}

const wildcards: Readonly<Record<string, string>> = { '%': '.*', _: '.' };

async function answer(
  session: Session,
  { source, scan, packet }: Statement,
  protocol: 'text' | 'binary',
): Promise<void> {
  const { holding, state, services, port } = session;
  const connection = await holding.lease(scan, placeOf(scan, state.target, services.gateway, source));
  try {
    const shown = await demand(connection.ask(command.query, packet.subarray(5)));
    const rows = shown.rows.map((row) => {
      const cells = readTextRow(row, shown.definitions.length);
      const value = cells[0] && clientValues.get(cells[0].toString('latin1'));
      const values = value ? [cells[0]!, value(port.transport)] : cells;
      return protocol === 'text' ? buildTextRow(values) : buildBinaryTextRow(values);
    });
    // MySQL forgets at the end of SHOW STATUS what it has said before its rows.
    sendRows(session, shown.definitions, rows, 0, [], serverStatus.noIndexUsed);
  } finally {
    holding.giveBack(connection);
  }
}
