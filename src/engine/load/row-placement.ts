/** Which shard gets a row of a file: by the values of its vindex columns, as MySQL will store them. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { lenient } from '../../planner/bind-insert.ts';
import type { ValueContext } from '../../planner/literal-value.ts';
import type { LoadPlan } from '../../planner/load.ts';
import { shardOfId, shardOfKey } from '../../planner/place-key.ts';
import type { ShardMap } from '../../planner/shard-map.ts';
import { storedKey } from '../../planner/stored-key.ts';
import type { ColumnSchema } from '../../schema/schema.ts';
import type { VindexValue } from '../../vschema/vindexes/vindex.ts';
import type { FieldValue } from './row-splitter.ts';

type Fields = readonly (FieldValue | undefined)[];

export class RowPlacement {
  /** Positions of the fields that `shardOf` wants, in this order. */
  readonly wanted: readonly number[];
  /** Whether each row needs a value of the sequence. */
  readonly generates: boolean;
  readonly #plan: LoadPlan;
  readonly #map: ShardMap;
  readonly #context: ValueContext;
  readonly #charset: string;
  readonly #zeroGenerates: boolean;
  /** Where the sequence's column is among the wanted fields; -1: it is not in the file. */
  readonly #counted: number;

  /** `charset`: that of the file. */
  constructor(plan: LoadPlan, map: ShardMap, context: ValueContext, charset: string) {
    this.#plan = plan;
    this.#map = map;
    this.#charset = charset;
    // The file's characters come to the column without those of client and connection.
    const own = { ...context, charset: '', collation: '' };
    this.#context = plan.replace ? own : lenient(own);
    this.#zeroGenerates = !context.sqlMode.has('NO_AUTO_VALUE_ON_ZERO');
    const counted = plan.sequence?.position ?? -1;
    const isKey = counted < 0 || plan.keyPositions.includes(counted);
    this.wanted = isKey ? plan.keyPositions : [...plan.keyPositions, counted];
    this.#counted = this.wanted.indexOf(counted);
    this.generates = plan.sequence?.position === -1;
  }

  /** `row`: its number in the file. `generated`: the sequence's value for it. Raises HG_SHARDED_NOT_PLANNED, HG_NO_KEYSPACE_ID, HG_KEY_RANGE. */
  shardOf(fields: Fields, row: number, generated: bigint | undefined): number {
    const { key, pinned, table, sequence } = this.#plan;
    if (sequence !== undefined && generated === undefined)
      this.#requireGiven(fields[this.#counted], sequence.column, row);
    if (pinned !== undefined) return shardOfId(this.#map, pinned);
    const inputs: VindexValue[] = [];
    for (const [at, column] of key!.columns.entries()) {
      const value =
        generated !== undefined && sequence?.column === column
          ? ({ kind: 'integer', bytes: Buffer.from(String(generated)) } as const)
          : this.#stored(fields[at], column, row);
      // MySQL refuses the row, wherever it goes.
      if (value === undefined) return 0;
      inputs.push(value);
    }
    return shardOfKey(table, key!, this.#map, inputs);
  }

  #stored(field: FieldValue | undefined, column: ColumnSchema, row: number): VindexValue | undefined {
    if (field === undefined) throw this.#uncertain(column, row, 'the row ends before it');
    const literal = field.isNull
      ? ({ kind: 'null' } as const)
      : ({ kind: 'string', bytes: field.bytes, charset: this.#charset, collation: undefined } as const);
    const { sequence } = this.#plan;
    // The shards do not count.
    const own =
      column.autoIncrement && sequence?.column === column ? { ...column, autoIncrement: false } : column;
    const key = storedKey(own, literal, this.#context);
    if (key.kind === 'unknown') throw this.#uncertain(column, row, key.reason);
    return key.kind === 'rejected' ? undefined : key.value;
  }

  /** MySQL would count where a row gives no value; here the sequence has to, for all rows or for none. */
  #requireGiven(field: FieldValue | undefined, column: ColumnSchema, row: number): void {
    const value = this.#stored(field, column, row);
    const isZero =
      value !== undefined && value.kind !== 'null' && /^-?[0.]*$/.test(value.bytes.toString('latin1'));
    if (value?.kind !== 'null' && !(isZero && this.#zeroGenerates)) return;
    throw this.#uncertain(column, row, 'its sequence gives values to all rows of a file or to none');
  }

  #uncertain(column: ColumnSchema, row: number, reason: string): HeadgateError {
    return new HeadgateError('HG_SHARDED_NOT_PLANNED', {
      detail: `LOAD DATA into ${this.#plan.table.name}: what ${column.name}, a column of its vindex or sequence, will store in row ${row} is not certain (${reason})`,
    });
  }
}
