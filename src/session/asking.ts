/** How texts that a plan has made are asked of tablets: as text, or executed with parameters, by the way in which the client asks. */
import type { RowProtocol } from '../engine/rows/formats.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { command } from '../mysql/protocol.ts';
import { commandPacket } from '../wire/packets.ts';
import type { BoundParameter } from './bound-parameters.ts';
import { executeContent } from './execute-values.ts';
import { sendAhead } from './long-data.ts';
import type { Session } from './session.ts';
import type { ShardQuestion } from './shard-reads.ts';
import { prepareOnTablet } from './tablet-prepare.ts';
import { textPacket } from './text-packet.ts';

export type Asked = Omit<ShardQuestion, 'place'> & Readonly<{ protocol: RowProtocol }>;

/** `markers`: which parameters the text's markers stand for. */
export type Asking = (text: Buffer, markers: readonly number[]) => Asked;

/** Of a statement that is a text itself. */
export function asText(text: Buffer): Asked {
  const packet = textPacket(text);
  return { protocol: 'text', packet: () => packet };
}

/**
 * Prepared and executed with the values, and forgotten. `onWarnings` is told what SHOW WARNINGS says of the PREPARE, which EXECUTE does not
 * repeat: what MySQL finds in the text itself.
 */
export function asExecute(
  session: Session,
  text: Buffer,
  bound: readonly BoundParameter[],
  onWarnings?: (rows: readonly Buffer[]) => void,
): Asked {
  return {
    protocol: 'binary',
    packet: async (connection: BackendConnection) => {
      const { statementId, warnings } = await demand(prepareOnTablet(session, connection, text));
      if (warnings > 0 && onWarnings !== undefined)
        onWarnings((await demand(connection.query('SHOW WARNINGS'))).rows);
      sendAhead(connection, statementId, bound);
      return commandPacket(command.stmtExecute, executeContent(statementId, bound));
    },
    after: (connection, sent) =>
      connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9))),
  };
}

/** Prepared and executed with a cursor; closing the statement is the asker's. */
export function asCursor(session: Session, text: Buffer, bound: readonly BoundParameter[]): Asked {
  return {
    protocol: 'binary',
    packet: async (connection: BackendConnection) => {
      const { statementId } = await demand(prepareOnTablet(session, connection, text));
      sendAhead(connection, statementId, bound);
      return commandPacket(command.stmtExecute, executeContent(statementId, bound, true));
    },
  };
}
