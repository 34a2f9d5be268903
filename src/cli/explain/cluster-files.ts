/** A cluster as files describe it: VSchemas, tables, and the names of the shards; for planning without any server. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import { buildShardMap, type ShardMap } from '../../planner/shard-map.ts';
import { tablesOfDefinitions } from '../../schema/definitions/tables-of-definitions.ts';
import type { KeyspaceSchema } from '../../schema/schema.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { canonicalShardName } from '../../topology/shard-name.ts';
import { buildVSchema } from '../../vschema/build-vschema.ts';
import { equalKeyRanges } from '../../vschema/key-range.ts';
import { isError, problemText } from '../../vschema/problem.ts';
import { validateTables } from '../../vschema/validate-tables.ts';
import type { VSchema } from '../../vschema/vschema.ts';
import { readParamsFile } from '../ctl/apply-candidate.ts';
import { parseJsonText } from '../ctl/json-text.ts';

/** What the options name: each a file, a folder, or `KEYSPACE=…`. */
export type ClusterFlags = Readonly<{
  vschema: readonly string[];
  schema: readonly string[];
  shards: readonly string[];
}>;

export type OfflineCluster = Readonly<{
  vschema: VSchema;
  schemas: ReadonlyMap<string, KeyspaceSchema>;
  maps: ReadonlyMap<string, ShardMap>;
  /** What is odd about the files, for people. */
  warnings: readonly string[];
}>;

const SHARDS_DEFAULT = 2;

/** An error in what was given, which says itself what to do. */
export const inputError = (detail: string): HeadgateError => new HeadgateError('HG_VSCHEMA', { detail });

/** Reads all files. Throws HG_VSCHEMA with every error, by file and line. */
export function readCluster(flags: ClusterFlags, mode: LexMode): OfflineCluster {
  const { keyspaces, routingRules } = readVSchemas(flags.vschema);
  const names = [...keyspaces.keys()];
  const { vschema, problems } = buildVSchema(
    [...keyspaces].map(([name, { value }]) => ({
      name,
      sharded: (value as { sharded?: unknown } | null)?.sharded === true,
      vschema: value,
    })),
    routingRules,
    readParamsFile,
  );
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const problem of problems) {
    const file = problem.keyspace === undefined ? 'routing rules' : keyspaces.get(problem.keyspace)!.file;
    const hint = problem.message.startsWith('there is no keyspace') ? '; give its VSchema, too' : '';
    (isError(problem) ? errors : warnings).push(`${file}: ${problemText(problem)}${hint}`);
  }
  const schemas = readSchemas(flags.schema, names, mode, { errors, warnings });
  if (errors.length > 0) throw inputError(errors.join('\n'));
  for (const keyspace of vschema.keyspaces.values()) {
    const known = schemas.get(keyspace.name);
    if (known === undefined) continue;
    for (const problem of validateTables(keyspace, known))
      warnings.push(`${keyspaces.get(keyspace.name)!.file}: ${problemText(problem)}`);
  }
  return { vschema, schemas, maps: mapsOf(vschema, flags.shards), warnings };
}

type VSchemaFile = Readonly<{ file: string; value: unknown }>;
type VSchemas = { keyspaces: Map<string, VSchemaFile>; routingRules: unknown };

function readVSchemas(flags: readonly string[]): VSchemas {
  const found: VSchemas = { keyspaces: new Map(), routingRules: undefined };
  for (const { keyspace, file } of flags.flatMap((flag) => filesOf(flag, '.json'))) {
    const parsed = parseJsonText(readText(file));
    if ('problem' in parsed) {
      const { line, column, message } = parsed.problem;
      throw inputError(`${file}:${line}:${column}: ${message}`);
    }
    addVSchema(found, keyspace, file, parsed.value);
  }
  if (found.keyspaces.size === 0) throw inputError('--vschema names no file with a VSchema');
  return found;
}

/** One keyspace's VSchema, or all of a cluster as Vitess keeps them: `{"keyspaces": {…}, "routing_rules": …}`. */
function addVSchema(found: VSchemas, keyspace: string | undefined, file: string, value: unknown): void {
  const all = (value as { keyspaces?: unknown } | null)?.keyspaces;
  if (keyspace === undefined && typeof all === 'object' && all !== null) {
    for (const [name, each] of Object.entries(all)) found.keyspaces.set(name, { file, value: each });
    const rules = (value as { routing_rules?: unknown }).routing_rules;
    if (rules !== undefined) found.routingRules = rules;
    return;
  }
  found.keyspaces.set(keyspace ?? basename(file, extname(file)), { file, value });
}

/** `NAME=PATH`, a folder with a file for each keyspace, or a file that may be named after its keyspace. */
function filesOf(flag: string, ending: string): { keyspace: string | undefined; file: string }[] {
  const [, keyspace, path = flag] = /^([A-Za-z0-9_-]+)=(.+)$/s.exec(flag) ?? [];
  if (keyspace !== undefined) return [{ keyspace, file: path }];
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [{ keyspace: undefined, file: path }];
  const names = readdirSync(path).filter((name) => extname(name) === ending);
  if (names.length === 0) throw inputError(`${path} has no file that ends in ${ending}`);
  return names.sort().map((name) => ({ keyspace: basename(name, ending), file: join(path, name) }));
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw inputError(`cannot read ${file}: ${messageOf(cause)}`);
  }
}

function readSchemas(
  flags: readonly string[],
  keyspaces: readonly string[],
  mode: LexMode,
  { errors, warnings }: Readonly<{ errors: string[]; warnings: string[] }>,
): Map<string, KeyspaceSchema> {
  const schemas = new Map<string, KeyspaceSchema>();
  for (const { keyspace: named, file } of flags.flatMap((flag) => filesOf(flag, '.sql'))) {
    const keyspace = named ?? keyspaceOfFile(file, keyspaces);
    if (!keyspaces.includes(keyspace)) throw unknownKeyspace('--schema', keyspace, keyspaces);
    const { tables, notes } = tablesOfDefinitions(Buffer.from(readText(file)), mode);
    for (const { line, severity, message } of notes)
      (severity === 'error' ? errors : warnings).push(`${file}:${line}: ${message}`);
    const before = schemas.get(keyspace)?.tables ?? new Map();
    schemas.set(keyspace, {
      keyspace,
      version: schemas.size + 1,
      tables: new Map([...before, ...tables]),
      disagreements: new Map(),
    });
  }
  return schemas;
}

function keyspaceOfFile(file: string, keyspaces: readonly string[]): string {
  const name = basename(file, extname(file));
  if (keyspaces.includes(name)) return name;
  if (keyspaces.length === 1) return keyspaces[0]!;
  throw inputError(`${file}: which keyspace's tables are these? Write --schema KEYSPACE=${file}`);
}

export const unknownKeyspace = (option: string, name: string, known: readonly string[]): HeadgateError =>
  inputError(`${option}: there is no keyspace ${name}${suggestion(name, known)}`);

/** Two shards for a sharded keyspace, one for others, where `--shards` says nothing. */
function mapsOf(vschema: VSchema, flags: readonly string[]): Map<string, ShardMap> {
  const wished = new Map<string, string[]>();
  const names = [...vschema.keyspaces.keys()];
  for (const flag of flags) {
    const [, keyspace, list] = /^([A-Za-z0-9_-]+)=(.+)$/.exec(flag) ?? [];
    if (keyspace === undefined || list === undefined)
      throw inputError(`--shards ${flag}: it is KEYSPACE=NUMBER or KEYSPACE=-80,80-`);
    if (!names.includes(keyspace)) throw unknownKeyspace('--shards', keyspace, names);
    wished.set(keyspace, shardNames(list));
  }
  return new Map(
    [...vschema.keyspaces.values()].map(({ name, sharded }) => {
      const shards = wished.get(name) ?? (sharded ? equalKeyRanges(SHARDS_DEFAULT) : ['0']);
      const map = buildShardMap(name, shards);
      if (map.problem !== undefined) throw inputError(`--shards ${name}: ${map.problem}`);
      return [name, map];
    }),
  );
}

function shardNames(list: string): string[] {
  const count = /^[1-9]\d{0,2}$/.test(list) ? Number(list) : 0;
  if (count === 1) return ['-'];
  return count > 1 ? equalKeyRanges(Math.min(count, 256)) : list.split(',').map(canonicalShardName);
}
