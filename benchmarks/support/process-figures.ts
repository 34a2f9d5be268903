/** What the kernel says about processes: CPU time, memory, descendants (Linux, /proc). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of the times in /proc/PID/stat, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

const kibibytes = 1024;

/** The fields of /proc/PID/stat after the program's name, which may itself hold spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it has ended
  }
}

/** These processes and everything below them. */
export function withDescendants(pids: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : undefined;
    if (!fields) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const visit = (pid: number): void => {
    if (found.includes(pid)) return;
    found.push(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  for (const pid of pids) visit(pid);
  return found;
}

export type CpuTime = Readonly<{ user: number; system: number }>;

/** Time of all threads of these processes in their own code and in the kernel, in seconds. One that has ended is an error. */
export function cpuTime(pids: readonly number[]): CpuTime {
  let user = 0;
  let system = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    // A crashed and restarted layer would look cheap.
    if (!fields) throw new Error(`process ${pid} has ended while it was measured`);
    user += Number(fields[11]);
    system += Number(fields[12]);
  }
  return { user: user / ticksPerSecond, system: system / ticksPerSecond };
}

/** Both together. */
export function cpuSeconds(pids: readonly number[]): number {
  const { user, system } = cpuTime(pids);
  return user + system;
}

/** The sum of `VmRSS` (now) or `VmHWM` (the highest so far) in bytes. */
export function residentBytes(pids: readonly number[], field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  let bytes = 0;
  for (const pid of pids) {
    try {
      const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
        readFileSync(`/proc/${pid}/status`, 'latin1'),
      );
      if (found) bytes += Number(found[1]) * kibibytes;
    } catch {
      // It has ended: it holds nothing.
    }
  }
  return bytes;
}

/** Samples the resident memory at a steady pace; `stop` gives the highest value seen. */
export class MemorySampler {
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  constructor(pids: readonly number[], everyMs = 20) {
    this.#pids = pids;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  #sample(): void {
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes(this.#pids));
  }

  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peakBytes;
  }
}
