/** A table's name as VSchemas write it: `t`, `ks.t`, either part in backquotes if need be. */
export type QualifiedName = Readonly<{ keyspace: string | undefined; table: string }>;

const PART = '(?:`((?:[^`]|``)+)`|([^`.@\\s]+))';
const NAME = new RegExp(`^(?:${PART}\\.)?${PART}$`);

/** Undefined for text that is no such name. */
export function parseTableName(text: string): QualifiedName | undefined {
  const match = NAME.exec(text);
  if (match === null) return undefined;
  const [, quotedKeyspace, plainKeyspace, quotedTable, plainTable] = match;
  return {
    keyspace: unquoted(quotedKeyspace) ?? plainKeyspace,
    table: unquoted(quotedTable) ?? plainTable ?? '',
  };
}

const unquoted = (name: string | undefined): string | undefined => name?.replaceAll('``', '`');

/** `ks.t`, as it stands in messages. */
export const qualifiedText = ({ keyspace, table }: QualifiedName): string =>
  keyspace === undefined ? table : `${keyspace}.${table}`;
