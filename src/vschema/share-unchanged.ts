/** Keeps the parts of a VSchema that have not changed the same objects, so that whoever caches may compare by identity. */
import { isDeepStrictEqual } from 'node:util';
import type { KeyspaceVSchema, VindexDefinition, VSchema } from './vschema.ts';

/**
 * `next` with every keyspace, and the rules, that say the same as in `previous` taken from there; `previous` itself if all do.
 * Files that vindex parameters name count as unchanged: they are read when the keyspace's VSchema changes.
 */
export function shareUnchanged(next: VSchema, previous: VSchema): VSchema {
  const keyspaces = new Map(
    [...next.keyspaces].map(([name, keyspace]) => {
      const before = previous.keyspaces.get(name);
      return [name, before !== undefined && saysTheSame(keyspace, before) ? before : keyspace] as const;
    }),
  );
  const allKeyspaces =
    keyspaces.size === previous.keyspaces.size &&
    [...keyspaces].every(([name, keyspace]) => previous.keyspaces.get(name) === keyspace);
  const rules =
    next.routingRulesProblem === previous.routingRulesProblem &&
    isDeepStrictEqual(next.routingRules, previous.routingRules);
  if (allKeyspaces && rules) return previous;
  return Object.freeze({
    ...next,
    keyspaces: allKeyspaces ? previous.keyspaces : keyspaces,
    routingRules: rules ? previous.routingRules : next.routingRules,
  });
}

const saysTheSame = (a: KeyspaceVSchema, b: KeyspaceVSchema): boolean =>
  isDeepStrictEqual(words(a), words(b));

/** A keyspace without the functions of its vindexes, which are new objects each time. */
const words = ({ vindexes, tables, ...rest }: KeyspaceVSchema): unknown => ({
  ...rest,
  vindexes: [...vindexes.values()].map(wordsOfVindex),
  tables: [...tables.values()].map(({ columnVindexes, ...table }) => ({
    ...table,
    columnVindexes: columnVindexes.map((each) => ({ ...each, vindex: each.vindex.name })),
  })),
});

const wordsOfVindex = ({ vindex: _, ...rest }: VindexDefinition): unknown => rest;
