/** A vindex asked like a table: where it places values. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Expression } from '../sql/ast/expression.ts';
import type { SelectStatement } from '../sql/ast/statement.ts';
import type { Operand } from './operands.ts';
import type { VindexColumn, VindexPlan } from './plan.ts';
import type { Planning } from './plan-statement.ts';

const columnNames = ['id', 'keyspace_id', 'hex_keyspace_id', 'range_start', 'range_end', 'shard'] as const;

const FORM =
  'SELECT id, keyspace_id, hex_keyspace_id, range_start, range_end, shard FROM vindex WHERE id = value';

const wrong = (detail: string): HeadgateError =>
  new HeadgateError('HG_VINDEX_QUERY', { detail: `${detail}; the form is ${FORM} (or id IN (…))` });

/** Raises HG_VINDEX_QUERY for anything but a select list of a vindex's columns and one condition on `id`. */
export function planVindexQuery(
  { query }: SelectStatement,
  { analyzer, input, operands }: Planning,
): VindexPlan {
  const [named] = analyzer.vindexes;
  const { body } = query;
  if (
    named === undefined ||
    body.kind !== 'queryBlock' ||
    analyzer.vindexes.length > 1 ||
    body.from.length !== 1
  )
    throw wrong('a vindex is queried alone');
  const { options, groupBy, having, windows, where } = body;
  const more = groupBy ?? having ?? query.orderBy ?? query.limit ?? windows[0];
  if (more !== undefined || options.distinct) throw wrong('a vindex gives its rows as they are');
  const columns: VindexColumn[] = [];
  for (const item of body.items) {
    if (item.kind === 'selectStar') {
      columns.push(...columnNames.map((name): VindexColumn => ({ name, title: name })));
      continue;
    }
    const { expression, alias } = item;
    const name = expression.kind === 'column' ? expression.name.toLowerCase() : '';
    const known = columnNames.find((each) => each === name);
    if (known === undefined)
      throw wrong(`a vindex has no column ${input.text.toString('utf8', item.start, item.end)}`);
    columns.push({
      name: known,
      title: alias?.text ?? (expression.kind === 'column' ? expression.name : known),
    });
  }
  const { vindex, keyspace } = named;
  return Object.freeze({
    kind: 'vindex',
    keyspace,
    vindex,
    columns,
    ids: idsOf(where, (value) => operands.read(value)),
  });
}

function idsOf(
  where: Expression | undefined,
  read: (value: Expression) => Operand | undefined,
): readonly Operand[] {
  const constant = (value: Expression): Operand => {
    const operand = read(value);
    if (operand === undefined) throw wrong('id is compared with constants');
    return operand;
  };
  const isId = (value: Expression): boolean => value.kind === 'column' && value.name.toLowerCase() === 'id';
  if (where?.kind === 'comparison' && where.operator === '=') {
    if (isId(where.left)) return [constant(where.right)];
    if (isId(where.right)) return [constant(where.left)];
  }
  if (where?.kind === 'inList' && !where.negated && isId(where.operand)) {
    const ids: Operand[] = [];
    for (const item of where.items) {
      const operand = constant(item);
      if (ids.at(-1) !== operand) ids.push(operand);
    }
    return ids;
  }
  throw wrong('the condition is on id');
}
