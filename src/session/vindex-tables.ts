/**
 * Vindexes in queries of any form: the rows of the values that conditions name are put into the text as derived tables, and the text then is a
 * query like any other.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { conjunctsOf } from '../planner/analysis/predicates.ts';
import { flattened } from '../planner/gather/source-names.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import { type Operand, OperandReader, Operands, type ParameterValues } from '../planner/operands.ts';
import type { ColumnReference, Expression } from '../sql/ast/expression.ts';
import type { QueryBlock } from '../sql/ast/query.ts';
import type { TableName, TableReference } from '../sql/ast/table.ts';
import { type AnyNode, nodesOfKind } from '../sql/ast/walk.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import type { StatementScan } from '../sql/statement.ts';
import { resolveTable } from '../vschema/resolve-table.ts';
import type { VindexDefinition } from '../vschema/vschema.ts';
import { withEdits } from './own-user.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session } from './session.ts';
import type { Target } from './target.ts';
import { type VindexRow, vindexRows } from './vindex-answer.ts';

type Question = Readonly<{
  text: Buffer;
  scan: StatementScan;
  target: Target;
  parameters: ParameterValues;
  /** Only its columns are asked for: the values come later. */
  isDescribed?: boolean;
}>;

type Named = Readonly<{ node: TableName; keyspace: string; vindex: VindexDefinition; block: QueryBlock }>;

/** The text with rows in the place of vindexes. `refusal`: why it has no plan, which is raised for what is no query of vindexes. */
export function withVindexRows(session: Session, question: Question, refusal: unknown): Buffer {
  const { text, scan, target, parameters, isDescribed = false } = question;
  if (!(refusal instanceof HeadgateError) || refusal.code !== 'HG_VINDEX_QUERY') throw refusal;
  const mode = lexModeIn(session);
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  if (parsed.kind !== 'select' || parsed.hasVersionComment) throw refusal;
  const reader = new OperandReader(text, mode, undefined);
  const operands = new Operands(text, mode, undefined, parameters, session.state.valueContext);
  const named = vindexesIn(session, parsed, target);
  const edits = named.flatMap(({ node, keyspace, vindex, block }) => {
    const ids = idsOf(node, block, (value) => reader.read(value));
    if (ids === undefined)
      throw new HeadgateError('HG_VINDEX_QUERY', {
        detail: `${node.name} has a row for each value: conditions have to say which, as ${node.alias?.text ?? node.name}.id = value or id IN (…)`,
      });
    const values = isDescribed ? [] : ids.flatMap((id) => operands.values(id));
    const rows = values.map((value) => ({ value, rows: vindexRows(session, value, keyspace, vindex) }));
    const alias = node.alias === undefined ? ` AS ${quoted(node.name)}` : '';
    const bytes = Buffer.from(`(${rowsText(rows)})${alias}`);
    return [{ start: node.start, end: node.nameEnd, bytes }, ...qualifiers(parsed, node)];
  });
  return withEdits(text, scan, parsed, edits);
}

function vindexesIn(session: Session, parsed: AnyNode, target: Target): readonly Named[] {
  const { vschema } = session.services.plans;
  const keyspace = target.systemSchema === undefined && target.keyspace !== '' ? target.keyspace : undefined;
  const common = new Set(nodesOfKind(parsed, 'commonTable').map(({ name }) => name.text.toLowerCase()));
  return nodesOfKind(parsed, 'queryBlock').flatMap((block) =>
    flattened(block.from).flatMap((node): Named[] => {
      if (node.kind !== 'table') return [];
      if (node.schema === undefined && common.has(node.name.toLowerCase())) return [];
      const found = resolveTable(vschema, node.schema, node.name, keyspace, target.type);
      return found.kind === 'vindex' ? [{ node, keyspace: found.keyspace, vindex: found.vindex, block }] : [];
    }),
  );
}

/** A derived table is in no database. */
const qualifiers = (parsed: AnyNode, { schema, name }: TableName) =>
  nodesOfKind(parsed, 'column')
    .filter((column) => schema !== undefined && column.schema === schema && column.table === name)
    .map(({ schemaStart, tableStart }) => ({ start: schemaStart, end: tableStart, bytes: Buffer.alloc(0) }));

/** The values that its column `id` can have, by conditions that hold for all rows which count; undefined where they do not say. */
function idsOf(
  node: TableName,
  block: QueryBlock,
  read: (value: Expression) => Operand | undefined,
): readonly Operand[] | undefined {
  const name = node.alias?.text ?? node.name;
  const isAlone = flattened(block.from).length === 1;
  const conditions = [...conjunctsOf(block.where), ...block.from.flatMap((each) => onConditions(each, node))];
  const names = new Set([`${name}.id`]);
  const keyOf = ({ table, name: column }: ColumnReference): string =>
    `${table ?? (isAlone ? name : '')}.${column.toLowerCase()}`;
  const isNamed = (value: Expression): value is ColumnReference =>
    value.kind === 'column' && names.has(keyOf(value));
  // What it is equal to may be what is compared with values.
  for (let size = 0; size < names.size; ) {
    size = names.size;
    for (const each of conditions) {
      if (each.kind !== 'comparison' || each.operator !== '=') continue;
      const { left, right } = each;
      if (isNamed(left) && right.kind === 'column' && right.table !== undefined) names.add(keyOf(right));
      if (isNamed(right) && left.kind === 'column' && left.table !== undefined) names.add(keyOf(left));
    }
  }
  for (const each of conditions) {
    const values = valuesIn(each, isNamed)?.map(read);
    if (values?.every((value) => value !== undefined)) return values;
  }
  return undefined;
}

function valuesIn(
  condition: Expression,
  isNamed: (value: Expression) => boolean,
): readonly Expression[] | undefined {
  if (condition.kind === 'inList' && !condition.negated && isNamed(condition.operand)) return condition.items;
  if (condition.kind !== 'comparison' || condition.operator !== '=') return undefined;
  if (isNamed(condition.left)) return [condition.right];
  return isNamed(condition.right) ? [condition.left] : undefined;
}

/** The conditions of joins that all rows of a table fulfil: not those of an outer join which keeps them. */
function onConditions(reference: TableReference, node: TableName): readonly Expression[] {
  switch (reference.kind) {
    case 'join': {
      const { left, right, type, on } = reference;
      const isLeft = flattened([left]).includes(node);
      const isKept = (type === 'left' && isLeft) || (type === 'right' && !isLeft);
      const below = onConditions(isLeft ? left : right, node);
      return isKept ? below : [...conjunctsOf(on), ...below];
    }
    case 'tableList':
      return reference.tables.flatMap((each) => onConditions(each, node));
    case 'odbcJoin':
      return onConditions(reference.table, node);
    default:
      return [];
  }
}

type ValueRows = Readonly<{ value: LiteralValue; rows: readonly VindexRow[] }>;

/** Integers stay integers, so that they are compared as such. */
function rowsText(found: readonly ValueRows[]): string {
  const isInteger = found.every(({ value: { kind } }) => kind === 'integer' || kind === 'null');
  const idText = ({ id }: VindexRow): string => {
    if (id === null) return 'NULL';
    const bytes = Buffer.from(id);
    return isInteger ? bytes.toString() : textOf(bytes);
  };
  const all = found.flatMap(({ rows }) => rows);
  const lines = all.map((row) => selected(row, idText(row)));
  const distinct = [...new Set(lines)];
  if (distinct.length > 0) return distinct.join(' UNION ALL ');
  return `${selected(noRow, isInteger ? '0' : textOf(''))} WHERE FALSE`;
}

/** As a column's text: what it is compared with gives way to its collation. */
const textOf = (value: Buffer | string): string =>
  `CONVERT(x'${Buffer.from(value).toString('hex')}' USING utf8mb4)`;

const noRow: VindexRow = {
  id: '',
  keyspace_id: '',
  hex_keyspace_id: '',
  range_start: '',
  range_end: '',
  shard: '',
};

function selected(row: VindexRow, id: string): string {
  const bytes = (value: VindexRow['id']): string =>
    value === null ? 'NULL' : `x'${Buffer.from(value).toString('hex')}'`;
  const text = (value: VindexRow['id']): string => (value === null ? 'NULL' : textOf(value));
  const { keyspace_id, hex_keyspace_id, range_start, range_end, shard } = row;
  return `SELECT ${id} AS id, ${bytes(keyspace_id)} AS keyspace_id, ${text(hex_keyspace_id)} AS hex_keyspace_id, ${bytes(range_start)} AS range_start, ${bytes(range_end)} AS range_end, ${text(shard)} AS shard`;
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
