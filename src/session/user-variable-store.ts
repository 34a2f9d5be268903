/** The user variables of one session, as far as they are known outside of its connections. */
import type { LiteralValue, VariableValues } from '../planner/literal-value.ts';
import type { UserVariable } from './user-variable-value.ts';

/** All values at one moment, by name; a connection that has the very same object has them all. */
export type VariablesThen = ReadonlyMap<string, UserVariable>;

const unset: LiteralValue = Object.freeze({ kind: 'null' });
const unknown: LiteralValue = Object.freeze({ kind: 'computed' });

/** What a variable takes beside its value. */
const VARIABLE_BYTES = 64;

export class UserVariableStore implements VariableValues {
  #current: VariablesThen | undefined;
  #bytes = 0;
  /** Stored code may have set others. */
  #hasOthers = false;
  /** Values are on a held connection only. */
  #isOpaque = false;

  /** Undefined before the first is set. */
  get current(): VariablesThen | undefined {
    return this.#current;
  }

  /** What they are now, the connection that the session holds alone knows. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** About what they take in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  valueOf(name: string): LiteralValue {
    if (this.#isOpaque) return unknown;
    return this.#current?.get(name)?.value ?? (this.#hasOthers ? unknown : unset);
  }

  /** Takes over values that were read; undefined for what is still unset. */
  take(read: ReadonlyMap<string, UserVariable | undefined>): void {
    const values = new Map(this.#current);
    for (const [name, value] of read) if (value !== undefined) values.set(name, value);
    if (values.size === 0) return;
    this.#current = values;
    this.#bytes = 0;
    for (const [name, { sql }] of values) this.#bytes += name.length + sql.length + VARIABLE_BYTES;
  }

  /** Stored code has run: what was never seen may be set nevertheless. */
  doubtOthers(): void {
    this.#hasOthers = true;
  }

  /** From now on only the connection that the session holds knows. */
  loseSight(): void {
    this.#isOpaque = true;
  }

  clear(): void {
    this.#current = undefined;
    this.#bytes = 0;
    this.#hasOthers = false;
    this.#isOpaque = false;
  }
}
