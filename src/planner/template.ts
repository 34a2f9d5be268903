/**
 * The text that shards get, as pieces: the client's own bytes with something put in or left out, and places that each execution
 * fills with its own values.
 */
import { unreachable } from '../errors/unreachable.ts';
import type { Literals } from '../sql/literals-found.ts';
import type { Operand } from './operands.ts';

export type Piece =
  | Readonly<{ kind: 'text'; bytes: Buffer }>
  /** The text of a fingerprint's slot. */
  | Readonly<{ kind: 'slot'; slot: number }>
  | Readonly<{ kind: 'parameter'; index: number }>
  /** When the statement began, in seconds with six digits: one moment for all shards. */
  | Readonly<{ kind: 'timestamp' }>
  /** A number of rows: the sum of the operands. */
  | Readonly<{ kind: 'sum'; operands: readonly Operand[] }>
  /** Of a gather input: the values of its reduction `index` as a list, between these texts; nothing where there are too many. */
  | Readonly<{ kind: 'reduction'; index: number; before: Buffer; behind: Buffer }>;

export type Template = readonly Piece[];

/** Where a statement's parameters stand. */
export type ParameterPosition = Readonly<{ start: number; index: number }>;

/** A table's name in the text that the shards know by another one. */
export type Renamed = Readonly<{ start: number; end: number; bytes: Buffer }>;

/** What an execution puts into a template. */
export interface TemplateValues {
  /** Bytes of the client's text for a slot. */
  slot(slot: number): Buffer;
  /** A marker for a parameter. */
  parameter(index: number): Buffer;
  /** The parameters whose markers were written since this was asked last, in their order. */
  markers(): readonly number[];
  sum(operands: readonly Operand[]): bigint;
  timestamp(): string;
  /** A list of literals; undefined: the condition is left out. */
  reduction(index: number): Buffer | undefined;
}

/** Builds a template from stretches of one text and from text of the planner's own. */
export class TemplateBuilder {
  readonly #text: Buffer;
  readonly #literals: Literals | undefined;
  readonly #parameters: readonly ParameterPosition[];
  readonly #renamed: readonly Renamed[];
  readonly #pieces: Piece[] = [];
  /** How far `upTo` and its like have come. */
  #at = 0;

  /** `parameters` and `renamed` may be anywhere in the text. */
  constructor(
    text: Buffer,
    literals: Literals | undefined,
    parameters: readonly ParameterPosition[],
    renamed: readonly Renamed[],
  ) {
    this.#text = text;
    this.#literals = literals;
    this.#parameters = parameters;
    this.#renamed = renamed;
  }

  /** Copies from where the last such call ended. */
  upTo(position: number): this {
    this.copy(this.#at, position);
    this.#at = position;
    return this;
  }

  /** Leaves out what lies before a position. */
  skipTo(position: number): this {
    this.#at = position;
    return this;
  }

  /** Copies the rest, up to the statement's end. */
  rest(end: number): this {
    return this.upTo(end);
  }

  /** The text from `start` to behind its verb, with an optimizer hint that sets the moment of the statement. */
  withTimestamp(start: number, verbEnd: number, hint: Readonly<{ end: number }> | undefined): this {
    this.skipTo(start);
    if (hint === undefined) return this.upTo(verbEnd).timestamp('/*+ SET_VAR(timestamp=', ') */ ');
    return this.upTo(hint.end - 2).timestamp(' SET_VAR(timestamp=', ') ');
  }

  /** The client's text from `start` to `end`. A slot must lie within or without. */
  copy(start: number, end: number): this {
    let at = start;
    for (const { start: hole, end: behind, piece } of this.#holesIn(start, end)) {
      this.#add(this.#text.subarray(at, hole));
      if (piece.kind === 'text') this.#add(piece.bytes);
      else this.#pieces.push(piece);
      at = behind;
    }
    this.#add(this.#text.subarray(at, end));
    return this;
  }

  text(sql: string): this {
    this.#add(Buffer.from(sql, 'latin1'));
    return this;
  }

  bytes(sql: Buffer): this {
    this.#add(sql);
    return this;
  }

  /** Pieces of another template. */
  pieces(template: Template): this {
    for (const piece of template) {
      if (piece.kind === 'text') this.#add(piece.bytes);
      else this.#pieces.push(piece);
    }
    return this;
  }

  sum(operands: readonly Operand[]): this {
    this.#pieces.push({ kind: 'sum', operands });
    return this;
  }

  timestamp(before: string, behind: string): this {
    this.text(before);
    this.#pieces.push({ kind: 'timestamp' });
    return this.text(behind);
  }

  reduction(index: number, before: string, behind: string): this {
    this.#pieces.push({ kind: 'reduction', index, before: Buffer.from(before), behind: Buffer.from(behind) });
    return this;
  }

  build(): Template {
    return Object.freeze([...this.#pieces]);
  }

  #holesIn(start: number, end: number): { start: number; end: number; piece: Piece }[] {
    const holes: { start: number; end: number; piece: Piece }[] = [];
    const literals = this.#literals;
    if (literals !== undefined) {
      let slot = literals.slotWithin(start, end);
      for (; slot >= 0 && slot < literals.slotCount && literals.slotStarts[slot]! < end; slot++)
        holes.push({
          start: literals.slotStarts[slot]!,
          end: literals.slotEnds[slot]!,
          piece: { kind: 'slot', slot },
        });
    }
    for (const { start: at, index } of this.#parameters)
      if (at >= start && at < end)
        holes.push({ start: at, end: at + 1, piece: { kind: 'parameter', index } });
    for (const { start: at, end: behind, bytes } of this.#renamed)
      if (at >= start && behind <= end)
        holes.push({ start: at, end: behind, piece: { kind: 'text', bytes } });
    return holes.sort((a, b) => a.start - b.start);
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const last = this.#pieces.at(-1);
    // The client's packet is gone when the plan is used again.
    const own = joined(last?.kind === 'text' ? last.bytes : nothing, bytes);
    if (last?.kind === 'text') this.#pieces.pop();
    this.#pieces.push({ kind: 'text', bytes: own });
  }
}

const nothing = Buffer.alloc(0);

/** In memory of its own: a part of the shared one would keep all of that, as long as the plan is kept. */
function joined(a: Buffer, b: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(a.length + b.length);
  a.copy(bytes);
  b.copy(bytes, a.length);
  return bytes;
}

/** The statement's text. */
export function fillTemplate(template: Template, values: TemplateValues): Buffer {
  return Buffer.concat(template.map((piece) => pieceBytes(piece, values)));
}

function pieceBytes(piece: Piece, values: TemplateValues): Buffer {
  switch (piece.kind) {
    case 'text':
      return piece.bytes;
    case 'slot':
      return values.slot(piece.slot);
    case 'parameter':
      return values.parameter(piece.index);
    case 'timestamp':
      return Buffer.from(values.timestamp());
    case 'sum':
      return Buffer.from(String(values.sum(piece.operands)));
    case 'reduction': {
      const list = values.reduction(piece.index);
      return list === undefined ? nothing : Buffer.concat([piece.before, list, piece.behind]);
    }
    default:
      return unreachable(piece);
  }
}

/** Whether all executions send the same text, so that it is worth keeping it prepared. */
export const isStable = (template: Template): boolean =>
  template.every(
    (piece) =>
      piece.kind !== 'timestamp' &&
      (piece.kind !== 'sum' || piece.operands.every(({ kind }) => kind !== 'parameter')),
  );
