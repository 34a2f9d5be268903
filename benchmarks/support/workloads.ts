/**
 * What one connection asks, statement by statement, and what a right answer is. An *operation* is what its latency is
 * measured for: a query, or a whole transaction.
 */
import type { AnswerReader } from './answer-reader.ts';
import type { Connection } from './connection.ts';
import { executePacket, queryPacket } from './packets.ts';
import { cText, padText, tableRows } from './sample-table.ts';
import { aggregate, bulkInsert, mergedResult, page, plan, rowRange } from './sharded-workloads.ts';

export const plainWorkloadNames = ['point-text', 'point-prepared', 'read-write', 'large-result'] as const;

/** Those that are asked of a sharded keyspace, too. */
export const shardedWorkloadNames = [
  'sharded-point-text',
  'sharded-point-prepared',
  'sharded-aggregate',
  'sharded-page',
  'sharded-range',
  'sharded-insert-100',
  'sharded-insert-1000',
  'sharded-plan',
  'sharded-result',
] as const;
export const workloadNames = [...plainWorkloadNames, ...shardedWorkloadNames] as const;
export type WorkloadName = (typeof workloadNames)[number];

export const isSharded = (name: WorkloadName): boolean =>
  shardedWorkloadNames.some((sharded) => sharded === name);

/** Few long answers: their bytes count, not their number. */
export const isLarge = (name: WorkloadName): boolean => name === 'large-result' || name === 'sharded-result';

export type Script = {
  /** Where a row's token stands; -1 where rows carry none. */
  readonly tokenAt: number;
  /** The next statement's packet. */
  next(): Uint8Array;
  /** Judges the answer: 'wrong' stops the run, 'operation' ends an operation, 'statement' goes on within one. */
  accept(answer: AnswerReader): 'operation' | 'statement' | 'retried' | 'wrong';
};

/** Small and fast, and the same sequence for the same seed (mulberry32). */
export function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** `rows` only matters to large results, `fresh` to `sharded-plan`: no text is like one before it. */
export type ScriptOptions = Readonly<{ rows: number; fresh?: boolean }>;

export async function openScript(
  name: WorkloadName,
  connection: Connection,
  seed: number,
  options: ScriptOptions,
): Promise<Script> {
  const random = randomSource(seed);
  switch (name) {
    case 'point-text':
    case 'sharded-point-text':
      return pointText(random);
    case 'point-prepared':
    case 'sharded-point-prepared':
      return pointPrepared(await connection.prepare('SELECT c FROM sbtest1 WHERE id=?'), random);
    case 'read-write':
      return readWrite(random);
    case 'large-result':
      return largeResult(options.rows);
    case 'sharded-aggregate':
      return aggregate(random);
    case 'sharded-page':
      return page(random);
    case 'sharded-range':
      return rowRange(random);
    case 'sharded-insert-100':
      return bulkInsert(random, 100);
    case 'sharded-insert-1000':
      return bulkInsert(random, 1000);
    case 'sharded-plan':
      return plan(random, options.fresh ?? false);
    case 'sharded-result':
      return mergedResult(options.rows);
  }
}

const pointPackets: Buffer[] = [];

/** Every process builds these once: each id of the table, in order. */
function pointTextPackets(): readonly Buffer[] {
  for (let id = pointPackets.length + 1; id <= tableRows; id++) {
    pointPackets.push(queryPacket(`SELECT c FROM sbtest1 WHERE id=${id}`));
  }
  return pointPackets;
}

const isOwnRow = (answer: AnswerReader, id: number): boolean =>
  answer.kind === 'rows' && answer.rows === 1 && answer.token === id;

function pointText(random: (below: number) => number): Script {
  const packets = pointTextPackets();
  let index = 0;
  return {
    tokenAt: 1,
    next: () => {
      index = random(tableRows);
      return packets[index]!;
    },
    accept: (answer) => (isOwnRow(answer, index + 1) ? 'operation' : 'wrong'),
  };
}

/** As libmysql does it: the parameter's type goes along with the first execution only. */
function pointPrepared(statementId: number, random: (below: number) => number): Script {
  let execute = executePacket(statementId, true);
  const later = executePacket(statementId, false);
  let id = 0;
  return {
    tokenAt: 3,
    next: () => {
      id = random(tableRows) + 1;
      const bytes = execute;
      // Written before the previous answer was complete, the packet has left: its buffer is free again.
      bytes.writeUInt32LE(id, bytes.length - 4);
      execute = later;
      return bytes;
    },
    accept: (answer) => (isOwnRow(answer, id) ? 'operation' : 'wrong'),
  };
}

function largeResult(rows: number): Script {
  const query = queryPacket(
    `SELECT t.id, t.k, t.c, t.pad FROM copies STRAIGHT_JOIN sbtest1 AS t WHERE copies.id <= ${Math.ceil(rows / tableRows)} LIMIT ${rows}`,
  );
  return {
    tokenAt: -1,
    next: () => query,
    accept: (answer) => (answer.kind === 'rows' && answer.rows === rows ? 'operation' : 'wrong'),
  };
}

const rangeRows = 100;
const deadlockErrno = 1213;

type Step = {
  sql: (id: number, salt: number) => string;
  /** OK, or that many rows. */
  answer: 'ok' | number;
  affected?: number;
  /** Takes the row of the step before. */
  sameRow?: boolean;
};

const range = (id: number): string => `id BETWEEN ${id} AND ${id + rangeRows - 1}`;
const point: Step = { sql: (id) => `SELECT c FROM sbtest1 WHERE id=${id}`, answer: 1 };

/** The statements of sysbench's oltp_read_write, in its order and with its defaults. */
const transaction: readonly Step[] = [
  { sql: () => 'BEGIN', answer: 'ok' },
  ...Array.from({ length: 10 }, () => point),
  { sql: (id) => `SELECT c FROM sbtest1 WHERE ${range(id)}`, answer: rangeRows },
  { sql: (id) => `SELECT SUM(k) FROM sbtest1 WHERE ${range(id)}`, answer: 1 },
  { sql: (id) => `SELECT c FROM sbtest1 WHERE ${range(id)} ORDER BY c`, answer: rangeRows },
  { sql: (id) => `SELECT DISTINCT c FROM sbtest1 WHERE ${range(id)} ORDER BY c`, answer: rangeRows },
  { sql: (id) => `UPDATE sbtest1 SET k=k+1 WHERE id=${id}`, answer: 'ok', affected: 1 },
  { sql: (id, salt) => `UPDATE sbtest1 SET c='${cText(id, salt)}' WHERE id=${id}`, answer: 'ok' },
  { sql: (id) => `DELETE FROM sbtest1 WHERE id=${id}`, answer: 'ok', affected: 1 },
  {
    sql: (id, salt) =>
      `INSERT INTO sbtest1 (id, k, c, pad) VALUES (${id}, ${salt}, '${cText(id, salt)}', '${padText(salt)}')`,
    answer: 'ok',
    affected: 1,
    sameRow: true,
  },
  { sql: () => 'COMMIT', answer: 'ok' },
];

/** Statements of one transaction. */
export const transactionStatements = transaction.length;

function readWrite(random: (below: number) => number): Script {
  let at = 0;
  let id = 0;
  const isRight = (answer: AnswerReader, step: Step): boolean => {
    if (step === point) return isOwnRow(answer, id);
    if (step.answer !== 'ok') return answer.kind === 'rows' && answer.rows === step.answer;
    return answer.kind === 'ok' && (step.affected ?? answer.affectedRows) === answer.affectedRows;
  };
  return {
    tokenAt: 1,
    next: () => {
      const step = transaction[at]!;
      if (!step.sameRow) id = random(tableRows - rangeRows) + 1;
      return queryPacket(step.sql(id, random(tableRows)));
    },
    accept: (answer) => {
      if (answer.kind === 'error' && answer.errno === deadlockErrno) {
        at = 0; // the server has rolled back
        return 'retried';
      }
      if (!isRight(answer, transaction[at]!)) return 'wrong';
      at = (at + 1) % transaction.length;
      return at === 0 ? 'operation' : 'statement';
    },
  };
}
