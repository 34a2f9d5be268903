/** How long the statement in progress may take: by its directive, else by the configuration. At the end it is stopped on its tablets. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { StatementKind, StatementScan } from '../sql/statement.ts';
import type { ServerError } from '../wire/err-packet.ts';
import type { Session } from './session.ts';

/** The configuration's limit is for these; definitions, COMMIT and files have their own time. */
const limited: ReadonlySet<StatementKind> = new Set([
  'select',
  'table',
  'values',
  'insert',
  'replace',
  'update',
  'delete',
  'call',
]);

const ERRNO_QUERY_INTERRUPTED = 1317;
/** What runs then may be a step of the statement's preparation: whatever follows it is stopped too. */
const AGAIN_MS = 100;

export class Deadline {
  /** The statement in progress was stopped. */
  expired = false;
  readonly #session: Session;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  begin({ kind, directives }: StatementScan): void {
    const { queryMsMax } = this.#session.services.limits;
    const ms = directives?.queryTimeoutMs ?? (queryMsMax > 0 && limited.has(kind) ? queryMsMax : 0);
    if (ms > 0 && this.#timer === undefined) this.#wait(ms);
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.expired = false;
  }

  /** An interruption that was ours is told as MySQL tells that of max_execution_time. */
  told(error: ServerError): ServerError {
    if (!this.expired || error.errno !== ERRNO_QUERY_INTERRUPTED) return error;
    this.#session.diagnostics.failedWith(undefined);
    return new HeadgateError('ER_QUERY_TIMEOUT');
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.expired = true;
      this.#session.kill(true);
      this.#wait(AGAIN_MS);
    }, ms);
  }
}
