/** Routing rules: which table a name leads to. From Vitess' JSON, `{"rules": [{"from_table", "to_tables"}]}`. */
import { suggestion } from '../config/suggestion.ts';
import { readFields } from './load-json.ts';
import { errorAt, isError, problemText, type VSchemaProblem, warningAt } from './problem.ts';
import { parseTableName, qualifiedText } from './table-name.ts';
import type { RoutingRule } from './vschema.ts';

/** What is known of a keyspace that rules may lead to. */
export type RuleTarget = Readonly<{ sharded: boolean; tableNames: ReadonlySet<string> }>;

const RULES = { rules: 'list' } as const;
const RULE = { from_table: 'string', to_tables: 'texts' } as const;

const TABLET_TYPES = [
  'primary',
  'replica',
  'rdonly',
  'spare',
  'experimental',
  'backup',
  'restore',
  'drained',
];

/** The rules by what they are for. A rule with an error is there as broken, since its table must not be used without it. */
export function loadRoutingRules(
  routingRules: unknown,
  keyspaces: ReadonlyMap<string, RuleTarget>,
  problems: VSchemaProblem[],
): { rules: Map<string, RoutingRule>; problem?: string } {
  const rules = new Map<string, RoutingRule>();
  if (routingRules === undefined) return { rules };
  const outer: VSchemaProblem[] = [];
  const list = readFields(routingRules, RULES, '', outer)?.rules ?? [];
  problems.push(...outer);
  list.forEach((value, at) => {
    const path = `rules[${at}]`;
    const own: VSchemaProblem[] = [];
    const { from_table = '', to_tables = [] } = readFields(value, RULE, path, own) ?? {};
    const from = ruleKey(from_table, `${path}.from_table`, keyspaces, own);
    if (rules.has(from)) own.push(errorAt(`${path}.from_table`, `"${from}" has a rule already`));
    const rule = ruleOf(from, to_tables, `${path}.to_tables`, keyspaces, own);
    problems.push(...own);
    const error = own.find(isError);
    rules.set(from, Object.freeze(error ? { kind: 'broken', from, problem: problemText(error) } : rule));
  });
  const error = outer.find(isError);
  return { rules, problem: error && problemText(error) };
}

/** `ks.t@type` in the one spelling under which it is looked up. */
function ruleKey(
  from: string,
  path: string,
  keyspaces: ReadonlyMap<string, RuleTarget>,
  problems: VSchemaProblem[],
): string {
  const [, table = '', type] = /^(.*?)(?:@(\w*))?$/s.exec(from) ?? [];
  const name = parseTableName(table);
  if (name === undefined) {
    problems.push(errorAt(path, `must be \`t\`, \`ks.t\`, \`t@replica\` or \`ks.t@replica\`, not "${from}"`));
    return from;
  }
  if (name.keyspace !== undefined && !keyspaces.has(name.keyspace)) {
    problems.push(warningAt(path, unknownKeyspace(name.keyspace, keyspaces)));
  }
  if (type === undefined) return qualifiedText(name);
  const lower = type.toLowerCase();
  // Vitess' old word, which rules may still have.
  const known = lower === 'master' ? 'primary' : lower;
  if (!TABLET_TYPES.includes(known)) {
    problems.push(errorAt(path, `"${type}" is no tablet type${suggestion(type, TABLET_TYPES)}`));
  }
  return `${qualifiedText(name)}@${known}`;
}

function ruleOf(
  from: string,
  targets: readonly string[],
  path: string,
  keyspaces: ReadonlyMap<string, RuleTarget>,
  problems: VSchemaProblem[],
): RoutingRule {
  const [target] = targets;
  if (target === undefined) return { kind: 'disabled', from };
  if (targets.length > 1) {
    problems.push(
      errorAt(path, `has ${targets.length} tables; a rule leads to one, or to none to disable the table`),
    );
  }
  const { keyspace, table } = parseTableName(target) ?? {};
  if (keyspace === undefined || table === undefined) {
    problems.push(errorAt(`${path}[0]`, `must be \`ks.t\`, not "${target}"`));
    return { kind: 'disabled', from };
  }
  const home = keyspaces.get(keyspace);
  if (home === undefined) {
    problems.push(errorAt(`${path}[0]`, unknownKeyspace(keyspace, keyspaces)));
  } else if (home.sharded && !home.tableNames.has(table)) {
    const hint = suggestion(table, [...home.tableNames]);
    problems.push(errorAt(`${path}[0]`, `there is no table "${table}" in the VSchema of ${keyspace}${hint}`));
  }
  return { kind: 'table', from, keyspace, table };
}

const unknownKeyspace = (name: string, known: ReadonlyMap<string, unknown>): string =>
  `there is no keyspace "${name}"${suggestion(name, [...known.keys()])}`;
