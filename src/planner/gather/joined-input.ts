/** The input of tables that are joined on the shards. */
import type { GatherInput } from './gather-plan.ts';
import { Apart, type JoinedCondition, type JoinedDraft, useColumn } from './joined-draft.ts';
import { mappedPlan } from './map-plan.ts';
import { NestedText } from './nested-text.ts';
import type { PlanNested } from './plan-nested.ts';
import { type NamedReduction, withReductions } from './reductions.ts';
import { quoted } from './source-text.ts';
import type { DraftColumn } from './sources.ts';
import { columnSchema, type TableDraft } from './table-draft.ts';
import {
  cheapestOf,
  columnType,
  KEYS_MAX,
  labelOf,
  selected,
  writeExpression,
  writeFilter,
  writeTable,
} from './table-input.ts';

/** Plans the input. Raises Apart where the shards cannot join the tables by themselves. */
export function joinedInput(
  joined: JoinedDraft,
  plan: PlanNested,
  reductions: readonly NamedReduction[],
): GatherInput {
  const columns = columnsOf(joined);
  const text = new NestedText(plan.hasSlots);
  const items = columns.map(({ draft, column, name }) =>
    selected(columnSchema(draft, column)!, `${quoted(draft.alias)}.`, name),
  );
  text.sql(`SELECT ${items.join(', ')} FROM `);
  writeJoin(text, joined, plan);
  if (!writeConditions(text, joined) && reductions.length > 0) text.sql(' WHERE TRUE');
  const merged = plan.merged(text.text, text.literals);
  if (merged === undefined) throw new Apart(joined.block);
  const lists = reductions.map(({ draft, column }) => sqlName({ draft, column }));
  return Object.freeze({
    table: joined.temporary,
    label: labelOfAll(joined),
    plan: withReductions(mappedPlan(merged, text.template(), text.map), lists),
    columns: columns.map(({ draft, column, name }) => {
      const own = columnSchema(draft, column)!;
      const isOuter = joined.members.some((member) => member.draft === draft && member.left !== undefined);
      return {
        name,
        type: `${columnType(own)}${own.nullable || isOuter ? ' NULL' : ' NOT NULL'}`,
        of: { schema: draft.table.keyspace, table: draft.table.name, alias: draft.alias, column: own.name },
      };
    }),
    keys: keysOf(joined, columns),
    reductions: reductions.map(({ draft, column, from, fromColumn }) => ({
      from,
      fromColumn,
      column: columns.findIndex((one) => one.draft === draft && one.column === column),
      key: undefined,
    })),
    origin: undefined,
    titles: Object.fromEntries(joined.titles),
  });
}

const labelOfAll = ({ members }: JoinedDraft): string =>
  members
    .map(
      ({ draft, left }, at) =>
        `${at === 0 ? '' : left === undefined ? ' JOIN ' : ' LEFT JOIN '}${labelOf(draft)}`,
    )
    .join('');

type JoinedColumn = DraftColumn & Readonly<{ name: string }>;

/** Those that the remainder refers to; never none. */
function columnsOf(joined: JoinedDraft): readonly JoinedColumn[] {
  const { members, used } = joined;
  if ([...used.values()].every((names) => names.size === 0)) {
    const { draft } = members[0]!;
    useColumn(joined, draft, cheapestOf(draft).name);
  }
  return members.flatMap(({ draft }) =>
    [...(used.get(draft) ?? [])].map(([column, name]) => ({ draft, column, name })),
  );
}

const sqlName = ({ draft, column }: DraftColumn): string => `${quoted(draft.alias)}.${quoted(column)}`;

function writeJoin(text: NestedText, { members }: JoinedDraft, plan: PlanNested): void {
  for (const [at, { draft, on, left }] of members.entries()) {
    if (at > 0) text.sql(left === undefined ? ' JOIN ' : ' LEFT JOIN ');
    writeTable(text, draft, plan);
    if (left !== undefined) writeLeft(text, draft, left);
    for (const [position, [own, other]] of on.entries())
      text.sql(`${position === 0 ? ' ON' : ' AND'} ${sqlName(own)} = ${sqlName(other)}`);
  }
}

/** The conditions of a LEFT JOIN, and what else there is to know of the table's rows. */
function writeLeft(text: NestedText, draft: TableDraft, left: readonly JoinedCondition[]): void {
  for (const [at, condition] of left.entries()) {
    text.sql(at === 0 ? ' ON (' : ' AND (');
    writeCondition(text, condition);
    text.sql(')');
  }
  const known = new Set(left.map(({ expression }) => expression));
  for (const filter of draft.filters) {
    if (known.has(filter.expression)) continue;
    text.sql(' AND (');
    writeFilter(text, filter, (to, column) => void to.sql(sqlName({ draft, column })));
    text.sql(')');
  }
}

function writeCondition(text: NestedText, { expression, source, columns }: JoinedCondition): void {
  const names = new Map([...columns].map(([name, found]) => [name, sqlName(found)]));
  writeExpression(text, { expression, source, columns: names }, (to, name) => void to.sql(name));
}

/** Whether there are any. */
function writeConditions(text: NestedText, joined: JoinedDraft): boolean {
  let count = 0;
  const begin = (): void => void text.sql(count++ === 0 ? ' WHERE (' : ' AND (');
  for (const { draft, left } of joined.members)
    for (const filter of left === undefined ? draft.filters : []) {
      begin();
      writeFilter(text, filter, (to, column) => void to.sql(sqlName({ draft, column })));
      text.sql(')');
    }
  for (const condition of joined.conditions) {
    const { expression, columns } = condition;
    if (
      isJoined(joined, [...columns.values()], expression.kind === 'comparison' && expression.operator === '=')
    )
      continue;
    begin();
    writeCondition(text, condition);
    text.sql(')');
  }
  return count > 0;
}

/** Whether a condition says what joins two of the tables, and nothing else. */
function isJoined({ members }: JoinedDraft, columns: readonly DraftColumn[], isEquality: boolean): boolean {
  const [a, b] = columns;
  if (!isEquality || columns.length !== 2 || a === undefined || b === undefined) return false;
  const isSame = (one: DraftColumn, other: DraftColumn): boolean =>
    one.draft === other.draft && one.column.toLowerCase() === other.column.toLowerCase();
  return members.some(({ on }) =>
    on.some(([own, other]) => (isSame(own, a) && isSame(other, b)) || (isSame(own, b) && isSame(other, a))),
  );
}

/** One key for the columns that are compared with the same other input. */
function keysOf({ members }: JoinedDraft, columns: readonly JoinedColumn[]): readonly (readonly number[])[] {
  const byOther = new Map<object, Set<number>>();
  const inputOf = (other: object): object => (other as Partial<TableDraft>).joined ?? other;
  const own = members[0]!.draft.joined;
  for (const { draft } of members)
    for (const [other, names] of draft.compared) {
      if (inputOf(other) === own) continue;
      const positions = byOther.get(inputOf(other)) ?? new Set();
      byOther.set(inputOf(other), positions);
      for (const [at, column] of columns.entries())
        if (column.draft === draft && names.has(column.column)) positions.add(at);
    }
  const keys = new Map(
    [...byOther.values()].flatMap((positions) => {
      const key = [...positions].sort((a, b) => a - b);
      return key.length === 0 ? [] : [[key.join(), key] as const];
    }),
  );
  return [...keys.values()].slice(0, KEYS_MAX);
}
