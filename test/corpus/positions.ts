/** Whether a tree's positions fit: rewriting splices the source's text by them. */
import { type AnyNode, children } from '../../src/sql/ast/walk.ts';
import type { LexMode } from '../../src/sql/lex-mode.ts';
import { nameText } from '../../src/sql/literals.ts';

/** One line per node that does not stand in its parent's span or whose name is not where it says; none is right. */
export function findMisplaced(root: AnyNode, source: Buffer, mode: LexMode): string[] {
  const found: string[] = [];
  const visit = (node: AnyNode, parent: AnyNode): void => {
    const { start, end } = node;
    const isInside = start >= parent.start && start < end && end <= parent.end;
    if (!isInside || end > source.length) found.push(`${node.kind} in ${parent.kind}: ${start} to ${end}`);
    if (node.kind === 'table' || node.kind === 'column') {
      const name = nameText(source, node.nameStart, node.nameEnd, mode);
      if (name !== node.name) found.push(`${node.kind} '${node.name}': '${name}' stands there`);
    }
    for (const child of children(node)) visit(child, node);
  };
  visit(root, root);
  return found;
}
