/** A script of MySQL's test tool as steps that can be played: commands, and blocks under a condition. */
import { commandWords, firstWord, withText } from '../mysqltest.ts';

export type Step =
  /** `word` is in lower case; a statement for the server has none of the tool's words. */
  | Readonly<{ kind: 'command'; word: string; rest: string; text: string; line: number }>
  | Readonly<{ kind: 'block'; loops: boolean; condition: string; steps: readonly Step[] }>;

/** Words whose rest goes to the server. */
export const evaluating: ReadonlySet<string> = new Set([
  'eval',
  'query_vertical',
  'query_horizontal',
  'send_eval',
  'send',
  'query',
]);

/** Whether a word is one of the tool's, beside those that hand a statement to the server. */
export const isToolWord = (word: string): boolean => commandWords.has(word);

/** All steps of a script (one character per byte). */
export const readScript = (text: string): readonly Step[] => new Reader(text).steps();

class Reader {
  readonly #text: string;
  #delimiter = ';';
  #at = 0;
  #line = 1;
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the end, or to the brace that closes a block. */
  steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#at >= this.#text.length) return steps;
      if (this.#text[this.#at] === '}') {
        this.#at++;
        return steps;
      }
      if (this.#text[this.#at] === '#') this.#restOfLine();
      else {
        const step = this.#step();
        if (step) steps.push(step);
      }
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at]!)) this.#at++;
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  #step(): Step | undefined {
    const line = this.#lineHere();
    if (this.#text.startsWith('--', this.#at)) {
      const text = this.#restOfLine().slice(2).trim();
      const word = firstWord(text);
      // A comment for people is a line of this form, too.
      if (!isToolWord(word) && !evaluating.has(word)) return undefined;
      return this.#command(text.replace(/;$/, ''), line);
    }
    const block = /^(if|while)\s*\(/i.exec(this.#text.slice(this.#at, this.#at + 40));
    if (block) return this.#block(block[1]!.toLowerCase() === 'while');
    const text = this.#upToDelimiter();
    return text === '' ? undefined : this.#command(text, line);
  }

  #command(text: string, line: number): Step | undefined {
    const word = firstWord(text);
    const rest = text.slice(word.length).trim();
    if (word === 'delimiter') {
      this.#delimiter = rest.split(/\s/)[0] || ';';
      return undefined;
    }
    if (withText.has(word)) {
      const mark = (word === 'perl' ? rest : rest.split(/\s+/)[1]) || 'EOF';
      // Behind the delimiter the line ends; the text begins on the next one.
      while (this.#at < this.#text.length && this.#restOfLine().trim() !== mark);
      return undefined;
    }
    return { kind: 'command', word, rest, text, line };
  }

  #block(loops: boolean): Step {
    const open = this.#text.indexOf('{', this.#at);
    const head = this.#text.slice(this.#at, open < 0 ? undefined : open);
    this.#at = open < 0 ? this.#text.length : open + 1;
    const condition = head.slice(head.indexOf('(') + 1, head.lastIndexOf(')')).trim();
    return { kind: 'block', loops, condition, steps: this.steps() };
  }

  #restOfLine(): string {
    const newline = this.#text.indexOf('\n', this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  #upToDelimiter(): string {
    const from = this.#at;
    let quote = '';
    for (let at = from; at < this.#text.length; at++) {
      const character = this.#text[at]!;
      if (quote !== '') {
        if (character === '\\' && quote !== '`') at++;
        else if (character === quote) quote = '';
      } else if (this.#text.startsWith(this.#delimiter, at)) {
        this.#at = at + this.#delimiter.length;
        return this.#text.slice(from, at).trim();
      } else if (character === "'" || character === '"' || character === '`') {
        quote = character;
      } else if (character === '#' && /\n\s*$/.test(this.#text.slice(from, at))) {
        // A comment on a line of its own within a statement: its quotes and delimiters count for nothing.
        const newline = this.#text.indexOf('\n', at);
        at = newline < 0 ? this.#text.length : newline;
      }
    }
    this.#at = this.#text.length;
    return this.#text.slice(from).trim();
  }
}
