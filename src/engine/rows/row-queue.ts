/**
 * Rows kept in the order in which they came, in few large buffers. A row stays where it was put until the next one is taken, so
 * the head can be looked at in place.
 */
const CHUNK_BYTES = 64 * 1024;
/** Most results are short, and large buffers are dear: the first ones are small. */
const FIRST_CHUNK_BYTES = 1024;
const CHUNK_GROWTH = 4;
const LENGTH_BYTES = 4;
/** Chunks that are kept for the next rows. */
const SPARE_MAX = 2;

type Chunk = { readonly bytes: Buffer; written: number };

export class RowQueue {
  readonly #chunks: Chunk[] = [];
  readonly #spare: Chunk[] = [];
  #first = 0;
  #at = 0;
  #nextBytes = FIRST_CHUNK_BYTES;
  /** Bytes of the rows that wait, their lengths included; the head counts until it is dropped. */
  queuedBytes = 0;
  /** The head row: valid while `hasHead`. */
  bytes: Buffer = empty;
  start = 0;
  end = 0;
  hasHead = false;

  /** Copies a row to the end. */
  push(bytes: Buffer, at: number, end: number): void {
    const size = end - at + LENGTH_BYTES;
    const chunk = this.#chunkFor(size);
    chunk.bytes.writeUInt32LE(end - at, chunk.written);
    bytes.copy(chunk.bytes, chunk.written + LENGTH_BYTES, at, end);
    chunk.written += size;
    this.queuedBytes += size;
    if (!this.hasHead) this.#findHead();
  }

  /** Drops the head; the next row becomes the head, if there is one. */
  shift(): void {
    this.queuedBytes -= this.end - this.start + LENGTH_BYTES;
    this.#at = this.end;
    this.#findHead();
  }

  #findHead(): void {
    let chunk = this.#chunks[this.#first];
    while (chunk !== undefined && this.#at === chunk.written) {
      if (this.#isLast(chunk)) {
        chunk.written = 0;
        this.#at = 0;
        this.hasHead = false;
        return;
      }
      this.#drop(chunk);
      chunk = this.#chunks[this.#first];
    }
    this.hasHead = chunk !== undefined;
    if (chunk === undefined) return;
    this.bytes = chunk.bytes;
    this.start = this.#at + LENGTH_BYTES;
    this.end = this.start + chunk.bytes.readUInt32LE(this.#at);
  }

  /** Whether a chunk is the only one and worth filling again. */
  #isLast(chunk: Chunk): boolean {
    return this.#first === this.#chunks.length - 1 && chunk.bytes.length <= CHUNK_BYTES;
  }

  /** A chunk is read to its end. */
  #drop(chunk: Chunk): void {
    this.#at = 0;
    chunk.written = 0;
    this.#first++;
    if (chunk.bytes.length === CHUNK_BYTES && this.#spare.length < SPARE_MAX) this.#spare.push(chunk);
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#first = 0;
    } else if (this.#first > 64) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #chunkFor(size: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.bytes.length - last.written >= size) return last;
    const spare = size <= CHUNK_BYTES ? this.#spare.pop() : undefined;
    if (spare !== undefined) {
      this.#chunks.push(spare);
      return spare;
    }
    const chunk = { bytes: Buffer.allocUnsafe(Math.max(size, this.#nextBytes)), written: 0 };
    this.#nextBytes = Math.min(CHUNK_BYTES, this.#nextBytes * CHUNK_GROWTH);
    this.#chunks.push(chunk);
    return chunk;
  }
}

const empty = Buffer.alloc(0);
