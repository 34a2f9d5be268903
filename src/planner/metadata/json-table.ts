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
 *
 * MySQL warns whoever names utf8mb3, which its own columns have. So these have the collations of utf8mb4 that order and compare in the same
 * way, unless `exact` is wanted: see `namesCollation`.
 */
export function tableText(
  columns: readonly TypedColumn[],
  rows: readonly MetadataRow[],
  exact: 'exact' | 'quiet' = 'quiet',
): string {
  const shown = columns.map(({ name, type }) =>
    type === NOTHING ? `NULL AS ${quotedName(name)}` : quotedName(name),
  );
  const defined = columns.flatMap(({ name, type }, at) =>
    type === NOTHING
      ? []
      : [
          `${quotedName(name)} ${exact === 'exact' ? type : quietType(type)} PATH '$[${at}]' NULL ON EMPTY ERROR ON ERROR`,
        ],
  );
  const document = Buffer.from(JSON.stringify(rows)).toString('hex');
  const table = `JSON_TABLE(_utf8mb4 0x${document}, '$[*]' COLUMNS (${defined.join(', ')}))`;
  return `(SELECT ${shown.join(', ')} FROM ${table} AS \`rows\`)`;
}

const collations: Readonly<Record<string, string>> = {
  bin: 'utf8mb4_bin',
  general_ci: 'utf8mb4_general_ci',
  // There is none that is the same: this one tells accents apart and not cases, too.
  tolower_ci: 'utf8mb4_0900_as_ci',
};

const quietType = (type: string): string =>
  type.replace(/CHARACTER SET utf8mb3 COLLATE utf8mb3_(\w+)/, (written, collation: string) => {
    const quiet = collations[collation];
    return quiet === undefined ? written : `CHARACTER SET utf8mb4 COLLATE ${quiet}`;
  });

/** Whether a statement names a collation or utf8mb3: what fits the columns then depends on their own character set. */
export const namesCollation = (text: Buffer): boolean =>
  /\bcollate\b|utf8(?:mb3|_|\b)/i.test(text.toString('latin1'));

/** The type of columns of information_schema that are always NULL. */
const NOTHING = 'varbinary(0)';

export const quotedName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
