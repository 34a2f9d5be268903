/** Looking at and stopping a cluster that another process runs. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, readState, removeState, survivors } from './cluster-state.ts';
import { type ClusterStatus, clusterStatus } from './cluster-status.ts';
import { localCommand, shortPath } from './invocation.ts';
import { localError } from './local-error.ts';
import { endProcess, signalProcess, waitForEnd } from './process-identity.ts';

const STOP_MS_MAX = 90_000;
const KILL_MS_MAX = 10_000;

/** Stops the launcher and whatever is left of its servers; false when nothing ran. */
export async function stopCluster(dataDir: string): Promise<boolean> {
  const launcher = lockHolder(dataDir);
  const state = readState(dataDir);
  if (launcher !== undefined) {
    signalProcess(launcher, 'SIGTERM');
    if (!(await waitForEnd(launcher, STOP_MS_MAX))) {
      signalProcess(launcher, 'SIGKILL');
      await waitForEnd(launcher, KILL_MS_MAX);
    }
  }
  const left = state === undefined ? [] : survivors(state);
  await Promise.all(left.map((identity) => endProcess(identity, KILL_MS_MAX)));
  if (launcher === undefined) {
    removeState(dataDir);
    rmSync(join(dataDir, 'lock'), { force: true });
  }
  return launcher !== undefined || left.length > 0;
}

/** The status of the cluster that runs in the directory. */
export async function readClusterStatus(dataDir: string): Promise<ClusterStatus> {
  if (lockHolder(dataDir) === undefined) {
    throw localError(
      `no cluster runs in ${shortPath(dataDir)}. Start one with: ${localCommand('', dataDir)}`,
    );
  }
  const state = readState(dataDir);
  if (state === undefined) throw localError(`the cluster in ${dataDir} is still starting.`);
  return clusterStatus(state);
}
