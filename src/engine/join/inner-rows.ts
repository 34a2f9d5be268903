/** Inner rows that are kept until their batch is looked up: by key, in the order in which they came. */
const FIRST_BYTES = 16 * 1024;
const KEPT_BYTES_MAX = 1024 * 1024;
/** What the lists take for a row. */
const ROW_BYTES = 32;

export class InnerRows {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  readonly starts: number[] = [0];
  /** By row: the next one with the same key, or -1. */
  readonly next: number[] = [];
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  #length = 0;

  /** About what it takes in memory. */
  get sizeBytes(): number {
    return this.#length + ROW_BYTES * this.next.length;
  }

  /** The first row of a key, or -1. */
  firstOf(key: number): number {
    return this.#first[key] ?? -1;
  }

  add(key: number, bytes: Buffer, at: number, end: number): void {
    const wanted = this.#length + end - at;
    if (wanted > this.bytes.length) {
      const grown = Buffer.allocUnsafe(2 * wanted);
      this.bytes.copy(grown, 0, 0, this.#length);
      this.bytes = grown;
    }
    bytes.copy(this.bytes, this.#length, at, end);
    const row = this.next.length;
    this.#length = wanted;
    this.starts.push(wanted);
    this.next.push(-1);
    const last = this.#last[key] ?? -1;
    if (last < 0) this.#first[key] = row;
    else this.next[last] = row;
    this.#last[key] = row;
  }

  /** Begins anew for so many keys. */
  clear(keyCount: number): void {
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = Buffer.allocUnsafe(FIRST_BYTES);
    this.#length = 0;
    this.starts.length = 1;
    this.next.length = 0;
    this.#first.length = 0;
    this.#last.length = 0;
    for (let key = 0; key < keyCount; key++) {
      this.#first.push(-1);
      this.#last.push(-1);
    }
  }
}
