/**
 * Every reason for which a case may be refused, and how many of a topic's cases at most. A query that is newly refused, or is
 * refused for another reason than before, fails the test.
 */

const notPlanned = 'Headgate does not run this over several shards yet: ';

/** Reasons of HG_SHARDED_NOT_PLANNED, whole. */
const reasons: readonly RegExp[] = [
  // Queries of several parts.
  /^(?:UNION|INTERSECT|EXCEPT), over several shards$/,
  /^(?:LIMIT|DISTINCT|GROUP BY|an aggregate|a window function) in a derived table, common table expression or view, over several shards$/,
  /^a query in parentheses with its own ORDER BY or LIMIT, over several shards$/,
  /^\w+ (?:and \w+|with itself): their rows are not bound together by equality of their vindex columns$/,
  /^\w+ is only in a subquery or behind an outer join, so that each shard would give the other rows again$/,
  /^TABLE over several shards$/,
  /^(?:LIMIT|DISTINCT|GROUP BY|an aggregate|a window function) in a set operation over several shards$/,
  /^a query in parentheses with its own ORDER BY or LIMIT$/,
  /^a set operation whose equal rows can be on several shards$/,
  /^a set operation of blocks with other numbers of columns$/,
  /^a set operation over several shards whose values are of several types, or of one that is not certain$/,
  /^a set operation that is ordered by text with spaces at its end, over several shards$/,
  /^a part of a set operation whose rows are not those of one group of tables$/,
  /^a part without tables of a set operation over several shards$/,
  /^(?:VALUES|TABLE) in a set operation over several shards$/,
  // Groups.
  /^HAVING with an aggregate(?: or a subquery)? over several shards$/,
  /^an expression over aggregates of several shards$/,
  /^an aggregate of the outer query in a subquery, over several shards$/,
  /^(?:COUNT|SUM|AVG)….* over several shards$/,
  /^(?:IFNULL|CONCAT|ROUND|COALESCE|GROUP_CONCAT|BIT_OR|BIT_AND|BIT_XOR|JSON_ARRAYAGG|STD|VARIANCE) over several shards$/,
  /^DISTINCT of groups over several shards$/,
  /^WITH ROLLUP over several shards$/,
  /^window functions over several shards$/,
  /^SQL_CALC_FOUND_ROWS over several shards$/,
  /^DISTINCT values of a type that is not certain, of several shards$/,
  /^an aggregate with DISTINCT of no columns, over several shards$/,
  /^HAVING with aggregates with DISTINCT over several shards$/,
  /^something else than groups beside aggregates with DISTINCT over several shards$/,
  /^a value beside aggregates with DISTINCT and without GROUP BY$/,
  // Order.
  /^ORDER BY of something else than columns of a set operation$/,
  /^ORDER BY of aggregates with DISTINCT and without GROUP BY$/,
  /^comparing JSON values of several shards$/,
  /^ORDER BY of something else than (?:DISTINCT selects|GROUP BY and the select list have)$/,
  /^ORDER BY an expression with the alias \w+ in it$/,
  /^ORDER BY MIN or MAX of an ENUM or SET over several shards$/,
  /^a \* whose columns cannot be counted$/,
  /^a position (?:behind a \* in the select list|that the select list does not have)$/,
  // What is no matter of tables.
  /^a stored or unknown function, or text that cannot be read for certain, over several shards$/,
  /^a statement that Headgate does not understand ….*$/,
  /^a version comment … in a statement(?: over several shards)?$/,
  /^tables of several keyspaces: shop, core$/,
  /^PREPARE of a statement over several keyspaces, over several shards$/,
  /^user variables, over several shards$/,
  /^ROW_COUNT…, over several shards$/,
  /^keyspace \w+; select one of its shards, for example USE … …$/,
  /^SET TRANSACTION for the next transaction only …, over several shards$/,
  // Writes.
  /^INSERT into \w+: the value of \w+, a column of its vindex or sequence, is no constant$/,
  /^INSERT into \w+: what \w+, a column of its vindex or sequence, will store is not certain/,
  /^INSERT IGNORE with a sequence$/,
  /^INSERT IGNORE into \w+, whose unique key .*can have its equal row on another shard$/,
  /^INSERT (?:with a subquery|… SELECT) into a sharded table$/,
  /^changing \w+\.\w+, which is the column of a vindex$/,
  /^(?:UPDATE|DELETE) with LIMIT over several shards$/,
  /^UPDATE with the reference table \w+$/,
  /^writing to the reference table \w+$/,
];

const others: readonly RegExp[] = [
  /^HG_NOT_COMPARABLE: .*: (?:text without its WEIGHT_STRING|a value of type json)$/,
  /^HG_COLUMNS_DISAGREE: /,
  /^HG_SEVERAL_KEYSPACES: /,
  /^HG_VINDEX_VALUE: .*: cfc needs … bytes, the value has …$/,
  /^ER_NOT_SUPPORTED_YET: The session holds state … on /,
  /^ER_NOT_SUPPORTED_YET: Headgate does not support WITH CONSISTENT SNAPSHOT over several shards: /,
];

/** Whether a reason as the report words it is known. */
export function isKnownRefusal(reason: string): boolean {
  const at = reason.indexOf(notPlanned);
  if (reason.startsWith('HG_SHARDED_NOT_PLANNED: ') && at > 0) {
    const said = reason.slice(at + notPlanned.length);
    return reasons.some((each) => each.test(said));
  }
  return others.some((each) => each.test(reason));
}

/** How large a part of a topic's answers may be refused. */
export const refusedMax: readonly (readonly [what: string, topic: RegExp, share: number])[] = [
  ['rows by key', /^key /, 0.04],
  ['rows of one table', /^(?:table|limit without order)$/, 0.05],
  ['joins of rows that lie together', /^(?:left )?join (?:together|reference)$|^join of three$/, 0.08],
  ['aggregates and groups of one table', /^(?:aggregate|group): one table$/, 0.16],
  ['aggregates and groups of joins', /^(?:aggregate|group): join$/, 0.18],
  ['DISTINCT', /^distinct$/, 0.12],
  ['derived tables and common table expressions', /^cte, derived table$/, 0.1],
  ['subqueries', /^subquery$/, 0.3],
  ['INSERT', /^insert/, 0.35],
  ['UPDATE', /^update$/, 0.15],
  ['DELETE', /^delete$/, 0.15],
  ['transactions', /^transaction$/, 0.2],
  ['nothing of a shard', /^no shard$/, 0],
];
