/** Which table of a join a column name means. Raises Refused wherever MySQL might see it in another way, or have an error for it. */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { ColumnReference } from '../../sql/ast/expression.ts';
import { Refused } from '../refused.ts';
import type { JoinTable, MergedColumn } from './join-from.ts';

/** One column of one table. */
export type JoinColumnName = Readonly<{ table: JoinTable; column: ColumnSchema }>;

/** The tables of a block; `outer`: those of the block around a subquery. */
export class JoinNames {
  readonly #tables: readonly JoinTable[];
  readonly #merged: readonly MergedColumn[];
  readonly #outer: JoinNames | undefined;

  constructor(tables: readonly JoinTable[], merged: readonly MergedColumn[], outer: JoinNames | undefined) {
    this.#tables = tables;
    this.#merged = merged;
    this.#outer = outer;
    const names = tables.map(({ source }) => source.name.toLowerCase());
    if (new Set(names).size < names.length) throw new Refused('two tables of one name');
  }

  /** Whether a table of the block has a column of this name. */
  knows(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#tables.some(({ source }) =>
      source.columns!.some((column) => column.name.toLowerCase() === wanted),
    );
  }

  resolve(reference: ColumnReference): JoinColumnName {
    if (reference.schema !== undefined) throw new Refused('a column with the name of its database');
    const wanted = reference.name.toLowerCase();
    const named =
      reference.table === undefined
        ? this.#tables
        : this.#tables.filter(({ source }) => source.name === reference.table);
    const found = named.flatMap((table) => {
      const column = table.source.columns!.find(({ name }) => name.toLowerCase() === wanted)?.origin?.column;
      return column === undefined ? [] : [{ table, column }];
    });
    const [first] = found;
    if (first === undefined) {
      if (this.#outer === undefined || (reference.table !== undefined && named.length > 0))
        throw new Refused(`a column ${reference.name} that is not known`);
      return this.#outer.resolve(reference);
    }
    if (found.length === 1) return first;
    const one = this.#merged.find(({ name }) => name === wanted);
    const isMerged = one !== undefined && found.every(({ table }) => one.tables.includes(table));
    if (!isMerged) throw new Refused(`a column ${reference.name} of several tables`);
    return found.find(({ table }) => table === one.tables[0])!;
  }
}
