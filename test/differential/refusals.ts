/**
 * Every reason for which a case may be refused, and how many of a topic's cases at most. A query that is newly refused, or is
 * refused for another reason than before, fails the test.
 */

const notPlanned = 'Headgate does not run this over several shards yet: ';

/** Reasons of HG_SHARDED_NOT_PLANNED, whole. */
const reasons: readonly RegExp[] = [
  // What is no matter of tables.
  /^a statement that Headgate does not understand ….*$/,
  /^a version comment … in a statement(?: over several shards)?$/,
  /^ROW_COUNT…, over several shards$/,
  /^SET TRANSACTION for the next transaction only …, over several shards$/,
  // Writes.
  /^\w+ and \w+: their rows are not bound together by equality of their vindex columns$/,
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
  ['rows of one table', /^(?:table|limit without order)$/, 0],
  ['joins', /^(?:left )?join (?:together|reference|apart)$|^join of three$/, 0],
  ['aggregates and groups of one table', /^(?:aggregate|group): one table$/, 0],
  ['aggregates and groups of joins', /^(?:aggregate|group): join$/, 0],
  ['DISTINCT', /^distinct$/, 0],
  ['derived tables and common table expressions', /^cte, derived table$/, 0],
  ['subqueries', /^subquery$/, 0],
  ['unions', /^union(?: all)?$/, 0],
  ['INSERT', /^insert/, 0.35],
  ['UPDATE', /^update$/, 0.15],
  ['DELETE', /^delete$/, 0.15],
  ['transactions', /^transaction$/, 0.2],
  ['nothing of a shard', /^no shard$/, 0],
];
