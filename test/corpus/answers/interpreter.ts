/** Plays the steps of a script: variables, loops and included files; statements go to whoever plays them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { evaluating, isToolWord, readScript, type Step } from './script.ts';

/** Where statements go, and where a variable's value is asked. */
export type Audience = Readonly<{
  statement: (sql: string, line: number) => Promise<void>;
  /** The first value of a query's answer; undefined where there is none. */
  value: (sql: string) => Promise<string | undefined>;
}>;

/** Files that check or change the server, wait for it, or read its log: nothing of them is played. */
const notPlayed =
  /\brpl\/|(?:^|\/)(?:have_|not_|no_|only_with|wait|count_sessions|restart|shutdown|start_|stop_|kill|search_pattern|grep|big_test|check_|force_|elide|disable_hypergraph|rpl|assert|mysqlbinlog|show_|plugin_|ps_renew|uninstall|install|write_|diff_|get_handler)[^/]*$/;
const ITERATIONS_MAX = 3_000;
const DEPTH_MAX = 8;

class Ended extends Error {}

/** Plays a script to its end; `root` is the folder from which included files are named. */
export async function playScript(file: string, root: string, audience: Audience): Promise<void> {
  const interpreter = new Interpreter(root, audience);
  try {
    await interpreter.play(readScript(readFileSync(file, 'latin1')), dirname(file), 0);
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
}

class Interpreter {
  readonly #root: string;
  readonly #audience: Audience;
  readonly #variables = new Map<string, string>();
  #connection = 'default';
  #iterations = 0;

  constructor(root: string, audience: Audience) {
    this.#root = root;
    this.#audience = audience;
  }

  async play(steps: readonly Step[], folder: string, depth: number): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'command') await this.#command(step, folder, depth);
      else
        while (await this.#holds(step.condition)) {
          await this.play(step.steps, folder, depth);
          if (!step.loops || ++this.#iterations > ITERATIONS_MAX) break;
        }
    }
  }

  async #command(
    { word, rest, text, line }: Extract<Step, { kind: 'command' }>,
    folder: string,
    depth: number,
  ): Promise<void> {
    switch (word) {
      case 'let':
        return this.#assign(rest);
      case 'inc':
        return this.#add(rest, 1);
      case 'dec':
        return this.#add(rest, -1);
      case 'source':
        return this.#include(rest, folder, depth);
      case 'connection':
        this.#connection = rest.trim();
        return;
      case 'connect':
        this.#connection = /^\(?\s*(\w+)/.exec(rest)?.[1] ?? '';
        return;
      case 'exit':
        throw new Ended();
    }
    if (evaluating.has(word)) {
      const sql = this.#evaluate(rest);
      if (sql !== undefined) await this.#statement(sql, line);
    } else if (!isToolWord(word)) await this.#statement(text, line);
  }

  async #statement(sql: string, line: number): Promise<void> {
    const trimmed = sql.replace(/[;\s]+$/, '');
    // Other sessions would need other sessions with all servers.
    if (trimmed !== '' && this.#connection === 'default') await this.#audience.statement(trimmed, line);
  }

  async #include(rest: string, folder: string, depth: number): Promise<void> {
    const name = this.#evaluate(rest.trim());
    if (name === undefined || depth >= DEPTH_MAX || notPlayed.test(name)) return;
    for (const place of [join(this.#root, name), join(folder, name)]) {
      let text: string;
      try {
        text = readFileSync(place, 'latin1');
      } catch {
        continue;
      }
      await this.play(readScript(text), dirname(place), depth + 1);
      return;
    }
  }

  async #assign(rest: string): Promise<void> {
    const [, name, value] = /^\$?(\w+)\s*=\s*([\s\S]*)$/.exec(rest) ?? [];
    if (name === undefined || value === undefined) return;
    const text = /^query_get_value|^escape\s*\(/.test(value) ? undefined : await this.#valueOf(value);
    if (text === undefined) this.#variables.delete(name);
    else this.#variables.set(name, text);
  }

  async #valueOf(text: string): Promise<string | undefined> {
    const evaluated = this.#evaluate(text);
    const query = /^`([\s\S]*)`$/.exec(evaluated?.trim() ?? '')?.[1];
    return query === undefined ? evaluated : this.#audience.value(query);
  }

  #add(rest: string, amount: number): void {
    const name = /\w+/.exec(rest)?.[0] ?? '';
    this.#variables.set(name, String(Number(this.#variables.get(name) ?? 0) + amount));
  }

  #evaluate(text: string): string | undefined {
    let isKnown = true;
    const evaluated = text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
      const value = this.#variables.get(name);
      if (value === undefined) isKnown = false;
      return value ?? '';
    });
    return isKnown ? evaluated : undefined;
  }

  async #holds(condition: string): Promise<boolean> {
    const [, negation, left, operator, right] =
      /^(!?)\s*(`[\s\S]*`|\$\w+|[^<>=!]*?)\s*(?:(<=|>=|==|!=|<|>)\s*([\s\S]+))?$/.exec(condition) ?? [];
    const value = (await this.#valueOf(left ?? '')) ?? '0';
    const isTrue =
      operator === undefined
        ? value !== '0' && value !== ''
        : compared(value, operator, (await this.#valueOf(right!)) ?? '0');
    return isTrue !== (negation === '!');
  }
}

function compared(left: string, operator: string, right: string): boolean {
  const [a, b] = [Number(left), Number(right.replace(/^'(.*)'$/, '$1'))];
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '!=':
      return left !== right.replace(/^'(.*)'$/, '$1');
    default:
      return left === right.replace(/^'(.*)'$/, '$1');
  }
}
