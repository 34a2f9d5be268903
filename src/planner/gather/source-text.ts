/** A text of which parts go into the remainder or into inputs: the client's, or that of a view. */
import type { LexMode } from '../../sql/lex-mode.ts';
import type { Literals } from '../../sql/literals-found.ts';
import { type ParameterPosition, type Template, TemplateBuilder } from '../template.ts';

export type SourceText = Readonly<{
  text: Buffer;
  mode: LexMode;
  /** Undefined where the text has no slots: its literals stay as they are. */
  literals: Literals | undefined;
  parameters: readonly ParameterPosition[];
  /** Whether it is a view's: its names are the shards' own. */
  isView: boolean;
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
    builder.copy(at, edit.start).pieces(edit.with);
    at = edit.end;
  }
  return builder.copy(at, end).build();
}

/** Text of the planner's own. */
export const sqlPiece = (sql: string): Template =>
  sql === '' ? [] : [{ kind: 'text', bytes: Buffer.from(sql) }];

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
