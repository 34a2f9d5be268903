/** What all nodes of the syntax tree share. Trees are data: nothing changes a node once it is made. */

/** Byte offsets into the parsed text; `end` is exclusive and without trailing blanks or comments. */
export type Span = Readonly<{ start: number; end: number }>;

/** Start and end of a node that was not parsed but made (by a rewrite): it has no text in the source. */
export const NO_POSITION = -1;

/** A name without quotes. */
export type Name = Readonly<{ kind: 'name'; start: number; end: number; text: string }>;
