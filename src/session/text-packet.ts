import { command } from '../mysql/protocol.ts';
import { frame } from '../wire/packets.ts';

/** A COM_QUERY packet of a text. */
export const textPacket = (text: Buffer): Buffer =>
  frame(Buffer.concat([Buffer.from([command.query]), text]), 0);
