import type { BackendConnection } from '../gateway/backend-connection.ts';
import { columnType, command } from '../mysql/protocol.ts';
import { commandPacket } from '../wire/packets.ts';

const PIECE_BYTES = 256;

/** The types for which MySQL reads no value from EXECUTE where data came ahead; for the others it reads one and does not use it. */
export const takesLongData = (type: number): boolean =>
  type >= columnType.tinyBlob && type <= columnType.string;

/**
 * Data that a client sent ahead for one EXECUTE (COM_STMT_SEND_LONG_DATA). It waits here, since only EXECUTE shows where it is wanted: on any
 * connection, or on several.
 */
export class LongData {
  /** As they came. */
  readonly #pieces: { parameter: number; bytes: Buffer }[] = [];
  /** In bytes, with what it costs to keep each piece. */
  size = 0;
  /** EXECUTE has come: what comes now is for the next one. */
  used = false;

  /** Returns by how much the size has grown. */
  add(parameter: number, bytes: Buffer): number {
    this.#pieces.push({ parameter, bytes });
    const added = bytes.length + PIECE_BYTES;
    this.size += added;
    return added;
  }

  /** A parameter's pieces; undefined for one that has none. */
  piecesOf(parameter: number): Buffer[] | undefined {
    const pieces = this.#pieces.filter((piece) => piece.parameter === parameter);
    return pieces.length === 0 ? undefined : pieces.map(({ bytes }) => bytes);
  }

  /** Sends it to a tablet's statement, whose next EXECUTE uses it up. */
  sendTo(connection: BackendConnection, statementId: number): void {
    for (const { parameter, bytes } of this.#pieces) sendPiece(connection, statementId, parameter, bytes);
  }
}

/** The same for some of the parameters, which a tablet's statement has in another order. */
export function sendAhead(
  connection: BackendConnection,
  statementId: number,
  parameters: readonly Readonly<{ ahead: readonly Buffer[] | undefined }>[],
): void {
  for (const [at, { ahead }] of parameters.entries())
    for (const bytes of ahead ?? []) sendPiece(connection, statementId, at, bytes);
}

function sendPiece(
  connection: BackendConnection,
  statementId: number,
  parameter: number,
  bytes: Buffer,
): void {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(statementId, 0);
  head.writeUInt16LE(parameter, 4);
  connection.sendSilently(commandPacket(command.stmtSendLongData, Buffer.concat([head, bytes])));
}
