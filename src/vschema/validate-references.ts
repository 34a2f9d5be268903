/** What the VSchema of one keyspace says about others: sequences, sources of reference tables, tables of lookup vindexes. */
import { suggestion } from '../config/suggestion.ts';
import type { KeyspaceSource } from './load-keyspace.ts';
import { errorAt, memberPath, type VSchemaProblem, warningAt } from './problem.ts';
import { parseTableName } from './table-name.ts';

export type KeyspaceSources = ReadonlyMap<string, KeyspaceSource>;

/** Checks what `keyspace`, one of `all`, says about the others. */
export function validateReferences(keyspace: string, all: KeyspaceSources, problems: VSchemaProblem[]): void {
  const own = all.get(keyspace)!;
  for (const [name, { auto_increment, source }] of own.tables) {
    const path = memberPath('tables', name);
    const sequence = auto_increment?.sequence ?? '';
    if (sequence !== '') checkSequence(sequence, all, `${path}.auto_increment.sequence`, problems);
    if (source) checkSource(source, keyspace, all, `${path}.source`, problems);
  }
  for (const [name, { params = {} }] of own.vindexes) {
    const home = parseTableName(params.table ?? '')?.keyspace;
    if (home === undefined || all.has(home)) continue;
    const path = `${memberPath('vindexes', name)}.params.table`;
    problems.push(warningAt(path, noKeyspace(home, all)));
  }
}

/** The only keyspace that has a sequence of this name, among those whose tables need not be qualified. */
export function sequenceHome(sequence: string, all: KeyspaceSources): string | undefined {
  const homes = sequenceHomes(sequence, all);
  return homes.length === 1 ? homes[0] : undefined;
}

const sequenceHomes = (sequence: string, all: KeyspaceSources): string[] =>
  [...all]
    .filter(([, { requireExplicitRouting }]) => !requireExplicitRouting)
    .filter(([, { tables }]) => tables.get(sequence)?.type === 'sequence')
    .map(([name]) => name);

function checkSequence(text: string, all: KeyspaceSources, path: string, problems: VSchemaProblem[]): void {
  const { keyspace, table } = parseTableName(text) ?? {};
  if (table === undefined) return;
  if (keyspace === undefined) {
    const homes = sequenceHomes(table, all);
    if (homes.length === 1) return;
    const known = [...all].flatMap(([name, { tables }]) =>
      sequencesOf(tables).map((each) => `${name}.${each}`),
    );
    const message =
      homes.length === 0
        ? `no keyspace has a sequence "${table}"${suggestion(table, known)}`
        : `"${table}" is in keyspaces ${homes.join(', ')}; write ${homes[0]}.${table}`;
    problems.push(errorAt(path, message));
    return;
  }
  const home = all.get(keyspace);
  const found = home?.tables.get(table);
  if (home === undefined) {
    problems.push(errorAt(path, noKeyspace(keyspace, all)));
  } else if (found === undefined) {
    const hint =
      suggestion(table, sequencesOf(home.tables)) || `; add "${table}": {"type": "sequence"} to its VSchema`;
    problems.push(errorAt(path, `there is no table "${table}" in keyspace ${keyspace}${hint}`));
  } else if (found.type !== 'sequence') {
    problems.push(errorAt(path, `${keyspace}.${table} is not of type sequence`));
  }
}

const sequencesOf = (tables: KeyspaceSource['tables']): string[] =>
  [...tables].filter(([, { type }]) => type === 'sequence').map(([name]) => name);

function checkSource(
  text: string,
  keyspace: string,
  all: KeyspaceSources,
  path: string,
  problems: VSchemaProblem[],
): void {
  const { keyspace: home, table } = parseTableName(text) ?? {};
  if (home === undefined || table === undefined) return;
  const source = all.get(home);
  const found = source?.tables.get(table);
  if (source === undefined) {
    problems.push(errorAt(path, noKeyspace(home, all)));
  } else if (home === keyspace) {
    problems.push(errorAt(path, 'is in the same keyspace; a source is in another one'));
  } else if (found === undefined) {
    // An unsharded keyspace has tables that its VSchema does not name.
    const hint = suggestion(table, [...source.tables.keys()]);
    const problem = source.sharded ? errorAt : warningAt;
    const message = `there is no table "${table}" in the VSchema of ${home}${hint}`;
    if (source.sharded || hint !== '') problems.push(problem(path, message));
  } else if (found.source) {
    problems.push(errorAt(path, `${text} is itself a copy, of ${found.source}: name that one`));
  }
}

const noKeyspace = (name: string, all: KeyspaceSources): string =>
  `there is no keyspace "${name}"${suggestion(name, [...all.keys()])}`;
