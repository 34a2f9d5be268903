/**
 * Query attributes (CLIENT_QUERY_ATTRIBUTES): named values beside the text of COM_QUERY and the parameters of COM_STMT_EXECUTE. Who has
 * negotiated them sends both commands in another form; here they are brought from one form to the other.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { columnType, command } from '../mysql/protocol.ts';
import { lenencInteger, lenencString } from './lenenc.ts';
import { commandPacket } from './packets.ts';
import { PayloadReader } from './payload-reader.ts';

/** `type`: two bytes as on the wire; `value`: the binary protocol's bytes, none of NULL. */
export type QueryAttribute = Readonly<{ type: Buffer; name: Buffer; isNull: boolean; value: Buffer }>;

/** A command in the form without attributes, and those that came with it. */
export type Attributed = Readonly<{ packet: Buffer; attributes: readonly QueryAttribute[] }>;

const CONTENT_AT = 5;
/** Of EXECUTE: flags, then one count of iterations, then parameters. */
const FLAGS_AT = 9;
const PARAMETERS_AT = 14;
/** PARAMETER_COUNT_AVAILABLE among the flags of EXECUTE. */
const HAS_COUNT = 8;
const none: readonly QueryAttribute[] = [];
const NO_ATTRIBUTES = Buffer.from([0, 1]);
const one = Buffer.from([1]);
const noName = Buffer.from([0]);
const nothing = Buffer.alloc(0);

/** COM_QUERY as a client with attributes sends it. The packet given is used up. Raises 1835. */
export function takeFromQuery(packet: Buffer): Attributed {
  if (packet[CONTENT_AT] === 0 && packet[CONTENT_AT + 1] === 1)
    return { packet: shortened(packet, 2), attributes: none };
  const reader = new PayloadReader(packet, CONTENT_AT);
  const count = reader.lenenc('the number of attributes');
  if (reader.lenenc('the number of attribute sets') !== 1) throw malformed('several sets of attributes');
  if (count === 0) return { packet: shortened(packet, reader.position - CONTENT_AT), attributes: none };
  const nulls = nullBits(reader, count);
  if (reader.uint8('a flag') !== 1) throw malformed('attributes without types');
  const declared = declarations(reader, count);
  const attributes = declared.map((one, at) => withValue(reader, one, nulls(at)));
  return { packet: shortened(packet, reader.position - CONTENT_AT), attributes };
}

/**
 * COM_STMT_EXECUTE as a client with attributes sends it, of a statement with so many parameters. `isAhead`: whether a parameter (of a type) has no
 * value in the packet because its data came before. Raises 1835, 1210.
 */
export function takeFromExecute(
  packet: Buffer,
  parameterCount: number,
  isAhead: (index: number, type: number) => boolean,
): Attributed {
  if (packet.length < PARAMETERS_AT) throw malformed('no flags');
  // A statement with parameters brings the count in any case: mysql-connector-python does so without the flag.
  if (parameterCount === 0 && (packet[FLAGS_AT]! & HAS_COUNT) === 0) return { packet, attributes: none };
  const reader = new PayloadReader(packet, PARAMETERS_AT);
  const count = reader.lenenc('the number of parameters');
  if (count < parameterCount) throw wrongArguments();
  const head = packet.subarray(CONTENT_AT, PARAMETERS_AT);
  if (count === 0) return { packet: commandPacket(command.stmtExecute, head), attributes: none };
  const nulls = nullBits(reader, count);
  const hasTypes = reader.uint8('a flag') === 1;
  if (!hasTypes && count > parameterCount) throw malformed('attributes without types');
  const declared = hasTypes ? declarations(reader, count) : [];
  const start = reader.position;
  const own = declared.slice(0, parameterCount);
  let end = packet.length;
  if (count > parameterCount) {
    for (const [at, one] of own.entries()) if (!isAhead(at, one.type[0]!)) withValue(reader, one, nulls(at));
    end = reader.position;
  }
  const attributes = declared
    .slice(parameterCount)
    .map((one, at) => withValue(reader, one, nulls(parameterCount + at)));
  const content = [head];
  if (parameterCount > 0) {
    content.push(bitsOf(own.length > 0 ? own.map((_, at) => nulls(at)) : range(parameterCount).map(nulls)));
    content.push(
      Buffer.from([hasTypes ? 1 : 0]),
      ...own.map(({ type }) => type),
      packet.subarray(start, end),
    );
  }
  return { packet: commandPacket(command.stmtExecute, Buffer.concat(content)), attributes };
}

/** COM_QUERY for a server with which attributes are negotiated. */
export function queryWith(packet: Buffer, attributes: readonly QueryAttribute[]): Buffer {
  const block =
    attributes.length === 0
      ? [NO_ATTRIBUTES]
      : [lenencInteger(attributes.length), one, ...blockOf([], attributes)];
  return commandPacket(command.query, Buffer.concat([...block, packet.subarray(CONTENT_AT)]));
}

/** COM_STMT_EXECUTE for such a server. `types` are two bytes each of the statement's parameters: the packet's own, or those that were bound last. */
export function executeWith(
  packet: Buffer,
  parameterCount: number,
  types: Buffer | undefined,
  attributes: readonly QueryAttribute[],
): Buffer {
  const head = Buffer.from(packet.subarray(CONTENT_AT, PARAMETERS_AT));
  head[FLAGS_AT - CONTENT_AT]! |= HAS_COUNT;
  const count = lenencInteger(parameterCount + attributes.length);
  if (parameterCount + attributes.length === 0)
    return commandPacket(command.stmtExecute, Buffer.concat([head, count]));
  const flag = PARAMETERS_AT + ((parameterCount + 7) >> 3);
  const values = parameterCount === 0 ? nothing : packet.subarray(valuesAt(packet, parameterCount));
  const nulls = range(parameterCount).map(
    (at) => (packet[PARAMETERS_AT + (at >> 3)]! & (1 << (at & 7))) !== 0,
  );
  if (parameterCount > 0 && (packet.length <= flag || types === undefined))
    return commandPacket(command.stmtExecute, Buffer.concat([head, count, packet.subarray(PARAMETERS_AT)]));
  const parameters = range(parameterCount).map((at) => types!.subarray(2 * at, 2 * at + 2));
  return commandPacket(
    command.stmtExecute,
    Buffer.concat([head, count, ...blockOf(parameters, attributes, nulls, values)]),
  );
}

/** The parameter types that an EXECUTE without attributes brings; undefined: none. */
export function typesIn(packet: Buffer, parameterCount: number): Buffer | undefined {
  const flag = PARAMETERS_AT + ((parameterCount + 7) >> 3);
  if (parameterCount === 0 || packet[flag] !== 1 || packet.length < flag + 1 + 2 * parameterCount)
    return undefined;
  return Buffer.from(packet.subarray(flag + 1, flag + 1 + 2 * parameterCount));
}

function valuesAt(packet: Buffer, parameterCount: number): number {
  const flag = PARAMETERS_AT + ((parameterCount + 7) >> 3);
  return packet[flag] === 1 ? flag + 1 + 2 * parameterCount : flag + 1;
}

/** NULL bits, types with names, values: of parameters, which have no names, and of attributes. */
function blockOf(
  types: readonly Buffer[],
  attributes: readonly QueryAttribute[],
  nulls: readonly boolean[] = [],
  values: Buffer = nothing,
): Buffer[] {
  return [
    bitsOf([...nulls, ...attributes.map(({ isNull }) => isNull)]),
    one,
    ...types.flatMap((type) => [type, noName]),
    ...attributes.flatMap(({ type, name }) => [type, lenencString(name)]),
    values,
    ...attributes.map(({ value }) => value),
  ];
}

/** A packet without the first bytes of its content, in the same memory. */
function shortened(packet: Buffer, bytes: number): Buffer {
  const code = packet[4]!;
  const sequence = packet[3]!;
  const rest = packet.subarray(bytes);
  rest.writeUIntLE(Math.min(rest.length - 4, 0xff_ff_ff), 0, 3);
  rest[3] = sequence;
  rest[4] = code;
  return rest;
}

type Declared = Readonly<{ type: Buffer; name: Buffer }>;

function declarations(reader: PayloadReader, count: number): Declared[] {
  const declared: Declared[] = [];
  for (let at = 0; at < count; at++) {
    const type = Buffer.from(reader.bytes(2, 'a type'));
    declared.push({ type, name: Buffer.from(reader.lenencString('a name')) });
  }
  return declared;
}

function nullBits(reader: PayloadReader, count: number): (at: number) => boolean {
  const bits = reader.bytes((count + 7) >> 3, 'the NULL bits');
  return (at) => (bits[at >> 3]! & (1 << (at & 7))) !== 0;
}

function bitsOf(flags: readonly boolean[]): Buffer {
  const bits = Buffer.alloc((flags.length + 7) >> 3);
  for (const [at, flag] of flags.entries()) if (flag) bits[at >> 3]! |= 1 << (at & 7);
  return bits;
}

/** Reads the value that follows; its bytes are copied, because the packet's memory is used again. */
function withValue(reader: PayloadReader, { type, name }: Declared, isNull: boolean): QueryAttribute {
  if (isNull || type[0] === columnType.null) return { type, name, isNull: true, value: nothing };
  return { type, name, isNull: false, value: Buffer.from(valueBytes(reader, type[0]!)) };
}

const what = 'a value';

function valueBytes(reader: PayloadReader, type: number): Buffer {
  switch (type) {
    case columnType.tiny:
      return reader.bytes(1, what);
    case columnType.short:
    case columnType.year:
      return reader.bytes(2, what);
    case columnType.long:
    case columnType.int24:
    case columnType.float:
      return reader.bytes(4, what);
    case columnType.longlong:
    case columnType.double:
      return reader.bytes(8, what);
    case columnType.date:
    case columnType.datetime:
    case columnType.timestamp:
    case columnType.time: {
      const length = reader.uint8(what);
      return Buffer.concat([Buffer.from([length]), reader.bytes(length, what)]);
    }
    default:
      return lenencString(reader.lenencString(what));
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

const malformed = (detail: string): HeadgateError => new HeadgateError('ER_MALFORMED_PACKET', { detail });

const wrongArguments = (): HeadgateError =>
  new HeadgateError('ER_WRONG_ARGUMENTS', { message: 'Incorrect arguments to COM_STMT_EXECUTE' });
