/**
 * Expressions. Operands stand in source order within each node. Parentheses around an expression leave no
 * node of their own; they belong to the span of what they enclose, so that the text of a span is always a
 * whole operand.
 */
import type { Name, Span } from './node.ts';
import type { Alias, OrderItem, QueryExpression, WindowSpecification } from './query.ts';

export type Expression =
  | Literal
  | Parameter
  | ColumnReference
  | UserVariable
  | SystemVariable
  | UserVariableAssignment
  | Unary
  | Binary
  | Comparison
  | QuantifiedComparison
  | Logical
  | IsTest
  | InList
  | InSubquery
  | Between
  | Like
  | Regexp
  | MemberOf
  | SoundsLike
  | Row
  | Subquery
  | Exists
  | Case
  | Cast
  | ConvertUsing
  | Collate
  | Interval
  | JsonPath
  | MatchAgainst
  | Call
  | JsonValue
  | InsertedValue
  | DefaultOf
  | DefaultKeyword
  | OdbcExpression;

export type LiteralType =
  | 'integer'
  | 'decimal'
  | 'float'
  | 'hex'
  | 'bit'
  | 'string'
  | 'national'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'true'
  | 'false'
  | 'null';

/**
 * A literal's value stays in the source, between `valueStart` and `valueEnd` (and in `more`). Signs are operators
 * (`unary`), not part of a number.
 */
export type Literal = Readonly<{
  kind: 'literal';
  start: number;
  end: number;
  type: LiteralType;
  /** The SQL text of a literal that was made, not parsed; undefined when it stands in the source. */
  text: string | undefined;
  /** `_utf8mb4` as `utf8mb4`, lower case; only of strings, hex and bit literals. */
  introducer: string | undefined;
  /** The (first) value token: behind an introducer, DATE, TIME, TIMESTAMP, `{d`; else the whole literal. */
  valueStart: number;
  valueEnd: number;
  /** Adjacent strings that continue the first one: `'a' 'b'`. */
  more: readonly Span[] | undefined;
}>;

/** `?`; `index` counts from 0 in the order of the text. */
export type Parameter = Readonly<{ kind: 'parameter'; start: number; end: number; index: number }>;

/** `c`, `t.c`, `s.t.c`. */
export type ColumnReference = Readonly<{
  kind: 'column';
  start: number;
  end: number;
  schema: string | undefined;
  table: string | undefined;
  name: string;
  /** Position of the schema's name; `tableStart` where there is none. */
  schemaStart: number;
  /** Position of the table's name; `nameStart` where there is none. */
  tableStart: number;
  nameStart: number;
  nameEnd: number;
}>;

/** `@x`; the name without `@` and quotes. */
export type UserVariable = Readonly<{ kind: 'userVariable'; start: number; end: number; name: string }>;

/** `@@x`, `@@global.x`, `@@cache.key_buffer_size`. */
export type SystemVariable = Readonly<{
  kind: 'systemVariable';
  start: number;
  end: number;
  scope: 'session' | 'global' | 'persist' | 'persist_only' | undefined;
  /** The part before the last dot that is no scope (a structured variable's instance, a component). */
  instance: string | undefined;
  name: string;
}>;

/** `@x := value`. */
export type UserVariableAssignment = Readonly<{
  kind: 'assignVariable';
  start: number;
  end: number;
  variable: UserVariable;
  value: Expression;
}>;

/** `not` is the weak NOT, `!` the strong one (also NOT under HIGH_NOT_PRECEDENCE); `binary` is `BINARY x`. */
export type UnaryOperator = '-' | '+' | '~' | '!' | 'not' | 'binary';
export type Unary = Readonly<{
  kind: 'unary';
  start: number;
  end: number;
  operator: UnaryOperator;
  operand: Expression;
}>;

/** `%` is also MOD; `concat` is `||` under PIPES_AS_CONCAT. `+` and `-` may have an Interval on one side. */
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'div'
  | '|'
  | '&'
  | '^'
  | '<<'
  | '>>'
  | 'xor'
  | 'concat';
export type Binary = Readonly<{
  kind: 'binary';
  start: number;
  end: number;
  operator: BinaryOperator;
  left: Expression;
  right: Expression;
}>;

export type ComparisonOperator = '=' | '<=>' | '<' | '<=' | '>' | '>=' | '<>';
export type Comparison = Readonly<{
  kind: 'comparison';
  start: number;
  end: number;
  operator: ComparisonOperator;
  left: Expression;
  right: Expression;
}>;

/** `x > ALL (SELECT …)`; SOME is ANY. */
export type QuantifiedComparison = Readonly<{
  kind: 'quantified';
  start: number;
  end: number;
  operator: ComparisonOperator;
  quantifier: 'any' | 'all';
  left: Expression;
  query: QueryExpression;
}>;

/** AND and OR with all operands of a chain, so that long chains are not deep. At least two operands. */
export type Logical = Readonly<{
  kind: 'logical';
  start: number;
  end: number;
  operator: 'and' | 'or';
  operands: readonly Expression[];
}>;

export type IsTest = Readonly<{
  kind: 'is';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  test: 'null' | 'true' | 'false' | 'unknown';
}>;

export type InList = Readonly<{
  kind: 'inList';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  items: readonly Expression[];
  /** From the `(` to behind the `)`. */
  listStart: number;
}>;

export type InSubquery = Readonly<{
  kind: 'inSubquery';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  query: QueryExpression;
}>;

export type Between = Readonly<{
  kind: 'between';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  low: Expression;
  high: Expression;
}>;

export type Like = Readonly<{
  kind: 'like';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  pattern: Expression;
  escape: Expression | undefined;
}>;

export type Regexp = Readonly<{
  kind: 'regexp';
  start: number;
  end: number;
  operand: Expression;
  negated: boolean;
  pattern: Expression;
}>;

export type MemberOf = Readonly<{
  kind: 'memberOf';
  start: number;
  end: number;
  operand: Expression;
  array: Expression;
}>;

export type SoundsLike = Readonly<{
  kind: 'soundsLike';
  start: number;
  end: number;
  left: Expression;
  right: Expression;
}>;

/** `(a, b)` or `ROW(a, b)`: at least two items. */
export type Row = Readonly<{ kind: 'row'; start: number; end: number; items: readonly Expression[] }>;

/** A query in parentheses (which are inside the span) as a value or row. */
export type Subquery = Readonly<{ kind: 'subquery'; start: number; end: number; query: QueryExpression }>;

export type Exists = Readonly<{ kind: 'exists'; start: number; end: number; query: QueryExpression }>;

export type CaseBranch = Readonly<{
  kind: 'when';
  start: number;
  end: number;
  condition: Expression;
  result: Expression;
}>;
export type Case = Readonly<{
  kind: 'case';
  start: number;
  end: number;
  operand: Expression | undefined;
  branches: readonly CaseBranch[];
  otherwise: Expression | undefined;
}>;

/** The target of a cast; `name` is lower case with single blanks: `signed`, `char`, `decimal`, `double`, … */
export type CastType = Readonly<{
  kind: 'castType';
  start: number;
  end: number;
  name: string;
  length: string | undefined;
  decimals: string | undefined;
  /** Of CHAR: `utf8mb4`, `binary`, `ascii`, `unicode`, or with ` binary` behind it for BINARY as an attribute. */
  charset: string | undefined;
  isArray: boolean;
}>;

/** `CAST(x AS type)`, `CONVERT(x, type)`, `CAST(x AT TIME ZONE … AS DATETIME)`. */
export type Cast = Readonly<{
  kind: 'cast';
  start: number;
  end: number;
  operand: Expression;
  /** The literal of AT TIME ZONE. */
  timeZone: Literal | undefined;
  type: CastType;
}>;

export type ConvertUsing = Readonly<{
  kind: 'convertUsing';
  start: number;
  end: number;
  operand: Expression;
  /** Lower case; `default` for DEFAULT. */
  charset: string;
}>;

export type Collate = Readonly<{
  kind: 'collate';
  start: number;
  end: number;
  operand: Expression;
  /** Lower case. */
  collation: string;
}>;

/** `INTERVAL x unit`, only beside `+` and `-`, in DATE_ADD and its like, and in window frames. */
export type Interval = Readonly<{
  kind: 'interval';
  start: number;
  end: number;
  amount: Expression;
  /** Lower case: `day`, `hour_minute`; without `sql_tsi_`. */
  unit: string;
}>;

/** `column->'path'`, and with `unquote` `column->>'path'`. */
export type JsonPath = Readonly<{
  kind: 'jsonPath';
  start: number;
  end: number;
  unquote: boolean;
  column: ColumnReference;
  path: Literal;
}>;

export type MatchAgainst = Readonly<{
  kind: 'match';
  start: number;
  end: number;
  columns: readonly ColumnReference[];
  against: Expression;
  mode: 'default' | 'naturalLanguage' | 'naturalLanguageExpansion' | 'expansion' | 'boolean';
}>;

/** OVER name or OVER (specification). */
export type Over = Name | WindowSpecification;

/**
 * A function call with or without special syntax. SUBSTRING(a FROM b FOR c) and its like have their arguments
 * in the order of the comma form.
 */
export type Call = Readonly<{
  kind: 'call';
  start: number;
  end: number;
  /** Lower case for built-in functions, else as written. */
  name: string;
  schema: string | undefined;
  /** Known to MySQL itself; otherwise a stored or loadable function. */
  builtin: boolean;
  /** Without parentheses: CURRENT_TIMESTAMP, CURRENT_USER … */
  bare: boolean;
  distinct: boolean;
  /** COUNT(*). */
  star: boolean;
  /** Keywords among the arguments, lower case: a unit, LEADING, the type of GET_FORMAT, JSON_ARRAYAGG's NULL ON NULL. */
  modifier: string | undefined;
  args: readonly Expression[];
  /** Names that a function which is not built in is told about its arguments, in their places; empty if none has one. */
  aliases: readonly (Alias | undefined)[];
  /** Of GROUP_CONCAT. */
  orderBy: readonly OrderItem[];
  /** Of GROUP_CONCAT. */
  separator: Literal | undefined;
  /** CHAR(… USING charset), lower case. */
  charset: string | undefined;
  /** WEIGHT_STRING(… AS CHAR(n)). */
  castType: CastType | undefined;
  /** NTH_VALUE(…) FROM LAST is refused by MySQL but is grammar. */
  fromLast: boolean;
  nulls: 'respect' | 'ignore' | undefined;
  over: Over | undefined;
}>;

/** NULL, ERROR or DEFAULT literal of ON EMPTY and ON ERROR. */
export type JsonOnResponse = Readonly<{
  kind: 'jsonOnResponse';
  start: number;
  end: number;
  response: 'null' | 'error' | 'default';
  value: Expression | undefined;
}>;

export type JsonValue = Readonly<{
  kind: 'jsonValue';
  start: number;
  end: number;
  document: Expression;
  path: Expression;
  returning: CastType | undefined;
  onEmpty: JsonOnResponse | undefined;
  onError: JsonOnResponse | undefined;
}>;

/** VALUES(column) of ON DUPLICATE KEY UPDATE. */
export type InsertedValue = Readonly<{
  kind: 'insertedValue';
  start: number;
  end: number;
  column: ColumnReference;
}>;

/** DEFAULT(column). */
export type DefaultOf = Readonly<{ kind: 'defaultOf'; start: number; end: number; column: ColumnReference }>;

/** DEFAULT as a value to be stored. */
export type DefaultKeyword = Readonly<{ kind: 'default'; start: number; end: number }>;

/** `{fn x}`: any ODBC escape that is no temporal literal; MySQL ignores the name. */
export type OdbcExpression = Readonly<{
  kind: 'odbcExpression';
  start: number;
  end: number;
  name: string;
  operand: Expression;
}>;
