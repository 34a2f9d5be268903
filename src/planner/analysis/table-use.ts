/** What the analysis of a statement finds: the tables that it uses, how their rows belong together, where they can be. */
import type { ColumnSchema, TableSchema } from '../../schema/schema.ts';
import type { TableName } from '../../sql/ast/table.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import type { Route, RoutingKey } from '../route.ts';
import type { ValueClass } from './value-class.ts';

/** One place in a statement where a sharded table is read or written. */
export type TableUse = {
  readonly id: number;
  readonly node: TableName;
  readonly table: TableVSchema;
  readonly schema: TableSchema;
  /** The primary vindex with its columns; undefined where nothing can be routed by it. */
  readonly key: RoutingKey | undefined;
  /** The key's columns as origins: those that sources and expressions refer to. */
  readonly keyOrigins: readonly Origin[];
  /** Query block that has the use in its FROM. */
  readonly block: number;
  /** On the inner side of an outer join of its block. */
  readonly nullable: boolean;
  /** Each row of the whole result comes from a row of this use: it is in the outermost FROM, not behind an outer join. */
  readonly anchor: boolean;
  /** What the predicates say of where its rows are; all hold. */
  readonly routes: Route[];
};

/** A use while its key is still to be filled in. */
export type NewTableUse = { -readonly [Property in keyof TableUse]: TableUse[Property] };

/** Where a column comes from; without `use`: a reference or unsharded table, or one whose rows may not be moved about. */
export type Origin = Readonly<{ use: TableUse | undefined; column: ColumnSchema }>;

/** A column of a source. Without an origin it is an expression of which only the name is known. */
export type SourceColumn = Readonly<{
  name: string;
  origin: Origin | undefined;
  hidden: boolean;
  /** It may be NULL because an outer join found no row, on any shard. */
  nullable?: boolean;
  /** Where there is no origin: what its values surely are. */
  valueClass?: ValueClass | undefined;
}>;

/** One entry of FROM as names in the block see it. */
export type Source = Readonly<{
  /** Alias or table name. */
  name: string;
  /** Keyspace by which its columns may be qualified. */
  schema: string | undefined;
  /** Undefined where the columns are not known: then no unqualified name can be told. */
  columns: readonly SourceColumn[] | undefined;
  /** Uses inside of it. */
  uses: readonly TableUse[];
}>;

/** Which of a set of things belong together (union-find). */
export class Classes<T> {
  readonly #parents = new Map<T, T>();

  join(a: T, b: T): void {
    const root = this.of(a);
    if (root !== this.of(b)) this.#parents.set(root, this.of(b));
  }

  /** The class's representative: the same for all its members. */
  of(member: T): T {
    let at = member;
    for (let up = this.#parents.get(at); up !== undefined; up = this.#parents.get(at)) at = up;
    return at;
  }
}
