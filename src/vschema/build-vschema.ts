/**
 * From the VSchemas of all keyspaces and the routing rules, as they are stored, to the model. A keyspace whose VSchema has an
 * error is in the model with its problem, so that all others can be used.
 */
import { type KeyspaceSource, loadKeyspace } from './load-keyspace.ts';
import { loadRoutingRules } from './load-routing-rules.ts';
import { loadTable } from './load-table.ts';
import { loadVindexes } from './load-vindexes.ts';
import { errorAt, isError, type LocatedProblem, problemText, type VSchemaProblem } from './problem.ts';
import { sequenceHome, validateReferences } from './validate-references.ts';
import type { ReadFile } from './vindexes/params.ts';
import type { KeyspaceVSchema, TableVSchema, VindexDefinition, VSchema } from './vschema.ts';

/** A keyspace as its records describe it; `vschema` is undefined where none was applied. */
export type KeyspaceInput = Readonly<{ name: string; sharded: boolean; vschema: unknown }>;

/**
 * Builds the model. Never throws for what is written in a VSchema: each problem is returned, errors with the keyspace
 * (or rule) out of use, warnings without consequence. `readFile` reads files that vindex parameters name.
 */
export function buildVSchema(
  keyspaces: Iterable<KeyspaceInput>,
  routingRules: unknown,
  readFile?: ReadFile,
): { vschema: VSchema; problems: LocatedProblem[] } {
  const inputs = [...keyspaces];
  const ownProblems = new Map<string, VSchemaProblem[]>(inputs.map(({ name }) => [name, []]));
  const sources = new Map(inputs.map((each) => [each.name, sourceOf(each, ownProblems.get(each.name)!)]));
  const built = new Map<string, KeyspaceVSchema>();
  for (const [name, source] of sources) {
    const problems = ownProblems.get(name)!;
    const parts = loadParts(name, source, problems, (sequence) => sequenceHome(sequence, sources), readFile);
    validateReferences(name, sources, problems);
    built.set(name, keyspaceOf(name, source, parts, problems));
  }
  const ruleProblems: VSchemaProblem[] = [];
  const { rules, problem } = loadRoutingRules(routingRules, built, ruleProblems);
  return {
    vschema: Object.freeze({ keyspaces: built, routingRules: rules, routingRulesProblem: problem }),
    problems: [
      ...[...ownProblems].flatMap(([keyspace, own]) => own.map((each) => ({ ...each, keyspace }))),
      ...ruleProblems.map((each) => ({ ...each, keyspace: undefined })),
    ],
  };
}

/** The problems of one VSchema by itself: what it says about other keyspaces is not checked. */
export function vschemaProblems(vschema: unknown, readFile?: ReadFile): VSchemaProblem[] {
  const problems: VSchemaProblem[] = [];
  const source = loadKeyspace(vschema, problems);
  loadParts('', source, problems, () => undefined, readFile);
  return problems;
}

function sourceOf({ sharded, vschema }: KeyspaceInput, problems: VSchemaProblem[]): KeyspaceSource {
  // A keyspace without a VSchema is as one with an empty one.
  if (vschema === undefined) return loadKeyspace({ sharded }, problems);
  const source = loadKeyspace(vschema, problems);
  if (source.sharded !== sharded) {
    problems.push(errorAt('sharded', `is ${source.sharded}, but the keyspace's record says ${sharded}`));
  }
  return { ...source, sharded };
}

type Parts = Readonly<{
  vindexes: ReadonlyMap<string, VindexDefinition>;
  tables: ReadonlyMap<string, TableVSchema>;
}>;

function loadParts(
  keyspace: string,
  source: KeyspaceSource,
  problems: VSchemaProblem[],
  homeOf: (sequence: string) => string | undefined,
  readFile: ReadFile | undefined,
): Parts {
  const vindexes = loadVindexes(source, problems, readFile);
  const context = { keyspace, source, vindexes, sequenceHome: homeOf, problems };
  const tables = new Map([...source.tables].map(([name, each]) => [name, loadTable(context, name, each)]));
  return { vindexes, tables };
}

function keyspaceOf(
  name: string,
  source: KeyspaceSource,
  parts: Parts,
  problems: readonly VSchemaProblem[],
): KeyspaceVSchema {
  const errors = problems.filter(isError);
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const { vindexes, tables } = first === undefined ? parts : { vindexes: new Map(), tables: new Map() };
  return Object.freeze({
    name,
    sharded: source.sharded,
    vindexes,
    tables,
    tableNames: new Set(source.tables.keys()),
    requireExplicitRouting: source.requireExplicitRouting,
    foreignKeyMode: source.foreignKeyMode,
    multiTenant: source.multiTenant,
    problem: first && `${problemText(first)}${more}`,
  });
}
