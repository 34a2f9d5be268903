/** The form in which a plan is described, before it becomes a tree of text or JSON. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** One operator of a plan with its facts; `input` is the operator that gives it rows, `inputs` are several. */
export type PlanNode = { readonly operator: string; readonly [fact: string]: Json };

const isRecord = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a fact of a node is a node itself. */
export const isNode = (value: Json | undefined): value is PlanNode =>
  isRecord(value) && typeof value.operator === 'string';
