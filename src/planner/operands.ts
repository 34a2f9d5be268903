/**
 * The constants of a statement as a plan refers to them, so that one plan serves all texts of the same fingerprint: by the
 * place in the text (a slot of the fingerprint), or by the parameter's number. Values are read when a plan is bound.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { Expression, Literal } from '../sql/ast/expression.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import { literalKind, NEGATIVE } from '../sql/literal-kind.ts';
import { stringBytes } from '../sql/literals.ts';
import { isScalarSlot, type Literals, type SlotTable, slotKind } from '../sql/literals-found.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';

export type Operand =
  | Readonly<{ kind: 'constant'; value: LiteralValue }>
  | Readonly<{ kind: 'slot'; slot: number; negative: boolean; form: LiteralForm }>
  /** All elements of `IN (…)`. */
  | Readonly<{ kind: 'list'; slot: number }>
  /** One column of rows of literals. */
  | Readonly<{ kind: 'rows'; slot: number; column: number }>
  | Readonly<{ kind: 'parameter'; index: number; negative: boolean }>
  /** A user variable; its name in lower case. */
  | Readonly<{ kind: 'variable'; name: string; negative: boolean }>;

/** What the key says of a literal beside its kind. */
export type LiteralForm = Readonly<{
  introducer: string | undefined;
  temporal: 'date' | 'time' | 'datetime' | undefined;
}>;

const plainForm: LiteralForm = { introducer: undefined, temporal: undefined };

/** The slots of a fingerprint as it was just read, or as they were kept. */
export type Slots = Pick<
  Literals | SlotTable,
  'slotKinds' | 'slotStarts' | 'slotEnds' | 'slotFirsts' | 'slotColumns' | 'kinds' | 'starts' | 'ends'
>;

/** Makes operands of a parsed statement's expressions; `literals` are those of the same text, undefined where it has no fingerprint. */
export class OperandReader {
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #literals: Literals | undefined;
  readonly #hasConstantVariables: boolean;
  /** A list is one operand, whichever of its elements asks. */
  readonly #shared = new Map<string, Operand>();

  /** `hasConstantVariables`: no user variable is assigned while the statement runs. */
  constructor(text: Buffer, mode: LexMode, literals: Literals | undefined, hasConstantVariables = false) {
    this.#text = text;
    this.#mode = mode;
    this.#literals = literals;
    this.#hasConstantVariables = hasConstantVariables;
  }

  /** Undefined for what is no constant. */
  read(expression: Expression, negative = false): Operand | undefined {
    switch (expression.kind) {
      case 'parameter':
        return { kind: 'parameter', index: expression.index, negative };
      case 'unary':
        if (expression.operator === '-') return this.read(expression.operand, !negative);
        return expression.operator === '+' ? this.read(expression.operand, negative) : undefined;
      case 'literal':
        return this.#literal(expression, negative);
      case 'userVariable':
        if (!this.#hasConstantVariables) return undefined;
        return { kind: 'variable', name: expression.name.toLowerCase(), negative };
      default:
        return undefined;
    }
  }

  #literal(literal: Literal, negative: boolean): Operand | undefined {
    if (literal.more !== undefined || literal.text !== undefined) return undefined;
    const literals = this.#literals;
    const slot = literals?.slotWithin(literal.valueStart, literal.valueEnd) ?? -1;
    if (slot < 0) {
      const value = literalAt(
        this.#text,
        this.#mode,
        kindOf(literal),
        literal.valueStart,
        literal.valueEnd,
        formOf(literal),
      );
      return { kind: 'constant', value: negative ? negated(value) : value };
    }
    const kind = literals!.slotKinds[slot]!;
    if (isScalarSlot(kind)) return { kind: 'slot', slot, negative, form: formOf(literal) };
    // A form in front of an element is not noted with it.
    if (formOf(literal) !== plainForm) return undefined;
    if (kind === slotKind.list) return this.#share({ kind: 'list', slot });
    const columns = literals!.slotColumns[slot]!;
    let element = literals!.slotFirsts[slot]!;
    while (literals!.ends[element]! < literal.end) element++;
    return this.#share({ kind: 'rows', slot, column: (element - literals!.slotFirsts[slot]!) % columns });
  }

  #share(operand: Operand): Operand {
    const key = JSON.stringify(operand);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    this.#shared.set(key, operand);
    return operand;
  }
}

function formOf({ introducer, type }: Literal): LiteralForm {
  const temporal = type === 'date' || type === 'time' ? type : type === 'timestamp' ? 'datetime' : undefined;
  return introducer === undefined && temporal === undefined ? plainForm : { introducer, temporal };
}

function kindOf({ type }: Literal): number {
  switch (type) {
    case 'date':
    case 'time':
    case 'timestamp':
      return literalKind.string;
    case 'national':
      return literalKind.nationalString;
    case 'integer':
    case 'decimal':
    case 'float':
    case 'hex':
    case 'bit':
    case 'string':
    case 'true':
    case 'false':
    case 'null':
      return literalKind[type];
    default:
      return unreachable(type);
  }
}

/** The values of a prepared statement's parameters, by their numbers from 0. */
export interface ParameterValues {
  at(index: number): LiteralValue | undefined;
}

/** The values of one execution. */
export class Operands {
  readonly context: ValueContext;
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #slots: Slots | undefined;
  readonly #parameters: ParameterValues;

  constructor(
    text: Buffer,
    mode: LexMode,
    slots: Slots | undefined,
    parameters: ParameterValues,
    context: ValueContext,
  ) {
    this.#text = text;
    this.#mode = mode;
    this.#slots = slots;
    this.#parameters = parameters;
    this.context = context;
  }

  /** The value of an operand that has one. */
  value(operand: Operand): LiteralValue {
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'parameter': {
        const value = this.#parameters.at(operand.index);
        if (value === undefined)
          throw new HeadgateError('HG_INTERNAL', { detail: `parameter ${operand.index} is not bound` });
        return operand.negative ? negated(value) : value;
      }
      case 'variable': {
        const value = this.context.variables?.valueOf(operand.name) ?? { kind: 'computed' };
        return operand.negative ? negated(value) : value;
      }
      case 'slot': {
        const value = this.#element(this.#slots!.slotFirsts[operand.slot]!, operand.form);
        return operand.negative ? negated(value) : value;
      }
      case 'list':
      case 'rows':
        throw new HeadgateError('HG_INTERNAL', { detail: `a ${operand.kind} of values where one is wanted` });
      default:
        return unreachable(operand);
    }
  }

  /** All values of an operand, in the order of the text. */
  values(operand: Operand): readonly LiteralValue[] {
    if (operand.kind !== 'list' && operand.kind !== 'rows') return [this.value(operand)];
    const slots = this.#slots!;
    const first = slots.slotFirsts[operand.slot]!;
    const end = slots.slotFirsts[operand.slot + 1]!;
    const step = operand.kind === 'list' ? 1 : slots.slotColumns[operand.slot]!;
    const values: LiteralValue[] = [];
    for (let at = first + (operand.kind === 'rows' ? operand.column : 0); at < end; at += step)
      values.push(this.#element(at, plainForm));
    return values;
  }

  /** The same values, from a copy of the literals: for use after another statement has been read. */
  kept(literals: Literals): Operands {
    const slots = this.#slots === undefined ? undefined : literals.copy();
    return new Operands(this.#text, this.#mode, slots, this.#parameters, this.context);
  }

  /** Where a slot's text lies. */
  slotRange(slot: number): Readonly<{ start: number; end: number }> {
    return { start: this.#slots!.slotStarts[slot]!, end: this.#slots!.slotEnds[slot]! };
  }

  /** How many rows a slot of rows has. */
  rowCount(slot: number): number {
    const slots = this.#slots!;
    return (slots.slotFirsts[slot + 1]! - slots.slotFirsts[slot]!) / slots.slotColumns[slot]!;
  }

  /** One value of a slot of rows. */
  rowElement(slot: number, row: number, column: number): LiteralValue | 'default' {
    const element = this.#rowStart(slot, row) + column;
    return this.#slots!.kinds[element] === literalKind.default
      ? 'default'
      : this.#element(element, plainForm);
  }

  /** A row's values as they were written, without its parentheses; the one at `position` is replaced where there is a `replacement`. */
  rowText(slot: number, row: number, position: number, replacement: Buffer | undefined): Buffer[] {
    const { starts, ends, slotColumns } = this.#slots!;
    const first = this.#rowStart(slot, row);
    const start = starts[first]!;
    const end = ends[first + slotColumns[slot]! - 1]!;
    if (position < 0 || replacement === undefined) return [this.#text.subarray(start, end)];
    const cut = starts[first + position]!;
    return [this.#text.subarray(start, cut), replacement, this.#text.subarray(ends[first + position]!, end)];
  }

  #rowStart(slot: number, row: number): number {
    return this.#slots!.slotFirsts[slot]! + row * this.#slots!.slotColumns[slot]!;
  }

  #element(element: number, form: LiteralForm): LiteralValue {
    const slots = this.#slots!;
    const start = slots.starts[element]!;
    const end = slots.ends[element]!;
    const kind = slots.kinds[element]!;
    return literalAt(this.#text, this.#mode, kind & ~NEGATIVE, start, end, form);
  }
}

/** Reads the literal of `text` from `start` to `end`; a number may begin with its sign. */
export function literalAt(
  text: Buffer,
  mode: LexMode,
  kind: number,
  start: number,
  end: number,
  form: LiteralForm = plainForm,
): LiteralValue {
  switch (kind) {
    case literalKind.integer:
    case literalKind.unsigned:
      return integerAt(text, start, end);
    case literalKind.decimal:
      return { kind: 'decimal', text: numberText(text, start, end) };
    case literalKind.float:
      return { kind: 'float', text: numberText(text, start, end) };
    case literalKind.hex:
    case literalKind.bit:
      return {
        kind: 'binary',
        bytes: binaryBytes(text.toString('latin1', start, end), kind),
        charset: form.introducer,
      };
    case literalKind.null:
      return { kind: 'null' };
    case literalKind.true:
      return { kind: 'integer', value: 1n };
    case literalKind.false:
      return { kind: 'integer', value: 0n };
    default: {
      const bytes = Buffer.from(stringBytes(text, start, end, mode));
      if (form.temporal !== undefined)
        return { kind: 'temporal', type: form.temporal, text: bytes.toString('latin1') };
      const charset = kind === literalKind.nationalString ? 'utf8mb3' : (form.introducer ?? mode.charset);
      return { kind: 'string', bytes, charset, collation: undefined };
    }
  }
}

/** Longer numbers are not exact as JavaScript numbers; of this length, those up to the greatest safe integer are. */
const SAFE_DIGITS_MAX = 16;

function integerAt(text: Buffer, start: number, end: number): LiteralValue {
  if (end - start <= SAFE_DIGITS_MAX) {
    let number = 0;
    let at = start;
    for (; at < end; at++) {
      const digit = text[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    if (at === end && number <= Number.MAX_SAFE_INTEGER) return { kind: 'integer', value: BigInt(number) };
  }
  const digits = numberText(text, start, end);
  const value = BigInt(digits);
  const fits = value >= -(2n ** 63n) && value < 2n ** 64n;
  return fits ? { kind: 'integer', value } : { kind: 'decimal', text: digits };
}

/** A sign may be followed by blanks. */
const numberText = (text: Buffer, start: number, end: number): string =>
  text.toString('latin1', start, end).replace(/[\s+]+/g, '');

/** `0x1f`, `x'1f'`, `0b101`, `b'101'` as bytes. */
function binaryBytes(text: string, kind: number): Buffer {
  const quoted = text.indexOf("'");
  const digits = quoted < 0 ? text.slice(2) : text.slice(quoted + 1, -1);
  const hex = kind === literalKind.hex ? digits : BigInt(`0b${digits || '0'}`).toString(16);
  const wanted = kind === literalKind.hex ? digits.length : Math.ceil(digits.length / 8) * 2;
  return Buffer.from(hex.padStart(wanted + (wanted % 2), '0'), 'hex');
}

/** The value behind a minus sign. A string behind it is a number: what number, MySQL says. */
function negated(value: LiteralValue): LiteralValue {
  switch (value.kind) {
    case 'null':
    case 'computed':
      return value;
    case 'integer': {
      const negative = -value.value;
      return negative >= -(2n ** 63n)
        ? { kind: 'integer', value: negative }
        : { kind: 'decimal', text: String(negative) };
    }
    case 'decimal':
    case 'float':
      return { ...value, text: value.text.startsWith('-') ? value.text.slice(1) : `-${value.text}` };
    case 'string':
    case 'binary':
    case 'temporal':
      return { kind: 'computed' };
    default:
      return unreachable(value);
  }
}
