/** Readers of single packets. Source: MySQL internals documentation, "Generic Response Packets", "Text/Binary Resultset". */
import { columnType, serverStatus, sessionTrack } from '../../src/mysql/protocol.ts';
import { readLenenc, readLenencSpan, type Span } from './bytes.ts';

export type ErrorPacket = Readonly<{ errno: number; sqlState: string; message: string }>;

/** `withState` is false only before the login, where ERR packets carry no SQLSTATE. */
export function readError(payload: Buffer, withState = true): ErrorPacket {
  const marked = withState && payload[3] === 0x23;
  return {
    errno: payload.readUInt16LE(1),
    sqlState: marked ? payload.toString('latin1', 4, 9) : '',
    message: payload.toString('utf8', marked ? 9 : 3),
  };
}

export type OkPacket = Readonly<{
  affectedRows: number;
  insertId: number;
  status: number;
  warnings: number;
  /** Everything behind the warnings: info text and session-state blocks. */
  rest: Buffer;
}>;

export function readOk(payload: Buffer): OkPacket {
  const affected = readLenenc(payload, 1);
  const insertId = readLenenc(payload, affected.next);
  return {
    affectedRows: affected.value ?? 0,
    insertId: insertId.value ?? 0,
    status: payload.readUInt16LE(insertId.next),
    warnings: payload.readUInt16LE(insertId.next + 2),
    rest: payload.subarray(insertId.next + 4),
  };
}

/** The info text and the session-state blocks of an OK packet, for a client that negotiated SESSION_TRACK. */
export function readSessionState(ok: OkPacket): { info: string; blocks: string[] } {
  if (ok.rest.length === 0) return { info: '', blocks: [] };
  const info = readLenencSpan(ok.rest, 0);
  const text = info.span ? ok.rest.toString('utf8', info.span.start, info.span.end) : '';
  if ((ok.status & serverStatus.sessionStateChanged) === 0) return { info: text, blocks: [] };
  const whole = readLenencSpan(ok.rest, info.next).span;
  const blocks: string[] = [];
  let at = whole?.start ?? 0;
  while (whole && at < whole.end) {
    const kind = ok.rest[at]!;
    const block = readLenencSpan(ok.rest, at + 1);
    blocks.push(describeBlock(kind, ok.rest.subarray(block.span!.start, block.span!.end)));
    at = block.next;
  }
  return { info: text, blocks };
}

function describeBlock(kind: number, data: Buffer): string {
  const name = Object.entries(sessionTrack).find(([, number]) => number === kind)?.[0] ?? `kind ${kind}`;
  const texts: string[] = [];
  try {
    for (let at = 0; at < data.length; ) {
      const { span, next } = readLenencSpan(data, at);
      texts.push(span ? data.toString('utf8', span.start, span.end) : 'NULL');
      at = next;
    }
  } catch {
    return `${name} ${data.toString('hex')}`;
  }
  return `${name}(${texts.join('=')})`;
}

export type Column = Readonly<{
  catalog: string;
  schema: string;
  table: string;
  orgTable: string;
  name: string;
  orgName: string;
  charset: number;
  length: number;
  type: number;
  flags: number;
  decimals: number;
}>;

export function readColumn(payload: Buffer): Column {
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < 6; i += 1) {
    const { span, next } = readLenencSpan(payload, at);
    texts.push(span ? payload.toString('utf8', span.start, span.end) : '');
    at = next;
  }
  at += 1;
  const [catalog, schema, table, orgTable, name, orgName] = texts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    catalog,
    schema,
    table,
    orgTable,
    name,
    orgName,
    charset: payload.readUInt16LE(at),
    length: payload.readUInt32LE(at + 2),
    type: payload[at + 6]!,
    flags: payload.readUInt16LE(at + 7),
    decimals: payload[at + 9]!,
  };
}

/** Where each value of a text row lies (its bytes without the length); `null` for NULL. */
export function textRowSpans(payload: Buffer): (Span | null)[] {
  const spans: (Span | null)[] = [];
  for (let at = 0; at < payload.length; ) {
    const { span, next } = readLenencSpan(payload, at);
    spans.push(span);
    at = next;
  }
  return spans;
}

const fixedBytes = new Map<number, number>([
  [columnType.tiny, 1],
  [columnType.short, 2],
  [columnType.year, 2],
  [columnType.long, 4],
  [columnType.int24, 4],
  [columnType.float, 4],
  [columnType.longlong, 8],
  [columnType.double, 8],
]);

const prefixedTypes = new Set<number>([
  columnType.date,
  columnType.datetime,
  columnType.timestamp,
  columnType.time,
]);

/** Where each value of a binary row lies. */
export function binaryRowSpans(payload: Buffer, columns: readonly Column[]): (Span | null)[] {
  const bitmapBytes = (columns.length + 9) >> 3;
  let at = 1 + bitmapBytes;
  return columns.map(({ type }, index) => {
    const bit = index + 2;
    if ((payload[1 + (bit >> 3)]! >> (bit & 7)) & 1) return null;
    const fixed = fixedBytes.get(type);
    if (fixed === undefined && !prefixedTypes.has(type)) {
      const { span, next } = readLenencSpan(payload, at);
      at = next;
      return span;
    }
    const start = fixed === undefined ? at + 1 : at;
    const end = fixed === undefined ? start + payload[at]! : start + fixed;
    if (end > payload.length)
      throw new RangeError(`column ${index} runs past the packet's ${payload.length}`);
    at = end;
    return { start, end };
  });
}

const unsignedFlag = 32;

/** A binary value as readable text. */
export function binaryText(payload: Buffer, span: Span | null, column: Column): string | null {
  if (!span) return null;
  const { start, end } = span;
  const unsigned = (column.flags & unsignedFlag) !== 0;
  switch (column.type) {
    case columnType.tiny:
      return String(unsigned ? payload.readUInt8(start) : payload.readInt8(start));
    case columnType.short:
    case columnType.year:
      return String(unsigned ? payload.readUInt16LE(start) : payload.readInt16LE(start));
    case columnType.long:
    case columnType.int24:
      return String(unsigned ? payload.readUInt32LE(start) : payload.readInt32LE(start));
    case columnType.longlong:
      return String(unsigned ? payload.readBigUInt64LE(start) : payload.readBigInt64LE(start));
    case columnType.float:
      return String(payload.readFloatLE(start));
    case columnType.double:
      return String(payload.readDoubleLE(start));
    case columnType.time:
      return timeText(payload.subarray(start, end));
    default:
      return prefixedTypes.has(column.type)
        ? dateText(payload.subarray(start, end))
        : payload.toString('utf8', start, end);
  }
}

const two = (value: number): string => String(value).padStart(2, '0');

function dateText(bytes: Buffer): string {
  if (bytes.length === 0) return '0000-00-00 (empty)';
  const date = `${String(bytes.readUInt16LE(0)).padStart(4, '0')}-${two(bytes[2]!)}-${two(bytes[3]!)}`;
  if (bytes.length === 4) return date;
  const time = `${two(bytes[4]!)}:${two(bytes[5]!)}:${two(bytes[6]!)}`;
  return bytes.length === 7 ? `${date} ${time}` : `${date} ${time}.${fraction(bytes.readUInt32LE(7))}`;
}

function timeText(bytes: Buffer): string {
  if (bytes.length === 0) return '00:00:00 (empty)';
  const hours = bytes.readUInt32LE(1) * 24 + bytes[5]!;
  const time = `${bytes[0] ? '-' : ''}${two(hours)}:${two(bytes[6]!)}:${two(bytes[7]!)}`;
  return bytes.length === 8 ? time : `${time}.${fraction(bytes.readUInt32LE(8))}`;
}

const fraction = (micros: number): string => String(micros).padStart(6, '0');
