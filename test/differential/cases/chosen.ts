/** Chosen cases are written as lists of statements; what is known of their order goes by the list. */
import type { Case, RowOrder, Statement } from '../case.ts';

const statement = (sql: string, order: RowOrder, loose?: readonly number[]): Statement => ({
  sql,
  order,
  loose,
});

/** One case for each query, as text and prepared. */
export function reads(
  topic: string,
  order: RowOrder,
  queries: readonly string[],
  loose?: readonly number[],
  database?: string,
): Case[] {
  return queries.flatMap((sql, at) => {
    const text = statement(sql, order, loose);
    return [
      { name: `${topic} ${at + 1}`, topic, statements: [text], writes: false, database },
      {
        name: `${topic} ${at + 1} prepared`,
        topic,
        statements: [{ ...text, parameters: [] }],
        writes: false,
        database,
      },
    ];
  });
}

/** One case for each series: it runs in one session on fresh tables, which are compared afterwards. */
export const series = (topic: string, all: readonly (readonly string[])[]): Case[] =>
  all.map((statements, at) => ({
    name: `${topic} ${at + 1}`,
    topic,
    statements: statements.map((sql) => statement(sql, 'total')),
    writes: true,
  }));
