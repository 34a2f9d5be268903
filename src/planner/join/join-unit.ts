/** What is read as one: tables whose rows meet on their shards, with the conditions and columns that are theirs. */
import { type ColumnSchema, columnKey } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { Group } from '../analysis/groups.ts';
import { routeOfGroup } from '../analysis/keys.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import type { RoutedGroup } from '../plan.ts';
import { Refused } from '../refused.ts';
import { quoted } from '../scatter-sql.ts';
import { comparableColumn } from '../sort-keys.ts';
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

/** A left join within a unit. */
export type UnitLeft = Readonly<{
  table: JoinTable;
  on: readonly Expression[];
  equalities: readonly (readonly [JoinColumnName, JoinColumnName])[];
}>;

export class JoinUnit {
  readonly tables: JoinTable[] = [];
  readonly conditions: Expression[] = [];
  /** Equalities that stand in no condition: those of USING. */
  readonly equalities: (readonly [JoinColumnName, JoinColumnName])[] = [];
  /** Inner sides of left joins that find their rows on the shards of the others. */
  readonly left: UnitLeft[] = [];
  readonly #columns: ((to: TemplateBuilder) => void)[] = [];
  readonly #known = new Map<string, number>();
  /** The tables' columns that it sends, by their names. */
  readonly #sent = new Map<string, ColumnSchema>();
  /** Its rows are groups: of each combination of the columns that it sends there is one. */
  isGrouped = false;

  get keyspace(): string {
    return this.tables[0]!.table.keyspace;
  }

  get label(): string {
    return this.#all
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
    return this.#all.includes(table);
  }

  get #all(): readonly JoinTable[] {
    return [...this.tables, ...this.left.map(({ table }) => table)];
  }

  /** Raises Refused where a name of the client's could mean columns of several of the unit's tables. */
  requireClear(expression: Expression): void {
    for (const { name, table } of columnsIn(expression)) {
      const wanted = columnKey(name);
      const having = this.#all.filter(({ schema }) =>
        schema.columns.some((each) => columnKey(each.name) === wanted),
      );
      if (table === undefined && having.length > 1) throw new Refused(`a column ${name} of several tables`);
    }
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
    this.#sent.set(qualified(table, column), column);
    return ref;
  }

  /** A column that is computed of all rows of a group; hidden ones get a name. */
  aggregate(write: (to: TemplateBuilder) => void, isHidden: boolean): ColumnRef {
    const ref = this.#add((to) => {
      write(to);
      if (isHidden) to.text(` AS \`headgate ${ref.at + 1}\``);
    });
    return ref;
  }

  /** What follows the conditions of a query for groups; nothing for others. Raises Refused for texts of which MySQL may look at a part only. */
  get grouping(): string {
    if (!this.isGrouped) return '';
    for (const column of this.#sent.values()) {
      const comparable = comparableColumn(column);
      if (comparable.kind === 'refused' || (comparable.kind === 'weight' && comparable.long))
        throw new Refused(`groups by ${column.name}, which may be long`);
    }
    return ` GROUP BY ${[...this.#sent.keys()].join(', ')}`;
  }

  /** A column beside those of the client's. */
  hidden({ table, column }: JoinColumnName, form: ColumnForm): ColumnRef {
    const key = this.#keyOf(table, column, form);
    const known = this.#known.get(key);
    if (known !== undefined) return { unit: this, at: known };
    this.#sent.set(qualified(table, column), column);
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
    for (const expression of [...this.conditions, ...this.left.flatMap(({ on }) => on)])
      this.requireClear(expression);
    to.text(distinct ? 'SELECT DISTINCT ' : 'SELECT ');
    // Rows of which nobody sees a column are still rows.
    if (this.#columns.length === 0) to.text('1');
    for (const [at, column] of this.#columns.entries()) {
      if (at > 0) to.text(', ');
      column(to);
    }
    to.text(' FROM ');
    const isList = this.left.length > 0 && this.tables.length > 1;
    if (isList) to.text('(');
    for (const [at, { node }] of this.tables.entries()) {
      if (at > 0) to.text(', ');
      to.copy(node.start, node.end);
    }
    if (isList) to.text(')');
    for (const { table, on, equalities } of this.left) {
      to.text(' LEFT JOIN ').copy(table.node.start, table.node.end).text(' ON ');
      writeConditions(to, on, equalities);
    }
    const count = this.conditions.length + this.equalities.length;
    if (count > 0) to.text(' WHERE ');
    writeConditions(to, this.conditions, this.equalities);
    if (isOpen) to.text(count === 0 ? ' WHERE ' : ' AND ');
    return to;
  }

  #keyOf(table: JoinTable, column: ColumnSchema, form: ColumnForm): string {
    return `${form} ${this.#all.indexOf(table)} ${columnKey(column.name)}`;
  }

  #add(write: (to: TemplateBuilder) => void): ColumnRef {
    return { unit: this, at: this.#columns.push(write) - 1 };
  }
}

function writeConditions(
  to: TemplateBuilder,
  conditions: readonly Expression[],
  equalities: UnitLeft['equalities'],
): void {
  for (const [at, { start, end }] of conditions.entries()) {
    to.text(at === 0 ? '(' : ' AND (')
      .copy(start, end)
      .text(')');
  }
  for (const [at, [a, b]] of equalities.entries()) {
    const text = `${qualified(a.table, a.column)} = ${qualified(b.table, b.column)}`;
    to.bytes(Buffer.from(at + conditions.length === 0 ? text : ` AND ${text}`));
  }
}

/** A table's column by the name that its table has in the query. */
export const qualified = ({ source }: JoinTable, { name }: ColumnSchema): string =>
  `${quoted(source.name)}.${quoted(name)}`;

/**
 * The tables in units: each group of sharded tables is one, so are tables of one unsharded keyspace. Copies on all shards go with a unit of their
 * keyspace: with one to which an equality binds them (`isBound`) where there is any, since each row is read with all of theirs else.
 */
export function unitsOf(
  tables: readonly JoinTable[],
  groups: readonly Group[],
  isBound: (a: JoinTable, b: JoinTable) => boolean,
): JoinUnit[] {
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
  const hostsOf = ({ table }: JoinTable): JoinUnit[] =>
    [...units.values()].filter((unit) => unit.tables.length > 0 && unit.keyspace === table.keyspace);
  const boundHost = (table: JoinTable): JoinUnit | undefined =>
    hostsOf(table).find((unit) => unit.tables.some((other) => isBound(table, other)));
  const waiting = tables.filter(({ use }) => use === undefined);
  while (waiting.length > 0) {
    const at = Math.max(
      0,
      waiting.findIndex((table) => boundHost(table) !== undefined),
    );
    const [table] = waiting.splice(at, 1);
    const host = boundHost(table!) ?? hostsOf(table!)[0] ?? unitFor(table!.table.keyspace);
    host.tables.push(table!);
  }
  return [...units.values()];
}
