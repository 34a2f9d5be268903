/**
 * Which process a number means. A pid is used again after its process has ended, so a pid from a file is believed only
 * together with the time its process started: nothing here ever signals a process that is not the recorded one.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type ProcessIdentity = Readonly<{
  pid: number;
  /** Boot id and start time in clock ticks, as Linux reports them. */
  startedAt: string;
}>;

const POLL_MS = 20;

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

const boot = bootId();

/** Undefined when no such process runs; one that has ended but was not yet collected counts as ended. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold spaces and parentheses itself: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startedAt: `${boot}:${fields[19]}` };
}

/** Whether exactly this process still runs. */
export const isRunning = (identity: ProcessIdentity): boolean =>
  identifyProcess(identity.pid)?.startedAt === identity.startedAt;

/** Sends the signal if the process still runs; says whether it did. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Waits for the end of a process, of whichever parent; false when it still runs after `waitMsMax`. */
export async function waitForEnd(identity: ProcessIdentity, waitMsMax: number): Promise<boolean> {
  const giveUpAtMs = Date.now() + waitMsMax;
  while (isRunning(identity)) {
    if (Date.now() >= giveUpAtMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** SIGTERM, and SIGKILL for one that has not ended after `graceMs`. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalProcess(identity, 'SIGTERM');
  if (await waitForEnd(identity, graceMs)) return;
  signalProcess(identity, 'SIGKILL');
  await waitForEnd(identity, graceMs);
}
