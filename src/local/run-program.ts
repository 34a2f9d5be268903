import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { localError } from './local-error.ts';

const OUTPUT_CHARACTERS_MAX = 100_000;

/** Runs a program to its end; `output` is what it printed on both channels, cut at a bound. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { inputFile?: string } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: string): void => {
    if (output.length < OUTPUT_CHARACTERS_MAX) output += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  // A program that ends before it has read all of its input says so by its code.
  child.stdin.on('error', () => {});
  if (options.inputFile === undefined) child.stdin.end();
  else
    createReadStream(options.inputFile)
      .on('error', () => child.stdin.destroy())
      .pipe(child.stdin);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(localError(`cannot run ${program}: ${cause.message}`, cause)));
    child.once('close', resolve);
  });
  return { code, output };
}
