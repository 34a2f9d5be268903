import { command } from '../mysql/protocol.ts';
import { commandPacket } from '../wire/packets.ts';

/** A COM_QUERY packet of a text. */
export const textPacket = (text: Buffer): Buffer => commandPacket(command.query, text);
