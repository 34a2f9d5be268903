/** By which columns a table is looked up along others on the shards, if it can be: one row of it at most for each of theirs. */
import { isExact, routingKey, sameFunction } from '../analysis/keys.ts';
import { sameEquality } from '../analysis/same-equality.ts';
import { Classes } from '../analysis/table-use.ts';
import type { JoinedMember } from './joined-draft.ts';
import type { DraftColumn } from './sources.ts';
import { columnSchema, type TableDraft } from './table-draft.ts';
import { costOf, neededColumns } from './table-input.ts';

type Pair = JoinedMember['on'][number];

/** A row of a table that is looked up is repeated for each of the rows that name it: so many bytes, about, may that be. */
const REPEATED_BYTES_MAX = 256;

/** Columns that are equal in each row that counts. */
export class EqualColumns {
  readonly #classes = new Classes<string>();
  /** Pairs that a condition names as equal. */
  readonly #direct = new Set<string>();
  readonly #columns = new Map<string, DraftColumn>();

  equate(a: DraftColumn, b: DraftColumn): void {
    const [one, other] = [schemaOf(a), schemaOf(b)];
    if (a.draft === b.draft || !sameEquality(one, other)) return;
    const [key, otherKey] = [this.#key(a), this.#key(b)];
    this.#classes.join(key, otherKey);
    this.#direct.add(`${key} ${otherKey}`).add(`${otherKey} ${key}`);
  }

  areEqual([a, b]: Pair): boolean {
    return this.#classes.of(this.#key(a)) === this.#classes.of(this.#key(b));
  }

  isDirect([a, b]: Pair): boolean {
    return this.#direct.has(`${this.#key(a)} ${this.#key(b)}`);
  }

  /** A column of the members that is equal, one that a condition names first. */
  partner(own: DraftColumn, members: readonly JoinedMember[]): DraftColumn | undefined {
    const partners = [...this.#columns.values()].filter(
      (other) => members.some(({ draft }) => draft === other.draft) && this.areEqual([own, other]),
    );
    return partners.find((other) => this.isDirect([own, other])) ?? partners[0];
  }

  #key(column: DraftColumn): string {
    const { name } = schemaOf(column);
    const key = `${column.draft.temporary}.${name}`;
    this.#columns.set(key, { draft: column.draft, column: name });
    return key;
  }
}

const schemaOf = ({ draft, column }: DraftColumn) => columnSchema(draft, column)!;

/** The pairs of equal columns; undefined where it cannot be, or its columns would be repeated too often. */
export function lookupOf(
  draft: TableDraft,
  members: readonly JoinedMember[],
  equal: EqualColumns,
): readonly Pair[] | undefined {
  if (members.some((member) => member.draft.table.keyspace !== draft.table.keyspace)) return undefined;
  const width = neededColumns(draft).reduce((sum, column) => sum + costOf(column), 0);
  if (width > REPEATED_BYTES_MAX) return undefined;
  const placed = placedBy(draft, members, equal);
  if (placed === undefined) return undefined;
  for (const { unique, columns } of draft.schema.keys) {
    const found = unique ? pairsOf(draft, columns, members, equal) : undefined;
    if (found !== undefined) return [...found, ...placed.filter(([own]) => !columns.includes(own.column))];
  }
  return undefined;
}

/** The columns that bring a table's rows to the members' shards; undefined where they are not certain to be there. */
function placedBy(
  draft: TableDraft,
  members: readonly JoinedMember[],
  equal: EqualColumns,
): readonly Pair[] | undefined {
  if (draft.table.kind !== 'sharded') return [];
  const key = routingKey(draft.table, draft.schema);
  if (key === undefined || !isExact(key)) return undefined;
  for (const { draft: other } of members) {
    const otherKey = other.table.kind === 'sharded' ? routingKey(other.table, other.schema) : undefined;
    if (otherKey === undefined || !sameFunction(key, otherKey) || !isExact(otherKey)) continue;
    if (key.columns.length !== otherKey.columns.length) continue;
    const pairs = key.columns.map(
      ({ name }, at): Pair => [
        { draft, column: name },
        { draft: other, column: otherKey.columns[at]!.name },
      ],
    );
    if (pairs.every((pair) => equal.areEqual(pair))) return pairs;
  }
  return undefined;
}

function pairsOf(
  draft: TableDraft,
  columns: readonly (string | undefined)[],
  members: readonly JoinedMember[],
  equal: EqualColumns,
): readonly Pair[] | undefined {
  const pairs: Pair[] = [];
  for (const column of columns) {
    const own = column === undefined ? undefined : { draft, column };
    const partner = own && equal.partner(own, members);
    if (own === undefined || partner === undefined) return undefined;
    pairs.push([own, partner]);
  }
  return pairs;
}
