/** Reading the YAML file into values that remember their line. Which keys exist is none of its business. */
import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, type Node, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';

/** One key of the file: `value` is plain data, or `undefined` for a map whose children follow as entries of their own. */
export type YamlEntry = Readonly<{ path: string; line: number; isGroup: boolean; value: unknown }>;

const refuse = (detail: string, cause?: unknown): never => {
  throw new HeadgateError('HG_CONFIG', { detail, cause });
};

/**
 * The entries of a file, parents before children. Maps become groups where `isGroup` says so; elsewhere a map is a
 * value like any other (and will be refused as one).
 */
export function readYamlFile(file: string, isGroup: (path: string) => boolean): YamlEntry[] {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    return refuse(`cannot read the configuration file ${file}: ${messageOf(cause)}`, cause);
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    refuse(
      `${file}, line ${lines.linePos(problem.pos[0]).line} is not valid YAML: ${problem.message}`,
      problem,
    );
  }
  const root = document.contents as ParsedNode | null;
  if (root === null || (isScalar(root) && root.value === null)) return [];
  if (!isMap(root)) {
    return refuse(`${file} must hold groups of keys (listen:, topology:, …), not a single value`);
  }
  const lineOf = (node: unknown): number => lines.linePos((node as Node).range?.[0] ?? 0).line;
  const plain = (value: Node | null, line: number): unknown => {
    try {
      return value?.toJS(document) ?? null;
    } catch (cause) {
      return refuse(`${file}, line ${line} is not valid YAML: ${messageOf(cause)}`, cause);
    }
  };
  const entries: YamlEntry[] = [];
  const walk = (map: YAMLMap, prefix: string): void => {
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const group = isMap(value) && isGroup(path);
      const line = lineOf(key);
      entries.push({
        path,
        line,
        isGroup: group,
        value: group ? undefined : plain(value as Node | null, line),
      });
      if (group) walk(value, path);
    }
  };
  walk(root, '');
  return entries;
}
