/** What operators over several inputs share: columns that must agree, one failure for all, warnings added up. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { PayloadReader } from '../../wire/payload-reader.ts';
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../row-stream.ts';
import { columnKind, readColumnFacts } from '../rows/column-kind.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { type IntegerRows, integersAs } from '../rows/integers-as.ts';
import { asRowsError } from './operator.ts';

/** One shard's part of a result. */
export type ShardRows = Readonly<{
  /** For messages: `commerce/-80`. */
  name: string;
  rows: RowProducer;
}>;

/** The warning count of a result takes two bytes. */
const WARNINGS_MAX = 0xffff;

/** Warnings of all, status bits or'ed. */
export const addSummaries = (a: RowsSummary, b: RowsSummary): RowsSummary => ({
  warnings: Math.min(WARNINGS_MAX, a.warnings + b.warnings),
  status: a.status | b.status,
});

/**
 * Whether two shards' columns are the same to a client. How a server runs a query shows in its definitions (types of expressions,
 * lengths, flags, original names change by way of a temporary table), but never in the titles. Values as text are the same all
 * the same; in the binary protocol they are written by type.
 */
function sameColumn(a: Buffer, b: Buffer, protocol: RowProtocol): boolean {
  if (a.equals(b)) return true;
  if (!titleOf(a).equals(titleOf(b))) return false;
  if (protocol === 'text') return true;
  const [one, other] = [readColumnFacts(a), readColumnFacts(b)];
  if (one.type === other.type) return true;
  // VARCHAR of one shard is TEXT of another: written alike, compared alike. Integers are rewritten.
  const { kind } = columnKind(one);
  return (kind === 'text' || kind === 'bytes' || kind === 'integer') && columnKind(other).kind === kind;
}

function titleOf(definition: Buffer): Buffer {
  const reader = new PayloadReader(definition);
  for (const what of ['the catalog', 'the schema', 'the table', 'the original table'])
    reader.lenencString(what);
  return reader.lenencString('the title');
}

/** An operator over several inputs. Subclasses get their rows by input; what they throw makes the whole fail. */
export abstract class Gathering implements RowSource {
  protected readonly sink: RowSink;
  protected readonly sources: RowSource[] = [];
  protected closed = false;
  /** Inputs that have not ended. */
  protected openCount: number;
  protected summary: RowsSummary = { warnings: 0, status: 0 };
  readonly #inputs: readonly ShardRows[];
  readonly #protocol: RowProtocol;
  #definitions: readonly Buffer[] | undefined;
  /** The input whose definitions were passed on. */
  #describedBy = 0;

  constructor(sink: RowSink, inputs: readonly ShardRows[], protocol: RowProtocol) {
    this.sink = sink;
    this.#protocol = protocol;
    this.#inputs = inputs;
    this.openCount = inputs.length;
  }

  /** Starts all inputs. */
  start(): RowSource {
    for (const [index, input] of this.#inputs.entries()) this.sources.push(input.rows(this.#sinkFor(index)));
    return this;
  }

  abstract pause(): void;
  abstract resume(): void;
  /** The definitions, before any row. */
  protected abstract onFields(definitions: readonly Buffer[]): void;
  protected abstract onRow(index: number, bytes: Buffer, at: number, end: number): void;
  protected abstract onInputEnd(index: number): void;

  cancel(): void {
    if (this.closed) return;
    this.closed = true;
    for (const source of this.sources) source.cancel();
  }

  protected finish(): void {
    this.closed = true;
    this.sink.end(this.summary);
  }

  /** The first failure counts; the other inputs are stopped. */
  protected fail(error: RowsError): void {
    if (this.closed) return;
    this.cancel();
    this.sink.fail(error);
  }

  #sinkFor(index: number): RowSink {
    let rewritten: IntegerRows | undefined;
    return {
      fields: (definitions) =>
        this.#guard(() => {
          rewritten = this.#takeFields(index, definitions);
        }),
      row: (bytes, at, end) => {
        if (this.closed) return;
        try {
          if (rewritten === undefined) {
            this.onRow(index, bytes, at, end);
            return;
          }
          const length = rewritten.convert(bytes, at, end);
          if (length < 0) throw this.#disagreement(index);
          this.onRow(index, rewritten.bytes(), 0, length);
        } catch (cause) {
          this.fail(asRowsError(cause));
        }
      },
      end: (summary) =>
        this.#guard(() => {
          this.openCount--;
          this.summary = addSummaries(this.summary, summary);
          this.onInputEnd(index);
        }),
      fail: (error) => this.fail(error),
    };
  }

  #guard(run: () => void): void {
    if (this.closed) return;
    try {
      run();
    } catch (cause) {
      this.fail(asRowsError(cause));
    }
  }

  /** How this input's rows are to be rewritten, if they are. */
  #takeFields(index: number, definitions: readonly Buffer[]): IntegerRows | undefined {
    if (this.#definitions === undefined) {
      this.#definitions = definitions;
      this.#describedBy = index;
      this.onFields(definitions);
      return undefined;
    }
    const known = this.#definitions;
    if (
      known.length !== definitions.length ||
      !known.every((one, i) => sameColumn(one, definitions[i]!, this.#protocol))
    )
      throw this.#disagreement(index);
    return this.#protocol === 'binary' ? integersAs(known, definitions) : undefined;
  }

  #disagreement(index: number): HeadgateError {
    const [first, second] = [this.#inputs[this.#describedBy]!.name, this.#inputs[index]!.name];
    return new HeadgateError('HG_COLUMNS_DISAGREE', { detail: `${first} and ${second}` });
  }
}
