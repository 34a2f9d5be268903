/** The text of a view, from which inputs and the remainder are written. */
import type { TableSchema } from '../../schema/schema.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import { viewBytes, viewMode, viewQuery } from '../analysis/view-query.ts';
import type { SourceText } from './source-text.ts';

/** Raises ER_NOT_SUPPORTED_YET where the router may not see it, or does not understand it. */
export function viewText(view: TableSchema): { source: SourceText; query: QueryExpression } {
  const { query } = viewQuery(view);
  const source: SourceText = {
    text: viewBytes(view),
    mode: viewMode,
    literals: undefined,
    parameters: [],
    hasVersionComment: false,
  };
  return { source, query };
}
