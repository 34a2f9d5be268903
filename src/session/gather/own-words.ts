import type { RowsError } from '../../engine/row-stream.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { GatherPlan } from '../../planner/gather/gather-plan.ts';

/**
 * What a tablet says of a remainder, about the tables that the client has named: all temporary tables are in one database (`scratch`), whatever
 * keyspaces their rows are from.
 */
export function inKeyspaces(error: RowsError, { inputs }: GatherPlan, scratch: string): RowsError {
  if (error instanceof HeadgateError) return error;
  let { message } = error;
  for (const { origin, label } of inputs) {
    if (origin === undefined || origin.schema === scratch) continue;
    const alias = label.slice(label.lastIndexOf(' ') + 1);
    message = message
      .replaceAll(`'${scratch}.${alias}.`, `'${origin.schema}.${alias}.`)
      .replaceAll(`\`${scratch}\`.\`${alias}\`.`, `\`${origin.schema}\`.\`${alias}\`.`);
  }
  return message === error.message ? error : { ...error, message };
}
