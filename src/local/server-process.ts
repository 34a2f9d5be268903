/**
 * Starting server processes so that none of them outlives us: Linux itself kills a child when its parent dies, however
 * that happened (`setpriv --pdeathsig`). Where setpriv is missing, a small shell waits on a pipe that only we hold open.
 * Each server has a session of its own, so that Ctrl-C reaches the launcher alone and the order of stopping is ours.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findProgram } from './find-program.ts';
import { localError } from './local-error.ts';
import { endProcess, identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** How a process ended, in words. */
export type ProcessEnd = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

/** A running child of this process. */
export type ServerProcess = Readonly<{
  identity: ProcessIdentity;
  logFile: string;
  /** Settles when the process has ended; never rejects. */
  ended: Promise<ProcessEnd>;
  /** Undefined while it runs. */
  end(): ProcessEnd | undefined;
  /** SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs?: number): Promise<void>;
}>;

export type ServerCommand = Readonly<{
  program: string;
  args: readonly string[];
  logFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}>;

const GRACE_MS = 30_000;
const LOG_TAIL_LINES = 8;

/** `code 1`, `signal SIGKILL`. */
export const describeEnd = (end: ProcessEnd): string =>
  end.signal === null ? `code ${end.code}` : `signal ${end.signal}`;

/** The last lines of a log that tell of an error, or simply its last lines. */
export function logTail(file: string): string {
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return '';
  }
  const errors = lines.filter((line) => /\[ERROR\]|"level":"(?:error|fatal)"|\bfatal\b/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(-LOG_TAIL_LINES).join('\n');
}

/** Kills `pid` when our end of its pipe closes, which the kernel does for us when we die. */
function startGuard(pid: number): ChildProcess {
  const guard = spawn(
    '/bin/sh',
    ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'headgate-guard', String(pid)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  return guard;
}

/** Starts a server; resolves once it runs, which does not yet mean that it answers. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  mkdirSync(dirname(command.logFile), { recursive: true });
  const log = openSync(command.logFile, 'a');
  const setpriv = findProgram('setpriv');
  const [program, args] =
    setpriv === undefined
      ? [command.program, command.args]
      : [setpriv, ['--pdeathsig', 'KILL', '--', command.program, ...command.args]];
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      end = { code, signal };
      resolve(end);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(localError(`cannot run ${command.program}: ${cause.message}`, cause)),
    );
  });
  const guard = setpriv === undefined ? startGuard(child.pid!) : undefined;
  child.once('exit', () => guard?.kill('SIGKILL'));
  const identity = identifyProcess(child.pid!) ?? { pid: child.pid!, startedAt: 'ended' };
  return {
    identity,
    logFile: command.logFile,
    ended,
    end: () => end,
    stop: async (graceMs = GRACE_MS) => {
      if (end === undefined) await endProcess(identity, graceMs);
      await ended;
    },
  };
}
