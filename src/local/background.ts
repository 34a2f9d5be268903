/**
 * `--background`: a launcher in a session of its own. The starter and the launcher talk over a channel until queries can
 * be served; a launcher whose starter goes away before that gives up.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { readLayout } from './cluster-layout.ts';
import { localError } from './local-error.ts';
import { packageRoot } from './servers.ts';

export type LauncherMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'ready'; readonly screen: string }
  | { readonly kind: 'failed'; readonly message: string };

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** In the launcher: tells the starter, as long as it listens. */
export function tellStarter(message: LauncherMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Starts the launcher with these arguments of `headgate`; resolves with its closing screen. */
export async function startInBackground(
  dataDir: string,
  args: readonly string[],
  progress: (line: string) => void,
): Promise<string> {
  readLayout(dataDir); // Refuses a folder that is not ours before anything is written into it.
  const logFile = join(dataDir, 'logs', 'launcher.log');
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const log = openSync(logFile, 'a');
  // The variables would tie it to the process that starts it.
  const { HEADGATE_FOLLOW_PARENT: _follow, npm_lifecycle_event: _event, ...env } = process.env;
  const child = spawn(process.execPath, [join(packageRoot, 'bin/headgate.mjs'), ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env,
  });
  closeSync(log);
  const interrupt = (): void => void child.kill('SIGTERM');
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('message', (message: LauncherMessage) => {
        if (message.kind === 'progress') progress(message.line);
        else if (message.kind === 'ready') resolve(message.screen);
        else reject(localError(message.message));
      });
      child.once('error', (cause) => reject(localError(`cannot start a launcher: ${cause.message}`, cause)));
      child.once('exit', (code, signal) =>
        reject(localError(`the launcher ended (${signal ?? `code ${code}`}). Its log: ${logFile}`)),
      );
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    if (child.connected) child.disconnect();
    child.unref();
  }
}
