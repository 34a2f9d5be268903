/** A query text of the planner's own, partly copied from other texts, whose literals stay slots where they are slots there. */
import { Literals } from '../../sql/literals-found.ts';
import { type ParameterPosition, type Template, TemplateBuilder } from '../template.ts';
import type { SlotMap } from './map-plan.ts';
import { requireWhole, type SourceText } from './source-text.ts';

export class NestedText {
  readonly #parts: Buffer[] = [];
  #length = 0;
  readonly #hasSlots: boolean;
  readonly #literals = new Literals();
  readonly #slots: number[] = [];
  readonly #parameters: ParameterPosition[] = [];
  readonly #parameterNumbers: number[] = [];

  /** `hasSlots`: the client's literals are slots. */
  constructor(hasSlots: boolean) {
    this.#hasSlots = hasSlots;
    this.#literals.reset();
  }

  sql(text: string): this {
    return this.#add(Buffer.from(text));
  }

  /** A stretch of a text; a slot of it lies within or without. */
  copy(source: SourceText, start: number, end: number): this {
    requireWhole(source, start, end);
    const { text, literals, parameters } = source;
    const shift = this.#length - start;
    let slot = literals?.slotWithin(start, end) ?? -1;
    for (; slot >= 0 && slot < literals!.slotCount && literals!.slotStarts[slot]! < end; slot++)
      this.#copySlot(literals!, slot, shift);
    for (const { start: at, index } of parameters) {
      if (at < start || at >= end) continue;
      this.#parameters.push({ start: at + shift, index: this.#parameterNumbers.length });
      this.#parameterNumbers.push(index);
    }
    return this.#add(text.subarray(start, end));
  }

  get text(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** Undefined where the client's literals are no slots. */
  get literals(): Literals | undefined {
    return this.#hasSlots ? this.#literals : undefined;
  }

  get map(): SlotMap {
    return { slots: this.#slots, parameters: this.#parameterNumbers };
  }

  /** The whole text, in its own slots and parameters. */
  template(): Template {
    return new TemplateBuilder(this.text, this.literals, this.#parameters, []).copy(0, this.#length).build();
  }

  #copySlot(from: Literals, slot: number, shift: number): void {
    for (let element = from.slotFirsts[slot]!; element < from.slotFirsts[slot + 1]!; element++)
      this.#literals.addElement(
        from.kinds[element]!,
        from.starts[element]! + shift,
        from.ends[element]! + shift,
      );
    const [start, end] = [from.slotStarts[slot]! + shift, from.slotEnds[slot]! + shift];
    this.#literals.addSlot(from.slotKinds[slot]!, start, end, from.slotColumns[slot]!);
    this.#slots.push(slot);
  }

  #add(bytes: Buffer): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }
}
