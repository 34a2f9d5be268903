import { type Refusal, refused } from './plan.ts';

/** A refusal on its way out of the planner's functions: what cannot be done over several shards. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(what: string) {
    super(what);
    this.refusal = refused('HG_SHARDED_NOT_PLANNED', what);
  }
}
