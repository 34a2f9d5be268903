/**
 * Statements that define tables, views and indexes. What only MySQL needs to know (options, partitions) keeps its
 * text: such nodes tell where it stands.
 */
import type { Expression, Literal } from './expression.ts';
import type { Name } from './node.ts';
import type { QueryExpression } from './query.ts';
import type { TableName } from './table.ts';

/** CREATE TABLE, also `LIKE other` and `AS SELECT`. */
export type CreateTable = Readonly<{
  kind: 'createTable';
  start: number;
  end: number;
  temporary: boolean;
  external: boolean;
  ifNotExists: boolean;
  table: TableName;
  like: TableName | undefined;
  elements: readonly TableElement[];
  options: readonly TableOption[];
  partitioning: Partitioning | undefined;
  /** What becomes of rows that violate a unique key of AS SELECT. */
  duplicates: 'replace' | 'ignore' | undefined;
  query: QueryExpression | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type TableElement = ColumnDefinition | KeyDefinition | ForeignKey | CheckConstraint;

export type ColumnDefinition = Readonly<{
  kind: 'columnDefinition';
  start: number;
  end: number;
  name: Name;
  type: DataType;
  /** `AS (expression)`. */
  generated: Generated | undefined;
  attributes: readonly ColumnAttribute[];
}>;

export type Generated = Readonly<{
  kind: 'generated';
  start: number;
  end: number;
  expression: Expression;
  stored: boolean;
}>;

/** A column's type. */
export type DataType = Readonly<{
  kind: 'dataType';
  start: number;
  end: number;
  /**
   * As information_schema's DATA_TYPE calls it: `int` for INTEGER, `decimal` for NUMERIC. BOOL and SERIAL are what
   * they stand for. `float` with its digits may become a double; that is MySQL's to decide.
   */
  name: string;
  /** The first number in parentheses, as written. */
  length: string | undefined;
  decimals: string | undefined;
  unsigned: boolean;
  zerofill: boolean;
  /** Lower case. */
  charset: string | undefined;
  /** Of ENUM and SET. */
  values: readonly Literal[];
}>;

export type ColumnAttributeName =
  | 'null'
  | 'notNull'
  | 'notSecondary'
  | 'default'
  | 'onUpdate'
  | 'autoIncrement'
  | 'serialDefaultValue'
  | 'primaryKey'
  | 'unique'
  | 'comment'
  | 'collate'
  | 'columnFormat'
  | 'storage'
  | 'srid'
  | 'check'
  | 'engineAttribute'
  | 'secondaryEngineAttribute'
  | 'externalFormat'
  | 'maskingPolicy'
  | 'visible'
  | 'invisible'
  | 'references';

export type ColumnAttribute = Readonly<{
  kind: 'columnAttribute';
  start: number;
  end: number;
  attribute: ColumnAttributeName;
  /** Of DEFAULT, ON UPDATE and CHECK. */
  expression: Expression | undefined;
  /** Of REFERENCES. */
  references: References | undefined;
}>;

/** A key of a table, or CREATE INDEX's own. */
export type KeyDefinition = Readonly<{
  kind: 'keyDefinition';
  start: number;
  end: number;
  type: 'primary' | 'unique' | 'plain' | 'fulltext' | 'spatial';
  /** The name behind CONSTRAINT. */
  constraint: Name | undefined;
  name: Name | undefined;
  parts: readonly KeyPart[];
}>;

/** `column`, `column(length)` or `(expression)`. */
export type KeyPart = Readonly<{
  kind: 'keyPart';
  start: number;
  end: number;
  column: Name | undefined;
  /** Characters or bytes, as written. */
  length: string | undefined;
  expression: Expression | undefined;
  descending: boolean;
}>;

export type ForeignKey = Readonly<{
  kind: 'foreignKey';
  start: number;
  end: number;
  constraint: Name | undefined;
  name: Name | undefined;
  columns: readonly Name[];
  references: References;
}>;

export type ReferenceAction = 'restrict' | 'cascade' | 'setNull' | 'noAction' | 'setDefault';
export type References = Readonly<{
  kind: 'references';
  start: number;
  end: number;
  table: TableName;
  columns: readonly Name[];
  onDelete: ReferenceAction | undefined;
  onUpdate: ReferenceAction | undefined;
}>;

export type CheckConstraint = Readonly<{
  kind: 'check';
  start: number;
  end: number;
  constraint: Name | undefined;
  expression: Expression;
  enforced: boolean;
}>;

/** `name [=] value`; the name in lower case with single blanks, the value's text between its positions. */
export type TableOption = Readonly<{
  kind: 'tableOption';
  start: number;
  end: number;
  name: string;
  valueStart: number;
  valueEnd: number;
  /** Of UNION. */
  tables: readonly TableName[];
}>;

/** PARTITION BY …, as a whole. */
export type Partitioning = Readonly<{
  kind: 'partitioning';
  start: number;
  end: number;
  method: 'hash' | 'key' | 'range' | 'list';
  /** The names of the defined partitions. */
  partitions: readonly Name[];
}>;

/** CREATE VIEW and ALTER VIEW. */
export type CreateView = Readonly<{
  kind: 'createView';
  start: number;
  end: number;
  /** ALTER VIEW. */
  alter: boolean;
  orReplace: boolean;
  view: TableName;
  columns: readonly Name[];
  query: QueryExpression;
  checkOption: 'cascaded' | 'local' | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

/** CREATE INDEX. */
export type CreateIndex = Readonly<{
  kind: 'createIndex';
  start: number;
  end: number;
  table: TableName;
  key: KeyDefinition;
  hasVersionComment: boolean;
}>;

export type AlterActionName =
  | 'addColumn'
  | 'addElements'
  | 'addConstraint'
  | 'dropColumn'
  | 'dropForeignKey'
  | 'dropPrimaryKey'
  | 'dropIndex'
  | 'dropCheck'
  | 'dropConstraint'
  | 'disableKeys'
  | 'enableKeys'
  | 'alterColumn'
  | 'alterIndex'
  | 'alterCheck'
  | 'alterConstraint'
  | 'changeColumn'
  | 'modifyColumn'
  | 'renameColumn'
  | 'renameIndex'
  | 'renameTable'
  | 'convertCharset'
  | 'force'
  | 'orderBy'
  | 'algorithm'
  | 'lock'
  | 'validation'
  | 'option'
  | 'discardTablespace'
  | 'importTablespace'
  | 'secondaryLoad'
  | 'secondaryUnload'
  | 'partition'
  | 'partitionBy'
  | 'removePartitioning';

/** One action of ALTER TABLE; fields that it does not have are undefined or empty. */
export type AlterAction = Readonly<{
  kind: 'alterAction';
  start: number;
  end: number;
  action: AlterActionName;
  /** The column, key or constraint that exists. */
  name: Name | undefined;
  newName: Name | undefined;
  elements: readonly TableElement[];
  /** RENAME's new table, EXCHANGE PARTITION's other one. */
  table: TableName | undefined;
  option: TableOption | undefined;
  partitioning: Partitioning | undefined;
}>;

export type AlterTable = Readonly<{
  kind: 'alterTable';
  start: number;
  end: number;
  table: TableName;
  actions: readonly AlterAction[];
  hasVersionComment: boolean;
}>;

/** DROP TABLE and DROP VIEW. */
export type DropTables = Readonly<{
  kind: 'dropTable' | 'dropView';
  start: number;
  end: number;
  temporary: boolean;
  ifExists: boolean;
  tables: readonly TableName[];
  hasVersionComment: boolean;
}>;

export type DropIndex = Readonly<{
  kind: 'dropIndex';
  start: number;
  end: number;
  name: Name;
  table: TableName;
  hasVersionComment: boolean;
}>;

export type TruncateTable = Readonly<{
  kind: 'truncateTable';
  start: number;
  end: number;
  table: TableName;
  hasVersionComment: boolean;
}>;

/** `a TO b`. */
export type RenamedTable = Readonly<{
  kind: 'renamedTable';
  start: number;
  end: number;
  from: TableName;
  to: TableName;
}>;

export type RenameTable = Readonly<{
  kind: 'renameTable';
  start: number;
  end: number;
  renamed: readonly RenamedTable[];
  hasVersionComment: boolean;
}>;

export type DefinitionStatement =
  | CreateTable
  | CreateView
  | CreateIndex
  | AlterTable
  | DropTables
  | DropIndex
  | TruncateTable
  | RenameTable;

/** All nodes of this file. */
export type DefinitionNode =
  | DefinitionStatement
  | TableElement
  | DataType
  | Generated
  | ColumnAttribute
  | KeyPart
  | References
  | TableOption
  | Partitioning
  | AlterAction
  | RenamedTable;
