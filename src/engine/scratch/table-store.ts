/**
 * The temporary table of one input: made with the first rows, for only then is it known how many there are. A few are kept in memory by
 * MySQL, which makes such a table in a third of the time; anything else, and whatever a server does not keep so, is InnoDB's.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type CollectedAnswer, textValues } from '../../gateway/answer-collector.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { command } from '../../mysql/protocol.ts';
import {
  type ScratchColumn,
  type ScratchInput,
  type TableEngine,
  tableDefinition,
} from './table-definition.ts';

/** The connection on which temporary tables are. Commands run in the order of the calls; rejects when the connection is lost. */
export interface Scratch {
  ask(code: number, content: Buffer): Promise<CollectedAnswer>;
  /** Runs a statement and, before anything else runs there, asks for its warnings; `shown` is undefined where there are none. */
  askWarned(statement: Buffer): Promise<Warned>;
}

export type Warned = Readonly<{ answer: CollectedAnswer; shown: CollectedAnswer | undefined }>;

/** How small an input must be for other ways than an InnoDB table with keys. */
export type StoreLimits = Readonly<{
  /** Kept in memory up to so much, if the server does. */
  memoryBytesMax: number;
  /** So few rows are read through faster than an index over them is made. */
  rowsWithoutKeysMax: number;
}>;

export const usualStoreLimits: StoreLimits = { memoryBytesMax: 8 * 1024 * 1024, rowsWithoutKeysMax: 50 };

/** What an index over rows in memory takes for each, at most. */
const KEY_ENTRY_BYTES = 48;
/** The member of an ENUM that is none, '' with number 0, is stored with a warning. */
const ERRNO_DATA_TRUNCATED = 1265;
/** The server wants a primary key of each table (`sql_require_primary_key`). */
const ERRNO_NO_PRIMARY_KEY = 3750;
/** Of CHAR columns, more than fit half a page of InnoDB. */
const ERRNO_ROW_TOO_LARGE = 1118;
/** About tables of two engines in one transaction, and about types that are out of fashion. */
const harmless: ReadonlySet<number> = new Set([6414, 1681, 1287]);
const exact = /^(?:tiny|small|medium|big)?int(?:eger)?$|^(?:date|year)$/;
const notInMemory = /(?:text|blob)$|^(?:json|vector|geometry|point|linestring|polygon|multi\w+|geom\w+)$/;

export class TableStore {
  readonly #input: ScratchInput;
  readonly #columns: readonly ScratchColumn[];
  readonly #scratch: Scratch;
  readonly #limits: StoreLimits;
  #isMade = false;
  /** Rows of a table in memory. */
  #inMemory: number | undefined;

  constructor(
    input: ScratchInput,
    columns: readonly ScratchColumn[],
    scratch: Scratch,
    limits: StoreLimits = usualStoreLimits,
  ) {
    this.#input = input;
    this.#columns = columns;
    this.#scratch = scratch;
    this.#limits = limits;
  }

  get isMade(): boolean {
    return this.#isMade;
  }

  /** Stores rows by this INSERT (undefined: there are none). `isAll`: no others follow. Rejects with a TabletRefusal or HeadgateError. */
  async store(insert: Buffer | undefined, rows: number, isAll: boolean): Promise<void> {
    if (this.#isMade) return this.#storeMore(insert, rows);
    this.#isMade = true;
    const withKeys = this.#input.keys.length > 0 && (!isAll || rows > this.#limits.rowsWithoutKeysMax);
    // MySQL reads a table in memory of no row or one while it plans, and then answers WITH ROLLUP of no rows otherwise.
    const isConstant = isAll && rows < 2;
    if (!isConstant && (!withKeys || this.#hasExactKeys()) && this.#fitsMemory(rows)) {
      try {
        await this.#make('MEMORY', withKeys);
        await this.#insert(insert);
        this.#inMemory = rows;
        return;
      } catch (error) {
        if (!(error instanceof TabletRefusal)) throw error;
        await this.#ask(`DROP TEMPORARY TABLE IF EXISTS \`${this.#input.table}\``);
      }
    }
    await this.#make('InnoDB', withKeys);
    await this.#insert(insert);
  }

  /** Rows behind the first ones; a table that grows leaves memory before it is full. */
  async #storeMore(insert: Buffer | undefined, rows: number): Promise<void> {
    if (this.#inMemory !== undefined) {
      this.#inMemory += rows;
      if (!this.#fitsMemory(this.#inMemory)) {
        this.#inMemory = undefined;
        await this.#leaveMemory('InnoDB');
      }
    }
    await this.#insert(insert);
  }

  async #leaveMemory(engine: TableEngine): Promise<void> {
    try {
      await this.#ask(`ALTER TABLE \`${this.#input.table}\` ENGINE=${engine}`);
    } catch (error) {
      const errno = error instanceof TabletRefusal ? error.answer.errno : 0;
      if (errno !== ERRNO_ROW_TOO_LARGE || engine !== 'InnoDB') throw error;
      await this.#leaveMemory('MyISAM');
    }
  }

  /** MySQL's indexes over tables in memory take some values for unequal that its operators take for equal: -0 and 0. */
  #hasExactKeys(): boolean {
    return this.#input.keys.every((key) => key.every((at) => exact.test(this.#columns[at]!.facts.name)));
  }

  #fitsMemory(rows: number): boolean {
    if (this.#columns.some(({ facts }) => notInMemory.test(facts.name))) return false;
    const rowBytes = this.#columns.reduce((sum, { facts }) => sum + facts.rowBytes, 0);
    const keyBytes = this.#input.keys.length * KEY_ENTRY_BYTES;
    return rows * (rowBytes + keyBytes) <= this.#limits.memoryBytesMax;
  }

  async #make(engine: TableEngine, withKeys: boolean, withRowId = false): Promise<void> {
    const input = withKeys ? this.#input : { ...this.#input, keys: [] };
    try {
      await this.#ask(tableDefinition(input, this.#columns, engine, withRowId));
    } catch (error) {
      const errno = error instanceof TabletRefusal ? error.answer.errno : 0;
      // Only accounts with special rights may switch off either check.
      if (errno === ERRNO_NO_PRIMARY_KEY && !withRowId) return this.#make(engine, withKeys, true);
      if (errno === ERRNO_ROW_TOO_LARGE && engine === 'InnoDB') return this.#make('MyISAM', false, withRowId);
      throw error;
    }
  }

  async #insert(insert: Buffer | undefined): Promise<void> {
    if (insert === undefined) return;
    const { answer, shown } = await this.#scratch.askWarned(insert);
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    if (shown !== undefined) this.#requireSame(shown);
  }

  async #ask(sql: string | Buffer): Promise<CollectedAnswer> {
    const answer = await this.#scratch.ask(command.query, Buffer.from(sql));
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    return answer;
  }

  /** Nothing may be stored otherwise than it came. */
  #requireSame(shown: CollectedAnswer): void {
    const enumerations = this.#columns.filter(({ facts }) => facts.name === 'enum');
    for (let at = 0; at < shown.rows.length; at++) {
      const [, code, message] = textValues(shown, at);
      const isEmptyMember =
        Number(code) === ERRNO_DATA_TRUNCATED &&
        enumerations.some(({ name }) => message?.includes(`'${name}'`));
      if (isEmptyMember || harmless.has(Number(code))) continue;
      throw new HeadgateError('HG_NOT_COPYABLE', { detail: `${message} (${code})` });
    }
  }
}
