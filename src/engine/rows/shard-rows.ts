import type { BackendConnection, CommandOptions } from '../../gateway/backend-connection.ts';
import { capability } from '../../mysql/protocol.ts';
import type { RowProducer } from '../row-stream.ts';
import { RowReader, type RowReaderOwner } from './row-reader.ts';

/** The answer is read here, not passed on: neither statement ids nor sequence numbers are anybody else's. */
const options: CommandOptions = {
  kind: 'result',
  clientSequence: 1,
  addStatus: 0,
  clientCapabilities: capability.sessionTrack,
  statementId: 0,
};

/**
 * The rows of a query on a connection that the caller has leased and that is idle. `packet` is the command as
 * `BackendConnection.send` takes it; it is sent when the producer is started. `owner` learns when the connection is free again.
 */
export const shardRows =
  (connection: BackendConnection, packet: Buffer, owner: RowReaderOwner): RowProducer =>
  (sink) => {
    const reader = new RowReader(sink, connection, connection.deprecateEof, owner);
    connection.send(packet, options, reader);
    return reader;
  };
