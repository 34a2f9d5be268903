/** What the shards are asked when MySQL's own plans of a statement are wanted. */
import type { HeadgateError } from '../../errors/headgate-error.ts';
import { refusalOf, refuse, shardsFor, type TextValues, textOf } from '../../planner/bind.ts';
import { InsertBinding } from '../../planner/bind-insert.ts';
import type { Lookup } from '../../planner/join/join-plan.ts';
import type { Operands } from '../../planner/operands.ts';
import {
  type ChangePlan,
  type CombinedPlan,
  type InsertPlan,
  isCombined,
  isRefusal,
  type Plan,
  type QueryPlan,
} from '../../planner/plan.ts';
import type { Template } from '../../planner/template.ts';
import { placeAt, requireSeveral, valuesOf } from '../planned.ts';
import { type Place, placeOf } from '../statement-place.ts';
import { type Explained, operandsOf, unsupported } from './explained.ts';

/** One shard's part. */
export type AskedShard = Readonly<{
  place: Place;
  /** The statement as the shard gets it; undefined: as it came. */
  sql: Buffer | undefined;
  /** Which input of the plan it is of, for people; '' where the plan has none. */
  input: string;
  /** Asked for rows by keys of other rows. */
  isLookup: boolean;
}>;

/** Raises where the statement itself would be refused. In the order of the routes in the described plan. */
export function askedShards(explained: Explained, plan: Plan): readonly AskedShard[] {
  const operands = operandsOf(explained);
  return new Asking(explained, operands, valuesOf(explained.text, operands)).plan(plan);
}

/** Of a statement without a plan: the shard to which its names lead. */
export function askedAsItIs({ session, scan, text }: Explained): AskedShard {
  const place = placeOf(scan, session.state.target, session.services.gateway, text);
  return { place, sql: undefined, input: '', isLookup: false };
}

/** Whether more than a shard is needed for the answer. */
export const isPutTogether = (asked: readonly AskedShard[]): boolean =>
  asked.length > 1 || asked[0]?.input !== '';

class Asking {
  readonly #explained: Explained;
  readonly #operands: Operands;
  readonly #values: TextValues;

  constructor(explained: Explained, operands: Operands, values: TextValues) {
    this.#explained = explained;
    this.#operands = operands;
    this.#values = values;
  }

  plan(plan: Plan): readonly AskedShard[] {
    switch (plan.kind) {
      case 'query':
        return this.#query(plan, '');
      case 'change':
        return this.#change(plan);
      case 'insert':
        return this.#insert(plan);
      case 'gather':
      case 'join':
        return this.#combined(plan);
      case 'vindex':
        throw noTablet();
    }
  }

  #query(plan: QueryPlan, input: string): readonly AskedShard[] {
    const { scatter, keyspace } = plan;
    const shards = this.#shardsOf(plan, refusalOf(scatter));
    if (shards.length === 1 || isRefusal(scatter)) return this.#asked(keyspace, shards, plan.text, input);
    if (isCombined(scatter)) return this.#combined(scatter);
    if (input === '') requireSeveral(this.#explained.session, this.#explained.scan);
    return this.#asked(keyspace, shards, scatter.text, input);
  }

  #combined(plan: CombinedPlan): readonly AskedShard[] {
    // Without inputs any tablet can say what it would do.
    if (plan.kind === 'gather' && plan.inputs.length === 0)
      return this.#asked(plan.keyspace, [0], plan.text, '');
    if (plan.kind === 'gather')
      return plan.inputs.flatMap((input) => this.#query(input.plan, `${input.table} (${input.label})`));
    const { driving, label, lookups } = plan;
    return [...this.#query(driving, label), ...lookups.flatMap((lookup) => this.#lookup(lookup))];
  }

  /** With keys that stand for those of the outer rows. */
  #lookup({ keyspace, groups, text, keys, label }: Lookup): readonly AskedShard[] {
    const shards = this.#shardsOf({ keyspace, groups }, undefined);
    const lists = ['0', '1'].map((digit) => {
      const values = keys.map(({ form: { kind } }) =>
        kind === 'integer' || kind === 'decimal' ? digit : `'${digit}'`,
      );
      return values.length === 1 ? values[0]! : `(${values.join(',')})`;
    });
    const sql = Buffer.concat([textOf(text, this.#values), Buffer.from(`${lists.join(',')})`)]);
    return this.#asked(keyspace, shards, undefined, label).map((each) => ({ ...each, sql, isLookup: true }));
  }

  #change(plan: ChangePlan): readonly AskedShard[] {
    const shards = this.#shardsOf(plan, plan.refusal);
    if (shards.length === 1) return this.#asked(plan.keyspace, shards, plan.text, '');
    requireSeveral(this.#explained.session, this.#explained.scan);
    return this.#asked(plan.keyspace, shards, plan.scatterText, '');
  }

  #insert(plan: InsertPlan): readonly AskedShard[] {
    if (plan.refusal !== undefined) refuse(plan.refusal);
    const { plans } = this.#explained.session.services;
    const map = plans.shardMap(plan.keyspace);
    // Numbers of a sequence are given when it runs, and they may say where.
    const all =
      plan.sequence === undefined
        ? new InsertBinding(plan, this.#operands, this.#values, map).shards()
        : map.names.keys();
    const shards = [...new Set(all)].sort((a, b) => a - b);
    return this.#asked(plan.keyspace, shards, plan.text, '');
  }

  /** At least one: where no row can match, the first says so. */
  #shardsOf(
    { keyspace, groups }: Pick<QueryPlan, 'keyspace' | 'groups'>,
    refusal: Parameters<typeof shardsFor>[3],
  ): readonly number[] {
    const map = this.#explained.session.services.plans.shardMap(keyspace);
    const shards = shardsFor(groups, this.#operands, map, refusal);
    return shards.length === 0 ? [0] : shards;
  }

  #asked(
    keyspace: string,
    shards: readonly number[],
    template: Template | undefined,
    input: string,
  ): readonly AskedShard[] {
    const { session } = this.#explained;
    const map = session.services.plans.shardMap(keyspace);
    const sql = template && textOf(template, this.#values);
    return shards.map((at) => ({ place: placeAt(session, keyspace, map, at), sql, input, isLookup: false }));
  }
}

const noTablet = (): HeadgateError =>
  unsupported('has no EXPLAIN of a vindex query other than FORMAT=HEADGATE: no tablet runs it');
