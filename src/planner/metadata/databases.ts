/** The databases of which a use of information_schema shows rows, once the values in its conditions are known. */
import type { Expression } from '../../sql/ast/expression.ts';
import type { MetadataUse, SchemaValue } from './uses.ts';

/** MySQL's own databases, in its order. */
export const systemDatabases = ['information_schema', 'mysql', 'performance_schema', 'sys'] as const;

export type DatabaseContext = Readonly<{
  keyspaces: ReadonlySet<string>;
  /** The text that a constant stands for; null for NULL, undefined where that is not known. */
  textOf: (operand: Expression) => string | null | undefined;
  /** A backslash in a pattern escapes nothing. */
  noBackslashEscapes: boolean;
}>;

/** Names of keyspaces and of MySQL's own databases. What is in doubt is among them. */
export function databasesOf({ among, except }: MetadataUse, context: DatabaseContext): ReadonlySet<string> {
  const all = [...context.keyspaces, ...systemDatabases];
  return new Set(
    all.filter(
      (name) =>
        (among === undefined || among.some((value) => mayFit(value, name, context))) &&
        !except.some((value) => fits(value, name, context)),
    ),
  );
}

/** Under no collation is a name equal to a value that this denies: names have ASCII characters only. */
function mayFit({ kind, operand }: SchemaValue, name: string, context: DatabaseContext): boolean {
  const text = context.textOf(operand);
  if (text === null) return false;
  if (text === undefined || !ascii.test(text)) return true;
  if (kind === 'equal') return text.trimEnd().toLowerCase() === name.toLowerCase();
  const pattern = likePattern(text, context.noBackslashEscapes, 'is');
  return pattern === undefined || pattern.test(name);
}

/** Under each collation a name is equal to a value of which this is true. */
function fits({ kind, operand }: SchemaValue, name: string, context: DatabaseContext): boolean {
  const text = context.textOf(operand);
  if (text === null || text === undefined) return false;
  if (kind === 'equal') return text === name;
  return likePattern(text, context.noBackslashEscapes, 's')?.test(name) === true;
}

const ascii = /^[ -~]*$/;

/** LIKE's pattern as an expression; undefined where a backslash has no certain meaning. */
export function likePattern(pattern: string, noBackslashEscapes: boolean, flags: string): RegExp | undefined {
  if (noBackslashEscapes && pattern.includes('\\')) return undefined;
  const source = pattern.replace(/\\(.)|([%_])|([^A-Za-z0-9%_\\])/gs, (_, escaped, wild, other) => {
    if (wild !== undefined) return wild === '%' ? '.*' : '.';
    return quoted(escaped ?? other);
  });
  return new RegExp(`^${source.endsWith('\\') && !source.endsWith('\\\\') ? `${source}\\` : source}$`, flags);
}

const quoted = (character: string): string => character.replace(/[^A-Za-z0-9]/, (each) => `\\${each}`);
