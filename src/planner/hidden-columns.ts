import { unreachable } from '../errors/unreachable.ts';
import type { PlanKey } from './plan.ts';
import { Refused } from './refused.ts';
import { type SqlText, write } from './scatter-sql.ts';
import type { Comparable } from './sort-keys.ts';
import type { TemplateBuilder } from './template.ts';

/** Columns behind those that the client sees. */
export class HiddenColumns {
  readonly columns: ((to: TemplateBuilder) => void)[] = [];
  readonly #visible: number | undefined;

  /** `visible`: how many columns stand before them, undefined where that is not known. */
  constructor(visible: number | undefined) {
    this.#visible = visible;
  }

  get count(): number {
    return this.columns.length;
  }

  /** Adds a column, written by `write`, and returns its position. */
  add(write: (to: TemplateBuilder) => void): number {
    if (this.#visible === undefined) throw new Refused('a * whose columns cannot be counted');
    return this.#visible + this.columns.push(write) - 1;
  }

  /** The column by which values are compared, added where it is not there. `item`: the visible column of the value, or -1. */
  key(item: number, comparable: Comparable, sql: SqlText): PlanKey {
    switch (comparable.kind) {
      case 'plain':
        return { column: item >= 0 ? item : this.add((to) => write(to, sql, '', '')) };
      case 'number':
        return { column: this.add((to) => write(to, sql, '(', ') + 0')) };
      case 'double':
        return { column: this.add((to) => write(to, sql, '(', ') + 0e0')) };
      case 'weight': {
        const weight = this.add((to) => write(to, sql, 'WEIGHT_STRING(', ')'));
        return {
          column: item >= 0 ? item : weight,
          weight: { column: weight, collationId: comparable.collationId },
        };
      }
      case 'refused':
        throw new Refused(`comparing ${comparable.reason} of several shards`);
      default:
        return unreachable(comparable);
    }
  }
}
