/** The facts without which a figure means nothing. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Arena } from './arena.ts';

export type Machine = Readonly<{
  cores: number;
  cpuModel: string;
  memoryBytes: number;
  kernel: string;
  node: string;
  mysqld: string;
  haproxy: string;
  commit: string;
  /** Load average of the minute before the run: other work on the machine shows here. */
  loadBefore: number;
}>;

export function machineFacts({
  mysqldVersion,
  haproxyProgram,
}: Pick<Arena, 'mysqldVersion' | 'haproxyProgram'>): Machine {
  return {
    cores: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    mysqld: mysqldVersion,
    haproxy: (haproxyProgram && /version (\S+)/.exec(output(haproxyProgram, ['-v']))?.[1]) ?? 'none',
    commit: output('git', ['describe', '--always', '--dirty']),
    loadBefore: loadavg()[0]!,
  };
}

function output(file: string, args: readonly string[]): string {
  try {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
