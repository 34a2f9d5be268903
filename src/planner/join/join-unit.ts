/** What is read as one: tables whose rows meet on their shards, with the conditions and columns that are theirs. */
import { type ColumnSchema, columnKey } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { Group } from '../analysis/groups.ts';
import { routeOfGroup } from '../analysis/keys.ts';
import type { RoutedGroup } from '../plan.ts';
import { quoted } from '../scatter-sql.ts';
import type { TemplateBuilder } from '../template.ts';
import type { JoinTable } from './join-from.ts';
import type { JoinColumnName } from './join-names.ts';

/** What a column sends of a table's column: its value, what text is compared by, the bytes of text, a number for it. */
export type ColumnForm = 'value' | 'weight' | 'bytes' | 'number' | 'double';

/** One column of a unit's rows. */
export type ColumnRef = Readonly<{ unit: JoinUnit; at: number }>;

const forms: Readonly<Record<ColumnForm, readonly [before: string, behind: string]>> = {
  value: ['', ''],
  weight: ['WEIGHT_STRING(', ')'],
  bytes: ['CAST(', ' AS BINARY)'],
  number: ['(', ') + 0'],
  double: ['(', ') + 0e0'],
};

export class JoinUnit {
  readonly tables: JoinTable[] = [];
  readonly conditions: Expression[] = [];
  readonly #columns: ((to: TemplateBuilder) => void)[] = [];
  readonly #known = new Map<string, number>();

  get keyspace(): string {
    return this.tables[0]!.table.keyspace;
  }

  get label(): string {
    return this.tables
      .map(({ node, table }) => {
        const alias = node.alias?.text;
        return alias === undefined || alias === table.name ? table.name : `${table.name} AS ${alias}`;
      })
      .join(', ');
  }

  get columnCount(): number {
    return this.#columns.length;
  }

  has(table: JoinTable): boolean {
    return this.tables.includes(table);
  }

  /** A column as the client sees it, with its own title: the text of an entry of the select list. */
  item(start: number, end: number): ColumnRef {
    return this.#add((to) => to.copy(start, end));
  }

  /** A column of the client's under the name that its table has for it. */
  star(name: JoinColumnName): ColumnRef {
    return this.#add((to) => to.bytes(Buffer.from(qualified(name.table, name.column))));
  }

  /** A visible column is the value of one of the table's columns. */
  shows(ref: ColumnRef, { table, column }: JoinColumnName): ColumnRef {
    const key = this.#keyOf(table, column, 'value');
    if (!this.#known.has(key)) this.#known.set(key, ref.at);
    return ref;
  }

  /** A column beside those of the client's. */
  hidden({ table, column }: JoinColumnName, form: ColumnForm): ColumnRef {
    const key = this.#keyOf(table, column, form);
    const known = this.#known.get(key);
    if (known !== undefined) return { unit: this, at: known };
    const [before, behind] = forms[form];
    const ref = this.#add((to) => {
      to.text(before)
        .bytes(Buffer.from(qualified(table, column)))
        .text(behind);
      // No name in ORDER BY can mean it.
      to.text(` AS \`headgate ${ref.at + 1}\``);
    });
    this.#known.set(key, ref.at);
    return ref;
  }

  /** Where its rows can be. */
  get groups(): readonly RoutedGroup[] {
    const uses = this.tables.flatMap(({ use }) => (use === undefined ? [] : [use]));
    if (uses.length === 0) return [];
    return [
      {
        tables: uses.map(({ node }) => node.alias?.text ?? node.name),
        route: routeOfGroup(uses),
        key: uses[0]!.key,
      },
    ];
  }

  /** The query for its rows; `behind` writes what follows the conditions, of which there is one more if `isOpen`. */
  text(to: TemplateBuilder, { distinct = false, isOpen = false } = {}): TemplateBuilder {
    to.text(distinct ? 'SELECT DISTINCT ' : 'SELECT ');
    // Rows of which nobody sees a column are still rows.
    if (this.#columns.length === 0) to.text('1');
    for (const [at, column] of this.#columns.entries()) {
      if (at > 0) to.text(', ');
      column(to);
    }
    to.text(' FROM ');
    for (const [at, { node }] of this.tables.entries()) {
      if (at > 0) to.text(', ');
      to.copy(node.start, node.end);
    }
    for (const [at, { start, end }] of this.conditions.entries()) {
      to.text(at === 0 ? ' WHERE (' : ' AND (')
        .copy(start, end)
        .text(')');
    }
    if (isOpen) to.text(this.conditions.length === 0 ? ' WHERE ' : ' AND ');
    return to;
  }

  #keyOf(table: JoinTable, column: ColumnSchema, form: ColumnForm): string {
    return `${form} ${this.tables.indexOf(table)} ${columnKey(column.name)}`;
  }

  #add(write: (to: TemplateBuilder) => void): ColumnRef {
    return { unit: this, at: this.#columns.push(write) - 1 };
  }
}

/** A table's column by the name that its table has in the query. */
export const qualified = ({ source }: JoinTable, { name }: ColumnSchema): string =>
  `${quoted(source.name)}.${quoted(name)}`;

/** The tables in units: each group of sharded tables is one, copies on all shards go with it, so do tables of one unsharded keyspace. */
export function unitsOf(tables: readonly JoinTable[], groups: readonly Group[]): JoinUnit[] {
  const units = new Map<unknown, JoinUnit>();
  const unitFor = (key: unknown): JoinUnit => {
    const known = units.get(key);
    if (known !== undefined) return known;
    const unit = new JoinUnit();
    units.set(key, unit);
    return unit;
  };
  for (const table of tables) {
    const { use } = table;
    if (use !== undefined) unitFor(groups.find(({ uses }) => uses.includes(use))).tables.push(table);
  }
  for (const table of tables) {
    if (table.use !== undefined) continue;
    const { keyspace } = table.table;
    const host = [...units.values()].find((unit) => unit.tables.length > 0 && unit.keyspace === keyspace);
    (host ?? unitFor(keyspace)).tables.push(table);
  }
  return [...units.values()];
}
