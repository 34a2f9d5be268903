/** The sessions of all routers of the cluster, as one session may see and reach them. */

/** Who asks: administrators reach all sessions, others their own user's. */
export type Asker = Readonly<{ userName: string; isAdmin: boolean }>;

/** A row of the process list. */
export type Process = Readonly<{
  id: number;
  user: string;
  host: string;
  database: string | null;
  command: string;
  seconds: number;
  state: string;
  info: string | null;
}>;

/** What the routers have answered; `missing` says in words which have not, and why. */
export type Gathered<T> = Readonly<{ rows: readonly T[]; missing: readonly string[] }>;

export interface Cluster {
  /**
   * Interrupts the statement of a connection, or ends the whole. Rejects with ER_NO_SUCH_THREAD, ER_KILL_DENIED_ERROR, or
   * HG_ROUTER_SILENT where the router of the connection does not answer.
   */
  kill(id: number, queryOnly: boolean, asker: Asker): Promise<void>;
  /** By id. Never rejects. */
  processes(asker: Asker): Promise<Gathered<Process>>;
}
