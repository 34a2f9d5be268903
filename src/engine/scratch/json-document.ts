/** A JSON document as MySQL prints it, read so that the digits of numbers and the order of members stay: JSON.parse keeps neither. */
import { HeadgateError } from '../../errors/headgate-error.ts';

export type JsonNode =
  | Readonly<{ kind: 'object'; members: readonly (readonly [key: string, value: JsonNode])[] }>
  | Readonly<{ kind: 'array'; elements: readonly JsonNode[] }>
  | Readonly<{ kind: 'string'; value: string }>
  /** `text`: its digits, or `true`, `false`, `null`. */
  | Readonly<{ kind: 'number' | 'word'; text: string }>;

const scalar = /[-+.0-9eE]+|true|false|null/y;
const string = /"(?:[^"\\]|\\.)*"/sy;
const separators = /[\s,:]*/y;

/** Throws HG_INTERNAL for what is no JSON. */
export function readJson(text: string): JsonNode {
  const reader = new JsonReader(text);
  const node = reader.value();
  if (!reader.isAtEnd()) throw noJson();
  return node;
}

const noJson = (): HeadgateError =>
  new HeadgateError('HG_INTERNAL', { detail: 'a shard sent a JSON document that is none' });

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#take(separators);
    return this.#at === this.#text.length;
  }

  value(): JsonNode {
    this.#take(separators);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return { kind: 'string', value: this.#string() };
      default: {
        const text = this.#take(scalar);
        if (text === '') throw noJson();
        return { kind: /^[a-z]/.test(text) ? 'word' : 'number', text };
      }
    }
  }

  #object(): JsonNode {
    const members: [string, JsonNode][] = [];
    for (this.#at++; !this.#isClosed('}'); ) members.push([this.#string(), this.value()]);
    return { kind: 'object', members };
  }

  #array(): JsonNode {
    const elements: JsonNode[] = [];
    for (this.#at++; !this.#isClosed(']'); ) elements.push(this.value());
    return { kind: 'array', elements };
  }

  #isClosed(bracket: string): boolean {
    this.#take(separators);
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    const text = this.#take(string);
    if (text === '') throw noJson();
    return JSON.parse(text) as string;
  }

  /** What the pattern finds here; '' for nothing. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
