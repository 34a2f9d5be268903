/** Broken requests by seed: what a buggy or hostile client could send. */
import { command } from '../../src/mysql/protocol.ts';
import { frame } from '../support/bytes.ts';
import { executePayload, longlong, nullValue, text } from '../support/parameters.ts';
import type { Random } from '../support/random.ts';

const sentences = [
  'SELECT 1',
  "SELECT 'a', NULL, 1.5, REPEAT('x', 1000)",
  'BEGIN',
  'ROLLBACK',
  'SET @x = 5',
  "SET NAMES 'latin1'",
  'SELECT 1; SELECT 2; SELEC 3',
  'SELECT @@autocommit, @@sql_mode',
  'USE nowhere',
  "SELECT 'unfinished",
  '/* unfinished',
  'SELECT SLEEP(0)',
  '',
];

const namedCommands = Object.values(command).filter(
  (byte) => byte !== command.shutdown && byte !== command.binlogDump && byte !== command.binlogDumpGtid,
);

/** A request that is well-formed in its framing, whatever it says. */
export function plausibleRequest(random: Random): Buffer {
  switch (random.below(7)) {
    case 0:
    case 1:
      return request(command.query, Buffer.from(random.pick(sentences)));
    case 2:
      return request(
        command.stmtPrepare,
        Buffer.from(random.pick(['SELECT ?', 'SELECT ?, ?', ...sentences])),
      );
    case 3:
      return request(
        command.stmtExecute,
        executePayload(random.below(4), random.pick([[], [longlong(1)], [text('x'), nullValue()]]), {
          withTypes: random.chance(0.7),
          cursor: random.chance(0.3) ? random.below(16) : 0,
        }),
      );
    case 4:
      return request(command.stmtFetch, fetchPayload(random.below(4), random.below(5)));
    case 5:
      return request(random.pick(namedCommands), random.bytes(random.below(40)));
    default:
      return request(random.below(256), random.bytes(random.below(60)));
  }
}

function fetchPayload(id: number, rows: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32LE(id, 0);
  payload.writeUInt32LE(rows, 4);
  return payload;
}

const request = (byte: number, payload: Buffer): Buffer =>
  frame(Buffer.concat([Buffer.from([byte]), payload]));

/** The bytes with one to four random injuries: flipped, cut, inserted, repeated, lengths and sequences that lie. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  const injuries = 1 + random.below(4);
  for (let i = 0; i < injuries; i += 1) mutated = injure(mutated, random);
  return mutated;
}

function injure(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 5) return Buffer.concat([bytes, random.bytes(1 + random.below(8))]);
  const at = random.below(bytes.length);
  switch (random.below(8)) {
    case 0: {
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    }
    case 1:
      bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff]);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(20)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes, bytes]);
    case 5:
      // The length lies: a little, or towards 16 MB.
      bytes.writeUIntLE(random.chance(0.5) ? random.below(200) : random.below(0x100_0000), 0, 3);
      return bytes;
    case 6:
      bytes[3] = random.below(256);
      return bytes;
    default:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(bytes.length, at + 1 + random.below(8))),
      ]);
  }
}
