/** How the user calls us, for messages that name a command to run. */
import { isAbsolute, relative, sep } from 'node:path';
import { DEFAULT_DATA_DIR } from './cluster-layout.ts';
import { packageRoot } from './servers.ts';

const installed = packageRoot.split(sep).includes('node_modules');

/** In a clone the program is not on PATH. */
export const programName = installed ? 'headgate' : 'npm run -s headgate --';

/** As seen from the current folder, where that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** `headgate local stop --data DIR`, without what is the default. */
export function localCommand(words: string, dataDir: string): string {
  const data = shortPath(dataDir) === DEFAULT_DATA_DIR ? '' : ` --data ${shortPath(dataDir)}`;
  return `${programName} local${words === '' ? '' : ` ${words}`}${data}`;
}
