/** `headgate ctl vschema validate`: a file by itself, a file in its cluster, or what is stored; also against the tablets' tables. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/load-config.ts';
import { vindexExactness } from '../../planner/column-vindex-exactness.ts';
import type { ColumnSchema } from '../../schema/schema.ts';
import type { TopologyStore } from '../../topology/store.ts';
import type { Topology } from '../../topology/topology.ts';
import { vschemaProblems } from '../../vschema/build-vschema.ts';
import { isError, type VSchemaProblem } from '../../vschema/problem.ts';
import { validateTables } from '../../vschema/validate-tables.ts';
import type { KeyspaceVSchema } from '../../vschema/vschema.ts';
import { placeOf, readParamsFile } from './apply-candidate.ts';
import { wantsJson, withStore } from './cluster-access.ts';
import { type FileProblem, listed, nameOfFile, readJsonFile } from './json-file.ts';
import { answer } from './output.ts';
import { examine } from './vschema-candidate.ts';

type Flags = Readonly<{ keyspace?: string; strict?: boolean; tablets?: boolean; config?: string }>;

export function registerValidate(group: Command): void {
  group
    .command('validate <file|keyspace>')
    .description("check a VSchema file (`-`: standard input) by itself, or a keyspace's as it is stored")
    .option('--keyspace <name>', 'check the file as the VSchema of this keyspace, against all others')
    .option('--tablets', 'compare it with the tables on a primary of the keyspace, too')
    .option('--config <file>', 'configuration that says how to log in to tablets (`gateway.user`, …)')
    .option('--strict', 'take warnings as errors')
    .action(validate);
}

async function validate(subject: string, flags: Flags, command: Command): Promise<void> {
  const json = wantsJson(command);
  // A keyspace's name has none of these characters; a file without them can be written as ./name.
  const isFile = flags.keyspace !== undefined || subject === '-' || /[./]/.test(subject);
  const keyspace = isFile ? flags.keyspace : subject;
  const what = isFile ? nameOfFile(subject) : `keyspace ${subject}`;
  if (flags.tablets === true && keyspace === undefined) {
    command.error('error: --tablets needs the keyspace; name it with --keyspace NAME');
  }
  const read = isFile ? await readJsonFile(subject) : undefined;
  if (read?.problem !== undefined) return tell(json, what, [read.problem], flags);
  if (keyspace === undefined) return tell(json, what, vschemaProblems(read?.value, readParamsFile), flags);
  return withStore(command, async ({ store }) => {
    const { problems, notes } = await examineInCluster(store, keyspace, read, flags);
    tell(json, what, problems, flags, notes);
  });
}

type Found = Readonly<{
  problems: readonly VSchemaProblem[];
  /** Why each vindex is trusted, or not, to tell values apart as MySQL does. */
  notes: readonly string[];
}>;

/** Without a file, what is stored is examined. */
async function examineInCluster(
  store: TopologyStore,
  keyspace: string,
  read: { value: unknown } | undefined,
  flags: Flags,
): Promise<Found> {
  // Refuses a keyspace that there is not.
  const { vschema: current } = await store.getVschema(keyspace);
  const topology = await store.read();
  const candidate = { keyspace, value: read === undefined ? current : read.value };
  const { vschema, own, elsewhere } = examine(topology, candidate, readParamsFile);
  const caused = elsewhere.map((each) => ({
    ...each,
    path: `${placeOf(each, candidate, '')}: ${each.path}`,
  }));
  const model = vschema.keyspaces.get(keyspace);
  if (flags.tablets !== true || model === undefined) return { problems: [...own, ...caused], notes: [] };
  const found = await compareWithTablets(topology, model, flags);
  return { problems: [...own, ...caused, ...found.problems], notes: found.notes };
}

async function compareWithTablets(
  topology: Topology,
  keyspace: KeyspaceVSchema,
  { config: file }: Flags,
): Promise<Found> {
  // Its tables are unknown while it has errors.
  if (keyspace.problem !== undefined) return { problems: [], notes: [] };
  const { gateway } = loadConfig({ file, env: process.env });
  const login = { user: gateway.user, password: gateway.password, timeoutMs: gateway.connectMsMax };
  // Most commands need no MySQL client, and loading one takes longer than they do.
  const { readTabletTables } = await import('./tablet-tables.ts');
  const tables = await readTabletTables(topology, keyspace.name, login);
  const reasons = new Set<string>();
  const problems = validateTables<ColumnSchema>(keyspace, { tables }, (columnVindex, columns) => {
    // Whether a lookup vindex finds a value is for its table to say.
    if (!columnVindex.vindex.vindex.functional) return undefined;
    const found = columns.map((column) => vindexExactness(column, columnVindex));
    for (const { exact, reason } of found)
      if (exact) reasons.add(`vindex ${columnVindex.vindex.name} is exact: ${reason}`);
    return found.find(({ exact }) => !exact)?.reason;
  });
  return { problems, notes: [...reasons] };
}

/** Says what is wrong; errors (if strict, warnings as well) make the exit code 1. */
export function tell(
  json: boolean,
  what: string,
  problems: readonly FileProblem[],
  { strict }: { strict?: boolean },
  notes: readonly string[] = [],
): void {
  const valid = !problems.some((each) => strict === true || isError(each));
  const lines = [
    ...(problems.length === 0 ? [] : [listed(what, problems)]),
    ...notes.map((note) => `${what}: ${note}`),
    ...(valid ? [`${what}: valid`] : []),
  ];
  answer(json, { valid, problems, ...(notes.length === 0 ? {} : { notes }) }, lines.join('\n'));
  if (!valid) process.exitCode = 1;
}
