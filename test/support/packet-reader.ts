/** One packet as it stood on the wire; a payload of 16 MB - 1 continues in the next one. */
export type Packet = { readonly sequence: number; readonly payload: Buffer };

/** Cuts a byte stream into packets; gathers chunks so that a 40 MB row is not copied over and over. */
export class PacketReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Bytes of a packet that is not complete yet. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  next(): Packet | undefined {
    if (this.#bytes < 4) return undefined;
    const header = this.#front(4);
    const length = header.readUIntLE(0, 3);
    if (this.#bytes < 4 + length) return undefined;
    const whole = this.#front(4 + length);
    this.#drop(4 + length);
    return { sequence: whole[3]!, payload: whole.subarray(4, 4 + length) };
  }

  /** Everything unread, raw: what follows the SSLRequest's answer, for instance. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    return rest;
  }

  #front(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #drop(bytes: number): void {
    this.#bytes -= bytes;
    const rest = this.#chunks[0]!.subarray(bytes);
    if (rest.length > 0) this.#chunks[0] = rest;
    else this.#chunks.shift();
  }
}

/** Joins continued packets into one payload each. */
export function joinContinued(packets: readonly Packet[]): Buffer[] {
  const joined: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const { payload } of packets) {
    parts.push(payload);
    if (payload.length < 0xff_ff_ff) {
      joined.push(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
      parts = [];
    }
  }
  return joined;
}
