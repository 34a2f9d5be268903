/** Answers as people read them: one line per packet, and results as values. */
import { capability, columnType, serverStatus } from '../../src/mysql/protocol.ts';
import { AnswerTracker, type PacketRole } from './answer-tracker.ts';
import { readLenenc } from './bytes.ts';
import {
  binaryRowSpans,
  binaryText,
  type Column,
  type ErrorPacket,
  type OkPacket,
  readColumn,
  readError,
  readOk,
  readSessionState,
  textRowSpans,
} from './decode-parts.ts';
import { joinContinued, type Packet } from './packet-reader.ts';
import type { Answer } from './raw-client.ts';

/** A payload with its role and, for rows, the columns that describe it. */
export type Labelled = Readonly<{ payload: Buffer; role: PacketRole; columns: readonly Column[] }>;

/** Labels every payload of an answer, continued packets joined. */
export function labelPackets(
  packets: readonly Packet[],
  capabilities: number,
  commandByte: number,
): Labelled[] {
  const tracker = new AnswerTracker(commandByte, capabilities);
  let columns: Column[] = [];
  return joinContinued(packets).map((payload) => {
    const role = tracker.take(payload);
    if (role === 'columnCount') columns = [];
    if (role === 'column') columns.push(readColumn(payload));
    return { payload, role, columns };
  });
}

/** One line per packet: what it is and what it says. */
export function explainPackets(
  packets: readonly Packet[],
  capabilities: number,
  commandByte: number,
): string[] {
  try {
    return labelPackets(packets, capabilities, commandByte).map((packet) =>
      explainPacket(packet, capabilities),
    );
  } catch (error) {
    const raw = packets.map(({ sequence, payload }) => `#${sequence} ${payload.toString('hex', 0, 64)}`);
    return [`not decodable: ${(error as Error).message}`, ...raw];
  }
}

/** What one packet says, in a line. */
export function explainPacket({ payload, role, columns }: Labelled, capabilities: number): string {
  switch (role) {
    case 'error': {
      const { errno, sqlState, message } = readError(payload);
      return `ERR ${errno} (${sqlState}) ${message}`;
    }
    case 'ok':
      return `OK ${explainOk(readOk(payload), capabilities)}`;
    case 'eof':
      if (capabilities & capability.deprecateEof && payload.length >= 7) {
        return `OK(fe) ${explainOk(readOk(payload), capabilities)}`;
      }
      return `EOF warnings=${payload.readUInt16LE(1)} status=${statusNames(payload.readUInt16LE(3))}`;
    case 'columnCount':
      return `COLUMNS ${readLenenc(payload, 0).value}`;
    case 'column':
      return `COLUMN ${explainColumn(readColumn(payload))}`;
    case 'textRow':
    case 'binaryRow':
      return `ROW ${rowTexts({ payload, role, columns }).map(shorten).join(' | ')}`;
    case 'prepareOk':
      return (
        `PREPARED id=${payload.readUInt32LE(1)} columns=${payload.readUInt16LE(5)} ` +
        `parameters=${payload.readUInt16LE(7)} warnings=${payload.readUInt16LE(10)}`
      );
    default:
      return `${role.toUpperCase()} ${payload.toString('utf8', 0, 200)}`;
  }
}

/** A row's values as text. */
export function rowTexts({ payload, role, columns }: Labelled): (string | null)[] {
  if (role === 'textRow') {
    return textRowSpans(payload).map((span) => span && payload.toString('utf8', span.start, span.end));
  }
  return binaryRowSpans(payload, columns).map((span, index) => binaryText(payload, span, columns[index]!));
}

export type Result = {
  columns: readonly Column[];
  rows: (string | null)[][];
  ok?: OkPacket;
  error?: ErrorPacket;
};

/** The results of an answer as values: one entry per result of a multi-result. */
export function readResults(answer: Answer): Result[] {
  const results: Result[] = [];
  let open: Result | undefined;
  for (const packet of labelPackets(answer.packets, answer.capabilities, answer.commandByte)) {
    open ??= { columns: packet.columns, rows: [] };
    if (packet.role === 'columnCount') open = { columns: packet.columns, rows: [] };
    else if (packet.role === 'textRow' || packet.role === 'binaryRow') open.rows.push(rowTexts(packet));
    else if (packet.role === 'error') open.error = readError(packet.payload);
    else if (packet.role === 'ok' || packet.role === 'eof') {
      const header = packet.role === 'eof' && !(answer.capabilities & capability.deprecateEof);
      if (header && open.columns.length > 0 && open.ok === undefined && !open.rows.length) {
        // The classic EOF behind the columns: the one behind the rows replaces it.
        open.ok = classicEnd(packet.payload);
        continue;
      }
      open.ok = header ? classicEnd(packet.payload) : readOk(packet.payload);
    } else continue;
    if (open.error || packet.role === 'ok' || (packet.role === 'eof' && open.ok)) {
      results.push(open);
      open = undefined;
    }
  }
  return results;
}

const classicEnd = (payload: Buffer): OkPacket => ({
  affectedRows: 0,
  insertId: 0,
  status: payload.readUInt16LE(3),
  warnings: payload.readUInt16LE(1),
  rest: Buffer.alloc(0),
});

function explainOk(ok: OkPacket, capabilities: number): string {
  const parts = [
    `affected=${ok.affectedRows}`,
    `insertId=${ok.insertId}`,
    `status=${statusNames(ok.status)}`,
  ];
  parts.push(`warnings=${ok.warnings}`);
  if (capabilities & capability.sessionTrack) {
    const { info, blocks } = readSessionState(ok);
    if (info) parts.push(`info=${JSON.stringify(info)}`);
    if (blocks.length > 0) parts.push(`session=[${blocks.join(', ')}]`);
  } else if (ok.rest.length > 0) parts.push(`info=${JSON.stringify(ok.rest.toString('utf8'))}`);
  return parts.join(' ');
}

const typeNames = new Map(Object.entries(columnType).map(([name, number]) => [number as number, name]));

function explainColumn(column: Column): string {
  return (
    `${column.schema}.${column.table}(${column.orgTable}).${column.name}(${column.orgName}) ` +
    `${typeNames.get(column.type) ?? column.type}(${column.length},${column.decimals}) ` +
    `charset=${column.charset} flags=${column.flags}`
  );
}

/** Status flags by name. */
export function statusNames(status: number): string {
  const names = Object.entries(serverStatus)
    .filter(([, flag]) => status & flag)
    .map(([name]) => name);
  return names.length > 0 ? names.join('+') : '0';
}

const shorten = (text: string | null): string =>
  text === null ? 'NULL' : text.length <= 120 ? text : `${text.slice(0, 100)}… (${text.length} characters)`;
