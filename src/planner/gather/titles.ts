/** The titles that MySQL gives to columns without an alias, which are their text. */
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { SelectItem } from '../../sql/ast/query.ts';
import { type Edit, requireWhole, type SourceText } from './source-text.ts';

/** More letters of the text than this are not in a title. */
const TITLE_LETTERS_MAX = 255;

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
      with: [{ kind: 'text', bytes: aliasOf(source.text.subarray(start, end)) }],
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

function aliasOf(text: Buffer): Buffer {
  const letters = [...text.toString('utf8')];
  const isLong = letters.length > TITLE_LETTERS_MAX;
  const title = isLong ? Buffer.from(letters.slice(0, TITLE_LETTERS_MAX).join('')) : text;
  // Byte by byte, whatever its character set.
  const doubled = Buffer.from(title.toString('latin1').replaceAll('`', '``'), 'latin1');
  return Buffer.concat([Buffer.from(' AS `'), doubled, Buffer.from('`')]);
}
