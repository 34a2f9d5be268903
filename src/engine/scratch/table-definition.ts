/** The temporary table that holds an input's rows, as SQL. */
import { columnType } from '../../mysql/protocol.ts';
import type { GatherInput } from '../../planner/gather/gather-plan.ts';
import { type ColumnDefinition, readColumnDefinition } from './column-definition.ts';
import { type ColumnTypeFacts, columnTypeFacts } from './column-type.ts';
import { derivedType, longName } from './derived-type.ts';

export type ScratchInput = Pick<GatherInput, 'table' | 'columns' | 'keys' | 'isComputed'>;

export type TableEngine = 'InnoDB' | 'MEMORY' | 'MyISAM';

export type ScratchColumn = Readonly<{
  name: string;
  /** SQL type, with character set, collation and NOT NULL. */
  type: string;
  facts: ColumnTypeFacts;
  /** As the shards send it. */
  definition: ColumnDefinition;
}>;

/** A row has 65,535 bytes, of which some are needed for NULLs and for the pointers of what is moved out. */
const ROW_BYTES_MAX = 65_000;
/** Longer columns get an index over so many characters only: an index has 3,072 bytes in all. */
const KEY_BYTES_MAX = 3072;
const KEY_COLUMN_BYTES_MAX = 252;
const KEY_COLUMNS_MAX = 16;
const KEYS_MAX = 60;
const NUMBER_KEY_BYTES = 40;
const withoutKeys = /^(?:json|vector|geometry|point|linestring|polygon|multi\w+|geom\w+)$/;

/** The columns with their types; throws where a type can be known from nowhere. */
export function scratchColumns(input: ScratchInput, definitions: readonly Buffer[]): ScratchColumn[] {
  const columns = input.columns.map(({ name, type: known }, at): ScratchColumn => {
    const definition = readColumnDefinition(definitions[at]!);
    // The answer may have the shards' definition, with the type that it says.
    const read = input.isComputed === true ? { ...definition, stored: true } : definition;
    const type = known ?? derivedType(definition.type === columnType.year ? read : definition);
    return { name, type, facts: columnTypeFacts(type), definition };
  });
  return fitRow(columns);
}

/** CREATE TEMPORARY TABLE, to be run with character_set_client = utf8mb4. `withRowId`: with a primary key that nobody sees. */
export function tableDefinition(
  input: ScratchInput,
  columns: readonly ScratchColumn[],
  engine: TableEngine = 'InnoDB',
  withRowId = false,
): string {
  // No table has invisible columns only.
  const allInvisible = columns.every(({ facts }) => facts.invisible);
  const parts = columns.map(
    ({ name, type }) => `${quoted(name)} ${allInvisible ? type.replace(/\binvisible$/i, '') : type}`,
  );
  const keys = new Set(input.keys.map((key) => keyText(key, columns)).filter((key) => key !== undefined));
  parts.push(...[...keys].slice(0, KEYS_MAX));
  // Invisible columns take no part in `*` and NATURAL JOIN.
  if (withRowId)
    parts.push(
      `${quoted(`${input.table}_row`)} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY`,
    );
  return `CREATE TEMPORARY TABLE ${quoted(input.table)} (${parts.join(', ')}) ENGINE=${engine}`;
}

/** The beginning of an INSERT: all columns are named, for some may be INVISIBLE. */
export const insertHead = (input: ScratchInput, columns: readonly ScratchColumn[]): string =>
  `INSERT INTO ${quoted(input.table)} (${columns.map(({ name }) => quoted(name)).join(', ')}) VALUES`;

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** Makes long VARCHARs TEXT, the longest first, until a row has room for all columns. Both hold and compare the same values. */
function fitRow(columns: ScratchColumn[]): ScratchColumn[] {
  let bytes = columns.reduce((sum, { facts }) => sum + facts.rowBytes, 0);
  if (bytes <= ROW_BYTES_MAX) return columns;
  const fitted = [...columns];
  const byLength = [...columns.keys()]
    .filter((at) => /^var/.test(columns[at]!.facts.name))
    .sort((a, b) => columns[b]!.facts.rowBytes - columns[a]!.facts.rowBytes);
  for (const at of byLength) {
    const column = columns[at]!;
    const { facts } = column;
    const name = longName(facts.length! * facts.characterBytes, facts.name === 'varbinary');
    const type = `${name}${facts.textSuffix}${facts.notNull ? ' NOT NULL' : ''}${facts.invisible ? ' INVISIBLE' : ''}`;
    fitted[at] = { ...column, type, facts: columnTypeFacts(type) };
    bytes += fitted[at].facts.rowBytes - facts.rowBytes;
    if (bytes <= ROW_BYTES_MAX) break;
  }
  return fitted;
}

/** Undefined where MySQL has no index for a column; an index over the columns before it would be chosen for nothing. */
function keyText(key: readonly number[], columns: readonly ScratchColumn[]): string | undefined {
  const parts: string[] = [];
  let bytes = 0;
  for (const at of key.slice(0, KEY_COLUMNS_MAX)) {
    const { name, facts } = columns[at]!;
    if (withoutKeys.test(facts.name) || facts.length === 0) return undefined;
    const { prefix, bytes: own } = keyColumn(facts);
    bytes += own;
    if (bytes > KEY_BYTES_MAX) break;
    parts.push(`${quoted(name)}${prefix}`);
  }
  return parts.length === 0 ? undefined : `KEY (${parts.join(', ')})`;
}

function keyColumn({ name, length, characterBytes }: ColumnTypeFacts): { prefix: string; bytes: number } {
  const isLong = /(?:text|blob)$/.test(name);
  if (!isLong && length === undefined) return { prefix: '', bytes: NUMBER_KEY_BYTES };
  const whole = length === undefined ? Number.POSITIVE_INFINITY : length * characterBytes;
  if (whole <= KEY_COLUMN_BYTES_MAX) return { prefix: '', bytes: whole };
  const characters = Math.floor(KEY_COLUMN_BYTES_MAX / characterBytes);
  return { prefix: `(${characters})`, bytes: KEY_COLUMN_BYTES_MAX };
}
