/** Runs a client program to its end. */
import { spawn } from 'node:child_process';

export type ClientRun = Readonly<{ code: number | null; stdout: string; stderr: string }>;

export function runClient(
  program: string,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<ClientRun> {
  const { input, timeoutMs = 60_000, env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { timeout: timeoutMs, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A program that ends before it has read everything breaks the pipe: its exit code says more.
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input ?? '');
  });
}
