/**
 * The column definitions of a remainder's answer, with temporary tables' names and flags replaced by those of the tables whose rows they
 * hold. Source: protocol page "Column Definition".
 */
import { Operator } from '../../engine/operators/operator.ts';
import type { RowProducer } from '../../engine/row-stream.ts';
import { PayloadWriter } from '../../wire/packets.ts';
import { PayloadReader } from '../../wire/payload-reader.ts';

/** What a column of a temporary table is a copy of; undefined where it is computed. */
export type Original = Readonly<{ schema: string; table: string; column: string; flags: number }>;

/** The originals of a temporary table's columns, by the columns' names. */
export type Originals = ReadonlyMap<string, ReadonlyMap<string, Original>>;

/** Flags of a table's keys, numbering and defaults: those of a temporary table are nobody's business. */
const keyFlags = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 9) | (1 << 12) | (1 << 13) | (1 << 14);

type Definition = {
  catalog: Buffer;
  schema: Buffer;
  table: Buffer;
  originalTable: Buffer;
  title: Buffer;
  originalName: Buffer;
  /** What follows the names. */
  facts: Buffer;
};

/** Of a definition's facts: charset 2, length 4, type 1, then the flags. */
const FLAGS_AT = 8;

/** A definition as one MySQL with all tables would send it. */
export function originalColumn(definition: Buffer, originals: Originals): Buffer {
  const read = parse(definition);
  const columns = originals.get(read.originalTable.toString());
  if (columns === undefined) return definition;
  const original = columns.get(read.originalName.toString().toLowerCase());
  const facts = Buffer.from(read.facts);
  const flags = facts.readUInt16LE(FLAGS_AT);
  facts.writeUInt16LE((flags & ~keyFlags) | ((original?.flags ?? 0) & keyFlags), FLAGS_AT);
  return build({
    ...read,
    schema: Buffer.from(original?.schema ?? ''),
    originalTable: Buffer.from(original?.table ?? ''),
    originalName: Buffer.from(original?.column ?? ''),
    facts,
  });
}

/** The original of a column as the shards define it; undefined for an expression. */
export function originalOf(definition: Buffer): Original | undefined {
  const { schema, originalTable, originalName, facts } = parse(definition);
  if (originalTable.length === 0 || originalName.length === 0) return undefined;
  return {
    schema: schema.toString(),
    table: originalTable.toString(),
    column: originalName.toString(),
    flags: facts.readUInt16LE(FLAGS_AT),
  };
}

function parse(definition: Buffer): Definition {
  const reader = new PayloadReader(definition);
  const catalog = reader.lenencString('the catalog');
  const schema = reader.lenencString('the schema');
  const table = reader.lenencString('the table');
  const originalTable = reader.lenencString('the original table');
  const title = reader.lenencString('the title');
  const originalName = reader.lenencString('the original name');
  const facts = reader.bytes(reader.remaining, 'the facts');
  return { catalog, schema, table, originalTable, title, originalName, facts };
}

function build({ catalog, schema, table, originalTable, title, originalName, facts }: Definition): Buffer {
  const writer = new PayloadWriter();
  for (const name of [catalog, schema, table, originalTable, title, originalName]) writer.lenencBytes(name);
  return writer.raw(facts).done();
}

class OriginalColumns extends Operator {
  readonly #originals: Originals;

  constructor(sink: Operator['sink'], originals: Originals) {
    super(sink);
    this.#originals = originals;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(definitions.map((definition) => originalColumn(definition, this.#originals)));
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }
}

/** Rows under the definitions of one MySQL with all tables. */
export const withOriginalColumns =
  (rows: RowProducer, originals: Originals): RowProducer =>
  (sink) =>
    new OriginalColumns(sink, originals).start(rows);
