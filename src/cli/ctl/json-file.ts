/** The JSON files that `headgate ctl` is given: read, parsed, and spoken of by their names. */
import { readFile } from 'node:fs/promises';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import type { VSchemaProblem } from '../../vschema/problem.ts';
import { problemText } from '../../vschema/problem.ts';
import { parseJsonText } from './json-text.ts';

/** `line` and `column` are told where the text is no JSON. */
export type FileProblem = VSchemaProblem & Readonly<{ line?: number; column?: number }>;

/** What the file holds (`-`: standard input), or why that cannot be said. Throws where it cannot be read. */
export async function readJsonFile(
  file: string,
): Promise<Readonly<{ value: unknown; problem?: undefined } | { problem: FileProblem }>> {
  const parsed = parseJsonText(await readText(file));
  if (!('problem' in parsed)) return parsed;
  return { problem: { path: '', severity: 'error', ...parsed.problem } };
}

async function readText(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `cannot read ${nameOfFile(file)}: ${messageOf(cause)}`,
      cause,
    });
  }
}

export const nameOfFile = (file: string): string => (file === '-' ? 'standard input' : file);

/** One line for each problem, behind the name of what has it. */
export const listed = (what: string, problems: readonly FileProblem[]): string =>
  problems
    .map((problem) => {
      const at = problem.line === undefined ? '' : `:${problem.line}:${problem.column}`;
      return `${what}${at}: ${problemText(problem)}`;
    })
    .join('\n');
