/**
 * What storing a VSchema, or routing rules, would mean for the cluster as its records describe it. Pure: also called for the
 * records that a change is about to be made in.
 */
import type { Topology } from '../../topology/topology.ts';
import { buildVSchema } from '../../vschema/build-vschema.ts';
import { isError, type LocatedProblem } from '../../vschema/problem.ts';
import type { ReadFile } from '../../vschema/vindexes/params.ts';
import type { VSchema } from '../../vschema/vschema.ts';

/** What is to be stored: the VSchema of a keyspace, or (without one) the routing rules. */
export type Candidate = Readonly<{ keyspace: string | undefined; value: unknown }>;

export type Examination = Readonly<{
  /** The model with the candidate in its place. */
  vschema: VSchema;
  /** Of the candidate itself. */
  own: readonly LocatedProblem[];
  /** Errors that the candidate would cause in others. */
  elsewhere: readonly LocatedProblem[];
}>;

export function examine(topology: Topology, candidate: Candidate, readFile: ReadFile): Examination {
  const before = modelOf(topology, readFile);
  const after = modelOf(withCandidate(topology, candidate), readFile);
  const known = new Set(before.problems.map(keyOf));
  const [own, others] = [
    after.problems.filter(({ keyspace }) => keyspace === candidate.keyspace),
    after.problems.filter(({ keyspace }) => keyspace !== candidate.keyspace),
  ];
  const elsewhere = others.filter((each) => isError(each) && !known.has(keyOf(each)));
  return { vschema: after.vschema, own, elsewhere };
}

const modelOf = ({ keyspaces, routingRules }: Topology, readFile: ReadFile) =>
  buildVSchema(keyspaces.values(), routingRules, readFile);

function withCandidate(topology: Topology, { keyspace, value }: Candidate): Topology {
  if (keyspace === undefined) return { ...topology, routingRules: value };
  const keyspaces = new Map(topology.keyspaces);
  const state = keyspaces.get(keyspace);
  if (state !== undefined) keyspaces.set(keyspace, { ...state, vschema: value });
  return { ...topology, keyspaces };
}

const keyOf = ({ keyspace, path, message }: LocatedProblem): string =>
  JSON.stringify([keyspace, path, message]);
