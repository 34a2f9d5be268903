/**
 * Fills a temporary table of a tablet with the rows of an input, so that it holds the very same values. One batch is on its way at a
 * time while the next is written; when that one is full too, the input is paused.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { asRowsError } from '../operators/operator.ts';
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../row-stream.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';
import { SqlBuffer } from './sql-buffer.ts';
import { insertHead, type ScratchColumn, type ScratchInput, scratchColumns } from './table-definition.ts';
import { type Scratch, type StoreLimits, TableStore } from './table-store.ts';
import { type ValueWriter, valueWriter } from './value-writers.ts';

/** What all inputs of a statement may bring together. Throws when there is no room for so much more. */
export interface LoadBudget {
  take(rows: number, bytes: number): void;
}

export type { Scratch } from './table-store.ts';

export type LoadOptions = Readonly<{
  /** Of the input's rows. */
  protocol: RowProtocol;
  scratch: Scratch;
  budget: LoadBudget;
  /** Other limits than the usual ones. */
  store?: StoreLimits;
}>;

export type LoadedTable = Readonly<{
  /** Column definitions as the shards sent them. */
  definitions: readonly Buffer[];
  rows: number;
  /** Of the rows as they came. */
  bytes: number;
  summary: RowsSummary;
}>;

/**
 * What the connection must have while tables are loaded: nothing is refused that another table could store, and texts are read as they
 * are written here. The database is the caller's to select.
 */
export const loadSettings: readonly string[] = [
  "sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
  'character_set_client = utf8mb4',
  'collation_connection = utf8mb4_0900_ai_ci',
  'explicit_defaults_for_timestamp = ON',
  // Far more than is kept in memory of one input: none of them must find its table full.
  'max_heap_table_size = 67108864',
];

/** Of these, the variables that are not set anew for every session. */
export const loadOnly: readonly string[] = ['explicit_defaults_for_timestamp', 'max_heap_table_size'];

/** A batch is sent when it has so many bytes: larger ones cost the server more per row. */
const BATCH_BYTES = 64 * 1024;
const BATCH_ROWS_MAX = 4096;
const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;
/**
 * Starts `rows`, makes the table and fills it. Rejects with a TabletRefusal, of the input's tablet or of that with the table, or with a
 * HeadgateError; the input is cancelled then.
 */
export function loadTable(
  input: ScratchInput,
  rows: RowProducer,
  options: LoadOptions,
): Promise<LoadedTable> {
  return new Promise((resolve, reject) => {
    new TableLoad(input, options, resolve, reject).start(rows);
  });
}

class TableLoad implements RowSink {
  readonly #input: ScratchInput;
  readonly #options: LoadOptions;
  readonly #resolve: (loaded: LoadedTable) => void;
  readonly #reject: (error: HeadgateError | TabletRefusal) => void;
  #source!: RowSource;
  #paused = false;
  #closed = false;
  #definitions: readonly Buffer[] = [];
  #columns: readonly ScratchColumn[] = [];
  #writers: readonly ValueWriter[] = [];
  #format!: RowFormat;
  #ranges!: FieldRanges;
  #head = '';
  #store!: TableStore;
  #rows = 0;
  #bytes = 0;
  /** The batch that is being written, and the buffer of the one that is on its way. */
  #batch = new SqlBuffer(BATCH_BYTES + 4096);
  #spare: SqlBuffer | undefined;
  #batchRows = 0;
  #batchBytes = 0;
  #sending = false;
  #summary: RowsSummary | undefined;

  constructor(
    input: ScratchInput,
    options: LoadOptions,
    resolve: (loaded: LoadedTable) => void,
    reject: (error: HeadgateError | TabletRefusal) => void,
  ) {
    this.#input = input;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(rows: RowProducer): void {
    this.#source = rows(this);
  }

  fields(definitions: readonly Buffer[]): void {
    if (this.#closed) return;
    try {
      this.#begin(definitions);
    } catch (cause) {
      this.#abort(asRowsError(cause));
    }
  }

  #begin(definitions: readonly Buffer[]): void {
    const { protocol } = this.#options;
    const { columns } = this.#input;
    if (definitions.length !== columns.length) {
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `the shards send ${definitions.length} columns where the plan has ${columns.length}`,
      });
    }
    this.#definitions = definitions;
    this.#columns = scratchColumns(this.#input, definitions);
    this.#writers = this.#columns.map((column) => valueWriter(column, protocol));
    this.#format = formatOf(protocol, definitions);
    this.#ranges = fieldRanges(definitions.length);
    this.#head = insertHead(this.#input, this.#columns);
    this.#store = new TableStore(this.#input, this.#columns, this.#options.scratch, this.#options.store);
  }

  row(bytes: Buffer, at: number, end: number): void {
    if (this.#closed) return;
    try {
      this.#write(bytes, at, end);
    } catch (cause) {
      this.#abort(asRowsError(cause));
    }
  }

  #write(bytes: Buffer, at: number, end: number): void {
    const batch = this.#batch;
    const ranges = this.#ranges;
    const count = this.#writers.length;
    this.#format.locate(bytes, at, end, count, ranges);
    if (this.#batchRows === 0) batch.utf8(this.#head);
    else batch.byte(COMMA);
    batch.byte(OPEN);
    for (let i = 0; i < count; i++) {
      if (i > 0) batch.byte(COMMA);
      const start = ranges[2 * i]!;
      if (start >= 0) this.#writers[i]!(batch, bytes, start, ranges[2 * i + 1]!);
      else this.#writeNull(i);
    }
    batch.byte(CLOSE);
    this.#batchRows++;
    this.#batchBytes += end - at;
    if (batch.length >= BATCH_BYTES || this.#batchRows >= BATCH_ROWS_MAX) this.#flush();
  }

  /** MySQL would store NULL as 0 or '' in a column without NULL. */
  #writeNull(at: number): void {
    const { facts, name } = this.#columns[at]!;
    if (facts.notNull) {
      throw new HeadgateError('HG_SCHEMA_CHANGED', {
        detail: `NULL came for ${name}, which is NOT NULL`,
      });
    }
    this.#batch.ascii('NULL');
  }

  end(summary: RowsSummary): void {
    if (this.#closed) return;
    this.#summary = summary;
    this.#flush();
  }

  fail(error: RowsError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reject(error instanceof HeadgateError ? error : new TabletRefusal(error));
  }

  /** Sends what has been written, if nothing is on its way; else it waits, and the input with it. */
  #flush(): void {
    if (this.#sending) {
      if (this.#summary === undefined && !this.#paused) {
        this.#paused = true;
        this.#source.pause();
      }
      return;
    }
    if (this.#batchRows === 0 && this.#store.isMade) {
      if (this.#summary !== undefined) this.#finish(this.#summary);
      return;
    }
    const { budget } = this.#options;
    const [batch, rows, bytes] = [this.#batch, this.#batchRows, this.#batchBytes];
    this.#rows += rows;
    this.#bytes += bytes;
    try {
      budget.take(rows, bytes);
    } catch (cause) {
      return this.#abort(asRowsError(cause));
    }
    this.#batch = this.#spare ?? new SqlBuffer(BATCH_BYTES + 4096);
    this.#spare = undefined;
    this.#batchRows = 0;
    this.#batchBytes = 0;
    this.#sending = true;
    void this.#send(batch, rows);
  }

  async #send(batch: SqlBuffer, rows: number): Promise<void> {
    try {
      const isAll = this.#summary !== undefined;
      await this.#store.store(rows === 0 ? undefined : batch.text, rows, isAll);
    } catch (cause) {
      this.#abort(cause instanceof TabletRefusal ? cause : asRowsError(cause));
      return;
    }
    if (this.#closed) return;
    this.#sending = false;
    batch.length = 0;
    if (batch.bytes.length <= 4 * BATCH_BYTES) this.#spare = batch;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#paused) {
      this.#paused = false;
      this.#flush();
      if (!this.#closed) this.#source.resume();
    } else if (this.#summary !== undefined) {
      this.#flush();
    }
  }

  #finish(summary: RowsSummary): void {
    this.#closed = true;
    this.#resolve({ definitions: this.#definitions, rows: this.#rows, bytes: this.#bytes, summary });
  }

  #abort(error: HeadgateError | TabletRefusal): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.cancel();
    this.#reject(error);
  }
}
