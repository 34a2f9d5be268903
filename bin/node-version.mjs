// What the scripts that run under any Node share. Plain JavaScript on purpose: an old Node has to read it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const PARENT_POLL_MS = 500;
/** Longer than an orderly stop of a local cluster takes. */
const ORPHAN_GRACE_MS = 60_000;

/** Whether this Node runs TypeScript as it is. */
export function runsTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** The Node of the npm package `node`, wherever npm has put it; undefined when it is not installed. */
export function bundledNode() {
  try {
    const packageFile = createRequire(import.meta.url).resolve('node/package.json');
    const program = join(dirname(packageFile), 'bin/node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/**
 * Calls back when npm, or the script of ours that runs this process in its place, is gone: it waited for us, and without
 * it nobody would notice that we still run. Started in another way, a process may well outlive its parent.
 */
export function whenOrphaned(callback) {
  if (!process.env.npm_lifecycle_event && !process.env.HEADGATE_FOLLOW_PARENT) return () => {};
  const parent = process.ppid;
  const before = parentOf(parent);
  // npm runs scripts in a shell, which does not end with it.
  const inShell = /^(?:sh|dash|bash)$/.test(before?.name ?? '');
  const timer = setInterval(() => {
    const gone = process.ppid !== parent || (inShell && parentOf(parent)?.parent !== before.parent);
    if (!gone) return;
    clearInterval(timer);
    callback();
  }, PARENT_POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs a program in our place and gives its exit code: it gets our signals, and does not outlive us. */
export function relay(program, args, options = {}) {
  const child = spawn(program, args, {
    stdio: 'inherit',
    ...options,
    env: { ...(options.env ?? process.env), HEADGATE_FOLLOW_PARENT: '1' },
  });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
  // Ctrl-C reaches the whole group of the terminal, the child included.
  const wait = () => {};
  process.on('SIGINT', wait);
  const unwatch = whenOrphaned(() => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), ORPHAN_GRACE_MS).unref();
  });
  return new Promise((resolve) => {
    const end = (code) => {
      unwatch();
      for (const signal of ['SIGTERM', 'SIGHUP']) process.off(signal, pass);
      process.off('SIGINT', wait);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`headgate: cannot run ${program}: ${error.message}`);
      end(1);
    });
    child.once('exit', (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
}
