/** Planning of the texts that fill temporary tables: by the same planner as the client's. */
import type { Literals } from '../../sql/literals-found.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import type { QueryPlan } from '../plan.ts';

export type PlanNested = Readonly<{
  /** Raises Refused where the text has no plan for several shards. */
  query: (text: Buffer, literals: Literals | undefined) => QueryPlan;
  /** Plans what shards compute and the router merges; undefined for anything else. */
  merged: (text: Buffer, literals: Literals | undefined) => QueryPlan | undefined;
  /** Whether the client's literals are slots. */
  hasSlots: boolean;
  /** Whether a table's own name means it. */
  resolves: (table: TableVSchema) => boolean;
}>;
