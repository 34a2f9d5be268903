/** The aggregates of a query over several shards: what each shard computes of its rows, and how that becomes one value. */
import type { Call, Expression } from '../sql/ast/expression.ts';
import type { SelectItem } from '../sql/ast/query.ts';
import { computationIn } from './analysis/locality.ts';
import type { Scope } from './analysis/scope.ts';
import { columnsIn } from './analysis/subqueries.ts';
import { isSurelyNumber } from './analysis/value-class.ts';
import type { HiddenColumns } from './hidden-columns.ts';
import type { PlanAggregate, PlanKey } from './plan.ts';
import { Refused } from './refused.ts';
import { extremeOf } from './scatter-sql.ts';
import { comparableOf } from './sort-keys.ts';
import type { TemplateBuilder } from './template.ts';

const bitOperations = new Map([
  ['bit_and', 'bitAnd'],
  ['bit_or', 'bitOr'],
  ['bit_xor', 'bitXor'],
] as const);
type BitFunction = 'bit_and' | 'bit_or' | 'bit_xor';

/** An argument of an aggregate with DISTINCT: the shards have a group for each of its values. */
export type DistinctArgument = Readonly<{ expression: Expression; key: PlanKey; long: boolean }>;

export class ScatterAggregates {
  /** By the column that they are. */
  readonly byColumn = new Map<number, PlanAggregate>();
  /** By their texts. */
  readonly #distinct = new Map<string, DistinctArgument>();
  readonly #hidden: HiddenColumns;
  readonly #scope: Scope;
  readonly #text: Buffer;

  constructor(hidden: HiddenColumns, scope: Scope, text: Buffer) {
    this.#hidden = hidden;
    this.#scope = scope;
    this.#text = text;
  }

  get distinct(): readonly DistinctArgument[] {
    return [...this.#distinct.values()];
  }

  get all(): readonly PlanAggregate[] {
    return [...this.byColumn.values()];
  }

  /** An entry of the select list of a grouped query, at a column; entries that are no aggregate are none of its business. */
  add(expression: Expression, column: number): void {
    if (!computationIn(expression).aggregate) return;
    if (expression.kind !== 'call') throw new Refused('an expression over aggregates of several shards');
    this.byColumn.set(column, this.#aggregate(expression, column));
  }

  #aggregate(call: Call, column: number): PlanAggregate {
    const { name, args, star } = call;
    const isDistinct = call.distinct && name !== 'min' && name !== 'max';
    if (star || name === 'count')
      return { kind: 'count', column, ...(isDistinct ? { distinct: this.#keysOf(args) } : {}) };
    const argument = args[0];
    const unknown = new Refused(`${name.toUpperCase()} over several shards`);
    if (argument === undefined || args.length !== 1) throw unknown;
    switch (name) {
      case 'sum':
        return { kind: 'sum', column, ...(isDistinct ? { distinct: this.#keysOf(args) } : {}) };
      case 'avg': {
        const { start, end } = argument;
        const word = isDistinct ? '(DISTINCT ' : '(';
        const partOf = (of: string) => (sql: TemplateBuilder) =>
          sql
            .text(of + word)
            .copy(start, end)
            .text(')');
        const sum = this.#hidden.add(partOf('SUM'));
        const count = this.#hidden.add(partOf('COUNT'));
        const average = { kind: 'average', column, sum, count } as const;
        return isDistinct ? { ...average, distinct: this.#keysOf(args) } : average;
      }
      case 'min':
      case 'max': {
        const comparable = extremeOf(comparableOf(argument, this.#scope), argument, this.#scope);
        const by = this.#hidden.key(column, comparable, { kind: 'copy', expression: call });
        return { kind: name, column, by };
      }
      case 'bit_and':
      case 'bit_or':
      case 'bit_xor':
        // Of binary strings it is something else.
        if (!isSurelyNumber(argument, this.#scope)) throw unknown;
        return { kind: bitOperations.get(name satisfies BitFunction)!, column };
      default:
        throw unknown;
    }
  }

  /** The columns by which rows with equal arguments are found. */
  #keysOf(args: readonly Expression[]): readonly PlanKey[] {
    return args.map((argument) => this.#distinctArgument(argument).key);
  }

  #distinctArgument(expression: Expression): DistinctArgument {
    const text = this.#text.toString('latin1', expression.start, expression.end);
    const known = this.#distinct.get(text);
    if (known !== undefined) return known;
    const comparable = comparableOf(expression, this.#scope);
    const { subquery } = computationIn(expression);
    if (subquery || columnsIn(expression).length === 0)
      throw new Refused('an aggregate with DISTINCT of no columns, over several shards');
    const argument = {
      expression,
      key: this.#hidden.key(-1, comparable, { kind: 'any', expression }),
      long: comparable.kind === 'weight' && comparable.long,
    };
    this.#distinct.set(text, argument);
    return argument;
  }

  /** Without GROUP BY a shard without rows has a row too, with NULL for what stands beside aggregates. */
  addValuesOfAny(items: readonly SelectItem[]): void {
    for (const [at, item] of items.entries()) {
      if (item.kind !== 'selectExpression' || this.byColumn.has(at)) continue;
      const { expression } = item;
      // The router makes the row where there are no rows: it knows what aggregates are then, and nothing else.
      if (this.#distinct.size > 0)
        throw new Refused('a value beside aggregates with DISTINCT and without GROUP BY');
      const isAny = expression.kind === 'call' && expression.name === 'any_value';
      const value = isAny ? expression.args[0] : expression;
      if (value?.kind === 'column') {
        const comparable = extremeOf(comparableOf(value, this.#scope), value, this.#scope);
        const by = this.#hidden.key(at, comparable, { kind: 'copy', expression });
        this.byColumn.set(at, { kind: 'min', column: at, by });
      } else if (computationIn(expression).subquery || columnsIn(expression).length > 0)
        throw new Refused('an expression over columns beside aggregates and without GROUP BY');
    }
  }
}
