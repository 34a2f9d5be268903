export type PoolLimits = Readonly<{
  connectionsMax: number;
  waitMsMax: number;
  waitersMax: number;
  idleMsMax: number;
  statementsMax: number;
  statementsPercentMax: number;
  /** Of the pool for temporary tables, beside this one. */
  scratchConnectionsMax: number;
  /** The configuration's name for `connectionsMax`, for messages; undefined: its usual one. */
  connectionsKey?: string;
}>;

/** Connections that there are, those that are not idle (with those being reset), and who waits for one. */
export type PoolCounts = Readonly<{ open: number; leased: number; waiting: number; resetting: number }>;
