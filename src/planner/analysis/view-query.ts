/** The queries that views stand for. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { findTable, type TableSchema } from '../../schema/schema.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import type { TableName } from '../../sql/ast/table.ts';
import { lexModeOf } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import { OperandReader } from '../operands.ts';
import type { AnalysisInput } from './analyzer.ts';
import type { ReadOperand } from './predicates.ts';

export type ViewQuery = Readonly<{ query: QueryExpression; readOperand: ReadOperand }>;

const known = new WeakMap<TableSchema, ViewQuery>();

/** MySQL keeps the text of a view so that it reads the same under any sql_mode; this version reads all that it may keep. */
export const viewMode = lexModeOf('', 'utf8mb4', 99_999, false);

/** The view of a name: it is on all shards and need not stand in the VSchema. */
export function viewNamed(
  { schema: qualifier, name }: TableName,
  { keyspace, schemaOf }: Pick<AnalysisInput, 'keyspace' | 'schemaOf'>,
): TableSchema | undefined {
  const schema = schemaOf(qualifier ?? keyspace ?? '');
  const view = schema === undefined ? undefined : findTable(schema, name);
  return view?.kind === 'view' ? view : undefined;
}

/** MySQL writes its own marks into a view over WITH ROLLUP, which it does not read from anybody else. */
const rollupMark = /\brollup_(?:group_item|sum_switcher)\(/;

const texts = new WeakMap<TableSchema, Buffer>();

/** The text of a view as a query of one's own would be written. */
export function viewBytes(view: TableSchema): Buffer {
  const before = texts.get(view);
  if (before !== undefined) return before;
  const text = Buffer.from(withoutMarks(view.definition ?? ''));
  texts.set(view, text);
  return text;
}

function withoutMarks(text: string): string {
  let rest = text;
  for (let mark = rollupMark.exec(rest); mark !== null; mark = rollupMark.exec(rest)) {
    const from = mark.index + mark[0].length;
    const end = closing(rest, from);
    if (end < 0) return text;
    const inner = rest.slice(from, end);
    // The number of the group stands behind the value.
    const value = mark[0].includes('group_item') ? inner.slice(0, inner.lastIndexOf(',')) : inner;
    rest = `${rest.slice(0, mark.index)}${value}${rest.slice(end + 1)}`;
  }
  return rest;
}

/** Where the parenthesis ends that is open at `from`; -1 for nowhere. */
function closing(text: string, from: number): number {
  let depth = 1;
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\' && quote !== '`') at++;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"' || character === '`') quote = character;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  return -1;
}

/** The query of a view. Raises ER_NOT_SUPPORTED_YET where the router may not see its text, or does not understand it. */
export function viewQuery(view: TableSchema): ViewQuery {
  const before = known.get(view);
  if (before !== undefined) return before;
  const text = viewBytes(view);
  const statement = parseStatement(text, 0, text.length, viewMode);
  if (statement.kind !== 'select') {
    const why =
      view.definition === undefined
        ? 'gateway.user needs SHOW VIEW to see its text'
        : 'its text is not understood';
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `Headgate cannot read the view ${view.name}: ${why}`,
    });
  }
  const operands = new OperandReader(text, viewMode, undefined);
  const query = {
    query: statement.query,
    readOperand: (value: Parameters<ReadOperand>[0]) => operands.read(value),
  };
  known.set(view, query);
  return query;
}

/** Raises where a table in a view is another one by a routing rule: the view's text is the shards' own. */
export function requireOwnName({ name, schema }: TableName, table: TableVSchema): void {
  if (table.name === name && table.keyspace === schema) return;
  const detail = `a view over ${name}, which a routing rule leads elsewhere`;
  throw new HeadgateError('HG_SHARDED_NOT_PLANNED', { detail });
}
