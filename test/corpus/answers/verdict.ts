/** How far two answers to the same SELECT of a script agree; what the order of rows may be is found out from the text. */

import type { RowOrder, Statement } from '../../differential/case.ts';
import { compare, type Verdict } from '../../differential/compare.ts';
import { hasDerived } from '../../differential/differences.ts';
import type { PlayedStatement } from '../../differential/play.ts';

/** Names of views of the script: their columns are those of derived tables. */
export type Views = ReadonlySet<string>;

const VOLATILE =
  /\b(?:rand|uuid|uuid_short|connection_id|sysdate|random_bytes|current_user|user|session_user|system_user|version|statement_digest|ps_current_thread_id|now|curdate|curtime|current_date|current_time|current_timestamp|utc_date|utc_time|utc_timestamp|localtime|localtimestamp|unix_timestamp)\b|@@(?:global\.)?(?:port|hostname|server_uuid|server_id|pseudo_thread_id|timestamp|pid_file|socket|datadir|gtid|tmpdir|general_log|slow_query|log_)/i;

/** The first comparison that finds nothing, from the strictest on; else the difference of the loosest. */
export function judge(
  sql: string,
  views: Views,
  left: PlayedStatement,
  right: PlayedStatement,
  prepared: boolean,
): Verdict {
  const names = sql.toLowerCase().match(/\w+/g) ?? [];
  // The comparison tells by the text what comes by way of a derived table.
  const isOfView = !hasDerived(sql) && names.some((name) => views.has(name));
  const base: Statement = {
    sql: isOfView ? `${sql} /* WITH a view */` : sql,
    order: 'total',
    ...(prepared ? { parameters: [] } : {}),
    ...(VOLATILE.test(sql) ? { volatile: true } : {}),
  };
  const loose = left.columns.map((_, at) => at);
  const orders: readonly RowOrder[] = ['total', { keys: sortKeys(sql, left) }];
  const groups = /\b(?:group|distinct|union|intersect|except|min|max|any_value)\b/i.test(sql);
  const tries = orders.flatMap((order) => [
    { ...base, order },
    ...(groups ? [{ ...base, order, loose }] : []),
  ]);
  let verdict: Verdict | undefined;
  for (const each of tries) {
    verdict = compare(each, left, right);
    if (verdict.kind !== 'differs' || verdict.only !== 'rows') return verdict;
  }
  return verdict!;
}

/** The leading items of the last ORDER BY that are columns of the result, by place or title. */
function sortKeys(sql: string, { columns }: PlayedStatement): number[] {
  const clause = lastOrderBy(sql);
  const keys: number[] = [];
  for (const item of clause) {
    const text = item.replace(/\s+(?:asc|desc)\s*$/i, '').trim();
    const name = /^(?:`?\w+`?\.)*`?(\w+)`?$/.exec(text)?.[1]?.toLowerCase();
    const at = /^\d+$/.test(text)
      ? Number(text) - 1
      : columns.findIndex((column) => column.name.toLowerCase() === name);
    if (at < 0 || at >= columns.length) break;
    keys.push(at);
  }
  return keys;
}

function lastOrderBy(sql: string): string[] {
  const plain = sql.replace(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/g, (text) => 'x'.repeat(text.length));
  const at = [...plain.matchAll(/\border\s+by\b/gi)]
    .filter(({ index }) => depthAt(plain, index) === 0)
    .at(-1);
  if (at === undefined) return [];
  const items: string[] = [''];
  let depth = 0;
  for (const character of plain.slice(at.index + at[0].length)) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    if (depth < 0) return [];
    if (character === ',' && depth === 0) items.push('');
    else items.push(items.pop()! + character);
  }
  const last = items
    .pop()!
    .replace(/\b(?:limit|for|into|lock|with\s+rollup|union|intersect|except)\b[\s\S]*$/i, '');
  return [...items, last];
}

function depthAt(text: string, end: number): number {
  let depth = 0;
  for (let at = 0; at < end; at++) depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0;
  return depth;
}
