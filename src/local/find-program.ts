import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Ordinary users of Debian have no sbin on PATH, where its packages put the servers.
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The full path of a program on PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA_FOLDERS];
  for (const folder of folders) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not there or not executable: the next folder may have it.
    }
  }
  return undefined;
}
