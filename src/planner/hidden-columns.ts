import { Refused } from './refused.ts';
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
}
