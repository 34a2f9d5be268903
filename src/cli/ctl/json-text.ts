/**
 * JSON that people write by hand: says where it breaks, by line and column, and refuses a name that stands twice in
 * one object (JSON.parse silently keeps the last). The values themselves come from JSON.parse.
 */

export type JsonProblem = Readonly<{ line: number; column: number; message: string }>;
export type JsonText = Readonly<{ value: unknown }> | Readonly<{ problem: JsonProblem }>;

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const DEPTH_MAX = 200;

class Broken extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

export function parseJsonText(text: string): JsonText {
  try {
    new Scanner(text).document();
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause;
    const before = text.slice(0, cause.at).split('\n');
    const column = before.at(-1)!.length + 1;
    return { problem: { line: before.length, column, message: cause.message } };
  }
  return { value: JSON.parse(text) };
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value(0);
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the text');
  }

  #value(depth: number): void {
    if (depth > DEPTH_MAX) throw new Broken(this.#at, `more than ${DEPTH_MAX} levels`);
    this.#take(SPACE);
    const start = this.#text[this.#at];
    if (start === '{') this.#object(depth);
    else if (start === '[') this.#list(']', () => this.#value(depth + 1));
    else if (start === '"') this.#string();
    else if (this.#take(SCALAR) === undefined) throw this.#unexpected('a value');
    this.#take(SPACE);
  }

  #object(depth: number): void {
    const names = new Set<string>();
    this.#list('}', () => {
      const at = this.#at;
      if (this.#text[at] !== '"') throw this.#unexpected('a name in double quotes');
      const name = JSON.parse(this.#string()) as string;
      if (names.has(name)) throw new Broken(at, `the name "${name}" stands twice in this object`);
      names.add(name);
      this.#take(SPACE);
      if (this.#text[this.#at] !== ':') throw this.#unexpected('`:`');
      this.#at += 1;
      this.#value(depth + 1);
    });
  }

  #list(end: string, item: () => void): void {
    this.#at += 1;
    this.#take(SPACE);
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#take(SPACE);
      item();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== end) throw this.#unexpected(`\`,\` or \`${end}\``);
      this.#at += 1;
      if (next === end) return;
    }
  }

  #string(): string {
    const start = this.#at;
    const found = this.#take(STRING);
    if (found === undefined)
      throw new Broken(start, 'this string does not end, or has a character it must escape');
    return found;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #unexpected(wanted: string): Broken {
    const found = this.#text[this.#at];
    return new Broken(
      this.#at,
      `expected ${wanted}, found ${found === undefined ? 'the end' : JSON.stringify(found)}`,
    );
  }
}
