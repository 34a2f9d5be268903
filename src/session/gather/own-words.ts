import type { RowsError } from '../../engine/row-stream.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherInput, GatherPlan } from '../../planner/gather/gather-plan.ts';
import type { RemainderEnd } from './remainder.ts';

/**
 * What a tablet says of a remainder, about the tables that the client has named: all temporary tables are in one database (`scratch`), whatever
 * keyspaces their rows are from.
 */
export function inKeyspaces(error: RowsError, { inputs }: GatherPlan, scratch: string): RowsError {
  if (error instanceof HeadgateError) return error;
  let { message } = error;
  for (const input of inputs) message = ofMembers(message, input, scratch);
  for (const { origin, columns } of inputs) {
    if (origin === undefined || origin.schema === scratch) continue;
    const { schema, aliases } = origin;
    for (const alias of aliases)
      for (const { name } of columns)
        message = message
          .replaceAll(`'${scratch}.${alias}.${name}'`, `'${schema}.${alias}.${name}'`)
          .replaceAll(`\`${scratch}\`.\`${alias}\`.\`${name}\``, `\`${schema}\`.\`${alias}\`.\`${name}\``);
  }
  return message === error.message ? error : { ...error, message };
}

/** The columns of tables that were joined on the shards, under these tables' names. */
function ofMembers(message: string, { table, columns }: GatherInput, scratch: string): string {
  return columns.reduce((text, { name, of }) => {
    if (of === undefined) return text;
    const { schema, alias, column } = of;
    return text
      .replaceAll(`${scratch}.${table}.${name}`, `${schema}.${alias}.${column}`)
      .replaceAll(`${table}.${name}`, `${alias}.${column}`)
      .replaceAll(`\`${scratch}\`.\`${table}\`.\`${name}\``, `\`${schema}\`.\`${alias}\`.\`${column}\``)
      .replaceAll(`\`${table}\`.\`${name}\``, `\`${alias}\`.\`${column}\``)
      .replaceAll(`'${scratch}.${alias}.${column}'`, `'${schema}.${alias}.${column}'`);
  }, message);
}

const ERRNO_BAD_FIELD = 1054;

/** An error about an unknown column, with the name that may have been meant. */
export function withSuggestion(error: RowsError, { unknown = [] }: GatherPlan): RowsError {
  if (error.errno !== ERRNO_BAD_FIELD) return error;
  const { errno, sqlState, message } = error;
  const meant = unknown.find(({ name }) => message.includes(`'${name}'`));
  return meant === undefined ? error : { errno, sqlState, message: `${message}${meant.suggestion}` };
}

/** MySQL's numbers for what it says to whoever names utf8mb3, which the columns of its own tables have. */
const oldCharset = /^.?Warning.?(1287|3778).*utf8mb3/s;

/** Without warnings that only the text of the router's own has earned. `source`: the client's. */
export function withoutCharsetWarnings(end: RemainderEnd, source: Buffer): RemainderEnd {
  if (end.warnings === 0 || /utf8/i.test(source.toString('latin1'))) return end;
  const warningRows = end.warningRows.filter((row) => !oldCharset.test(row.toString('latin1')));
  const hidden = end.warningRows.length - warningRows.length;
  return { ...end, warningRows, warnings: end.warnings - hidden };
}
