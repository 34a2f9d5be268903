/** The last minute of a vector of counters: what was added since then, and over how many seconds. */
export class RateWindow {
  readonly #slots: Float64Array[];
  readonly #takenAtMs: Float64Array;
  #taken = 0;

  constructor(width: number, slots: number, nowMs: number) {
    this.#slots = Array.from({ length: slots }, () => new Float64Array(width));
    this.#takenAtMs = new Float64Array(slots);
    this.record(new Float64Array(width), nowMs);
  }

  /** Keeps a copy of the counters as they stand now; the oldest copy makes room. */
  record(counters: Float64Array, nowMs: number): void {
    const slot = this.#taken++ % this.#slots.length;
    this.#slots[slot]!.set(counters);
    this.#takenAtMs[slot] = nowMs;
  }

  /** What was added since the newest copy that is at least `seconds` old (or the oldest there is). */
  added(counters: Float64Array, seconds: number, nowMs: number): { added: Float64Array; seconds: number } {
    const oldest = Math.max(0, this.#taken - this.#slots.length);
    let at = this.#taken - 1;
    while (at > oldest && nowMs - this.#takenAtMs[at % this.#slots.length]! < seconds * 1000) at--;
    const before = this.#slots[at % this.#slots.length]!;
    const elapsedMs = nowMs - this.#takenAtMs[at % this.#slots.length]!;
    return { added: counters.map((count, index) => count - before[index]!), seconds: elapsedMs / 1000 };
  }

  /** What one counter gained per second between the copies, oldest first. */
  history(index: number): number[] {
    const rates: number[] = [];
    for (let at = Math.max(0, this.#taken - this.#slots.length) + 1; at < this.#taken; at++) {
      const [before, after] = [(at - 1) % this.#slots.length, at % this.#slots.length];
      const seconds = (this.#takenAtMs[after]! - this.#takenAtMs[before]!) / 1000;
      const gained = this.#slots[after]![index]! - this.#slots[before]![index]!;
      rates.push(seconds > 0 ? gained / seconds : 0);
    }
    return rates;
  }
}
