/**
 * How many prepared statements the connections to one tablet may keep. The tablet counts those of all its clients together
 * (max_prepared_stmt_count): the router takes its share of that and no more, however many connections it has.
 */
export class StatementBudget {
  readonly perConnectionMax: number;
  readonly #percentMax: number;
  /** Kept on all connections. */
  open = 0;
  /** Closed to make room for others, since the start. */
  evicted = 0;
  /** How often the tablet had no room (1461), since the start. */
  refused = 0;
  /** Until the tablet has been asked. */
  #max = Number.POSITIVE_INFINITY;

  /** `percentMax`: of what the tablet allows. */
  constructor(perConnectionMax: number, percentMax: number) {
    this.perConnectionMax = perConnectionMax;
    this.#percentMax = percentMax;
  }

  /** Takes the tablet's `max_prepared_stmt_count`. */
  learn(tabletMax: number): void {
    this.#max = Math.floor((tabletMax * this.#percentMax) / 100);
  }

  get isExceeded(): boolean {
    return this.open > this.#max;
  }
}
