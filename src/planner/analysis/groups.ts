/** Uses of tables whose rows belong together: rows that meet in a result are on one shard. */
import type { Route } from '../route.ts';
import { isExact, routeOfGroup, sameFunction } from './keys.ts';
import { Classes, type Origin, type TableUse } from './table-use.ts';

/** Uses that belong together, with the route of all of them. `anchored`: each row of the result comes from one of them. */
export type Group = Readonly<{ uses: readonly TableUse[]; route: Route; anchored: boolean }>;

/** Rows of the first column's table count only where they are equal to the second, which is of rows around them. */
export type Bond = readonly [inside: Origin, outside: Origin];

/** The groups of a statement; `equal` has the columns that are equal in every row that counts. */
export function groupsOf(uses: readonly TableUse[], equal: Classes<Origin>, bonds: readonly Bond[]): Group[] {
  const aligned = new Classes<TableUse>();
  for (const [at, use] of uses.entries())
    for (const other of uses.slice(0, at)) if (belongTogether(use, other, equal)) aligned.join(use, other);
  for (let changed = true; changed; ) changed = uses.some((use) => isBound(use, uses, aligned, equal, bonds));
  const members = new Map<TableUse, TableUse[]>();
  for (const use of uses) {
    const root = aligned.of(use);
    members.set(root, [...(members.get(root) ?? []), use]);
  }
  return [...members.values()].map((group) => ({
    uses: group,
    route: routeOfGroup(group),
    anchored: group.some((use) => use.anchor),
  }));
}

/**
 * Puts a use whose group has no anchor into the group of one that its rows are bound to. A group is bound to one other only: that its
 * rows are equal to those of two does not make those equal to each other.
 */
function isBound(
  use: TableUse,
  uses: readonly TableUse[],
  aligned: Classes<TableUse>,
  equal: Classes<Origin>,
  bonds: readonly Bond[],
): boolean {
  const own = aligned.of(use);
  const { key } = use;
  if (key === undefined || !isExact(key)) return false;
  if (uses.some((member) => member.anchor && aligned.of(member) === own)) return false;
  const host = uses.find(
    (other) =>
      aligned.of(other) !== own &&
      other.key !== undefined &&
      other.table.keyspace === use.table.keyspace &&
      sameFunction(key, other.key) &&
      isExact(other.key) &&
      use.keyOrigins.every((origin, at) => hasBond(origin, other.keyOrigins[at]!, equal, bonds)),
  );
  if (host === undefined) return false;
  aligned.join(use, host);
  return true;
}

const hasBond = (inside: Origin, outside: Origin, equal: Classes<Origin>, bonds: readonly Bond[]): boolean =>
  bonds.some(([a, b]) => equal.of(a) === equal.of(inside) && equal.of(b) === equal.of(outside));

function belongTogether(a: TableUse, b: TableUse, equal: Classes<Origin>): boolean {
  if (a.table.keyspace !== b.table.keyspace) return false;
  const { pinned } = a.table;
  if (pinned !== undefined) return b.table.pinned !== undefined && pinned.equals(b.table.pinned);
  if (a.key === undefined || b.key === undefined || !sameFunction(a.key, b.key)) return false;
  const sameColumns = a.keyOrigins.every((origin, at) => equal.of(origin) === equal.of(b.keyOrigins[at]!));
  return sameColumns && isExact(a.key) && isExact(b.key);
}
