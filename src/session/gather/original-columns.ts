/**
 * The column definitions of a remainder's answer, with temporary tables' names and flags replaced by those of the tables whose rows they
 * hold. Source: protocol page "Column Definition".
 */
import { Operator } from '../../engine/operators/operator.ts';
import type { RowProducer } from '../../engine/row-stream.ts';
import { collationById } from '../../mysql/collations.ts';
import { columnType } from '../../mysql/protocol.ts';
import { PayloadWriter } from '../../wire/packets.ts';
import { PayloadReader } from '../../wire/payload-reader.ts';
import { wideNames } from './wide-names.ts';

/** What a column of a temporary table is a copy of; undefined where it is computed. */
export type Original = Readonly<{
  schema: string;
  table: string;
  /** What the text calls that table. */
  alias: string;
  column: string;
  flags: number;
  /** Its definition, where all of that but the title counts. */
  whole: Buffer | undefined;
  /** The rows are a table's, not those of a query that MySQL would keep in a table of its own. */
  isTable: boolean;
  /** It is a number that these tables have computed, under their names in the text: no column of theirs. */
  computedBy?: readonly string[];
}>;

/** Where the original of a column is found that goes by another name, in lower case. */
export const titleKey = (title: string): string => `\n${title}`;

/** The originals of a temporary table's columns, by the columns' names. */
export type Originals = ReadonlyMap<string, ReadonlyMap<string, Original>>;

/** Flags of a table's keys, numbering and defaults: those of a temporary table are nobody's business. */
const keyFlags = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 9) | (1 << 12) | (1 << 13) | (1 << 14);

/** Of these, what a table's indexes have to do with. */
const indexFlags = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 14);

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

/** A definition as one MySQL with all tables would send it. `views`: derived tables that stand for one. */
export function originalColumn(definition: Buffer, originals: Originals, views: readonly string[]): Buffer {
  const read = parse(definition);
  const wide = wideNames(read.catalog);
  const narrow = wide === undefined ? read : withNames(read, wide.narrow);
  const told = toldColumn(narrow, originals, views);
  if (told === undefined) return definition;
  return build(wide === undefined ? told : withNames(told, wide.wide));
}

const withNames = (definition: Definition, made: (name: Buffer) => Buffer): Definition => ({
  catalog: made(definition.catalog),
  schema: made(definition.schema),
  table: made(definition.table),
  originalTable: made(definition.originalTable),
  title: made(definition.title),
  originalName: made(definition.originalName),
  facts: definition.facts,
});

/** Undefined where it is no temporary table's. */
function toldColumn(
  read: Definition,
  originals: Originals,
  views: readonly string[],
): Definition | undefined {
  const columns = originals.get(read.originalTable.toString());
  if (columns === undefined) return undefined;
  const original = columns.get(read.originalName.toString().toLowerCase());
  if (original?.whole !== undefined) return wholeColumn(parse(original.whole), read);
  if (original?.computedBy !== undefined) return valueColumn(read, original.computedBy);
  const facts = Buffer.from(read.facts);
  const flags = facts.readUInt16LE(FLAGS_AT);
  const titled = columns.get(titleKey(read.originalName.toString().toLowerCase()));
  const any = titled ?? [...columns.values()].find(({ table }) => table !== '');
  // MySQL would keep a grouped query's rows in a table, and say of what database they are.
  const isWithin = read.schema.length === 0 && any?.isTable !== false;
  const isView = isWithin && views.includes(read.table.toString());
  if (any !== undefined && original === undefined && isWithin) {
    // A derived table's column under a name of its own: MySQL tells the table behind it.
    facts.writeUInt16LE(flags & ~indexFlags, FLAGS_AT);
    const schema = isView ? Buffer.from(any.schema) : read.schema;
    return { ...read, schema, originalTable: Buffer.from(any.table), facts };
  }
  facts.writeUInt16LE((flags & ~keyFlags) | ((original?.flags ?? 0) & keyFlags), FLAGS_AT);
  return {
    ...read,
    // The temporary table has no other name in the text.
    table: originals.has(read.table.toString())
      ? Buffer.from(original?.alias ?? '')
      : withoutSchema(read.table, original?.schema ?? ''),
    schema: isWithin && !isView ? read.schema : Buffer.from(original?.schema ?? ''),
    originalTable: Buffer.from(original?.table ?? ''),
    originalName:
      isWithin && original?.table === '' ? read.originalName : Buffer.from(original?.column ?? ''),
    facts,
  };
}

/** Of two tables of one name the remainder names the second with its database. */
function withoutSchema(alias: Buffer, schema: string): Buffer {
  const before = Buffer.from(`${schema}.`);
  return schema !== '' && alias.subarray(0, before.length).equals(before)
    ? alias.subarray(before.length)
    : alias;
}

/** Of a definition's facts. */
const CHARSET_AT = 1;
const LENGTH_AT = 3;
const TYPE_AT = 7;
const BINARY_CHARSET = 63;
const LENGTH_MAX = 0xffff_ffff;

const BINARY_FLAG = 1 << 7;
/** Letters of a DOUBLE that is computed. */
const DOUBLE_LENGTH = 23;
const nothing = Buffer.alloc(0);

/** What MySQL says of MATCH … AGAINST. */
function valueColumn(read: Definition, tables: readonly string[]): Definition {
  const facts = Buffer.from(read.facts);
  facts.writeUInt32LE(DOUBLE_LENGTH, LENGTH_AT);
  facts.writeUInt16LE(BINARY_FLAG, FLAGS_AT);
  const isPlain = tables.includes(read.table.toString());
  const [table, originalName] = isPlain ? [nothing, nothing] : [read.table, read.title];
  return { ...read, schema: nothing, table, originalTable: nothing, originalName, facts };
}

/** The definition of an input's column under another title, and in the character set of the answer. */
function wholeColumn(original: Definition, { title, facts }: Definition): Definition {
  const own = Buffer.from(original.facts);
  const charset = own.readUInt16LE(CHARSET_AT);
  const answered = facts.readUInt16LE(CHARSET_AT);
  if (charset !== BINARY_CHARSET && answered !== BINARY_CHARSET) {
    const type = own[TYPE_AT]!;
    // MySQL counts the bytes of a long text for characters.
    const isLong = type >= columnType.tinyBlob && type <= columnType.blob;
    const width = isLong ? 1 : (collationById(charset)?.maxLength ?? 1);
    const length =
      Math.floor(own.readUInt32LE(LENGTH_AT) / width) * (collationById(answered)?.maxLength ?? 1);
    own.writeUInt16LE(answered, CHARSET_AT);
    own.writeUInt32LE(Math.min(length, LENGTH_MAX), LENGTH_AT);
  }
  // A column of MySQL's own table for groups is called as its title is.
  const isUnnamed = original.originalTable.length === 0 && original.originalName.equals(original.title);
  return { ...original, title, originalName: isUnnamed ? title : original.originalName, facts: own };
}

/** The original of a column as the shards define it; undefined for an expression. */
export function originalOf(definition: Buffer): Omit<Original, 'whole' | 'isTable'> | undefined {
  const { schema, table, originalTable, originalName, facts } = parse(definition);
  if (originalTable.length === 0 || originalName.length === 0) return undefined;
  return {
    schema: schema.toString(),
    table: originalTable.toString(),
    alias: table.toString(),
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
  readonly #views: readonly string[];

  constructor(sink: Operator['sink'], originals: Originals, views: readonly string[]) {
    super(sink);
    this.#originals = originals;
    this.#views = views;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(
      definitions.map((definition) => originalColumn(definition, this.#originals, this.#views)),
    );
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }
}

/** Rows under the definitions of one MySQL with all tables. */
export const withOriginalColumns =
  (rows: RowProducer, originals: Originals, views: readonly string[]): RowProducer =>
  (sink) =>
    new OriginalColumns(sink, originals, views).start(rows);
