/**
 * Which table a name in a statement means: by routing rules first, then in the keyspace that the name or the session
 * says, or, without one, in the only keyspace that has such a table. MySQL's own schemas (information_schema, …) are the
 * caller's business.
 */
import { suggestion } from '../config/suggestion.ts';
import type { ErrorName } from '../errors/catalogue.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { qualifiedText } from './table-name.ts';
import type { KeyspaceVSchema, TableVSchema, VindexDefinition, VSchema } from './vschema.ts';

/**
 * `table`: an unsharded keyspace's table need not stand in the VSchema. `vindex`: no table, but a vindex has this name, and
 * vindexes can be queried like tables. All others: the error to answer with.
 */
export type TableResolution =
  | Readonly<{ kind: 'table'; table: TableVSchema }>
  | Readonly<{ kind: 'vindex'; keyspace: string; vindex: VindexDefinition }>
  | Readonly<{ kind: 'unknown' | 'ambiguous' | 'disabled' | 'broken'; error: HeadgateError }>;

/**
 * Looks a name up. `qualifier` is the keyspace written before the table, `defaultKeyspace` the session's; `tabletType` is where
 * the statement goes (`primary`, `replica`, …), since rules may be for one type alone.
 */
export function resolveTable(
  vschema: VSchema,
  qualifier: string | undefined,
  table: string,
  defaultKeyspace: string | undefined,
  tabletType: string,
): TableResolution {
  if (vschema.routingRulesProblem !== undefined) {
    return failure('broken', 'HG_VSCHEMA', `routing rules: ${vschema.routingRulesProblem}`);
  }
  const keyspace = qualifier ?? defaultKeyspace;
  const name = qualifiedText({ keyspace, table });
  const rule =
    vschema.routingRules.get(`${name}@${tabletType.toLowerCase()}`) ?? vschema.routingRules.get(name);
  switch (rule?.kind) {
    case 'table':
      return inKeyspace(vschema, rule.keyspace, rule.table);
    case 'disabled':
      return failure('disabled', 'HG_TABLE_DISABLED', `\`${name}\``);
    case 'broken':
      return failure('broken', 'HG_VSCHEMA', `routing rule for \`${rule.from}\`: ${rule.problem}`);
    case undefined:
      return keyspace === undefined ? anywhere(vschema, table) : inKeyspace(vschema, keyspace, table);
  }
}

function inKeyspace(vschema: VSchema, name: string, table: string): TableResolution {
  const keyspace = vschema.keyspaces.get(name);
  if (keyspace === undefined) {
    const hint = suggestion(name, [...vschema.keyspaces.keys()]);
    // MySQL's own beginning, as for a table that is missing.
    const message = `Unknown database '${name}'${hint}`;
    return { kind: 'unknown', error: new HeadgateError('ER_BAD_DB_ERROR', { message }) };
  }
  if (keyspace.problem !== undefined) return brokenKeyspace(keyspace);
  const known = keyspace.tables.get(table);
  if (known !== undefined) return { kind: 'table', table: known };
  if (!keyspace.sharded) return { kind: 'table', table: unlisted(name, table) };
  const vindex = keyspace.vindexes.get(table);
  if (vindex !== undefined) return { kind: 'vindex', keyspace: name, vindex };
  const message = missing(keyspace, table);
  return { kind: 'unknown', error: new HeadgateError('ER_NO_SUCH_TABLE', { message }) };
}

const unlisted = (keyspace: string, name: string): TableVSchema =>
  Object.freeze({
    keyspace,
    name,
    kind: 'unsharded',
    columnVindexes: [],
    columns: [],
    columnListAuthoritative: false,
  });

function missing({ name, tables }: KeyspaceVSchema, table: string): string {
  const hint = suggestion(table, [...tables.keys()]);
  const otherwise =
    hint === ''
      ? `; if the tablets have it, add it to the VSchema of ${name} with a vindex, as pinned, or as a reference table`
      : hint;
  return `Table '${name}.${table}' doesn't exist: it is not in the VSchema of sharded keyspace ${name}${otherwise}`;
}

/** Without a keyspace, a name is good if one keyspace alone has it and does not ask to be named. */
function anywhere(vschema: VSchema, table: string): TableResolution {
  const open = [...vschema.keyspaces.values()].filter((each) => !each.requireExplicitRouting);
  const holders = withoutCopies(
    open.filter(({ tableNames }) => tableNames.has(table)),
    table,
  );
  const [holder] = holders;
  if (holders.length === 1) return inKeyspace(vschema, holder!.name, table);
  if (holders.length > 1) return ambiguous(table, holders);
  const withVindex = open.filter(({ vindexes }) => vindexes.has(table));
  const [{ name: keyspace, vindexes } = { name: '', vindexes: undefined }] = withVindex;
  if (withVindex.length > 1) return ambiguous(table, withVindex);
  const vindex = vindexes?.get(table);
  if (vindex !== undefined) return { kind: 'vindex', keyspace, vindex };
  const known = new Set(open.flatMap(({ tableNames }) => [...tableNames]));
  const why = `no keyspace is selected, and no VSchema has a table \`${table}\``;
  return failure('unknown', 'ER_NO_DB_ERROR', `${why}${suggestion(table, [...known])}`);
}

/** Reference tables whose source is among the holders are copies of it: the source is meant. */
function withoutCopies(holders: readonly KeyspaceVSchema[], table: string): readonly KeyspaceVSchema[] {
  return holders.filter(({ tables }) => {
    const source = tables.get(table)?.source;
    return source?.table !== table || !holders.some(({ name }) => name === source.keyspace);
  });
}

function ambiguous(name: string, holders: readonly KeyspaceVSchema[]): TableResolution {
  const places = holders.map((each) => each.name).join(', ');
  return failure('ambiguous', 'HG_TABLE_AMBIGUOUS', `\`${name}\` is in keyspaces ${places}`);
}

const brokenKeyspace = ({ name, problem = '' }: KeyspaceVSchema): TableResolution =>
  failure('broken', 'HG_VSCHEMA', `keyspace ${name}: ${problem}`);

const failure = (
  kind: 'unknown' | 'ambiguous' | 'disabled' | 'broken',
  code: ErrorName,
  detail: string,
): TableResolution => ({ kind, error: new HeadgateError(code, { detail }) });
