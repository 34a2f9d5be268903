/**
 * A value as the client wrote or bound it, before any column has converted it. What is compared and what is stored follow from
 * it and the column: `comparison-key.ts`, `stored-key.ts`.
 */

export type LiteralValue =
  | Readonly<{ kind: 'null' }>
  /** Digits that fit 64 bits, perhaps with a sign. TRUE and FALSE are 1 and 0. */
  | Readonly<{ kind: 'integer'; value: bigint }>
  /** With a point, or more digits than an integer holds; as written, sign included. */
  | Readonly<{ kind: 'decimal'; text: string }>
  /** With an exponent, or a bound FLOAT or DOUBLE; as written. */
  | Readonly<{ kind: 'float'; text: string }>
  /** Without quotes and escapes, in `charset`; `collation` where it is not the charset's default for the session. */
  | Readonly<{ kind: 'string'; bytes: Buffer; charset: string; collation: string | undefined }>
  /**
   * 0x41, x'41', b'1': a binary string, or a number where the context is one. With a charset it is a string; `collation` is
   * that of a user variable, which counts in comparisons as much as a column's.
   */
  | Readonly<{ kind: 'binary'; bytes: Buffer; charset: string | undefined; collation?: string }>
  /** DATE'…', TIME'…', TIMESTAMP'…', or such a bound value: its text. */
  | Readonly<{ kind: 'temporal'; type: 'date' | 'time' | 'datetime'; text: string }>
  /** An expression whose value only MySQL knows, such as -'5'. */
  | Readonly<{ kind: 'computed' }>;

/** What of the session decides how literals are compared and stored. */
export type ValueContext = Readonly<{
  /** Names in upper case. */
  sqlMode: ReadonlySet<string>;
  /** character_set_client: in which strings without introducer are written. */
  charset: string;
  /** collation_connection, with which they are compared where no column says another. */
  collation: string;
  /** The session's time zone as it was set; undefined for the servers' own. */
  timeZone: string | undefined;
  /** What the session has set for the moment of its statements (seconds); undefined, or 0: the clock's. */
  timestamp?: number | undefined;
  /** The session's user variables, where the statement has a session. */
  variables?: VariableValues;
}>;

/** What the user variables of a session hold. */
export interface VariableValues {
  /** By name in lower case: NULL where it was never set, `computed` where only its connection knows. */
  valueOf(name: string): LiteralValue;
}
