/** A described plan as an indented tree of text, the outermost operator first. */
import { isNode, type Json, type PlanNode } from './plan-node.ts';

const INDENT = '  ';
/** Facts that are sentences or SQL: each has a line of its own. */
const longFacts: ReadonlySet<string> = new Set([
  'sql',
  'message',
  'note',
  'because',
  'reason',
  'sequence',
  'scatter',
]);

/** The lines of the tree; statements keep their own line breaks. */
export function planTree(node: PlanNode): string[] {
  const { operator, input, inputs, ...facts } = node;
  const short: string[] = [];
  const below: string[] = [];
  for (const [name, value] of Object.entries(facts)) {
    const isLong = longFacts.has(name) || (name === 'columns' && Array.isArray(value));
    if (isLong) below.push(...`${name}: ${scalar(value)}`.split('\n'));
    else if (isNode(value)) below.push(`${name}:`, ...indented(planTree(value)));
    else if (Array.isArray(value) && value.some(isRecord))
      below.push(...value.flatMap((each) => rowLines(name, each)));
    else if (isRecord(value)) below.push(...rowLines(name, value));
    else short.push(`${name} ${scalar(value)}`);
  }
  const head = short.length === 0 ? operator : `${operator}: ${short.join('; ')}`;
  const rest = [input, ...(Array.isArray(inputs) ? inputs : [])].filter(isNode).flatMap(planTree);
  return [head, ...indented(below), ...indented(rest)];
}

function rowLines(name: string, value: Json): string[] {
  if (!isRecord(value)) return [`${name}: ${scalar(value)}`];
  const short: string[] = [];
  const below: string[] = [];
  for (const [fact, each] of Object.entries(value)) {
    if (longFacts.has(fact)) below.push(...`${fact}: ${scalar(each)}`.split('\n'));
    else short.push(`${fact} ${scalar(each)}`);
  }
  return [`${name}: ${short.join('; ')}`, ...indented(below)];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => INDENT + line);

const isRecord = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function scalar(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(scalar).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
