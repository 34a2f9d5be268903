/** A text of which parts go into the remainder or into inputs: the client's, or that of a view. */
import type { LexMode } from '../../sql/lex-mode.ts';
import type { Literals } from '../../sql/literals-found.ts';
import { Refused } from '../refused.ts';
import { type ParameterPosition, type Template, TemplateBuilder } from '../template.ts';

export type SourceText = Readonly<{
  text: Buffer;
  mode: LexMode;
  /** Undefined where the text has no slots: its literals stay as they are. */
  literals: Literals | undefined;
  parameters: readonly ParameterPosition[];
  /** Whether some of it may stand within a version comment, so that a stretch can have one end of it and not the other. */
  hasVersionComment: boolean;
}>;

/** What stands in the place of a stretch of text. */
export type Edit = Readonly<{ start: number; end: number; with: Template }>;

/** The stretch from `start` to `end` with its edits. Of edits within one another the outer one counts. */
export function edited(source: SourceText, start: number, end: number, edits: readonly Edit[]): Template {
  const builder = new TemplateBuilder(source.text, source.literals, source.parameters, []);
  const inside = edits
    .filter((edit) => edit.start >= start && edit.end <= end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let at = start;
  for (const edit of inside) {
    if (edit.start < at) continue;
    requireWhole(source, edit.start, edit.end);
    builder.copy(at, edit.start).pieces(edit.with);
    at = edit.end;
  }
  return builder.copy(at, end).build();
}

/** Raises Refused where a stretch of text may have a part of a comment that is code. */
export function requireWhole({ text, hasVersionComment }: SourceText, start: number, end: number): void {
  if (!hasVersionComment) return;
  const part = text.subarray(start, end);
  if (part.includes('/*') || part.includes('*/'))
    throw new Refused('a version comment (/*! */) within what is moved, in a statement');
}

/** Text of the planner's own. */
export const sqlPiece = (sql: string): Template =>
  sql === '' ? [] : [{ kind: 'text', bytes: Buffer.from(sql) }];

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
