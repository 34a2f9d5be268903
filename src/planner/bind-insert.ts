/** The rows of an INSERT on their way to shards: what each is hashed by, and what it is as text. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';
import type { Operands } from './operands.ts';
import { shardOfId, shardOfKey } from './place-key.ts';
import type { InsertPlan, InsertValue } from './plan.ts';
import type { ShardMap } from './shard-map.ts';
import { storedKey } from './stored-key.ts';
import { fillTemplate, type TemplateValues } from './template.ts';

/** One shard's part of the rows. */
export type ShardInsert = Readonly<{
  shard: number;
  text: Buffer;
  /** The numbers of its rows in the client's statement, from 1, in order. */
  rowNumbers: readonly number[];
  /** The parameters for which the text has markers, in their order. */
  markers: readonly number[];
}>;

/** What stands for a value. */
type Cell = LiteralValue | 'default' | undefined;

export class InsertBinding {
  readonly #plan: InsertPlan;
  readonly #operands: Operands;
  readonly #values: TemplateValues;
  readonly #map: ShardMap;
  readonly #context: ValueContext;
  readonly rowCount: number;
  /** Positions (from 0) of the rows whose value the sequence gives. */
  readonly generated: readonly number[];
  readonly #places = new Map<number, bigint>();
  #first = 0n;

  constructor(plan: InsertPlan, operands: Operands, values: TemplateValues, map: ShardMap) {
    this.#plan = plan;
    this.#operands = operands;
    this.#values = values;
    this.#map = map;
    this.#context = plan.ignore ? lenient(operands.context) : operands.context;
    const { rows } = plan;
    this.rowCount = rows.kind === 'slot' ? operands.rowCount(rows.slot) : rows.rows.length;
    this.generated = plan.sequence === undefined ? [] : this.#generatedRows();
    for (const [at, row] of this.generated.entries()) this.#places.set(row, BigInt(at));
  }

  /** Takes the sequence's values: the first of as many as `generated` asks for, one after the other. */
  take(first: bigint): void {
    this.#first = first;
  }

  /** The shard of each row. Raises HG_NO_KEYSPACE_ID, HG_SHARDED_NOT_PLANNED, HG_KEY_RANGE. */
  shards(): readonly number[] {
    const shards: number[] = [];
    for (let row = 0; row < this.rowCount; row++) shards.push(this.#shardOf(row));
    return shards;
  }

  /** The text for each shard, in the order of the shards. */
  parts(shards: readonly number[]): readonly ShardInsert[] {
    const { head, tail, form } = this.#plan;
    const rows = new Map<number, number[]>();
    for (const [row, shard] of shards.entries()) {
      const known = rows.get(shard);
      if (known === undefined) rows.set(shard, [row]);
      else known.push(row);
    }
    return [...rows]
      .sort(([a], [b]) => a - b)
      .map(([shard, own]) => {
        const pieces: Buffer[] = [fillTemplate(head, this.#values)];
        for (const [at, row] of own.entries()) {
          if (at > 0) pieces.push(COMMA);
          this.#write(row, form, pieces);
        }
        pieces.push(fillTemplate(tail, this.#values));
        const rowNumbers = own.map((row) => row + 1);
        return { shard, text: Buffer.concat(pieces), rowNumbers, markers: this.#values.markers() };
      });
  }

  /** What the OK packet reports as insert id: the first generated value, else the last one given; 0 without a sequence. */
  insertId(): bigint {
    const { sequence } = this.#plan;
    if (sequence === undefined) return 0n;
    if (this.generated.length > 0) return this.#first;
    let last = 0n;
    for (let row = 0; row < this.rowCount; row++) {
      const stored = this.#stored(sequence.column, this.#cell(row, sequence.position));
      if (stored?.kind === 'integer' || stored?.kind === 'unsigned')
        last = BigInt(stored.bytes.toString('latin1'));
    }
    return BigInt.asUintN(64, last);
  }

  #generatedRows(): number[] {
    const { sequence } = this.#plan;
    const { context } = this.#operands;
    const zeroGenerates = !context.sqlMode.has('NO_AUTO_VALUE_ON_ZERO');
    const rows: number[] = [];
    for (let row = 0; row < this.rowCount; row++) {
      const cell = this.#cell(row, sequence!.position);
      if (cell === 'default' || (cell !== undefined && cell.kind === 'null')) {
        rows.push(row);
        continue;
      }
      const stored = this.#stored(sequence!.column, cell);
      if (
        stored !== undefined &&
        stored.kind !== 'null' &&
        zeroGenerates &&
        /^-?0+$/.test(stored.bytes.toString('latin1'))
      )
        rows.push(row);
    }
    return rows;
  }

  /** Undefined for what MySQL will refuse. */
  #stored(column: Parameters<typeof storedKey>[0], cell: Cell): VindexValue | undefined {
    const { table } = this.#plan;
    if (cell === undefined || cell === 'default') {
      throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
        detail: `INSERT into ${table.name}: the value of ${column.name}, a column of its vindex or sequence, is no constant`,
      });
    }
    const { sequence } = this.#plan;
    // The shards do not count: the sequence does.
    const own =
      column.autoIncrement && sequence?.column === column ? { ...column, autoIncrement: false } : column;
    const key = storedKey(own, cell, this.#context);
    if (key.kind === 'unknown') {
      throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
        detail: `INSERT into ${table.name}: what ${column.name}, a column of its vindex or sequence, will store is not certain (${key.reason})`,
      });
    }
    return key.kind === 'rejected' ? undefined : key.value;
  }

  #shardOf(row: number): number {
    const { key, keyPositions, pinned, table } = this.#plan;
    const map = this.#map;
    if (pinned !== undefined) return shardOfId(map, pinned);
    const inputs: VindexValue[] = [];
    for (const [at, column] of key!.columns.entries()) {
      const position = keyPositions[at]!;
      const value = this.#keyValue(row, position, column);
      // MySQL refuses the row, wherever it goes.
      if (value === undefined) return 0;
      inputs.push(value);
    }
    return shardOfKey(table, key!, map, inputs);
  }

  #keyValue(row: number, position: number, column: Parameters<typeof storedKey>[0]): VindexValue | undefined {
    const { sequence } = this.#plan;
    if (sequence?.column === column) {
      const at = this.#places.get(row);
      if (at !== undefined) return { kind: 'integer', bytes: Buffer.from(String(this.#first + at)) };
    }
    const cell = this.#cell(row, position);
    if (cell !== 'default') return this.#stored(column, cell);
    if (column.defaultIsExpression) return this.#stored(column, undefined);
    if (column.defaultText === undefined) {
      if (column.nullable) return { kind: 'null' };
      // Strict mode refuses a row without the value; otherwise MySQL makes one up.
      return isStrict(this.#context) ? undefined : this.#stored(column, undefined);
    }
    const text = Buffer.from(column.defaultText);
    return this.#stored(column, { kind: 'string', bytes: text, charset: 'utf8mb4', collation: undefined });
  }

  /** The value of a row at a position; -1: not listed. */
  #cell(row: number, position: number): Cell {
    if (position < 0) return 'default';
    const { rows } = this.#plan;
    if (rows.kind === 'slot') return this.#operands.rowElement(rows.slot, row, position);
    const value = rows.rows[row]!.values[position];
    // `()` gives every column its default; a row that is too short is MySQL's to refuse.
    if (value === undefined) return 'default';
    if (value.value === 'default' || value.value === undefined) return value.value;
    return this.#operands.value(value.value);
  }

  #write(row: number, form: InsertPlan['form'], pieces: Buffer[]): void {
    const { sequence, rows, columns } = this.#plan;
    const at = this.#places.get(row);
    const number = at === undefined ? undefined : Buffer.from(String(this.#first + at));
    if (form === 'set') {
      const values = rows.kind === 'written' ? rows.rows[row]!.values : [];
      const texts = values.map((value, place) =>
        Buffer.concat([
          fillTemplate(columns[place]!, this.#values),
          EQUALS,
          this.#cellText(value, place, number),
        ]),
      );
      if (number !== undefined && sequence!.position < 0)
        texts.unshift(Buffer.from(`\`${sequence!.column.name.replaceAll('`', '``')}\`=${number}`));
      pieces.push(join(texts));
      return;
    }
    pieces.push(OPEN);
    if (sequence?.position === -1) pieces.push(number!, hasValues(this.#plan, row) ? COMMA : NOTHING);
    if (rows.kind === 'slot') {
      for (const piece of this.#operands.rowText(rows.slot, row, sequence?.position ?? -1, number))
        pieces.push(piece);
    } else {
      pieces.push(join(rows.rows[row]!.values.map((value, place) => this.#cellText(value, place, number))));
    }
    pieces.push(CLOSE);
  }

  #cellText(value: InsertValue, place: number, number: Buffer | undefined): Buffer {
    if (number !== undefined && place === this.#plan.sequence!.position) return number;
    return fillTemplate(value.text, this.#values);
  }
}

const isStrict = ({ sqlMode }: ValueContext): boolean =>
  sqlMode.has('STRICT_TRANS_TABLES') || sqlMode.has('STRICT_ALL_TABLES');

/** IGNORE stores what strict mode refuses. */
export const lenient = (context: ValueContext): ValueContext => ({
  ...context,
  sqlMode: new Set(
    [...context.sqlMode].filter((name) => !name.startsWith('STRICT_') && name !== 'TRADITIONAL'),
  ),
});

const NOTHING = Buffer.alloc(0);
const COMMA = Buffer.from(', ');
const OPEN = Buffer.from('(');
const CLOSE = Buffer.from(')');
const EQUALS = Buffer.from('=');

const join = (parts: readonly Buffer[]): Buffer =>
  Buffer.concat(parts.flatMap((part, at) => (at === 0 ? [part] : [COMMA, part])));

const hasValues = ({ rows }: InsertPlan, row: number): boolean =>
  rows.kind === 'slot' || rows.rows[row]!.values.length > 0;
