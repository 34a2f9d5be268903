/** Going through trees without knowing every kind of node. */
import type { AdministrationNode } from './administration.ts';
import type { DefinitionNode } from './definition.ts';
import type {
  Assignment,
  DeleteStatement,
  DeleteTarget,
  InsertSource,
  InsertStatement,
  UpdateStatement,
} from './dml.ts';
import type { CaseBranch, CastType, Expression, JsonOnResponse } from './expression.ts';
import type { LoadStatement } from './load.ts';
import type { Name } from './node.ts';
import type {
  Alias,
  CommonTableExpression,
  FrameBound,
  GroupBy,
  Hint,
  Into,
  Limit,
  LockedTable,
  Locking,
  OrderBy,
  OrderItem,
  QueryBody,
  QueryExpression,
  SelectItem,
  ValueRow,
  WindowDefinition,
  WindowFrame,
  WindowSpecification,
  WithClause,
} from './query.ts';
import type { SelectStatement } from './statement.ts';
import type { IndexHint, JsonTableColumn, TableName, TableReference, TableSample } from './table.ts';

/** Any node: `kind` tells them all apart. */
export type AnyNode =
  | Expression
  | CaseBranch
  | CastType
  | JsonOnResponse
  | Name
  | QueryExpression
  | QueryBody
  | SelectItem
  | Alias
  | GroupBy
  | OrderBy
  | OrderItem
  | Limit
  | Locking
  | LockedTable
  | Into
  | Hint
  | ValueRow
  | WithClause
  | CommonTableExpression
  | WindowDefinition
  | WindowSpecification
  | WindowFrame
  | FrameBound
  | TableReference
  | TableSample
  | IndexHint
  | JsonTableColumn
  | InsertSource
  | Assignment
  | DeleteTarget
  | SelectStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | LoadStatement
  | DefinitionNode
  | AdministrationNode;

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** The nodes directly below, in the order of their fields, which is nearly always that of the text. */
export function children(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    } else if (isNode(value)) {
      found.push(value);
    }
  }
  return found;
}

/**
 * Calls `enter` for a node and, unless that returns false, for all nodes below it, parents first. Recursion is
 * safe: the parser bounds the depth of trees.
 */
export function walk(
  node: AnyNode,
  enter: (node: AnyNode, parent: AnyNode | undefined) => boolean | undefined,
  parent?: AnyNode,
): void {
  if (enter(node, parent) === false) return;
  for (const child of children(node)) walk(child, enter, node);
}

/** All nodes of one kind, from the node itself down, also those inside of subqueries. */
export function nodesOfKind<K extends AnyNode['kind']>(root: AnyNode, kind: K): (AnyNode & { kind: K })[] {
  const found: (AnyNode & { kind: K })[] = [];
  walk(root, (node) => {
    if (isOfKind(node, kind)) found.push(node);
  });
  return found;
}

function isOfKind<K extends AnyNode['kind']>(node: AnyNode, kind: K): node is AnyNode & { kind: K } {
  return node.kind === kind;
}

/** Names of tables at any depth, in every kind of statement; also those that mean a common table. */
export function tableNames(root: AnyNode): TableName[] {
  return nodesOfKind(root, 'table');
}

const expressionKinds: Readonly<Record<Expression['kind'], true>> = {
  literal: true,
  parameter: true,
  column: true,
  userVariable: true,
  systemVariable: true,
  assignVariable: true,
  unary: true,
  binary: true,
  comparison: true,
  quantified: true,
  logical: true,
  is: true,
  inList: true,
  inSubquery: true,
  between: true,
  like: true,
  regexp: true,
  memberOf: true,
  soundsLike: true,
  row: true,
  subquery: true,
  exists: true,
  case: true,
  cast: true,
  convertUsing: true,
  collate: true,
  interval: true,
  jsonPath: true,
  match: true,
  call: true,
  jsonValue: true,
  insertedValue: true,
  defaultOf: true,
  default: true,
  odbcExpression: true,
};

export function isExpression(node: Readonly<{ kind: string }>): node is Expression {
  return Object.hasOwn(expressionKinds, node.kind);
}

/** All expressions from a node down, parents first; those inside of subqueries only if asked for. */
export function expressions(root: AnyNode, withSubqueries: boolean): Expression[] {
  const found: Expression[] = [];
  walk(root, (node) => {
    if (node !== root && node.kind === 'query' && !withSubqueries) return false;
    if (isExpression(node)) found.push(node);
    return true;
  });
  return found;
}

/** Queries inside of a node, outermost first, without the node itself; queries in those too. */
export function subqueries(root: AnyNode): QueryExpression[] {
  return nodesOfKind(root, 'query').filter((query) => query !== root);
}
