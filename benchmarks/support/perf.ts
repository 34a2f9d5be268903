/** A profile by Linux' `perf`, which sees the kernel and native code too; the process needs `--perf-basic-prof`. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a Node process has to be started with so that perf can name its functions. */
export const perfNodeOptions = '--perf-basic-prof';

export type PerfLine = Readonly<{ share: number; object: string; symbol: string }>;

export type PerfProfile = Readonly<{ objects: PerfLine[]; symbols: PerfLine[] }>;

/** Records process `pid` while `work` runs; `file` keeps the recording for `perf report`. */
export async function perfWhile(
  pid: number,
  seconds: number,
  file: string,
  work: () => Promise<void>,
): Promise<PerfProfile> {
  const record = [
    'record',
    '-q',
    '-F',
    '1999',
    '-o',
    file,
    '-p',
    String(pid),
    '--',
    'sleep',
    String(seconds),
  ];
  await Promise.all([run('perf', record), work()]);
  const profile = {
    objects: await report(file, 'dso'),
    symbols: await report(file, 'dso,symbol'),
  };
  rmSync(`/tmp/perf-${pid}.map`, { force: true });
  return profile;
}

async function report(file: string, sort: string): Promise<PerfLine[]> {
  const args = ['report', '-i', file, '--stdio', '-q', '--sort', sort, '--field-separator', '|'];
  const { stdout } = await run('perf', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((line) => /^\s*[\d.]+%\s*\|/.test(line))
    .map((line) => {
      const [share = '', object = '', symbol = ''] = line.split('|');
      return { share: Number.parseFloat(share) / 100, object: object.trim(), symbol: symbol.trim() };
    });
}
