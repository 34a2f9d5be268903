/**
 * The numbers in the client's file of the rows that one shard got, in order: MySQL's messages name rows by them. A byte for most rows.
 */

/** A number kept in full for each so many rows. */
const STRIDE = 4096;
/** In place of a step of 255 or more, behind which it stands in four bytes. */
const LONG = 255;

export class RowNumbers {
  /** Rows that were added. */
  length = 0;
  readonly #bytesMax: number;
  #steps = Buffer.allocUnsafe(STRIDE);
  #used = 0;
  #last = 0;
  /** For each STRIDE rows: the number before the first of them, and where its step stands. */
  readonly #marks: { number: number; at: number }[] = [];
  #known = 0;

  /** What is beyond `bytesMax` bytes is forgotten. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The next row's number, from 1; larger than those before. */
  push(number: number): void {
    this.length++;
    if (this.#used + 5 > this.#bytesMax) return;
    if (this.#known % STRIDE === 0) this.#marks.push({ number: this.#last, at: this.#used });
    this.#known++;
    if (this.#used + 5 > this.#steps.length)
      this.#steps = Buffer.concat([this.#steps, Buffer.allocUnsafe(this.#steps.length)]);
    const step = number - this.#last;
    this.#last = number;
    if (step < LONG) {
      this.#steps[this.#used++] = step;
      return;
    }
    this.#steps[this.#used] = LONG;
    this.#steps.writeUInt32LE(step, this.#used + 1);
    this.#used += 5;
  }

  /** The number of the row at a position from 0; undefined for one that was not added, or is forgotten. */
  at(position: number): number | undefined {
    if (position < 0 || position >= this.#known) return undefined;
    const mark = this.#marks[Math.floor(position / STRIDE)]!;
    let { number, at } = mark;
    for (let row = position - (position % STRIDE); row <= position; row++) {
      const step = this.#steps[at]!;
      number += step === LONG ? this.#steps.readUInt32LE(at + 1) : step;
      at += step === LONG ? 5 : 1;
    }
    return number;
  }
}
