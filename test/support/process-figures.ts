/** What a process holds, as the kernel sees it. */
import { readdir, readFile } from 'node:fs/promises';

export type ProcessFigures = Readonly<{ files: number; rssBytes: number }>;

/** Undefined when there is no such process (any more). */
export async function processFigures(pid: number): Promise<ProcessFigures | undefined> {
  try {
    const files = (await readdir(`/proc/${pid}/fd`)).length;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    if (/^State:\s+Z/m.test(status)) return undefined;
    return { files, rssBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}
