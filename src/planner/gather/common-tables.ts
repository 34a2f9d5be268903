/**
 * Common table expressions of the remainder. A temporary table cannot be opened twice in a query, so that each reference has a definition of
 * its own, with temporary tables of its own.
 */
import type { CommonTableExpression, WithClause } from '../../sql/ast/query.ts';
import type { Template } from '../template.ts';
import { type Edit, edited, quoted, requireWhole, type SourceText, sqlPiece } from './source-text.ts';
import type { Passes } from './sources.ts';

/** One definition of a WITH clause. */
type Definition = {
  readonly node: CommonTableExpression;
  readonly recursive: boolean;
  /** One for each reference. */
  readonly copies: DefinitionCopy[];
  /** The copy whose text is being written. */
  writing: DefinitionCopy | undefined;
};

export type DefinitionCopy = { readonly name: string; passes: Passes | undefined };

/** The definitions that a place sees. */
export type CommonScope = Readonly<{
  definitions: readonly Definition[];
  outer: CommonScope | undefined;
}>;

/** Writes the text of a definition, which sees what stands before it. */
type WriteDefinition = (
  node: CommonTableExpression,
  scope: CommonScope | undefined,
) => Readonly<{ edits: readonly Edit[]; passes: Passes | undefined }>;

export const commonScope = (clause: WithClause, outer: CommonScope | undefined): CommonScope => ({
  definitions: clause.expressions.map((node) => ({
    node,
    recursive: clause.recursive,
    copies: [],
    writing: undefined,
  })),
  outer,
});

/** The definition that a name means, with what it sees itself. */
export function findDefinition(
  scope: CommonScope | undefined,
  name: string,
): { definition: Definition; inside: CommonScope | undefined } | undefined {
  const wanted = name.toLowerCase();
  for (let level = scope; level !== undefined; level = level.outer) {
    const at = level.definitions.findIndex(({ node }) => node.name.text.toLowerCase() === wanted);
    if (at >= 0) return { definition: level.definitions[at]!, inside: insideOf(level, at) };
  }
  return undefined;
}

/** What the definition at a place of a WITH clause sees: those before it, and itself where it is recursive. */
const insideOf = ({ definitions, outer }: CommonScope, at: number): CommonScope => ({
  definitions: definitions.slice(0, definitions[at]!.recursive ? at + 1 : at),
  outer,
});

/** The copy that a reference to a definition has to use; `another` names those behind the first. */
export function referenceTo(definition: Definition, another: () => string): DefinitionCopy {
  // Within itself a recursive table is the copy that is being written.
  if (definition.writing !== undefined) return definition.writing;
  const name = definition.copies.length === 0 ? definition.node.name.text : another();
  const copy = { name, passes: undefined };
  definition.copies.push(copy);
  return copy;
}

/** The WITH clause with a copy for each reference. Call it when all references are known. */
export function writeWith(
  source: SourceText,
  clause: WithClause,
  scope: CommonScope,
  write: WriteDefinition,
): Edit {
  const parts: (readonly Template[])[] = [];
  // Those behind refer to those before, so that their copies have to be known first.
  for (let at = scope.definitions.length - 1; at >= 0; at--) {
    const definition = scope.definitions[at]!;
    parts.unshift(copiesOf(source, definition, () => write(definition.node, insideOf(scope, at))));
  }
  const all = parts.flat();
  const pieces = all.flatMap((part, at) => (at === 0 ? part : [...sqlPiece(', '), ...part]));
  return {
    start: clause.start,
    end: clause.end,
    with: [...sqlPiece(clause.recursive ? 'WITH RECURSIVE ' : 'WITH '), ...pieces],
  };
}

function copiesOf(
  source: SourceText,
  definition: Definition,
  write: () => ReturnType<WriteDefinition>,
): readonly Template[] {
  const { node, copies, recursive } = definition;
  // MySQL does not look into a definition that nothing refers to.
  if (copies.length === 0) return [edited(source, node.start, node.end, [])];
  requireWhole(source, node.start, node.end);
  const names = node.columns.map(({ text }) => quoted(text)).join(', ');
  return copies.map((copy) => {
    definition.writing = recursive ? copy : undefined;
    const { edits, passes } = write();
    definition.writing = undefined;
    if (!recursive) copy.passes = passes;
    const text = edited(source, node.query.start, node.query.end, edits);
    return [
      ...sqlPiece(`${quoted(copy.name)}${names === '' ? '' : ` (${names})`} AS (`),
      ...text,
      ...sqlPiece(')'),
    ];
  });
}
