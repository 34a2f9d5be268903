import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capability, serverStatus } from '../mysql/protocol.ts';
import { buildErr, isErr, parseErr } from './err-packet.ts';
import { buildOk, parseOk } from './ok-packet.ts';

test('ERR with and without a state, as a real server sends them', () => {
  const error = { errno: 1043, sqlState: '08S01', message: 'Bad handshake' };
  expect(buildErr(error).toString('hex')).toBe('ff13042330385330314261642068616e647368616b65');
  expect(buildErr(error, false).toString('hex')).toBe('ff13044261642068616e647368616b65');
  expect(parseErr(buildErr(error))).toEqual(error);
  expect(parseErr(buildErr(error, false))).toEqual({ ...error, sqlState: 'HY000' });
  expect(isErr(buildErr(error))).toBe(true);
});

test('OK as a real server sends it', () => {
  expect(buildOk({ statusFlags: serverStatus.autocommit }, 0).toString('hex')).toBe('00000002000000');
  expect(() => parseOk(Buffer.from('000000', 'hex'), 0)).toThrow(/ends inside/);
});

const counts = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'binary', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

test('OK survives building and parsing', () => {
  const property = fc.property(
    counts,
    counts,
    fc.nat(0xffff),
    text,
    bytes,
    fc.boolean(),
    (affectedRows, insertId, warnings, info, state, tracked) => {
      const flags = tracked ? capability.sessionTrack : 0;
      const fields = { affectedRows, insertId, statusFlags: 2, warnings, info, sessionState: state };
      const parsed = parseOk(buildOk(fields, flags), flags);
      const changed = tracked && state.length > 0;
      expect(parsed).toEqual({
        affectedRows,
        insertId,
        statusFlags: changed ? 2 | serverStatus.sessionStateChanged : 2,
        warnings,
        info: Buffer.from(info),
        sessionState: changed ? state : Buffer.alloc(0),
      });
    },
  );
  fc.assert(property);
});
