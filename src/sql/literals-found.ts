/** Where the extracted literals of one statement are: typed arrays that the next statement uses again. */
import { literalKind } from './literal-kind.ts';

/** What a slot stands for: a value of `literalKind`, or one of these. */
export const slotKind = {
  /** The elements of `IN (…)`: all text between its parentheses. */
  list: 0x20,
  /** Rows of as many elements each: `VALUES (…), (…)`, `IN ((…), (…))`; from the first `(` to behind the last `)`. */
  rows: 0x21,
} as const;

/** More elements than that are not noted: such a statement is not worth a cache. */
export const LITERALS_MAX = 1_000_000;

const SLOTS_AT_FIRST = 64;
const LITERALS_AT_FIRST = 256;
/** Arrays that a large statement made larger than this are not kept for the next one. */
const LITERALS_KEPT = 65_536;

/** A copy that stays as it is when the next statement is read. */
export type SlotTable = Readonly<{
  slotCount: number;
  slotKinds: Uint8Array;
  slotStarts: Int32Array;
  slotEnds: Int32Array;
  slotFirsts: Int32Array;
  slotColumns: Int32Array;
  literalCount: number;
  kinds: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
}>;

/**
 * Slots are the places of the key that stand for varying text, in its order: equal keys have equal slots. A slot is one
 * literal, or a list or rows of any number of them. `slotFirsts[s]` up to `slotFirsts[s + 1]` are its elements in
 * `kinds`, `starts` and `ends` (byte offsets into the statement's text).
 */
export class Literals {
  slotCount = 0;
  slotKinds = new Uint8Array(SLOTS_AT_FIRST);
  slotStarts = new Int32Array(SLOTS_AT_FIRST);
  slotEnds = new Int32Array(SLOTS_AT_FIRST);
  /** One longer than `slotCount`. */
  slotFirsts = new Int32Array(SLOTS_AT_FIRST);
  /** Elements per row of a slot of rows; else 0. */
  slotColumns = new Int32Array(SLOTS_AT_FIRST);

  literalCount = 0;
  /** `literalKind`, with `NEGATIVE` where a minus sign belongs to the element. */
  kinds = new Uint8Array(LITERALS_AT_FIRST);
  starts = new Int32Array(LITERALS_AT_FIRST);
  ends = new Int32Array(LITERALS_AT_FIRST);

  reset(): void {
    this.slotCount = 0;
    this.literalCount = 0;
    this.slotFirsts[0] = 0;
    if (this.kinds.length > LITERALS_KEPT) this.#resizeLiterals(LITERALS_AT_FIRST);
  }

  /** Elements of a slot. */
  elementCount(slot: number): number {
    return this.slotFirsts[slot + 1]! - this.slotFirsts[slot]!;
  }

  /** The first slot that has text in `start` to `end`, or -1: then that text is the same for all statements of the key. */
  slotWithin(start: number, end: number): number {
    let low = 0;
    let high = this.slotCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.slotEnds[middle]! <= start) low = middle + 1;
      else high = middle;
    }
    return low < this.slotCount && this.slotStarts[low]! < end ? low : -1;
  }

  /** A literal that is a slot of its own. */
  addScalar(kind: number, start: number, end: number): void {
    this.addElement(kind, start, end);
    this.addSlot(kind, start, end, 0);
  }

  /** Closes a slot over the elements added since the slot before. */
  addSlot(kind: number, start: number, end: number, columns: number): void {
    const slot = this.slotCount++;
    if (slot + 1 === this.slotKinds.length) this.#growSlots();
    this.slotKinds[slot] = kind;
    this.slotStarts[slot] = start;
    this.slotEnds[slot] = end;
    this.slotColumns[slot] = columns;
    this.slotFirsts[slot + 1] = this.literalCount;
  }

  addElement(kind: number, start: number, end: number): void {
    const index = this.literalCount++;
    if (index === this.kinds.length) this.#resizeLiterals(index * 2);
    this.kinds[index] = kind;
    this.starts[index] = start;
    this.ends[index] = end;
  }

  /** Forgets the elements that no slot was closed over. */
  dropOpenElements(): void {
    this.literalCount = this.slotFirsts[this.slotCount]!;
  }

  copy(): SlotTable {
    const slots = this.slotCount;
    const literals = this.literalCount;
    return {
      slotCount: slots,
      slotKinds: this.slotKinds.slice(0, slots),
      slotStarts: this.slotStarts.slice(0, slots),
      slotEnds: this.slotEnds.slice(0, slots),
      slotFirsts: this.slotFirsts.slice(0, slots + 1),
      slotColumns: this.slotColumns.slice(0, slots),
      literalCount: literals,
      kinds: this.kinds.slice(0, literals),
      starts: this.starts.slice(0, literals),
      ends: this.ends.slice(0, literals),
    };
  }

  #growSlots(): void {
    const length = this.slotKinds.length * 2;
    this.slotKinds = resizedBytes(this.slotKinds, length);
    this.slotStarts = resized(this.slotStarts, length);
    this.slotEnds = resized(this.slotEnds, length);
    this.slotFirsts = resized(this.slotFirsts, length);
    this.slotColumns = resized(this.slotColumns, length);
  }

  #resizeLiterals(length: number): void {
    this.kinds = resizedBytes(this.kinds, length);
    this.starts = resized(this.starts, length);
    this.ends = resized(this.ends, length);
  }
}

function resized(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from.subarray(0, length));
  return to;
}

function resizedBytes(from: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(length);
  to.set(from.subarray(0, length));
  return to;
}

/** Whether a slot is a single literal. */
export const isScalarSlot = (kind: number): boolean => kind <= literalKind.bit;
