/** Functions of the statement's own moment, which has to be the same on all shards. */
import { children } from '../sql/ast/walk.ts';

const names: ReadonlySet<string> = new Set([
  'now',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'curdate',
  'current_date',
  'curtime',
  'current_time',
  'utc_date',
  'utc_time',
  'utc_timestamp',
  'unix_timestamp',
]);

/** Whether any of them is called below a node. */
export function usesTime(node: Parameters<typeof children>[0]): boolean {
  if (node.kind === 'call' && names.has(node.name)) return true;
  return children(node).some(usesTime);
}
