import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capability, serverStatus } from '../mysql/protocol.ts';
import { buildErr } from './err-packet.ts';
import { buildOk } from './ok-packet.ts';
import { buildColumn, buildResultEnd, buildTextRow, frame } from './packets.ts';
import { type ResponseOptions, ResponseRelay } from './response-relay.ts';

const { deprecateEof, sessionTrack } = capability;

type Result = { columns: number; rows: (string | null)[][]; more?: boolean };

/** What a server sends for some results, with sequence numbers from 1. */
function answerOf(results: readonly Result[], capabilities: number): Buffer {
  const payloads: Buffer[] = [];
  for (const { columns, rows, more } of results) {
    const status = serverStatus.autocommit | (more === true ? serverStatus.moreResultsExist : 0);
    payloads.push(Buffer.from([columns]));
    for (let at = 0; at < columns; at++) {
      payloads.push(buildColumn({ name: `c${at}`, type: 253, length: 10, flags: 0, collationId: 255 }));
    }
    if ((capabilities & deprecateEof) === 0) payloads.push(buildResultEnd(status, 0, 0));
    for (const row of rows) payloads.push(buildTextRow(row));
    payloads.push(buildResultEnd(status, 3, capabilities));
  }
  return Buffer.concat(payloads.map((payload, at) => frame(payload, at + 1)));
}

const options = (more: Partial<ResponseOptions> = {}): ResponseOptions => ({
  kind: 'result',
  firstSequence: 1,
  clientSequence: 1,
  addStatus: 0,
  clientCapabilities: sessionTrack,
  deprecateEof: true,
  statementId: 0,
  fileAllowed: false,
  ...more,
});

/** Relays a stream in pieces; the pieces' memory is spoiled afterwards, as a reused read buffer would be. */
function relayed(
  stream: Buffer,
  sizes: readonly number[],
  relay: ResponseRelay,
  opts: ResponseOptions,
): Buffer {
  const out: Buffer[] = [];
  relay.begin(opts, { onResponseBytes: (bytes) => out.push(Buffer.from(bytes)) });
  for (let from = 0, turn = 0; from < stream.length; turn++) {
    const chunk = Buffer.from(stream.subarray(from, from + sizes[turn % sizes.length]!));
    from += chunk.length;
    relay.push(chunk);
    chunk.fill(0xee);
  }
  return Buffer.concat(out);
}

const rows = fc.array(fc.array(fc.option(fc.string({ maxLength: 20 })), { minLength: 2, maxLength: 2 }), {
  maxLength: 20,
});
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 });

describe('an answer in any pieces', () => {
  test.each([0, deprecateEof])('passes unchanged (DEPRECATE_EOF %d)', (eof) => {
    fc.assert(
      fc.property(rows, rows, sizes, (first, second, cuts) => {
        const stream = answerOf(
          [
            { columns: 2, rows: first, more: true },
            { columns: 2, rows: second },
          ],
          eof,
        );
        const relay = new ResponseRelay();
        const out = relayed(stream, cuts, relay, options({ deprecateEof: eof !== 0 }));
        expect(out.equals(stream)).toBe(true);
        expect(relay).toMatchObject({ done: true, rowCount: second.length, warnings: 3, hasRows: true });
      }),
    );
  });

  test('gets the sequence numbers and status of a later statement', () => {
    fc.assert(
      fc.property(rows, sizes, (sent, cuts) => {
        const stream = answerOf([{ columns: 2, rows: sent }], deprecateEof);
        const relay = new ResponseRelay();
        const addStatus = serverStatus.moreResultsExist;
        const out = relayed(stream, cuts, relay, options({ clientSequence: 250, addStatus }));
        let at = 0;
        let packets = 0;
        for (; at < out.length; packets++) {
          expect(out[at + 3]).toBe((250 + packets) & 0xff);
          at += 4 + out.readUIntLE(at, 3);
        }
        expect(out.readUInt16LE(out.length - 4) & addStatus).toBe(addStatus);
        expect(relay.nextClientSequence).toBe((250 + packets) & 0xff);
        expect(relay.status & addStatus).toBe(0);
      }),
    );
  });
});

describe('session state', () => {
  const sessionState = Buffer.from('0107066f74686572', 'hex');
  const ok = frame(buildOk({ statusFlags: 2, affectedRows: 5, info: 'info', sessionState }, sessionTrack), 1);

  test('goes to a client that negotiated it', () => {
    const relay = new ResponseRelay();
    expect(relayed(Buffer.from(ok), [1000], relay, options())).toEqual(ok);
    expect(relay.sessionState).toEqual(sessionState);
  });

  test('is taken out for one that did not', () => {
    const relay = new ResponseRelay();
    const out = relayed(Buffer.from(ok), [3], relay, options({ clientCapabilities: 0 }));
    expect(out).toEqual(frame(buildOk({ statusFlags: 2, affectedRows: 5, info: 'info' }, 0), 1));
    expect(relay.affectedRows).toBe(5n);
  });
});

describe('PREPARE', () => {
  const column = buildColumn({ name: 'c', type: 3, length: 11, flags: 0, collationId: 63 });
  const prepared = (columns: number, parameters: number): Buffer => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(77, 1);
    head.writeUInt16LE(columns, 5);
    head.writeUInt16LE(parameters, 7);
    return head;
  };
  const eof = buildResultEnd(2, 0, 0);

  test.each([
    [0, 0],
    [0, 2],
    [3, 0],
    [2, 2],
  ])('of %d columns and %d parameters ends where it ends, with the client’s id', (columns, parameters) => {
    for (const withEof of [true, false]) {
      const ends = withEof ? [eof] : [];
      const payloads = [prepared(columns, parameters)];
      if (parameters > 0) payloads.push(...Array<Buffer>(parameters).fill(column), ...ends);
      if (columns > 0) payloads.push(...Array<Buffer>(columns).fill(column), ...ends);
      const stream = Buffer.concat(payloads.map((payload, at) => frame(payload, at + 1)));
      for (const size of [1, 7, 10_000]) {
        const relay = new ResponseRelay();
        const out = relayed(
          stream,
          [size],
          relay,
          options({ kind: 'prepare', statementId: 5, deprecateEof: !withEof }),
        );
        expect(relay).toMatchObject({
          done: true,
          statementId: 77,
          parameterCount: parameters,
          columnCount: columns,
        });
        expect(out.readUInt32LE(5)).toBe(5);
        expect(out.subarray(9)).toEqual(stream.subarray(9));
      }
    }
  });
});

describe('a tablet that is lost', () => {
  const stream = answerOf([{ columns: 2, rows: Array(50).fill(['some text', null]) }], deprecateEof);
  const lost = buildErr({ errno: 9203, sqlState: '08S01', message: 'lost' });

  test('at any byte leaves whole packets and an error in order', () => {
    for (let cut = 0; cut < stream.length; cut++) {
      const out: Buffer[] = [];
      const relay = new ResponseRelay();
      relay.begin(options(), { onResponseBytes: (bytes) => out.push(Buffer.from(bytes)) });
      if (cut > 0) relay.push(Buffer.from(stream.subarray(0, cut)));
      relay.abort(lost);
      const bytes = Buffer.concat(out);
      let at = 0;
      let last = Buffer.alloc(0);
      for (let sequence = 1; at < bytes.length; sequence++) {
        expect(bytes[at + 3]).toBe(sequence & 0xff);
        const end = at + 4 + bytes.readUIntLE(at, 3);
        last = bytes.subarray(at + 4, end);
        at = end;
      }
      expect(at).toBe(bytes.length);
      expect(last.equals(lost)).toBe(true);
    }
  });
});

describe('a tablet that is lost during PREPARE', () => {
  const column = buildColumn({ name: 'c', type: 3, length: 11, flags: 0, collationId: 63 });
  const head = Buffer.from('00010000000200010000000000'.slice(0, 24), 'hex');
  const stream = Buffer.concat([head, column, column, column].map((payload, at) => frame(payload, at + 1)));
  const lost = buildErr({ errno: 9203, sqlState: '08S01', message: 'lost' });

  test('never completes the answer and then sends an error: that would be the next command’s answer', () => {
    for (let cut = 0; cut < stream.length; cut++) {
      const out: Buffer[] = [];
      const relay = new ResponseRelay();
      relay.begin(options({ kind: 'prepare', statementId: 5 }), {
        onResponseBytes: (bytes) => out.push(Buffer.from(bytes)),
      });
      if (cut > 0) relay.push(Buffer.from(stream.subarray(0, cut)));
      expect(relay.done).toBe(false);
      relay.abort(lost);
      const bytes = Buffer.concat(out);
      const payloads: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + 4 + bytes.readUIntLE(at, 3);
        payloads.push(bytes.subarray(at + 4, end));
        at = end;
      }
      // One OK and three definitions are a whole answer.
      expect(payloads.length).toBeLessThanOrEqual(4);
      expect(payloads.at(-1)!.equals(lost)).toBe(true);
    }
  });
});

describe('a tablet out of step', () => {
  const stream = answerOf([{ columns: 1, rows: [['x']] }], deprecateEof);

  test('with a gap in its numbers is refused', () => {
    const broken = Buffer.from(stream);
    broken[5 + 3] = 9;
    const relay = new ResponseRelay();
    expect(() => relayed(broken, [1000], relay, options())).toThrow(expect.objectContaining({ errno: 1156 }));
  });

  test('with bytes behind its answer is refused', () => {
    const relay = new ResponseRelay();
    const doubled = Buffer.concat([stream, stream]);
    expect(() => relayed(doubled, [1000], relay, options())).toThrow(
      expect.objectContaining({ errno: 1156 }),
    );
  });
});

test('OUT parameters without DEPRECATE_EOF: the OK behind them belongs to the answer', () => {
  const { autocommit, moreResultsExist, psOutParams } = serverStatus;
  const payloads = [
    Buffer.from([1]),
    buildColumn({ name: 'b', type: 3, length: 11, flags: 0, collationId: 63 }),
    buildResultEnd(autocommit | moreResultsExist | psOutParams, 0, 0),
    buildTextRow(['7']),
    buildResultEnd(autocommit, 0, 0),
    buildOk({ statusFlags: autocommit, affectedRows: 2n }, 0),
  ];
  const stream = Buffer.concat(payloads.map((payload, at) => frame(payload, at + 1)));
  const relay = new ResponseRelay();
  expect(relayed(stream, [3], relay, options({ deprecateEof: false })).equals(stream)).toBe(true);
  expect(relay.done).toBe(true);
  expect(relay.affectedRows).toBe(2n);
});

describe('a request for a file', () => {
  const request = frame(Buffer.from('\xfbname', 'latin1'), 1);

  test('stops the answer until the file was sent', () => {
    const relay = new ResponseRelay();
    const out: Buffer[] = [];
    const opts = options({ clientSequence: 5, fileAllowed: true });
    relay.begin(opts, { onResponseBytes: (bytes) => out.push(Buffer.from(bytes)) });
    relay.push(Buffer.from(request));
    expect([relay.fileRequested, relay.done, relay.nextSequence, relay.nextClientSequence]).toEqual([
      true,
      false,
      2,
      6,
    ]);
    relay.resumeAfterFile(9, 40);
    relay.push(frame(buildOk({ statusFlags: 2 }, 0), 9));
    expect(relay.done).toBe(true);
    expect(out.map((bytes) => bytes[3])).toEqual([5, 40]);
  });

  test('is refused where the client has not offered files', () => {
    const relay = new ResponseRelay();
    expect(() => relayed(request, [1000], relay, options())).toThrow(
      expect.objectContaining({ errno: 1835 }),
    );
  });
});
