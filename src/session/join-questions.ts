/** The texts of a join as questions to shards, in the protocol in which the client has asked. */
import { demand } from '../gateway/prepare-connection.ts';
import { command } from '../mysql/protocol.ts';
import { commandPacket } from '../wire/packets.ts';
import type { BoundParameter } from './bound-parameters.ts';
import type { CombinedRun } from './combined.ts';
import { executeContent } from './execute-values.ts';
import { sendAhead } from './long-data.ts';
import type { ShardQuestion } from './shard-reads.ts';
import type { Place } from './statement-place.ts';
import { prepareOnTablet } from './tablet-prepare.ts';
import { textPacket } from './text-packet.ts';

/** `parameters`: the values for the markers in the text, in their order. */
export function questionTo(
  { session, prepared }: CombinedRun,
  place: Place,
  text: Buffer,
  parameters: readonly BoundParameter[],
): ShardQuestion {
  if (prepared === undefined) {
    const packet = textPacket(text);
    return { place, packet: () => packet };
  }
  return {
    place,
    packet: async (connection) => {
      const { statementId } = await demand(prepareOnTablet(session, connection, text));
      sendAhead(connection, statementId, parameters);
      return commandPacket(command.stmtExecute, executeContent(statementId, parameters));
    },
    after: (connection, sent) =>
      connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9))),
  };
}
