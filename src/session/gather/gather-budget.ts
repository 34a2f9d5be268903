/** How much one statement may have in temporary tables. */
import type { LoadBudget } from '../../engine/scratch/load-table.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherInput, GatherPlan } from '../../planner/gather/gather-plan.ts';
import type { StatementScan } from '../../sql/statement.ts';
import type { Session } from '../session.ts';
import type { GatherFigures } from './gather-figures.ts';

export class GatherBudget {
  readonly #plan: GatherPlan;
  readonly #figures: GatherFigures;
  readonly #rowsMax: number;
  readonly #bytesMax: number;
  rows = 0;
  bytes = 0;

  constructor({ services }: Session, { directives }: StatementScan, plan: GatherPlan) {
    const isLifted = directives?.ignoresMemoryLimit === true;
    this.#plan = plan;
    this.#figures = services.gatherFigures;
    this.#figures.statements++;
    this.#rowsMax = isLifted ? Number.POSITIVE_INFINITY : services.gatherLimits.rowsMax;
    this.#bytesMax = isLifted ? Number.POSITIVE_INFINITY : services.gatherLimits.bytesMax;
  }

  /** The share of one input, which the error at the limit names. */
  of({ label }: GatherInput): LoadBudget {
    const own = { rows: 0, bytes: 0 };
    return {
      take: (rows, bytes) => {
        own.rows += rows;
        own.bytes += bytes;
        this.rows += rows;
        this.bytes += bytes;
        this.#figures.rows += rows;
        this.#figures.bytes += bytes;
        if (this.rows <= this.#rowsMax && this.bytes <= this.#bytesMax) return;
        this.#figures.refused++;
        const limit =
          this.rows > this.#rowsMax
            ? `engine.gatherRowsMax is ${this.#rowsMax}`
            : `engine.gatherBytesMax is ${this.#bytesMax}`;
        throw new HeadgateError('HG_GATHER_LIMIT', {
          detail: `${label} has brought ${own.rows} rows of ${own.bytes} bytes so far, all tables ${this.rows} rows of ${this.bytes} bytes; ${limit}; ${this.#plan.reason}`,
        });
      },
    };
  }
}
