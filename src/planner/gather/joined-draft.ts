/**
 * Tables of one FROM whose rows lie together on the shards: their join is read as one input, instead of each of them. One of them has a row for
 * each of the join's, and the others are looked up along it by unique keys: the input never has more rows than the input of that table would have.
 */
import { columnKey } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { SourceText } from './source-text.ts';
import type { DraftColumn } from './sources.ts';
import type { TableDraft } from './table-draft.ts';

export type JoinedDraft = {
  readonly block: QueryBlock;
  /** The temporary table, which the text calls by its own name. */
  readonly temporary: string;
  /** The table that has a row for each row of the join, then the others, each behind those by which it is looked up. */
  readonly members: readonly JoinedMember[];
  /** The one of them that is first in the text: the joined rows stand in its place. */
  readonly place: TableDraft;
  /** Conditions of several members. */
  readonly conditions: JoinedCondition[];
  /** By member: the columns that the remainder refers to, with their names in the temporary table. */
  readonly used: Map<TableDraft, Map<string, string>>;
  /** Columns under the titles that the block gives to them, by these titles in lower case. */
  readonly titles: Map<string, string>;
};

/** A table, and what its columns are equal to in those before it. */
export type JoinedMember = Readonly<{
  draft: TableDraft;
  on: readonly (readonly [own: DraftColumn, other: DraftColumn])[];
  /** By a LEFT JOIN: all of its conditions. */
  left?: readonly JoinedCondition[];
}>;

export type JoinedCondition = Readonly<{
  expression: Expression;
  source: SourceText;
  columns: ReadonlyMap<ColumnReference, DraftColumn>;
}>;

/** The tables of the block cannot be read as one input after all. */
export class Apart extends Error {
  readonly block: QueryBlock;

  constructor(block: QueryBlock) {
    super('tables that are read one by one');
    this.block = block;
  }
}

/** Longer names are not those of columns. */
const NAME_LETTERS_MAX = 64;

/** The name of a member's column in the temporary table, which has the column from now on. */
export function useColumn({ used }: JoinedDraft, draft: TableDraft, column: string): string {
  const own = used.get(draft) ?? new Map<string, string>();
  used.set(draft, own);
  const known = own.get(column);
  if (known !== undefined) return known;
  const taken = new Set([...used.values()].flatMap((names) => [...names.values()].map(columnKey)));
  const plain = `${draft.alias}.${column}`;
  const isFit = plain.length <= NAME_LETTERS_MAX && !taken.has(columnKey(plain));
  const name = isFit ? plain : `column ${taken.size + 1}`;
  own.set(column, name);
  return name;
}

/** What an input is made of: a table, a query, or tables that are joined. */
export type InputDraft = Readonly<{ drafts: readonly TableDraft[]; joined: JoinedDraft | undefined }>;

/** The inputs for all places in which the remainder reads a table. */
export function inputDrafts(drafts: readonly TableDraft[]): InputDraft[] {
  const made = new Set<JoinedDraft>();
  return drafts.flatMap((draft): InputDraft[] => {
    const { joined } = draft;
    if (joined === undefined) return [{ drafts: [draft], joined }];
    if (made.has(joined)) return [];
    made.add(joined);
    return [{ drafts: joined.members.map((member) => member.draft), joined }];
  });
}
