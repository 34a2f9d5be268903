/** The titles that MySQL gives to columns without an alias, which are their text. */
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { SelectItem } from '../../sql/ast/query.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { type Edit, requireWhole, type SourceText } from './source-text.ts';

/** More bytes than this are not in a title, nor a letter that would not be whole. */
const TITLE_BYTES_MAX = 255;

const BACKTICK = 0x60;
const BEYOND_FIRST_PLANE = /[\u{10000}-\u{10ffff}]/gu;

/** Edits that keep the titles of the entries whose text is changed. */
export function keptTitles(items: readonly SelectItem[], source: SourceText, edits: readonly Edit[]): Edit[] {
  const kept: Edit[] = [];
  for (const item of items) {
    if (item.kind !== 'selectExpression' || item.alias !== undefined) continue;
    const { start, end, expression } = item;
    if (expression.kind === 'column') {
      const isReplaced = edits.some(
        (edit) => edit.start <= expression.nameStart && edit.end >= expression.nameEnd,
      );
      if (isReplaced)
        kept.push({ start: end, end, with: [{ kind: 'text', bytes: nameOf(expression, source) }] });
      continue;
    }
    if (!edits.some((edit) => edit.start >= start && edit.end <= end)) continue;
    requireWhole(source, start, end);
    kept.push({
      start: end,
      end,
      with: [{ kind: 'text', bytes: aliasOf(titleText(source, start, end), source.mode) }],
    });
  }
  return kept;
}

/** The name as it was written. */
function nameOf({ nameStart, nameEnd }: ColumnReference, { text }: SourceText): Buffer {
  const name = text.subarray(nameStart, nameEnd);
  const isQuoted = name[0] === 0x60 || name[0] === 0x22;
  const quotes = isQuoted ? '' : '`';
  return Buffer.concat([Buffer.from(` AS ${quotes}`), name, Buffer.from(quotes)]);
}

/** A word that is no part of a longer name, and no variable's. */
const endsInWord = /(?<![\w@.$`\x80-\xff])[A-Za-z_\x80-\xff][\w$\x80-\xff]*$/;
const blanks: ReadonlySet<number> = new Set([...Buffer.from(' \t\n\r\f\v')]);

/** Under IGNORE_SPACE MySQL reads on behind a word, whether a parenthesis follows: the blanks there are part of the title. */
function titleText({ text, mode }: SourceText, start: number, end: number): Buffer {
  let to = end;
  if (mode.ignoreSpace && endsInWord.test(text.toString('latin1', start, end)))
    while (to < text.length && blanks.has(text[to]!)) to++;
  return text.subarray(start, to);
}

function aliasOf(text: Buffer, { table: { multibyteLength } }: LexMode): Buffer {
  const title = titleOf(text);
  const bytes = [...Buffer.from(' AS `')];
  for (let at = 0; at < title.length; ) {
    // The second byte of a character may look like a backtick.
    const length = multibyteLength?.(title, at, title.length) || 1;
    bytes.push(...title.subarray(at, at + length));
    if (length === 1 && title[at] === BACKTICK) bytes.push(BACKTICK);
    at += length;
  }
  return Buffer.from([...bytes, BACKTICK]);
}

/** The text as far as MySQL takes it: in UTF8MB3, which has a question mark for what it does not have. */
function titleOf(text: Buffer): Buffer {
  const letters = text.toString('utf8');
  if (!Buffer.from(letters).equals(text)) return firstBytes(text);
  let title = letters.slice(0, 2 * TITLE_BYTES_MAX).replace(BEYOND_FIRST_PLANE, '?');
  while (Buffer.byteLength(title) > TITLE_BYTES_MAX) title = title.slice(0, -1);
  return Buffer.from(title);
}

/** Of a text in a set of single bytes: all but ASCII becomes two bytes. */
function firstBytes(text: Buffer): Buffer {
  let bytes = 0;
  const cut = text.findIndex((byte) => {
    bytes += byte < 0x80 ? 1 : 2;
    return bytes > TITLE_BYTES_MAX;
  });
  return cut < 0 ? text : text.subarray(0, cut);
}
