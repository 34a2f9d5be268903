import { catalogue, type ErrorName } from './catalogue.ts';

/** What is known beyond the catalogue's sentence; `detail` says what, where, and (if it differs) what to do. */
export type ErrorContext = {
  keyspace?: string;
  shard?: string;
  tablet?: string;
  detail?: string;
  /** Replaces the catalogue's message: for errors whose text must be MySQL's own, word for word. */
  message?: string;
  cause?: unknown;
};

/**
 * Every error a client can see that does not come from a tablet.
 * Number and state are data; the text is only for people and is never parsed.
 */
export class HeadgateError extends Error {
  override readonly name = 'HeadgateError';
  readonly code: ErrorName;
  readonly errno: number;
  readonly sqlState: string;
  readonly retryable: boolean;
  readonly advice: string;
  readonly context: Omit<ErrorContext, 'cause' | 'message'>;

  constructor(code: ErrorName, { cause, message, ...context }: ErrorContext = {}) {
    const entry = catalogue[code];
    super(message ?? (context.detail ? `${entry.message}: ${context.detail}` : entry.message), { cause });
    this.code = code;
    this.errno = entry.errno;
    this.sqlState = entry.sqlState;
    this.retryable = entry.retryable;
    this.advice = entry.advice;
    this.context = context;
  }
}

/** The message of anything thrown, for logs and for wrapping. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
