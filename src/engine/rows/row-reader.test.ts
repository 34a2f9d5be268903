import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Clock, CollectingSink, column, textRows } from '../../../test/support/row-stage.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { buildErr } from '../../wire/err-packet.ts';
import { buildOk } from '../../wire/ok-packet.ts';
import { buildResultEnd, frame, frameCount } from '../../wire/packets.ts';
import { ResponseRelay } from '../../wire/response-relay.ts';
import { RowReader } from './row-reader.ts';

const definitions = [column('a'), column('b')];

function framed(payloads: readonly Buffer[]): Buffer {
  let sequence = 1;
  const packets = payloads.map((payload) => {
    const packet = frame(payload, sequence);
    sequence += frameCount(payload.length);
    return packet;
  });
  return Buffer.concat(packets);
}

function answerBytes(rows: readonly Buffer[], deprecateEof: boolean, last?: Buffer): Buffer {
  const capabilities = deprecateEof ? capability.deprecateEof : 0;
  const end = last ?? buildResultEnd(2, 3, capabilities);
  const eof = deprecateEof ? [] : [buildResultEnd(2, 0, 0)];
  return framed([Buffer.from([definitions.length]), ...definitions, ...eof, ...rows, end]);
}

/** What the owner of the reader was told, and what it does to the connection. */
class Stage {
  readonly events: string[] = [];
  readonly clock = new Clock();
  readonly sink = new CollectingSink(this.clock);
  readonly relay = new ResponseRelay();
  readonly reader: RowReader;

  constructor(deprecateEof: boolean) {
    const connection = {
      pause: () => this.events.push('pause'),
      resume: () => this.events.push('resume'),
    };
    this.reader = new RowReader(this.sink, connection, deprecateEof, {
      onAnswerEnd: () => this.events.push('end'),
      onAnswerLost: () => this.events.push('lost'),
      onCancelled: () => this.events.push('cancelled'),
    });
    this.sink.source = this.reader;
    const options = {
      kind: 'result' as const,
      firstSequence: 1,
      clientSequence: 1,
      addStatus: 0,
      clientCapabilities: capability.sessionTrack,
      deprecateEof,
      statementId: 0,
      fileAllowed: false,
    };
    this.relay.begin(options, this.reader);
  }

  /** Pushes the bytes in cuts of these sizes, and spoils each chunk behind the call. */
  push(bytes: Buffer, cuts: () => number): void {
    for (let at = 0, size = cuts(); at < bytes.length; at += size, size = cuts()) {
      const chunk = Buffer.from(bytes.subarray(at, at + size));
      this.relay.push(chunk);
      chunk.fill(0xee);
    }
    if (this.relay.done) this.reader.onResponseEnd(this.relay, undefined as never);
  }
}

const inOne = () => Number.MAX_SAFE_INTEGER;

describe('row reader', () => {
  test('any cut of the answer yields the same rows', () => {
    const cells = fc.array(fc.tuple(fc.string({ maxLength: 400 }), fc.option(fc.string())), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        cells,
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
        (rows, deprecateEof, cuts) => {
          const payloads = textRows(rows);
          const stage = new Stage(deprecateEof);
          stage.push(answerBytes(payloads, deprecateEof), () => cuts.next().value);
          expect(stage.sink.definitions).toEqual(definitions);
          expect(stage.sink.rows).toEqual(payloads);
          expect(stage.sink.summary).toEqual({ warnings: 3, status: 2 });
          expect(stage.events).toEqual(['end']);
        },
      ),
    );
  });

  test.each([
    ['of just under 16 MiB', 0xff_ff_ff - 20],
    ['whose payload fills one packet', 0xff_ff_ff - 10],
    ['of three packets', 2 * 0xff_ff_ff + 1000],
  ])('a row %s', (_name, size) => {
    const long = textRows([['1', 'x'.repeat(size)]])[0]!;
    const rows = [...textRows([['0', 'a']]), long, ...textRows([['2', null]])];
    for (const deprecateEof of [true, false]) {
      const stage = new Stage(deprecateEof);
      stage.push(answerBytes(rows, deprecateEof), () => 65_536);
      expect(stage.sink.rows.map((row) => row.length)).toEqual(rows.map((row) => row.length));
      expect(stage.sink.rows.every((row, i) => row.equals(rows[i]!))).toBe(true);
      expect(stage.sink.summary).toBeDefined();
    }
  });

  test('an error ends the rows, before them or among them', () => {
    const error = { errno: 1317, sqlState: '70100', message: 'Query execution was interrupted' };
    const stage = new Stage(true);
    stage.push(answerBytes(textRows([['1', '2']]), true, buildErr(error)), () => 7);
    expect(stage.sink.rows).toHaveLength(1);
    expect(stage.sink.error).toEqual(error);
    const early = new Stage(true);
    early.push(framed([buildErr(error)]), inOne);
    expect(early.sink.error).toEqual(error);
    expect(early.events).toEqual(['end']);
  });

  test('an answer without rows is not taken for an empty one', () => {
    const stage = new Stage(true);
    stage.push(framed([buildOk({ statusFlags: 2 }, 0)]), inOne);
    expect(stage.sink.error).toMatchObject({ code: 'HG_INTERNAL' });
  });

  test('behind cancel the rest is read and dropped, also by a reader that was paused', async () => {
    for (const endsAtOnce of [false, true]) {
      const stage = new Stage(true);
      const rows = [
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
      ];
      const bytes = answerBytes(textRows(rows), true);
      stage.relay.push(Buffer.from(bytes.subarray(0, bytes.length - 20)));
      stage.reader.pause();
      stage.reader.cancel();
      const seen = stage.sink.rows.length;
      if (!endsAtOnce) await Promise.resolve();
      stage.push(bytes.subarray(bytes.length - 20), inOne);
      await Promise.resolve();
      expect(seen).toBeGreaterThan(0);
      expect(stage.sink.rows).toHaveLength(seen);
      expect(stage.sink.summary).toBeUndefined();
      const events = ['pause', 'resume', ...(endsAtOnce ? [] : ['cancelled']), 'end'];
      expect(stage.events).toEqual(events);
      stage.reader.cancel();
      stage.reader.pause();
      await Promise.resolve();
      expect(stage.events).toEqual(events);
    }
  });

  test('a lost connection fails the rows once', () => {
    const stage = new Stage(false);
    const lost = new HeadgateError('HG_TABLET_LOST', { detail: 'a tablet' });
    stage.relay.push(answerBytes(textRows([['1', '2']]), false).subarray(0, 90));
    stage.reader.onResponseLost(stage.relay, lost);
    expect(stage.sink.error).toBe(lost);
    expect(stage.events).toEqual(['lost']);
  });
});
