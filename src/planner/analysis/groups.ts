/** Uses of tables whose rows belong together: rows that meet in a result are on one shard. */
import type { Route } from '../route.ts';
import { isExact, routeOfGroup, sameFunction } from './keys.ts';
import { Classes, type Origin, type TableUse } from './table-use.ts';

/** Uses that belong together, with the route of all of them. `anchored`: each row of the result comes from one of them. */
export type Group = Readonly<{ uses: readonly TableUse[]; route: Route; anchored: boolean }>;

/** The groups of a statement; `equal` has the columns that are equal in every row that counts. */
export function groupsOf(uses: readonly TableUse[], equal: Classes<Origin>): Group[] {
  const aligned = new Classes<TableUse>();
  for (const [at, use] of uses.entries())
    for (const other of uses.slice(0, at)) if (belongTogether(use, other, equal)) aligned.join(use, other);
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

function belongTogether(a: TableUse, b: TableUse, equal: Classes<Origin>): boolean {
  if (a.table.keyspace !== b.table.keyspace) return false;
  const { pinned } = a.table;
  if (pinned !== undefined) return b.table.pinned !== undefined && pinned.equals(b.table.pinned);
  if (a.key === undefined || b.key === undefined || !sameFunction(a.key, b.key)) return false;
  const sameColumns = a.keyOrigins.every((origin, at) => equal.of(origin) === equal.of(b.keyOrigins[at]!));
  return sameColumns && isExact(a.key) && isExact(b.key);
}
