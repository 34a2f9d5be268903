/** What a tablet says of a statement that it prepares: the definitions that clients get with their handle. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability, command } from '../mysql/protocol.ts';
import type { ServerError } from '../wire/err-packet.ts';
import { commandPacket } from '../wire/packets.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import type { AnswerReceiver, BackendConnection } from './backend-connection.ts';

/** Packets of definitions (payloads), in their order. */
export type DescribedStatement = Readonly<{
  error: ServerError | undefined;
  statementId: number;
  warnings: number;
  parameters: readonly Buffer[];
  columns: readonly Buffer[];
}>;

/** PREPARE_OK: header, statement id, columns, parameters, filler, warnings. */
const COLUMNS_AT = 5;
const PARAMETERS_AT = 7;
const DEFINITIONS_BYTES_MAX = 16 * 1024 * 1024;

class Describing implements AnswerReceiver {
  readonly #deprecateEof: boolean;
  readonly #resolve: (described: DescribedStatement) => void;
  readonly #reject: (error: HeadgateError) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    deprecateEof: boolean,
    resolve: (described: DescribedStatement) => void,
    reject: (error: HeadgateError) => void,
  ) {
    this.#deprecateEof = deprecateEof;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponseBytes(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > DEFINITIONS_BYTES_MAX)
      throw new HeadgateError('HG_INTERNAL', { detail: 'the definitions of a statement are too large' });
    this.#chunks.push(Buffer.from(bytes));
  }

  onResponseEnd({ error, statementId, warnings }: ResponseRelay): void {
    const [first, ...rest] = payloadsIn(Buffer.concat(this.#chunks));
    if (error !== undefined || first === undefined)
      return this.#resolve({ error, statementId, warnings, parameters: [], columns: [] });
    const ends = this.#deprecateEof ? 0 : 1;
    const parameterCount = first.readUInt16LE(PARAMETERS_AT);
    const columnCount = first.readUInt16LE(COLUMNS_AT);
    const columnsAt = parameterCount === 0 ? 0 : parameterCount + ends;
    this.#resolve({
      error,
      statementId,
      warnings,
      parameters: rest.slice(0, parameterCount),
      columns: rest.slice(columnsAt, columnsAt + columnCount),
    });
  }

  onResponseLost(_answer: ResponseRelay, error: HeadgateError): void {
    this.#reject(error);
  }
}

function payloadsIn(bytes: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    payloads.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return payloads;
}

/** Prepares a text, and closes it again. Rejects only when the connection is lost. */
export async function describeStatement(
  connection: BackendConnection,
  text: Buffer,
): Promise<DescribedStatement> {
  const described = await new Promise<DescribedStatement>((resolve, reject) => {
    const receiver = new Describing(connection.deprecateEof, resolve, reject);
    connection.send(
      commandPacket(command.stmtPrepare, text),
      {
        kind: 'prepare',
        clientSequence: 1,
        addStatus: 0,
        clientCapabilities: capability.sessionTrack,
        statementId: 0,
      },
      receiver,
    );
  });
  if (described.error === undefined) connection.closeStatement(described.statementId);
  return described;
}
