/** Rows as a table in SQL text, of exactly the columns that information_schema has. */

export type TypedColumn = Readonly<{
  name: string;
  /** As SQL: `varchar(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin`. */
  type: string;
}>;

export type MetadataRow = readonly (string | null)[];

/**
 * A derived table without its alias. It is a query around the rows, so that titles are those of the columns as they are defined,
 * however the client writes their names. The rows are in hexadecimal: no character set and no sql_mode reads that differently.
 */
export function tableText(columns: readonly TypedColumn[], rows: readonly MetadataRow[]): string {
  const shown = columns.map(({ name, type }) =>
    type === NOTHING ? `NULL AS ${quotedName(name)}` : quotedName(name),
  );
  const defined = columns.flatMap(({ name, type }, at) =>
    type === NOTHING ? [] : [`${quotedName(name)} ${type} PATH '$[${at}]' NULL ON EMPTY ERROR ON ERROR`],
  );
  const document = Buffer.from(JSON.stringify(rows)).toString('hex');
  const table = `JSON_TABLE(_utf8mb4 0x${document}, '$[*]' COLUMNS (${defined.join(', ')}))`;
  return `(SELECT ${shown.join(', ')} FROM ${table} AS \`rows\`)`;
}

/** The type of columns of information_schema that are always NULL. */
const NOTHING = 'varbinary(0)';

export const quotedName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
