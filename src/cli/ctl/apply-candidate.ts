/** Storing a VSchema or routing rules: what both have in common. */
import { readFileSync } from 'node:fs';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { Outcome } from '../../topology/changes.ts';
import type { TopologyStore } from '../../topology/store.ts';
import type { Topology } from '../../topology/topology.ts';
import { diffText, diffVSchema } from '../../vschema/diff.ts';
import { isError, type LocatedProblem } from '../../vschema/problem.ts';
import { listed, nameOfFile, readJsonFile } from './json-file.ts';
import { answer } from './output.ts';
import { type Candidate, examine } from './vschema-candidate.ts';

export type ApplyFlags = Readonly<{
  revision?: number;
  dryRun?: boolean;
  strict?: boolean;
  force?: boolean;
}>;

export type ApplyJob = Readonly<{
  store: TopologyStore;
  json: boolean;
  flags: ApplyFlags;
  file: string;
  keyspace: string | undefined;
  /** What is said of: `VSchema of keyspace customer`. */
  what: string;
}>;

/** Reads files that vindex parameters name. */
export const readParamsFile = (path: string): string => readFileSync(path, 'utf8');

/** Throws HG_VSCHEMA with all problems, or stores the file's content and says what has changed. */
export async function applyFile(job: ApplyJob): Promise<void> {
  const { store, json, flags, file, keyspace, what } = job;
  const read = await readJsonFile(file);
  if (read.problem !== undefined) {
    throw new HeadgateError('HG_VSCHEMA', { detail: listed(nameOfFile(file), [read.problem]) });
  }
  const candidate = { keyspace, value: read.value };
  const { value: before, revision } = await stored(store, keyspace);
  const changes = diffVSchema(before, candidate.value);
  let warnings: readonly LocatedProblem[] = [];
  const check = (topology: Topology): void => {
    warnings = refuseErrors(topology, candidate, job);
  };
  const change = { expectedRevision: flags.revision ?? revision, check };
  const outcome =
    flags.dryRun === true
      ? await tried(store, before, changes.length, check)
      : await put(job, candidate, change);
  const names = keyspace === undefined ? {} : { keyspace };
  if (!json)
    for (const line of warnings.length === 0 ? [] : listed(nameOfFile(file), warnings).split('\n')) {
      console.error(`headgate: ${line}`);
    }
  const verb = flags.dryRun === true ? `would be ${outcome}` : outcome;
  const lines = [`${what}: ${verb}`, ...(changes.length === 0 ? [] : [diffText(changes)])];
  const value = { outcome, ...names, ...(flags.dryRun ? { dryRun: true } : {}), changes, warnings };
  answer(json, value, lines.join('\n'));
}

async function stored(
  store: TopologyStore,
  keyspace: string | undefined,
): Promise<{ value: unknown; revision: number }> {
  if (keyspace === undefined) {
    const { routingRules, revision } = await store.getRoutingRules();
    return { value: routingRules, revision };
  }
  const { vschema, revision } = await store.getVschema(keyspace);
  return { value: vschema, revision };
}

function put(
  { store }: ApplyJob,
  { keyspace, value }: Candidate,
  change: { expectedRevision: number; check: (topology: Topology) => void },
): Promise<Outcome> {
  return keyspace === undefined
    ? store.putRoutingRules({ routingRules: value, ...change })
    : store.putVschema({ keyspace, vschema: value, ...change });
}

async function tried(
  store: TopologyStore,
  before: unknown,
  changes: number,
  check: (topology: Topology) => void,
): Promise<Outcome> {
  check(await store.read());
  if (before === undefined) return 'created';
  return changes === 0 ? 'unchanged' : 'changed';
}

/** The warnings; throws if there are errors, here or (caused by this) elsewhere. */
function refuseErrors(
  topology: Topology,
  candidate: Candidate,
  { flags, file }: ApplyJob,
): readonly LocatedProblem[] {
  const { own, elsewhere } = examine(topology, candidate, readParamsFile);
  const refused = [...own.filter((each) => flags.strict === true || isError(each)), ...elsewhere];
  if (refused.length === 0 || flags.force === true) return [...own, ...elsewhere];
  const lines = refused.map((each) => listed(placeOf(each, candidate, file), [each]));
  throw new HeadgateError('HG_VSCHEMA', { detail: lines.join('\n') });
}

/** The file for what is in it; else the record that would no longer be right. */
export function placeOf({ keyspace }: LocatedProblem, candidate: Candidate, file: string): string {
  if (keyspace === candidate.keyspace) return nameOfFile(file);
  return keyspace === undefined ? 'this breaks the routing rules' : `this breaks keyspace ${keyspace}`;
}
