/** Pieces of SQL with their literals kept apart, so that one query can be sent as text or with parameters. */
import type { Parameter } from '../support/parameters.ts';

/** A literal as text and, where it can be one, as a parameter. */
export type Literal = Readonly<{
  text: string;
  parameter?: Parameter;
  /** No other value may take its place. */
  fixed?: true;
}>;

export type Fragment = readonly (string | Literal)[];

type Part = string | number | Fragment;

/** A template of fragments: `sql\`SELECT ${columns}\``. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Part[]): Fragment {
  return strings.flatMap((text, index): Fragment => {
    const part = parts[index];
    if (part === undefined) return [text];
    return [text, ...(typeof part === 'object' ? part : [String(part)])];
  });
}

export const joined = (fragments: readonly Fragment[], separator: string): Fragment =>
  fragments.flatMap((fragment, index) => (index === 0 ? fragment : [separator, ...fragment]));

export const literal = (text: string, parameter?: Parameter): Fragment => [{ text, parameter }];

export const asText = (fragment: Fragment): string =>
  fragment.map((part) => (typeof part === 'string' ? part : part.text)).join('');

/** Every literal that can be a parameter becomes one. */
export function asPrepared(fragment: Fragment): { sql: string; parameters: Parameter[] } {
  const parameters: Parameter[] = [];
  const text = fragment.map((part) => {
    if (typeof part === 'string') return part;
    if (part.parameter === undefined) return part.text;
    parameters.push(part.parameter);
    return '?';
  });
  return { sql: text.join(''), parameters };
}
