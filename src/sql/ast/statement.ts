/** The results of the parser. */
import type { AdministrationStatement } from './administration.ts';
import type { DefinitionStatement } from './definition.ts';
import type { DeleteStatement, InsertStatement, UpdateStatement } from './dml.ts';
import type { LoadStatement } from './load.ts';
import type { QueryExpression } from './query.ts';

/** SELECT, VALUES, TABLE, with WITH, set operations and parentheses: a query as a statement. */
export type SelectStatement = Readonly<{
  kind: 'select';
  start: number;
  end: number;
  query: QueryExpression;
  /** Number of `?`. */
  parameterCount: number;
  /**
   * A version comment's content is part of the statement, so that a slice of the text may be cut within the
   * comment: print instead of splicing.
   */
  hasVersionComment: boolean;
}>;

/** Why a text was not understood. MySQL may well understand it: its own error is the one to show. */
export type SyntaxProblem = Readonly<{
  kind: 'syntaxProblem';
  /** Byte offset of the token that does not fit. */
  at: number;
  message: string;
}>;

export type ParsedStatement =
  | SelectStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | LoadStatement
  | DefinitionStatement
  | AdministrationStatement
  | SyntaxProblem;
