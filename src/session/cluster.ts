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

/** A connection that a session holds. */
export type PinFacts = Readonly<{
  shard: string;
  type: string;
  tablet: string;
  /** The tablet's. */
  threadId: number;
  reasons: readonly string[];
  seconds: number;
}>;

/** A session as SHOW HEADGATE shows it. */
export type SessionFacts = Readonly<{
  router: number;
  process: Process;
  target: string;
  /** In words; empty for none. */
  transaction: string;
  pins: readonly PinFacts[];
}>;

/** A live router, as it has announced itself. */
export type RouterFacts = Readonly<{
  number: number;
  host: string;
  port: number;
  adminUrl: string;
  pid: number;
  startedAt: string;
  isThis: boolean;
}>;

export interface Cluster {
  /**
   * Interrupts the statement of a connection, or ends the whole. Rejects with ER_NO_SUCH_THREAD, ER_KILL_DENIED_ERROR, or
   * HG_ROUTER_SILENT where the router of the connection does not answer.
   */
  kill(id: number, queryOnly: boolean, asker: Asker): Promise<void>;
  /** By id. Never rejects. */
  processes(asker: Asker): Promise<Gathered<Process>>;
  /** By id. Never rejects. */
  sessions(asker: Asker): Promise<Gathered<SessionFacts>>;
  /** By number. Rejects with HG_TOPOLOGY while etcd does not answer. */
  routers(): Promise<readonly RouterFacts[]>;
}
