/** The `headgate` program as a child process, as a user or a script runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterStatus } from '../../src/local/cluster-status.ts';

export type Run = Readonly<{ code: number | null; stdout: string; stderr: string }>;

const program = join(import.meta.dirname, '../../bin/headgate.mjs');

/** Starts it; the caller ends it. */
export const spawnHeadgate = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** Runs it to its end. */
export async function headgate(...args: string[]): Promise<Run> {
  const child = spawnHeadgate(...args);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** The same, with what it said when it fails. */
export async function mustRun(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await headgate(...args);
  if (code !== 0) throw new Error(`headgate ${args.join(' ')} ended with code ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Waits until it has printed the text; fails with what it said if it ends before. */
export async function untilPrinted(child: ChildProcess, text: string): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const look = (more: string): void => {
      said += more;
      if (said.includes(text)) resolve(said);
    };
    child.stdout?.setEncoding('utf8').on('data', look);
    child.stderr?.setEncoding('utf8').on('data', look);
    child.once('close', (code) => reject(new Error(`it ended with code ${code}:\n${said}`)));
  });
}

/** What `local status --json` says. */
export const localStatus = async (dataDir: string): Promise<ClusterStatus> =>
  JSON.parse(await mustRun('local', 'status', '--json', '--data', dataDir)) as ClusterStatus;

/** The processes whose command lines name the folder. */
export function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(folder) ? [{ pid: Number(pid), command }] : [];
      } catch {
        return [];
      }
    });
}

/** Waits until no process of the folder is left; gives those that stay longer than any orderly end takes. */
export async function processesLeft(folder: string): Promise<string[]> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (processesOf(folder).length === 0) return [];
    await sleep(100);
  }
  return processesOf(folder).map(({ command }) => command);
}
