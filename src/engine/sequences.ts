/**
 * Values of sequences: blocks are taken from the sequence's table and given out from memory. Two routers never have the same block;
 * what a router has left when it ends is lost, as in Vitess.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { textValues } from '../gateway/answer-collector.ts';
import type { BackendConnection, ConnectionOwner } from '../gateway/backend-connection.ts';
import { connectionNeed } from '../gateway/connection-need.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { demand } from '../gateway/prepare-connection.ts';

/** Values from `next` up to, not including, `end` are free. */
type Block = { next: bigint; end: bigint };

type Sequence = { block: Block; turn: Promise<unknown> };

/** The connections are nobody's session. */
const nobody: ConnectionOwner = { closed: false, onHeldLost() {}, onStateCaptured() {} };

const COLLATION_UTF8MB4 = 255;

export class Sequences {
  readonly #gateway: Gateway;
  readonly #sequences = new Map<string, Sequence>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /**
   * The first of `count` values, which follow each other. Rejects with HG_SEQUENCE where the table is not one of a sequence, and as
   * `Gateway.lease`.
   */
  async take(keyspace: string, table: string, count: number, signal: AbortSignal): Promise<bigint> {
    const key = `${keyspace}\n${table}`;
    let sequence = this.#sequences.get(key);
    if (sequence === undefined) {
      sequence = { block: { next: 0n, end: 0n }, turn: Promise.resolve() };
      this.#sequences.set(key, sequence);
    }
    const { block } = sequence;
    const wanted = BigInt(count);
    const fill = async () => {
      if (signal.aborted) throw new HeadgateError('ER_QUERY_INTERRUPTED');
      if (block.end - block.next < wanted) await this.#fill(block, keyspace, table, wanted, signal);
      const first = block.next;
      block.next += wanted;
      return first;
    };
    // One after the other: whoever comes while a block is on its way gets its share of it.
    const turn = sequence.turn.then(fill, fill);
    sequence.turn = turn;
    return untilAborted(turn, signal);
  }

  async #fill(
    block: Block,
    keyspace: string,
    table: string,
    wanted: bigint,
    signal: AbortSignal,
  ): Promise<void> {
    const shard = this.#gateway.firstShard(keyspace);
    if (shard === undefined)
      throw new HeadgateError('HG_NO_TABLET', {
        keyspace,
        detail: `${keyspace}, which has the sequence ${table}`,
      });
    const need = connectionNeed({
      capabilities: 0,
      collationId: COLLATION_UTF8MB4,
      database: keyspace,
      settings: [],
    });
    const connection = await this.#gateway.lease(shard, 'primary', need, nobody, undefined, signal);
    const stop = () => void this.#gateway.kill(connection);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const name = `\`${table.replaceAll('`', '``')}\``;
      const cache = await cacheOf(connection, name, `${keyspace}.${table}`);
      const size = cache > wanted ? cache : wanted;
      const answer = await demand(
        connection.query(`UPDATE ${name} SET next_id = LAST_INSERT_ID(next_id) + ${size} WHERE id = 0`),
      );
      if (answer.affectedRows !== 1n) throw notASequence(`${keyspace}.${table} has no row with id 0`);
      block.next = answer.insertId;
      block.end = answer.insertId + size;
    } finally {
      signal.removeEventListener('abort', stop);
      connection.pending = 0;
      const pool = this.#gateway.poolOf(connection);
      if (pool === undefined) connection.close();
      else void pool.discard(connection);
    }
  }
}

/** The promise, or ER_QUERY_INTERRUPTED as soon as nobody waits for it any more. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new HeadgateError('ER_QUERY_INTERRUPTED'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const over = () => signal.removeEventListener('abort', stop);
    promise.then(resolve, reject).finally(over);
  });
}

async function cacheOf(connection: BackendConnection, name: string, shown: string): Promise<bigint> {
  const answer = await demand(connection.query(`SELECT cache FROM ${name} WHERE id = 0`));
  const cache = answer.rows.length === 0 ? undefined : textValues(answer, 0)[0];
  if (cache === undefined || cache === null)
    throw notASequence(`${shown} has no row with id 0, or its cache is NULL`);
  return BigInt(cache);
}

const notASequence = (detail: string): HeadgateError => new HeadgateError('HG_SEQUENCE', { detail });
