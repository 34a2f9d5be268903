/** What names, positions and expressions in ORDER BY and GROUP BY mean by the select list. */
import type { ColumnReference, Expression } from '../sql/ast/expression.ts';
import type { OrderItem, SelectItem } from '../sql/ast/query.ts';
import { isOfSeveral, type Scope } from './analysis/scope.ts';
import { columnsIn } from './analysis/subqueries.ts';
import { Refused } from './refused.ts';
import { hasParameter, isConstant, type SortItem } from './scatter-sql.ts';

export class SelectNames {
  readonly #items: readonly SelectItem[];
  readonly #text: Buffer;
  readonly #scope: Scope;

  constructor(items: readonly SelectItem[], text: Buffer, scope: Scope) {
    this.#items = items;
    this.#text = text;
    this.#scope = scope;
  }

  /** Entries of ORDER BY: there what the select list calls so comes first. */
  sortItems(items: readonly OrderItem[]): SortItem[] {
    const sorted = items.map(({ expression, direction }): SortItem => {
      const position = this.position(expression);
      if (position >= 0) return this.selected(position, direction);
      if (expression.kind === 'column') {
        const named = this.itemNamed(expression);
        const titled = named >= 0 ? named : this.textTitled(expression);
        const at = titled >= 0 ? titled : this.columnNamed(expression);
        if (at >= 0) return this.selected(at, direction);
        if (this.isOfSeveral(expression) && this.#items.some((item) => item.kind === 'selectStar'))
          throw new Refused(`ORDER BY ${expression.name}, which several tables have, beside a *`);
      } else {
        for (const name of columnsIn(expression)) this.requireNoAlias(name);
      }
      return { expression, item: this.sameItem(expression), descending: direction === 'desc' };
    });
    return sorted.filter(({ expression }) => !isConstant(expression));
  }

  /** Within an expression it is not certain which of the two a name means. */
  requireNoAlias(name: ColumnReference): void {
    const named = this.itemNamed(name);
    const item = named < 0 ? undefined : this.#items[named];
    if (item?.kind !== 'selectExpression' || item.alias === undefined) return;
    if (item.expression.kind === 'column' && this.sameText(item.expression, name)) return;
    throw new Refused(`ORDER BY an expression with the alias ${name.name} in it`);
  }

  /** An entry of the select list. */
  selected(at: number, direction: OrderItem['direction']): SortItem {
    const item = this.#items[at];
    if (item?.kind !== 'selectExpression') throw new Refused('a position behind a * in the select list');
    return { expression: item.expression, item: this.#columnOf(at), descending: direction === 'desc' };
  }

  /** `ORDER BY 2`; -1 for anything else. */
  position(expression: Expression): number {
    if (expression.kind !== 'literal' || expression.type !== 'integer') return -1;
    const at = Number(this.#text.toString('latin1', expression.start, expression.end)) - 1;
    if (this.#items.slice(0, at + 1).some((item) => item.kind === 'selectStar'))
      throw new Refused('a position behind a * in the select list');
    if (at < 0 || at >= this.#items.length)
      throw new Refused('a position that the select list does not have');
    return at;
  }

  /** The entry of the select list with an alias; -1 for none. */
  itemNamed({ name, table }: ColumnReference): number {
    if (table !== undefined) return -1;
    const wanted = name.toLowerCase();
    return this.#items.findIndex(
      (item) => item.kind === 'selectExpression' && item.alias?.text.toLowerCase() === wanted,
    );
  }

  /** The entry that is a text of these letters, which is its title (`SELECT 'a' FROM t ORDER BY a`); -1 for none. */
  textTitled({ name, table }: ColumnReference): number {
    if (table !== undefined) return -1;
    const wanted = name.toLowerCase();
    return this.#items.findIndex(
      (item) =>
        item.kind === 'selectExpression' &&
        item.alias === undefined &&
        item.expression.kind === 'literal' &&
        (item.expression.type === 'string' || item.expression.type === 'national') &&
        this.#titleOf(item.expression)?.toLowerCase() === wanted,
    );
  }

  /** Of a text: its first part (`'a' 'b'` has the title a); undefined where that has quotes or escapes in it, as no column's name has. */
  #titleOf({ start, end }: Expression): string | undefined {
    const text = this.#text.toString('utf8', start, end);
    const part = /^[^'"]*(?:'([^'\\]*)'|"([^"\\]*)")/.exec(text);
    return (part?.[1] ?? part?.[2])?.trimStart();
  }

  /** Whether several tables have a column of that name: of which of them it is, USING decides. */
  isOfSeveral({ name, table }: ColumnReference): boolean {
    return table === undefined && isOfSeveral(this.#scope, name);
  }

  /** For such a name ORDER BY takes the column that is selected; -1 for none. */
  columnNamed(name: ColumnReference): number {
    if (!this.isOfSeveral(name)) return -1;
    const wanted = name.name.toLowerCase();
    return this.#items.findIndex(
      (item) => isColumn(item) && item.alias === undefined && item.expression.name.toLowerCase() === wanted,
    );
  }

  /** Raises where the select list calls something else so. */
  requireOnlyItself(name: ColumnReference): void {
    this.requireNoAlias(name);
    const wanted = name.name.toLowerCase();
    for (const item of this.#items)
      if (
        isColumn(item) &&
        item.expression.name.toLowerCase() === wanted &&
        item.expression.table !== undefined
      )
        throw new Refused(`GROUP BY ${name.name}, of which table the select list has another one`);
  }

  /** An entry of the select list with the same text, if its place is known. */
  sameItem(expression: Expression): number {
    const at = this.#items.findIndex(
      (item) => item.kind === 'selectStar' || this.sameText(item.expression, expression),
    );
    return at >= 0 && this.#items[at]!.kind === 'selectExpression' ? at : -1;
  }

  /** The visible column of an entry of the select list; -1 behind a star. */
  #columnOf(at: number): number {
    return this.#items.slice(0, at).some((item) => item.kind === 'selectStar') ? -1 : at;
  }

  /** Whether two expressions are written in the same way; two parameters are two values. */
  sameText(a: Expression, b: Expression): boolean {
    const isSame = this.#text.subarray(a.start, a.end).equals(this.#text.subarray(b.start, b.end));
    return isSame && (a.start === b.start || !hasParameter(a));
  }
}

const isColumn = (
  item: SelectItem,
): item is Extract<SelectItem, { kind: 'selectExpression' }> & { expression: ColumnReference } =>
  item.kind === 'selectExpression' && item.expression.kind === 'column';
