/**
 * What runs now: the lock that makes a data directory belong to one launcher, and the file from which `status` and `stop`
 * learn of its processes. A file of a launcher that is gone is recognised as such, never believed.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJsonFile } from './cluster-layout.ts';
import { localCommand, shortPath } from './invocation.ts';
import { localError } from './local-error.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

export type TabletState = Readonly<{
  alias: string;
  keyspace: string;
  shard: string;
  port: number;
  dataDir: string;
  process: ProcessIdentity;
}>;

export type ClusterState = Readonly<{
  launcher: ProcessIdentity;
  /** Whether queries can be served. */
  ready: boolean;
  router: Readonly<{ host: string; port: number; process: ProcessIdentity | null }>;
  admin: Readonly<{ host: string; port: number }>;
  etcd: Readonly<{ host: string; port: number; process: ProcessIdentity }> | null;
  keyspaces: readonly Readonly<{ name: string; sharded: boolean; shards: readonly string[] }>[];
  tablets: readonly TabletState[];
}>;

const stateFile = (dataDir: string): string => join(dataDir, 'state.json');
const lockFile = (dataDir: string): string => join(dataDir, 'lock');

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** The launcher that has the directory, if it still runs. */
export function lockHolder(dataDir: string): ProcessIdentity | undefined {
  const holder = readJson<ProcessIdentity>(lockFile(dataDir));
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

/** Takes the directory for this process; the result gives it back. */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = lockFile(dataDir);
  const mine = `${file}.${process.pid}`;
  const identity = identifyProcess(process.pid);
  writeFileSync(mine, JSON.stringify(identity), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link either makes the lock with its content or fails: nobody ever reads half a lock.
        linkSync(mine, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = lockHolder(dataDir);
      if (holder !== undefined) {
        throw localError(
          `${shortPath(dataDir)} is in use by another headgate local (pid ${holder.pid}). Stop it with: ${localCommand('stop', dataDir)}`,
        );
      }
      removeStaleLock(dataDir, file, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the lock aside before it is removed: should a quicker launcher have renewed it, it is put back. */
function removeStaleLock(dataDir: string, file: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const holder = readJson<ProcessIdentity>(aside);
  if (holder !== undefined && isRunning(holder)) {
    try {
      linkSync(aside, file);
    } catch {
      throw localError(`several launchers want ${dataDir} at once. Try again.`);
    }
  }
  rmSync(aside, { force: true });
}

export const writeState = (dataDir: string, state: ClusterState): void =>
  writeJsonFile(stateFile(dataDir), state);

export const removeState = (dataDir: string): void => rmSync(stateFile(dataDir), { force: true });

/** The state as last written, by a launcher that may be gone. */
export const readState = (dataDir: string): ClusterState | undefined => readJson(stateFile(dataDir));

/** Every process of the state that still runs, the launcher left out. */
export function survivors(state: ClusterState): ProcessIdentity[] {
  const all = [state.router.process, ...state.tablets.map((tablet) => tablet.process), state.etcd?.process];
  return all.filter((identity) => identity !== null && identity !== undefined).filter(isRunning);
}
