/** Where the real servers and clients are that the tests use. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The full path of a program on PATH; throws where there is none. */
export async function findProgram(name: string): Promise<string> {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(dir, name);
    if (await isExecutable(path)) return path;
  }
  throw new Error(`${name} was not found on PATH; the tests need it`);
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
