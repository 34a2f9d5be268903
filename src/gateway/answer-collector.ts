import { HeadgateError } from '../errors/headgate-error.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { readTextRow } from '../wire/packets.ts';
import type { ResponseKind, ResponseRelay } from '../wire/response-relay.ts';
import type { AnswerReceiver, BackendConnection } from './backend-connection.ts';

/** Answers to the router's own questions are small; a larger one is a mistake of ours and must not fill the memory. */
const COLLECTED_BYTES_MAX = 16 * 1024 * 1024;

/** A whole answer in memory, as its packets' payloads (text protocol). */
export type CollectedAnswer = Readonly<{
  /** Column definition packets, empty for an answer without rows (but of PREPARE they are those to come). */
  definitions: readonly Buffer[];
  /** Row packets. */
  rows: readonly Buffer[];
  error: ServerError | undefined;
  status: number;
  warnings: number;
  affectedRows: bigint;
  insertId: bigint;
  sessionState: Buffer | undefined;
  /** Of PREPARE; the parameters as their definition packets. */
  statementId: number;
  parameterCount: number;
  parameters: readonly Buffer[];
}>;

/** The values of a collected row as text; null is NULL. */
export const textValues = (answer: CollectedAnswer, row: number): (string | null)[] =>
  readTextRow(answer.rows[row]!, answer.definitions.length).map((value) => value?.toString() ?? null);

/** Gathers the answer to a question of the router's own. */
export class AnswerCollector implements AnswerReceiver {
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #kind: ResponseKind;
  readonly #deprecateEof: boolean;
  readonly #resolve: (answer: CollectedAnswer) => void;
  readonly #reject: (error: HeadgateError) => void;

  constructor(
    kind: ResponseKind,
    deprecateEof: boolean,
    resolve: (answer: CollectedAnswer) => void,
    reject: (error: HeadgateError) => void,
  ) {
    this.#kind = kind;
    this.#deprecateEof = deprecateEof;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponseBytes(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size > COLLECTED_BYTES_MAX) {
      throw new HeadgateError('HG_INTERNAL', {
        detail: 'the answer to a question of the router is too large',
      });
    }
    this.#chunks.push(Buffer.from(bytes));
  }

  onResponseEnd(answer: ResponseRelay, _connection: BackendConnection): void {
    const payloads = this.#payloads();
    const { error, status, warnings, affectedRows, insertId, sessionState, statementId, parameterCount } =
      answer;
    let definitions: Buffer[] = [];
    let rows: Buffer[] = [];
    let parameters: Buffer[] = [];
    if (answer.hasRows && error === undefined) {
      // Count, definitions, [EOF], rows, end.
      const columnCount = payloads.length - answer.rowCount - (this.#deprecateEof ? 2 : 3);
      definitions = payloads.slice(1, 1 + columnCount);
      rows = payloads.slice(payloads.length - 1 - answer.rowCount, payloads.length - 1);
    } else if (this.#kind === 'prepare' && error === undefined) {
      // Counts, parameters, [EOF], columns, [EOF].
      parameters = payloads.slice(1, 1 + parameterCount);
      const behind = parameterCount === 0 || this.#deprecateEof ? 0 : 1;
      const columnsAt = 1 + parameterCount + behind;
      definitions = payloads.slice(columnsAt, columnsAt + answer.columnCount);
    }
    this.#resolve({
      definitions,
      rows,
      error,
      status,
      warnings,
      affectedRows,
      insertId,
      sessionState,
      statementId,
      parameterCount,
      parameters,
    });
  }

  onResponseLost(_answer: ResponseRelay, error: HeadgateError): void {
    this.#reject(error);
  }

  #payloads(): Buffer[] {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const payloads: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + bytes.readUIntLE(at, 3);
      payloads.push(bytes.subarray(at + 4, end));
      at = end;
    }
    return payloads;
  }
}
