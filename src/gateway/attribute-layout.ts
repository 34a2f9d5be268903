/** A tablet's connection that takes query attributes: what it must know to bring commands into the form that they then have. */
import { command } from '../mysql/protocol.ts';
import { executeWith, type QueryAttribute, queryWith, typesIn } from '../wire/query-attributes.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';

type Known = { readonly parameterCount: number; types: Buffer | undefined };

const ID_AT = 5;
const none: readonly QueryAttribute[] = [];

export class AttributeLayout {
  /** By the tablet's statement id. */
  readonly #statements = new Map<number, Known>();
  /** The command whose answer is awaited. */
  #asked: number | undefined;

  /** A command as it is to be sent. `attributes` are passed on with COM_QUERY and COM_STMT_EXECUTE. */
  outgoing(packet: Buffer, attributes = none): Buffer {
    const code = packet[4];
    this.#asked = code;
    if (code === command.query) return queryWith(packet, attributes);
    if (code === command.resetConnection) this.#statements.clear();
    if (code !== command.stmtExecute) return packet;
    const known = this.#statements.get(packet.readUInt32LE(ID_AT));
    if (known === undefined) return packet;
    known.types = typesIn(packet, known.parameterCount) ?? known.types;
    return executeWith(packet, known.parameterCount, known.types, attributes);
  }

  /** A statement was closed. */
  forget(id: number): void {
    this.#statements.delete(id);
  }

  /** The answer to what was sent last. */
  answered({ error, statementId, parameterCount }: ResponseRelay): void {
    if (this.#asked !== command.stmtPrepare || error !== undefined) return;
    this.#statements.set(statementId, { parameterCount, types: undefined });
  }
}
