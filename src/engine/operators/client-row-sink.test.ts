import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Clock, column, MemoryRows, textRows } from '../../../test/support/row-stage.ts';
import { buildResultEnd } from '../../wire/packets.ts';
import type { RowsError, RowsSummary } from '../row-stream.ts';
import { ClientRowSink, type RowClient } from './client-row-sink.ts';

const definitions = [column('a'), column('b')];

/** A client that is full after every `fullEvery`th write and has room again later. */
class Client implements RowClient {
  readonly written: Buffer[] = [];
  /** What was written, as it was then. */
  readonly copies: Buffer[] = [];
  end: { summary: RowsSummary; sequence: number } | undefined;
  failure: { error: RowsError; sequence: number } | undefined;
  sink!: ClientRowSink;
  isFull = false;
  /** Which writes are used up at once: every one, every second …; 0: none. */
  usedUpEvery = 0;
  readonly kept: { packets: Buffer; copy: Buffer }[] = [];
  readonly #clock: Clock;
  readonly #fullEvery: number;

  constructor(clock: Clock, fullEvery: number) {
    this.#clock = clock;
    this.#fullEvery = fullEvery;
  }

  get keepsBytes(): boolean {
    return this.usedUpEvery === 0 || this.written.length % this.usedUpEvery !== 0;
  }

  write(packets: Buffer): boolean {
    this.written.push(packets);
    const copy = Buffer.from(packets);
    this.copies.push(copy);
    if (this.keepsBytes) this.kept.push({ packets, copy });
    if (this.written.length % this.#fullEvery !== 0) return true;
    this.#clock.later(() => this.sink.resume());
    return false;
  }

  onRowsEnd(summary: RowsSummary, sequence: number): void {
    this.end = { summary, sequence };
  }

  onRowsFailed(error: RowsError, sequence: number): void {
    this.failure = { error, sequence };
  }

  /** The payloads of all packets; their sequence numbers must count up from `first`. */
  payloads(first: number): Buffer[] {
    const bytes = Buffer.concat(this.copies);
    const payloads: Buffer[] = [];
    let parts: Buffer[] = [];
    for (let at = 0, sequence = first; at < bytes.length; sequence++) {
      const length = bytes.readUIntLE(at, 3);
      expect(bytes[at + 3]).toBe(sequence & 0xff);
      parts.push(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
      if (length === 0xff_ff_ff) continue;
      payloads.push(Buffer.concat(parts));
      parts = [];
    }
    return payloads;
  }
}

function play(
  rows: readonly Buffer[],
  fullEvery: number,
  chunks: readonly number[],
  { deprecateEof = true, usedUpEvery = 0 } = {},
) {
  const clock = new Clock();
  const client = new Client(clock, fullEvery);
  client.usedUpEvery = usedUpEvery;
  const source = new MemoryRows(clock, { definitions, rows, chunks, summary: { warnings: 1, status: 2 } });
  client.sink = new ClientRowSink(client, { sequence: 5, deprecateEof, status: () => 2 }).start(
    source.producer,
  );
  clock.run();
  return { client, source };
}

describe('client row sink', () => {
  test('any rows and any pace: the packets hold the same rows, and nothing that is kept changes', () => {
    const cells = fc.array(fc.tuple(fc.string({ maxLength: 3000 }), fc.option(fc.string())), {
      maxLength: 200,
    });
    const numbers = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        cells,
        fc.integer({ min: 1, max: 3 }),
        numbers,
        fc.boolean(),
        fc.integer({ min: 0, max: 3 }),
        (values, fullEvery, chunks, deprecateEof, usedUpEvery) => {
          const rows = textRows(values);
          const { client } = play(rows, fullEvery, chunks, { deprecateEof, usedUpEvery });
          const head = [Buffer.from([2]), ...definitions, ...(deprecateEof ? [] : [buildResultEnd(2, 0, 0)])];
          expect(client.payloads(5)).toEqual([...head, ...rows]);
          for (const { packets, copy } of client.kept) expect(packets).toEqual(copy);
          const sequence = (5 + head.length + rows.length) & 0xff;
          expect(client.end).toEqual({ summary: { warnings: 1, status: 2 }, sequence });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('rows are gathered: a long result takes few writes, a short one a small buffer', () => {
    const long = play(
      textRows(Array.from({ length: 10_000 }, (_, i) => [String(i), 'x'.repeat(90)])),
      99,
      [50],
    );
    expect(long.client.written.length).toBeLessThan(25);
    const short = play(textRows([['1', '2']]), 99, [1]);
    expect(short.client.written).toHaveLength(1);
    expect(short.client.written[0]!.buffer.byteLength).toBe(4096);
  });

  test('a client that takes all at once gets a long result out of few buffers', () => {
    const rows = textRows(Array.from({ length: 5000 }, (_, i) => [String(i), 'x'.repeat(90)]));
    const { client } = play(rows, 99, [50], { usedUpEvery: 1 });
    expect(client.payloads(5).slice(3)).toEqual(rows);
    expect(new Set(client.written.map(({ buffer }) => buffer)).size).toBeLessThan(7);
  });

  test('rows of several packets go in their parts', () => {
    const rows = textRows([
      ['1', 'x'.repeat(100_000)],
      ['2', 'x'.repeat(0xff_ff_ff)],
      ['3', 'y'],
    ]);
    const { client } = play(rows, 1, [1]);
    const payloads = client.payloads(5).slice(3);
    expect(payloads.map((one) => one.length)).toEqual(rows.map((one) => one.length));
    expect(payloads.every((one, i) => one.equals(rows[i]!))).toBe(true);
    expect(client.end?.sequence).toBe(5 + 3 + 4);
  });

  test('a failure in the middle comes behind the rows before it', () => {
    const clock = new Clock();
    const client = new Client(clock, 99);
    const error = { errno: 1317, sqlState: '70100', message: 'interrupted' };
    const source = new MemoryRows(clock, { definitions, rows: textRows([['1', '2']]), error });
    client.sink = new ClientRowSink(client, { sequence: 1, deprecateEof: true, status: () => 2 }).start(
      source.producer,
    );
    clock.run();
    expect(client.payloads(1)).toHaveLength(4);
    expect(client.failure).toEqual({ error, sequence: 5 });
  });

  test('a client that is gone stops the source', () => {
    const clock = new Clock();
    const client = new Client(clock, 1);
    const source = new MemoryRows(clock, { definitions, rows: textRows([['1', '2']]) });
    client.sink = new ClientRowSink(client, { sequence: 1, deprecateEof: true, status: () => 2 }).start(
      source.producer,
    );
    client.sink.cancel();
    clock.run();
    expect(source.cancelled).toBe(true);
    expect(client.written).toEqual([]);
    expect(client.end ?? client.failure).toBeUndefined();
  });
});
