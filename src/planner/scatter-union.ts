/**
 * A set operation over several shards: each shard gets the whole of it, with what its rows are compared by behind the select list of every
 * block. What must see rows of several shards before DISTINCT of the whole is refused.
 */
import type { QueryBlock, QueryExpression } from '../sql/ast/query.ts';
import type { Analyzer } from './analysis/analyzer.ts';
import { type PartValue, type SetPart, type SetParts, setPartsOf } from './analysis/set-parts.ts';
import { columnClass, type ValueClass, valueClass } from './analysis/value-class.ts';
import type { Operand } from './operands.ts';
import type { PlanKey, Refusal, Scatter, Step } from './plan.ts';
import { Refused } from './refused.ts';
import { NO_LIMIT, type ScatterInput } from './scatter.ts';
import { type SqlText, withDirection, write } from './scatter-sql.ts';
import { type Comparable, comparableColumn, comparableOf, isPadded } from './sort-keys.ts';
import type { Template } from './template.ts';
import { usesTime } from './time-functions.ts';

export type UnionInput = Omit<ScatterInput, 'scope' | 'isKey'> & Readonly<{ analyzer: Analyzer }>;

/** Plans a query whose body is a set operation. */
export function planUnion(query: QueryExpression, input: UnionInput): Scatter | Refusal {
  try {
    return new UnionPlanner(query, input).plan();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

/** The weights of one column, as each of the blocks has to write them. */
type Weights = readonly SqlText[];

class UnionPlanner {
  readonly #query: QueryExpression;
  readonly #input: UnionInput;
  readonly #set: SetParts;
  readonly #parts: readonly SetPart[];
  readonly #visible: number;
  readonly #weights: Weights[] = [];
  readonly #keys = new Map<number, PlanKey>();

  constructor(query: QueryExpression, input: UnionInput) {
    this.#query = query;
    this.#input = input;
    this.#set = setPartsOf(query, input.analyzer);
    this.#parts = this.#set.parts;
    this.#visible = this.#parts[0]!.values.length;
    // MySQL says so in its own words, whatever the shard.
    if (this.#parts.some(({ values }) => values.length !== this.#visible))
      throw new Refused('a set operation of blocks with other numbers of columns');
  }

  plan(): Scatter {
    const query = this.#query;
    if (query.into !== undefined) throw new Refused('INTO over several shards');
    const order = (query.orderBy?.items ?? []).map(({ expression, direction }) => ({
      at: this.#columnOf(expression),
      descending: direction === 'desc',
    }));
    let merge = order.map(({ at, descending }) => withDirection(this.#keyOf(at), descending));
    const steps: Step[] = [];
    let sequence: string[] | undefined;
    let pushed = true;
    if (!this.#set.isComplete) {
      const all = Array.from({ length: this.#visible }, (_, at) => this.#keyOf(at));
      pushed = !all.some((key) => isPaddedKey(key));
      if (this.#isLong()) steps.push({ kind: 'distinct', method: 'hash', keys: all });
      else {
        const rest = all.flatMap((_, at) =>
          order.some((one) => one.at === at) ? [] : [{ at, descending: false }],
        );
        const positions = [...order, ...rest];
        sequence = positions.map(({ at, descending }) => `${at + 1}${descending ? ' DESC' : ''}`);
        merge = positions.map(({ at, descending }) => withDirection(all[at]!, descending));
        steps.push({ kind: 'distinct', method: 'sorted', keys: all });
      }
    } else if (this.#set.comparesRows && [...this.#keys.values()].some(isPaddedKey))
      throw new Refused(
        'a set operation that is ordered by text with spaces at its end, over several shards',
      );
    const limit = this.#limit();
    if (limit !== undefined) steps.push({ kind: 'limit', ...limit, pushed });
    const hidden = this.#weights.length;
    if (hidden > 0) steps.push({ kind: 'project', visible: this.#visible });
    const placed = steps.length > 0 || merge.length > 0;
    return Object.freeze({
      text: this.#text(sequence, limit, pushed),
      ...(pushed ? {} : { unlimited: this.#text(sequence, limit, pushed, true) }),
      columns: placed ? this.#visible + hidden : undefined,
      merge: merge.length > 0 ? merge : undefined,
      steps,
    });
  }

  /** What ORDER BY of a set operation can name: a column of the first block. */
  #columnOf(expression: NonNullable<QueryExpression['orderBy']>['items'][number]['expression']): number {
    const { values } = this.#parts[0]!;
    if (expression.kind === 'literal' && expression.type === 'integer') {
      const at = Number(this.#input.text.toString('latin1', expression.start, expression.end)) - 1;
      if (at >= 0 && at < values.length) return at;
    }
    if (expression.kind === 'column' && expression.table === undefined) {
      const wanted = expression.name.toLowerCase();
      const named = values.flatMap(({ name }, at) => (name.toLowerCase() === wanted ? [at] : []));
      if (named.length === 1) return named[0]!;
    }
    throw new Refused('ORDER BY of something else than columns of a set operation');
  }

  #keyOf(at: number): PlanKey {
    const known = this.#keys.get(at);
    if (known !== undefined) return known;
    const comparable = this.#comparable(at);
    let key: PlanKey = { column: at };
    if (comparable.kind === 'weight') {
      const column = this.#visible + this.#weights.push(this.#parts.map(({ values }) => values[at]!.sql)) - 1;
      key = { column: at, weight: { column, collationId: comparable.collationId } };
    }
    this.#keys.set(at, key);
    return key;
  }

  /** How the values of a column are compared: in all blocks they are of one type, or all are numbers. */
  #comparable(at: number): Comparable {
    const values = this.#parts.map(({ scope, values }) => ({ scope, value: values[at]! }));
    const classes = values.map(({ scope, value }) => classOf(value, scope));
    const [first, ...others] = values.map(({ scope, value }) => comparableValue(value, scope));
    if (first?.kind === 'weight') {
      const isSame = others.every(
        (other) => other.kind === 'weight' && other.collationId === first.collationId,
      );
      const long = [first, ...others].some((each) => each.kind === 'weight' && each.long);
      if (isSame) return { ...first, long };
    }
    // Binary strings of several lengths may be filled up.
    const isSame = classes[0] !== undefined && classes.every((each) => each === classes[0]);
    if (isSame && classes[0] !== 'bytes') return { kind: 'plain' };
    throw new Refused(
      'a set operation over several shards whose values are of several types, or of one that is not certain',
    );
  }

  #isLong(): boolean {
    return Array.from({ length: this.#visible }, (_, at) => this.#comparable(at)).some(
      (comparable) => comparable.kind === 'weight' && comparable.long,
    );
  }

  #limit(): { count: Operand; offset: Operand | undefined } | undefined {
    const { limit } = this.#query;
    if (limit === undefined) return undefined;
    const { operands } = this.#input;
    const count = operands.read(limit.count);
    const offset = limit.offset === undefined ? undefined : operands.read(limit.offset);
    if (count === undefined || (limit.offset !== undefined && offset === undefined))
      throw new Refused('a LIMIT that is no number');
    return { count, offset };
  }

  #text(
    sequence: readonly string[] | undefined,
    limit: { count: Operand; offset: Operand | undefined } | undefined,
    pushed: boolean,
    unlimited = false,
  ): Template {
    const { start, end, hasViews } = this.#input;
    const query = this.#query;
    const sql = this.#input.template();
    const first: QueryBlock = this.#parts[0]!.block;
    if (hasViews || usesTime(query)) sql.withTimestamp(start, first.verbEnd, first.hint);
    else sql.skipTo(start);
    for (const [part, { block }] of this.#parts.entries()) {
      sql.upTo(block.itemsEnd);
      for (const [at, weights] of this.#weights.entries()) {
        write(sql, weights[part]!, ', WEIGHT_STRING(', ')');
        sql.text(` AS \`headgate ${at + 1}\``);
      }
    }
    if (sequence !== undefined) {
      sql.upTo(query.orderBy?.start ?? query.body.end).text(` ORDER BY ${sequence.join(', ')} `);
      if (query.orderBy !== undefined) sql.skipTo(query.orderBy.end);
    }
    if (unlimited) sql.upTo(query.orderBy?.end ?? query.body.end).text(NO_LIMIT);
    if (limit !== undefined) {
      sql.upTo(query.limit!.start);
      const operands = limit.offset === undefined ? [limit.count] : [limit.count, limit.offset];
      if (pushed) sql.text('LIMIT ').sum(operands);
      sql.skipTo(query.limit!.end);
    }
    return sql.rest(end).build();
  }
}

const isPaddedKey = ({ weight }: PlanKey): boolean => weight !== undefined && isPadded(weight.collationId);

const classOf = ({ expression, origin }: PartValue, scope: SetPart['scope']): ValueClass | undefined => {
  if (expression !== undefined) return valueClass(expression, scope);
  return origin === undefined ? undefined : columnClass(origin.column);
};

const comparableValue = ({ expression, origin }: PartValue, scope: SetPart['scope']): Comparable => {
  if (expression !== undefined) return comparableOf(expression, scope);
  return origin === undefined
    ? { kind: 'refused', reason: 'a column of a derived table' }
    : comparableColumn(origin.column);
};
