/** Where frames to a client are cut: at the ends of packets, but for packets that are too long to be kept. */

const HEADER_BYTES = 4;
/** A longer packet goes out as its parts come. */
const PACKET_BYTES_MAX = 4 * 1024 * 1024;

export class PacketBorders {
  /** How much of the packet there must be before there is anything to be cut; 0 at the end of a packet. */
  wanted = 0;
  /** What is still to come of a packet whose first part went out. */
  #left = 0;

  /** Ends of the frames in bytes that follow those cut before; what is behind the last end has to be given again, with more. */
  framesOf(bytes: Buffer, frameBytesMax: number): number[] {
    const ends: number[] = [];
    let start = 0;
    let border = 0;
    this.wanted = 0;
    const cutAt = (end: number) => {
      if (end > start) ends.push(end);
      start = end;
    };
    for (;;) {
      const end = this.#packetEnd(bytes, border);
      if (end > bytes.length) {
        cutAt(border);
        if (end - border > PACKET_BYTES_MAX && bytes.length > border + HEADER_BYTES) {
          this.#left = end - bytes.length;
          cutAt(bytes.length);
        } else this.wanted = border === bytes.length ? 0 : Math.min(end - border, PACKET_BYTES_MAX);
        return ends;
      }
      this.#left = 0;
      if (end - start > frameBytesMax) cutAt(border);
      border = end;
    }
  }

  /** Of the packet that begins at a border, or goes on there. */
  #packetEnd(bytes: Buffer, border: number): number {
    if (this.#left > 0) return border + this.#left;
    return border + HEADER_BYTES + (bytes.length < border + HEADER_BYTES ? 0 : bytes.readUIntLE(border, 3));
  }
}
