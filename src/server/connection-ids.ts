/**
 * Connection ids as clients see them: router (8 bits), worker (5), counter (18), so that KILL can find a connection from
 * anywhere in the cluster. The highest bit stays 0: some clients read ids as signed numbers, and send them back so.
 */
const COUNTER_BITS = 18;
const WORKER_BITS = 5;
const COUNTER_MAX = (1 << COUNTER_BITS) - 1;

export class ConnectionIds {
  /** Leased in etcd; 0 until it is known. */
  routerNumber = 0;
  readonly #workerNumber: number;
  readonly #taken: (id: number) => boolean;
  #counter = 0;

  constructor(workerNumber: number, taken: (id: number) => boolean) {
    this.#workerNumber = workerNumber;
    this.#taken = taken;
  }

  /** An id that no open connection of this router has. */
  next(): number {
    for (;;) {
      this.#counter = this.#counter === COUNTER_MAX ? 1 : this.#counter + 1;
      const prefix = this.routerNumber * (1 << WORKER_BITS) + this.#workerNumber;
      const id = prefix * (1 << COUNTER_BITS) + this.#counter;
      if (!this.#taken(id)) return id;
    }
  }
}

/** Number of the router that gave the id; 0: it had none then. */
export const routerOf = (id: number): number => id >>> (WORKER_BITS + COUNTER_BITS);
