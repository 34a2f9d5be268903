// What `npm start` and `npm test` do first in a clone: npm packages, when they are missing or older than the lock file.
// Plain JavaScript without imports from node_modules: it runs under whatever Node the machine has.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundledNode, relay, runsTypeScript } from '../bin/node-version.mjs';

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

const OLDEST_MAJOR = 18;
const PACKAGES_MB = 600;
const WAY_OUT = 'Or run everything in containers: docker compose up';

function fail(message) {
  console.error(`headgate: ${message}`);
  process.exit(1);
}

const lockFile = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules/.headgate-lock');
const lockDigest = () => createHash('sha256').update(readFileSync(lockFile)).digest('hex');

function packagesAreCurrent() {
  const npmOwn = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(npmOwn)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === lockDigest();
  // Installed by hand: npm writes its own record at the end of an installation.
  return statSync(npmOwn).mtimeMs >= statSync(lockFile).mtimeMs;
}

function checkMachine() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    fail(
      `MySQL and etcd are run here on Linux x86_64 and arm64 only; this is ${process.platform} ${process.arch}. ${WAY_OUT}`,
    );
  }
  if (Number(process.versions.node.split('.')[0]) < OLDEST_MAJOR) {
    fail(`Node ${OLDEST_MAJOR} or newer is needed to begin with; this is ${process.version}. ${WAY_OUT}`);
  }
}

async function installPackages() {
  const { bavail, bsize } = statfsSync(root);
  const freeMb = Math.floor((bavail * bsize) / 2 ** 20);
  if (freeMb < PACKAGES_MB)
    fail(`npm packages need about ${PACKAGES_MB} MB, ${freeMb} MB are free in ${root}. Make room there.`);
  console.log('  npm packages: installing …');
  const code = await relay('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
  });
  if (code !== 0)
    fail(
      `npm ci failed (code ${code}). Is there a network? Try again, or see npm's message above. ${WAY_OUT}`,
    );
  writeFileSync(stampFile, lockDigest());
}

/** Makes the clone ready; gives the Node that everything else runs under. */
export async function prepare() {
  checkMachine();
  if (!packagesAreCurrent()) await installPackages();
  if (runsTypeScript()) return process.execPath;
  return (
    bundledNode() ??
    fail(
      'the npm package "node" has brought no program along. Allow its install script (npm config get ignore-scripts), then run: npm ci',
    )
  );
}
