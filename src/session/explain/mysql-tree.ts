/** A plan of the router in the form in which MySQL writes its trees (FORMAT=TREE), for those who read these. */
import { isNode, type Json, type PlanNode } from '../../planner/plan-node.ts';

type Facts = Readonly<Record<string, Json>>;

const INDENT = '    ';
/** Facts that a line does not show. */
const silent: ReadonlySet<string> = new Set([
  'operator',
  'input',
  'inputs',
  'rows',
  'actual',
  'found',
  'sql',
  'because',
  'scatter',
  'reason',
  'keyspaces',
  'columns',
]);

/** What stands beneath a shard's line, one line each: MySQL's own tree. */
export type ShardLines = (node: PlanNode, shard: string) => readonly string[];

/** The whole as one text; ends with a line break, as MySQL's does. */
export const mysqlTree = (
  node: PlanNode,
  lookedUpOn: (node: PlanNode) => readonly string[] = () => [],
  below: ShardLines = () => [],
): string => `${linesOf(node, lookedUpOn, below).join('\n')}\n`;

function linesOf(
  node: PlanNode,
  lookedUpOn: (node: PlanNode) => readonly string[],
  below: ShardLines,
): string[] {
  const { input, inputs } = node;
  const nodes = [input, ...(Array.isArray(inputs) ? inputs : [])].filter(isNode);
  return [
    `-> ${labelOf(node)}${node.operator === 'Route' ? '' : actualText(node.actual)}`,
    ...indented(node.operator === 'Route' ? shardLines(node, below) : []),
    ...indented(nodes.flatMap((each) => linesOf(each, lookedUpOn, below))),
    ...indented(lookupLines(node, lookedUpOn(node), below)),
  ];
}

/** Where a join's lookup asks, or what came from there. */
function lookupLines(node: PlanNode, shards: readonly string[], below: ShardLines): string[] {
  const { keyspace, found } = node;
  const named = (shard: string) => `-> Shard ${shard}, for the keys of the rows above`;
  const asked = shards.flatMap((shard) => [named(`${keyspace}/${shard}`), ...indented(below(node, shard))]);
  const came = Array.isArray(found) ? (found as readonly Facts[]) : [];
  return [...asked, ...came.map((each) => `${named(String(each.shard))}${actualText(each)}`)];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => INDENT + line);

function shardLines(node: PlanNode, below: ShardLines): string[] {
  const { shards, actual, keyspace } = node;
  const names = Array.isArray(shards) ? shards.map(String) : [];
  return names.flatMap((name) => {
    const own = Array.isArray(actual)
      ? (actual as readonly Facts[]).find(({ shard }) => shard === `${keyspace}/${name}`)
      : undefined;
    return [`-> Shard ${keyspace}/${name}${actualText(own)}`, ...indented(below(node, name))];
  });
}

const words: Readonly<Record<string, string>> = {
  Route: 'Rows of shards',
  Concatenate: 'Rows as they come',
  MergeSort: 'Merge sorted rows',
  Load: 'Load into temporary table',
  Gather: 'Evaluate on a tablet over gathered rows',
};

function labelOf(node: PlanNode): string {
  const { operator, ...facts } = node;
  if (operator === 'Route') return `${words.Route}: ${String(node.sql).replaceAll(/\s+/g, ' ').trim()}`;
  if (operator === 'Gather') return `${words.Gather}: ${String(node.sql).replaceAll(/\s+/g, ' ').trim()}`;
  const told = Object.entries(facts)
    .filter(([name, value]) => !silent.has(name) && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${textOf(value)}`);
  const head = words[operator] ?? operator;
  return told.length === 0 ? head : `${head}: ${told.join('; ')}`;
}

const textOf = (value: Json): string =>
  Array.isArray(value)
    ? value.map(textOf).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** As MySQL writes it, with the bytes that have passed. */
function actualText(actual: Json | undefined): string {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return '';
  const { rows, bytes, firstMs, lastMs } = actual as Facts;
  const last = String(lastMs ?? 0);
  return `  (actual time=${firstMs ?? last}..${last} rows=${rows} loops=1 bytes=${bytes})`;
}
