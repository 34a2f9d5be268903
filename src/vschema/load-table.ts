/** One table of a keyspace's VSchema: from its source to the model, with a problem for each rule that it breaks. */
import { suggestion } from '../config/suggestion.ts';
import { loadColumnVindexes } from './load-column-vindexes.ts';
import type { ColumnSource, TableSource } from './load-keyspace.ts';
import { errorAt, memberPath, type VSchemaProblem, warningAt } from './problem.ts';
import { checkListed, type TableContext } from './table-context.ts';
import { parseTableName, type QualifiedName } from './table-name.ts';
import type { TableKind, TableVSchema, VSchemaColumn } from './vschema.ts';

const TYPES = ['', 'sequence', 'reference'] as const;

export function loadTable(context: TableContext, name: string, source: TableSource): TableVSchema {
  const { keyspace, problems } = context;
  const path = memberPath('tables', name);
  const kind = kindOf(context, source, path);
  const pinned = pinnedTo(context, source, path);
  const columns = loadColumns(source, path, problems);
  const columnVindexes = loadColumnVindexes(context, name, source, path);
  checkPlace(context, { kind, pinned: source.pinned !== undefined && source.pinned !== '', source, path });
  return Object.freeze({
    keyspace,
    name,
    kind,
    columnVindexes: Object.freeze(kind === 'sharded' && pinned === undefined ? columnVindexes : []),
    autoIncrement: autoIncrement(context, source, path),
    pinned,
    source: referenceSource(source, kind, path, problems),
    columns,
    columnListAuthoritative: source.column_list_authoritative ?? false,
  });
}

function kindOf(
  { source: { sharded }, problems }: TableContext,
  source: TableSource,
  path: string,
): TableKind {
  const type = TYPES.find((each) => each === (source.type ?? ''));
  if (type === undefined) {
    const hint = suggestion(source.type ?? '', TYPES);
    problems.push(
      errorAt(`${path}.type`, `must be "sequence", "reference" or left out, not "${source.type}"${hint}`),
    );
  }
  if (type === 'sequence' || type === 'reference') return type;
  return sharded ? 'sharded' : 'unsharded';
}

function pinnedTo(
  { source: { sharded }, problems }: TableContext,
  { pinned }: TableSource,
  path: string,
): Buffer | undefined {
  if (pinned === undefined || pinned === '') return undefined;
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(pinned)) {
    problems.push(errorAt(`${path}.pinned`, 'must be a keyspace id in hexadecimal, such as "00"'));
    return undefined;
  }
  if (!sharded) problems.push(warningAt(`${path}.pinned`, 'has no effect: the keyspace is not sharded'));
  return sharded ? Buffer.from(pinned, 'hex') : undefined;
}

type Place = Readonly<{ kind: TableKind; pinned: boolean; source: TableSource; path: string }>;

/** Whether it is known on which shard a row belongs. */
function checkPlace({ source: { sharded }, problems }: TableContext, place: Place): void {
  const { kind, pinned, source, path } = place;
  const at = `${path}.column_vindexes`;
  const given = source.column_vindexes.length > 0;
  // Where the type is a mistake, nothing is to be said about what the table needs.
  if (!TYPES.some((each) => each === (source.type ?? ''))) return;
  if (!sharded) {
    if (given) problems.push(warningAt(at, 'has no effect: the keyspace is not sharded'));
  } else if (kind === 'sequence' && !pinned) {
    problems.push(
      errorAt(
        `${path}.type`,
        'a sequence belongs into an unsharded keyspace, or must be pinned to one shard',
      ),
    );
  } else if (kind === 'sharded' && !pinned && !given) {
    problems.push(
      errorAt(
        at,
        'is missing: a table of a sharded keyspace needs a primary vindex, or `pinned`, or `"type": "reference"`',
      ),
    );
  } else if (given && (pinned || kind !== 'sharded')) {
    problems.push(warningAt(at, `has no effect: the table is ${pinned ? 'pinned' : `a ${kind} table`}`));
  }
}

function autoIncrement(
  { sequenceHome, problems }: TableContext,
  { auto_increment: source, columns, column_list_authoritative }: TableSource,
  path: string,
): TableVSchema['autoIncrement'] {
  if (source === undefined) return undefined;
  const { column = '', sequence = '' } = source;
  const at = `${path}.auto_increment`;
  if (column === '') problems.push(errorAt(`${at}.column`, 'is missing'));
  else if (column_list_authoritative === true) checkListed(column, columns, `${at}.column`, problems);
  if (sequence === '') {
    problems.push(
      errorAt(`${at}.sequence`, 'is missing: name a table of type sequence, such as "commerce.seq"'),
    );
    return undefined;
  }
  const name = parseTableName(sequence);
  if (name === undefined)
    problems.push(errorAt(`${at}.sequence`, 'must be a table name, such as "commerce.seq"'));
  const sequenceKeyspace = name?.keyspace ?? sequenceHome(name?.table ?? '');
  if (name === undefined || sequenceKeyspace === undefined || column === '') return undefined;
  return Object.freeze({ column, sequenceKeyspace, sequence: name.table });
}

function referenceSource(
  { source }: TableSource,
  kind: TableKind,
  path: string,
  problems: VSchemaProblem[],
): TableVSchema['source'] {
  if (source === undefined || source === '') return undefined;
  const at = `${path}.source`;
  const name: QualifiedName | undefined = parseTableName(source);
  if (name?.keyspace === undefined) {
    problems.push(errorAt(at, 'must name the keyspace, too, as in "commerce.country"'));
    return undefined;
  }
  if (kind !== 'reference') {
    problems.push(errorAt(at, 'is for reference tables: add `"type": "reference"`'));
    return undefined;
  }
  return Object.freeze({ keyspace: name.keyspace, table: name.table });
}

function loadColumns(
  { columns, column_list_authoritative }: TableSource,
  path: string,
  problems: VSchemaProblem[],
): readonly VSchemaColumn[] {
  if (column_list_authoritative === true && columns.length === 0) {
    problems.push(warningAt(`${path}.column_list_authoritative`, 'has no effect: there are no `columns`'));
  }
  const names = new Set<string>();
  const loaded = columns.map((column, at) => {
    const { name = '' } = column;
    const where = `${path}.columns[${at}].name`;
    if (name === '') problems.push(errorAt(where, 'is missing'));
    else if (names.has(name.toLowerCase())) problems.push(errorAt(where, `"${name}" stands here twice`));
    names.add(name.toLowerCase());
    return loadColumn(name, column);
  });
  return Object.freeze(loaded);
}

const loadColumn = (name: string, column: ColumnSource): VSchemaColumn =>
  Object.freeze({
    name,
    type: column.type?.toLowerCase(),
    invisible: column.invisible ?? false,
    default: column.default,
    collation: column.collation_name,
    size: column.size,
    scale: column.scale,
    nullable: column.nullable,
    values: column.values,
  });
