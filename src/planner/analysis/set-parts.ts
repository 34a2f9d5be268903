/** The blocks of a set operation: what each of them selects, and whether every shard can answer it for its own rows. */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryBody, QueryExpression } from '../../sql/ast/query.ts';
import { Refused } from '../refused.ts';
import type { RoutingKey } from '../route.ts';
import { quoted, type SqlText } from '../scatter-sql.ts';
import { Analyzer } from './analyzer.ts';
import { bare } from './block.ts';
import { isKeyColumn, sameFunction } from './keys.ts';
import { isKeyed, localityProblem } from './locality.ts';
import { sameEquality } from './same-equality.ts';
import { isNamed, resolveColumn, type Scope } from './scope.ts';
import { outputColumns } from './sources.ts';
import type { Origin } from './table-use.ts';

/** One value of a block's rows. */
export type PartValue = Readonly<{
  name: string;
  sql: SqlText;
  /** Undefined for a column for which a * stands. */
  expression: Expression | undefined;
  origin: Origin | undefined;
  nullable: boolean;
}>;

/** A block of a set operation. */
export type SetPart = Readonly<{
  block: QueryBlock;
  scope: Scope;
  values: readonly PartValue[];
  /** No tables: it gives the same row on every shard. */
  isConstant: boolean;
}>;

/** What the blocks of a set operation have in common. */
export type SetParts = Readonly<{
  parts: readonly SetPart[];
  /** The shards' answers, one after the other, are the answer. */
  isComplete: boolean;
  /** Rows are compared on the shards, in what is complete. */
  comparesRows: boolean;
}>;

/**
 * Reads a set operation behind its WITH. Raises `Refused` where a part of it needs rows of several shards: then not even DISTINCT over all the shards'
 * answers makes it right.
 */
export function setPartsOf(query: QueryExpression, analyzer: Analyzer): SetParts {
  const parts: SetPart[] = [];
  let comparesRows = false;
  const isComplete = complete(query.body, isDistinctUnion(query));
  return { parts, isComplete, comparesRows };

  /** `inDistinct`: of its equal rows the router drops all but one. */
  function complete(body: QueryBody, inDistinct: boolean): boolean {
    switch (body.kind) {
      case 'queryBlock': {
        const part = partOf(body, query, analyzer, inDistinct);
        parts.push(part);
        return !part.isConstant;
      }
      case 'nestedQuery': {
        const inner = body.query;
        const isPlain =
          inner.with === undefined &&
          inner.orderBy === undefined &&
          inner.limit === undefined &&
          inner.into === undefined &&
          inner.locking.length === 0;
        if (!isPlain) throw new Refused('a query in parentheses with its own ORDER BY or LIMIT');
        return complete(inner.body, inDistinct);
      }
      case 'setOperation': {
        const { operator, all, operands } = body;
        const from = parts.length;
        const isUnion = inDistinct && operator === 'union';
        const each = operands.map((operand) => complete(operand, isUnion));
        if (operator === 'union' && all) return each.every((one) => one) || notComplete(isUnion);
        const isLocal = each.every((one) => one) && keyedAt(parts.slice(from)) >= 0;
        if (isLocal) comparesRows = true;
        return isLocal || notComplete(isUnion);
      }
      case 'values':
      case 'tableBody':
        throw new Refused(
          `${body.kind === 'values' ? 'VALUES' : 'TABLE'} in a set operation over several shards`,
        );
    }
  }

  function notComplete(isUnion: boolean): false {
    if (!isUnion) throw new Refused('a set operation whose equal rows can be on several shards');
    return false;
  }
}

function partOf(block: QueryBlock, query: QueryExpression, analyzer: Analyzer, inDistinct: boolean): SetPart {
  const own = new Analyzer(analyzer.input);
  const alone = { ...bare(query), body: block };
  const sources = own.statement(alone);
  if (sources === undefined || own.singleOnly.size > 0)
    throw new Refused(`${[...own.singleOnly][0] ?? 'this form of query'}, over several shards`);
  const scope: Scope = { sources, outer: undefined };
  if (block.into !== undefined || block.options.calcFoundRows)
    throw new Refused('INTO or SQL_CALC_FOUND_ROWS in a set operation over several shards');
  const problem = isKeyed(block, alone, scope, isKeyColumn) ? undefined : localityProblem(block, alone);
  // Equal rows that one part has several times are no more for a UNION.
  if (problem !== undefined && !(inDistinct && problem === 'DISTINCT'))
    throw new Refused(`${problem} in a set operation over several shards`);
  const groups = own.groups();
  const isConstant = block.from.length === 0 && groups.length === 0 && block.where === undefined;
  if (
    isConstant &&
    !block.items.every((item) => item.kind === 'selectExpression' && isLiteral(item.expression))
  )
    throw new Refused('a part without tables of a set operation over several shards');
  if (!isConstant && (groups.length !== 1 || groups[0]?.anchored !== true))
    throw new Refused('a part of a set operation whose rows are not those of one group of tables');
  return { block, scope, values: valuesOf(block, scope), isConstant };
}

const isLiteral = ({ kind }: Expression): boolean => kind === 'literal' || kind === 'parameter';

const isDistinctUnion = ({ body }: QueryExpression): boolean =>
  body.kind === 'setOperation' && body.operator === 'union' && !body.all;

/** The column that is the vindex's in all parts, so that equal rows are on one shard; -1 for none. */
function keyedAt(parts: readonly SetPart[]): number {
  const [first, ...others] = parts;
  return first!.values.findIndex((value, at) => {
    const own = keyOf(value);
    if (own === undefined) return false;
    return others.every(({ values }) => {
      const other = keyOf(values[at]);
      return (
        other !== undefined && sameFunction(own.key, other.key) && sameEquality(own.column, other.column)
      );
    });
  });
}

/** The vindex of which it is the column; values that are equal have one keyspace id then. */
function keyOf(value: PartValue | undefined): { key: RoutingKey; column: ColumnSchema } | undefined {
  if (value?.origin?.use === undefined || value.nullable) return undefined;
  const { use, column } = value.origin;
  return isKeyColumn(value.origin) ? { key: use.key!, column } : undefined;
}

function valuesOf(block: QueryBlock, scope: Scope): PartValue[] {
  const count = outputColumns(block, scope)?.length;
  if (count === undefined) throw new Refused('a * whose columns cannot be counted');
  return block.items.flatMap((item): PartValue[] => {
    if (item.kind === 'selectStar') {
      const sources = scope.sources.filter((source) => item.table === undefined || isNamed(source, item));
      return sources.flatMap((source) =>
        (source.columns ?? [])
          .filter(({ hidden }) => !hidden)
          .map(({ name, origin, nullable }) => ({
            name,
            sql: { kind: 'name', text: `${quoted(source.name)}.${quoted(name)}` },
            expression: undefined,
            origin,
            nullable: nullable === true,
          })),
      );
    }
    const { expression, alias } = item;
    const found = expression.kind === 'column' ? resolveColumn(scope, expression) : undefined;
    const column = found?.kind === 'column' ? found.column : undefined;
    return [
      {
        name: alias?.text ?? (expression.kind === 'column' ? expression.name : ''),
        sql: { kind: 'copy', expression },
        expression,
        origin: column?.origin,
        nullable: column?.nullable === true,
      },
    ];
  });
}
