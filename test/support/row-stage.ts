/** Rows from memory for tests of the engine: sources that deliver in chunks of any size, a sink that takes breaks, one clock for all. */
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../../src/engine/row-stream.ts';
import { columnType } from '../../src/mysql/protocol.ts';
import { buildColumn, buildTextRow } from '../../src/wire/packets.ts';

/** Runs what sources and sinks have put off, in order, until nothing is left. */
export class Clock {
  readonly #tasks: (() => void)[] = [];
  later(task: () => void): void {
    this.#tasks.push(task);
  }
  run(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task();
  }
}

export type Cell = string | null;

const BINARY_CHARSET = 63;

/** A definition of a column named `name`. */
export const column = (
  name: string,
  type: number = columnType.longlong,
  { flags = 0, charset = BINARY_CHARSET, decimals = 0 } = {},
): Buffer => buildColumn({ name, type, length: 20, flags, collationId: charset, decimals });

export const textRows = (rows: readonly (readonly Cell[])[]): Buffer[] =>
  rows.map((row) => buildTextRow(row));

export type SourceScript = Readonly<{
  definitions: readonly Buffer[];
  rows: readonly Buffer[];
  /** Rows per chunk, in turn. */
  chunks?: readonly number[];
  summary?: RowsSummary;
  /** Fails behind the rows instead of ending. */
  error?: RowsError;
}>;

/** A source of prepared rows. What it hands out is overwritten as soon as the sink returns. */
export class MemoryRows implements RowSource {
  cancelled = false;
  delivered = 0;
  readonly #clock: Clock;
  readonly #script: SourceScript;
  #sink!: RowSink;
  #paused = false;
  #scheduled = false;
  #chunk = 0;
  #described = false;
  #ended = false;

  constructor(clock: Clock, script: SourceScript) {
    this.#clock = clock;
    this.#script = script;
  }

  readonly producer: RowProducer = (sink) => {
    this.#sink = sink;
    this.#schedule();
    return this;
  };

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  cancel(): void {
    if (!this.#ended) this.cancelled = true;
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended || this.cancelled) return;
    this.#scheduled = true;
    this.#clock.later(() => {
      this.#scheduled = false;
      if (!this.#paused && !this.cancelled) this.#deliver();
    });
  }

  #deliver(): void {
    const { definitions, rows, chunks = [1], summary = { warnings: 0, status: 0 }, error } = this.#script;
    if (!this.#described) {
      this.#described = true;
      this.#sink.fields(definitions);
    }
    for (let left = chunks[this.#chunk++ % chunks.length]!; left > 0; left--) {
      if (this.cancelled) return;
      const row = rows[this.delivered];
      if (row === undefined) {
        this.#ended = true;
        if (error === undefined) this.#sink.end(summary);
        else this.#sink.fail(error);
        return;
      }
      this.delivered++;
      const lent = Buffer.concat([Buffer.from('before'), row, Buffer.from('behind')]);
      this.#sink.row(lent, 6, 6 + row.length);
      lent.fill(0xee);
    }
    this.#schedule();
  }
}

/** Keeps all that it is given; takes a break behind each of `breaks` rows, in turn (none: never). */
export class CollectingSink implements RowSink {
  definitions: readonly Buffer[] | undefined;
  readonly rows: Buffer[] = [];
  summary: RowsSummary | undefined;
  error: RowsError | undefined;
  source: RowSource | undefined;
  /** Rows that came during a break. */
  whilePaused = 0;
  readonly #clock: Clock;
  readonly #breaks: readonly number[];
  #turn = 0;
  #sinceBreak = 0;
  #paused = false;

  constructor(clock: Clock, breaks: readonly number[] = []) {
    this.#clock = clock;
    this.#breaks = breaks;
  }

  start(producer: RowProducer): this {
    this.source = producer(this);
    return this;
  }

  fields(definitions: readonly Buffer[]): void {
    this.#mustBeOpen();
    if (this.definitions !== undefined) throw new Error('fields came twice');
    this.definitions = definitions;
  }

  row(bytes: Buffer, at: number, end: number): void {
    this.#mustBeOpen();
    if (this.definitions === undefined) throw new Error('a row came before the fields');
    this.rows.push(Buffer.from(bytes.subarray(at, end)));
    if (this.#paused) this.whilePaused++;
    const breakAfter = this.#breaks[this.#turn % this.#breaks.length];
    if (breakAfter === undefined || ++this.#sinceBreak < breakAfter) return;
    this.#turn++;
    this.#sinceBreak = 0;
    this.#paused = true;
    this.source!.pause();
    this.#clock.later(() => {
      this.#paused = false;
      this.source!.resume();
    });
  }

  end(summary: RowsSummary): void {
    this.#mustBeOpen();
    this.summary = summary;
  }

  fail(error: RowsError): void {
    this.#mustBeOpen();
    this.error = error;
  }

  #mustBeOpen(): void {
    if (this.summary !== undefined || this.error !== undefined) throw new Error('called after the end');
  }
}
