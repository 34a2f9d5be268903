/** Workloads over a table that is sharded by its id; one server with the whole table answers the same. */
import type { AnswerReader } from './answer-reader.ts';
import { queryPacket } from './packets.ts';
import { tableRows } from './sample-table.ts';
import type { Script } from './workloads.ts';

type Random = (below: number) => number;

const isRows = (answer: AnswerReader, rows: number): boolean =>
  answer.kind === 'rows' && answer.rows === rows;

/** A query with a random number in it and an answer of so many rows. */
function queries(random: Random, numbers: number, rows: number, sql: (number: number) => string): Script {
  return {
    tokenAt: -1,
    next: () => queryPacket(sql(random(numbers) + 1)),
    accept: (answer) => (isRows(answer, rows) ? 'operation' : 'wrong'),
  };
}

const groups = 10;

/** All rows are read, and each shard sends one row per group. */
export const aggregate = (random: Random): Script =>
  queries(
    random,
    1000,
    groups,
    (number) =>
      `SELECT k % ${groups}, COUNT(*), SUM(k) FROM sbtest1 WHERE k <> -${number} GROUP BY k % ${groups}`,
  );

const pageRows = 20;

/** One page in the order of an index that is not the sharding key. */
export const page = (random: Random): Script =>
  queries(
    random,
    tableRows / 2,
    pageRows,
    (number) => `SELECT id, k, c FROM sbtest1 WHERE k >= ${number} ORDER BY k, id LIMIT ${pageRows}`,
  );

const rangeRows = 100;

/** Ids next to each other are on all shards. */
export const rowRange = (random: Random): Script =>
  queries(
    random,
    tableRows - rangeRows,
    rangeRows,
    (id) => `SELECT c FROM sbtest1 WHERE id BETWEEN ${id} AND ${id + rangeRows - 1}`,
  );

/** A point select; `fresh` gives each a text whose like no router has seen. */
export function plan(random: Random, fresh: boolean): Script {
  // Another run's names are not to be met again.
  const run = `c${process.pid}_${Date.now()}_${random(0x7fff_ffff)}`;
  let count = 0;
  return {
    tokenAt: -1,
    next: () => {
      const name = fresh ? `${run}_${count++}` : run;
      return queryPacket(`SELECT c AS ${name} FROM sbtest1 WHERE id=${random(tableRows) + 1}`);
    },
    accept: (answer) => (isRows(answer, 1) ? 'operation' : 'wrong'),
  };
}

const idDigits = 16;
const idsPerRun = 2 ** 22;

/** One INSERT of so many new rows. The text is made once: only the ids are written anew. */
export function bulkInsert(random: Random, rows: number): Script {
  const id = '0'.repeat(idDigits);
  const values = Array.from(
    { length: rows },
    (_, at) => `(${id}, ${at}, '${String(at).padStart(11, '0')}-${'7'.repeat(44)}')`,
  );
  const packet = queryPacket(`INSERT INTO bulk (id, k, pad) VALUES ${values.join(', ')}`);
  const places: number[] = [];
  for (let at = packet.indexOf(id); at >= 0; at = packet.indexOf(id, at + idDigits)) places.push(at);
  // Nobody else's: not another connection's, nor those of an earlier run.
  let next = 2 ** 52 + ((random(0x7fff_ffff) ^ (Date.now() & 0x3fff_ffff)) >>> 1) * idsPerRun;
  return {
    tokenAt: -1,
    next: () => {
      for (const place of places) writeDigits(packet, place, next++);
      return packet;
    },
    // The count's first byte is all that the reader keeps.
    accept: (answer) =>
      answer.kind === 'ok' && answer.affectedRows === (rows < 0xfb ? rows : 0xfc) ? 'operation' : 'wrong',
  };
}

function writeDigits(bytes: Buffer, at: number, number: number): void {
  let left = number;
  for (let place = at + idDigits - 1; place >= at; place--) {
    const rest = Math.floor(left / 10);
    bytes[place] = 0x30 + (left - rest * 10);
    left = rest;
  }
}

/** Rows of about 200 bytes in the order of their ids, which the shards' rows are merged into. */
export function mergedResult(rows: number): Script {
  const copies = Math.ceil(rows / tableRows);
  const query = queryPacket(
    `SELECT t.id, t.k, t.c, t.pad FROM sbtest1 AS t STRAIGHT_JOIN copies WHERE t.id <= ${rows / copies} AND copies.id <= ${copies} ORDER BY t.id`,
  );
  return {
    tokenAt: -1,
    next: () => query,
    accept: (answer) => (isRows(answer, rows) ? 'operation' : 'wrong'),
  };
}
