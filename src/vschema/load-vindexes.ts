/** The vindexes of a keyspace: created from their sources, with a problem for each that cannot be. */
import { suggestion } from '../config/suggestion.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { KeyspaceSource, TableSource, VindexSource } from './load-keyspace.ts';
import { errorAt, memberPath, type VSchemaProblem, warningAt } from './problem.ts';
import type { ReadFile } from './vindexes/params.ts';
import { createVindex, knownParams, vindexTypes } from './vindexes/registry.ts';
import type { Vindex } from './vindexes/vindex.ts';
import type { VindexDefinition } from './vschema.ts';

/** Our own parameter, which no vindex knows: the owner of the data promises canonical values. */
const CANONICAL = 'canonical_values';

const NOT_FOLLOWED =
  'is a lookup vindex, which is not followed yet: reads by it go to all shards, writes to its owner are refused';

/** Those that could be created, by name. */
export function loadVindexes(
  source: KeyspaceSource,
  problems: VSchemaProblem[],
  readFile?: ReadFile,
): Map<string, VindexDefinition> {
  const definitions = new Map<string, VindexDefinition>();
  for (const [name, each] of source.vindexes) {
    const path = memberPath('vindexes', name);
    const definition = loadVindex(name, each, path, problems, readFile);
    if (definition === undefined) continue;
    definitions.set(name, definition);
    checkOwner(definition, source.tables, path, problems);
    if (!definition.vindex.functional) problems.push(warningAt(path, NOT_FOLLOWED));
    if (!source.sharded) problems.push(warningAt(path, 'has no effect: the keyspace is not sharded'));
  }
  return definitions;
}

function loadVindex(
  name: string,
  { type, params = {}, owner }: VindexSource,
  path: string,
  problems: VSchemaProblem[],
  readFile: ReadFile | undefined,
): VindexDefinition | undefined {
  if (type === undefined || !vindexTypes.includes(type)) {
    const message =
      type === undefined
        ? `is missing; known types are ${vindexTypes.join(', ')}`
        : `${JSON.stringify(type)} is no vindex type${suggestion(type, vindexTypes)}`;
    problems.push(errorAt(`${path}.type`, message));
    return undefined;
  }
  const { [CANONICAL]: canonical, ...own } = params;
  if (canonical !== undefined && canonical !== 'true' && canonical !== 'false') {
    problems.push(errorAt(`${path}.params.${CANONICAL}`, 'must be "true" or "false"'));
  }
  checkParams(type, own, path, problems);
  const vindex = created(type, own, path, problems, readFile);
  if (vindex === undefined) return undefined;
  return Object.freeze({ name, type, params, owner, vindex, canonicalValues: canonical === 'true' });
}

function checkParams(
  type: string,
  params: Readonly<Record<string, string>>,
  path: string,
  problems: VSchemaProblem[],
): void {
  const known = [...knownParams(type), CANONICAL];
  for (const name of Object.keys(params)) {
    if (known.includes(name)) continue;
    const message = `is no parameter of ${type} and is ignored${suggestion(name, known)}`;
    problems.push(warningAt(memberPath(`${path}.params`, name), message));
  }
}

function created(
  type: string,
  params: Readonly<Record<string, string>>,
  path: string,
  problems: VSchemaProblem[],
  readFile: ReadFile | undefined,
): Vindex | undefined {
  try {
    return createVindex(type, params, readFile);
  } catch (cause) {
    if (!(cause instanceof HeadgateError)) throw cause;
    problems.push(errorAt(`${path}.params`, cause.context.detail ?? cause.message));
    return undefined;
  }
}

/** The rows of its owner are what a lookup vindex follows, so the owner must have it. */
function checkOwner(
  { name, type, owner, vindex }: VindexDefinition,
  tables: ReadonlyMap<string, TableSource>,
  path: string,
  problems: VSchemaProblem[],
): void {
  if (owner === undefined || owner === '') return;
  const at = `${path}.owner`;
  if (vindex.functional) {
    problems.push(warningAt(at, `has no effect: only lookup vindexes have owners, and ${type} is none`));
    return;
  }
  const table = tables.get(owner);
  if (table === undefined) {
    const hint = suggestion(owner, [...tables.keys()]);
    problems.push(errorAt(at, `there is no table ${JSON.stringify(owner)} in this VSchema${hint}`));
  } else if (!table.column_vindexes.some((each) => each.name === name)) {
    problems.push(errorAt(at, `table ${owner} does not use ${name}: add it to its column_vindexes`));
  }
}
