/** What the user gives per keyspace: `NAME.json`, its VSchema, and `NAME.sql`, run on each shard's first primary. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors/headgate-error.ts';
import { vschemaProblems } from '../vschema/build-vschema.ts';
import { isError, problemText } from '../vschema/problem.ts';
import { localError } from './local-error.ts';
import { runProgram } from './run-program.ts';
import type { Servers } from './servers.ts';

export type Definitions = Readonly<{
  /** Undefined where there is no such file. */
  vschemaOf: (keyspace: string) => unknown;
  schemaFileOf: (keyspace: string) => string | undefined;
}>;

function requireFolder(folder: string | undefined, flag: string): void {
  if (folder === undefined) return;
  if (!existsSync(folder)) throw localError(`${flag} ${folder}: there is no such folder.`);
  if (!statSync(folder).isDirectory()) throw localError(`${flag} ${folder} is not a folder.`);
}

function readVschema(file: string): unknown {
  if (!existsSync(file)) return undefined;
  let vschema: unknown;
  try {
    vschema = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw localError(`${file} is not JSON: ${messageOf(cause)}`, cause);
  }
  if (typeof vschema !== 'object' || vschema === null || Array.isArray(vschema)) {
    throw localError(`${file} does not hold a JSON object, which a VSchema is.`);
  }
  const errors = vschemaProblems(vschema, (path) => readFileSync(path, 'utf8')).filter(isError);
  if (errors.length > 0) {
    throw localError(errors.map((each) => `${file}: ${problemText(each)}`).join('\n'));
  }
  return vschema;
}

/** Looks into the folders. */
export function findDefinitions(vschemaDir: string | undefined, schemaDir: string | undefined): Definitions {
  requireFolder(vschemaDir, '--vschema');
  requireFolder(schemaDir, '--schema');
  return {
    vschemaOf: (keyspace) =>
      vschemaDir === undefined ? undefined : readVschema(join(vschemaDir, `${keyspace}.json`)),
    schemaFileOf: (keyspace) => {
      const file = schemaDir === undefined ? undefined : join(schemaDir, `${keyspace}.sql`);
      return file !== undefined && existsSync(file) ? file : undefined;
    },
  };
}

/**
 * Runs a file of SQL on one server. MySQL's own client does it, so everything works that people put into such files,
 * DELIMITER included; its message names the line.
 */
async function runSqlFile(servers: Servers, port: number, database: string, file: string): Promise<void> {
  const { code, output } = await runProgram(
    servers.mysql.mysql,
    [
      '--no-defaults',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--user=root',
      '--default-character-set=utf8mb4',
      '--comments',
      `--database=${database}`,
    ],
    { inputFile: file },
  );
  if (code === 0) return;
  const message = /^ERROR .*$/m.exec(output)?.[0] ?? output.trim();
  const line = Number(/at line (\d+)/.exec(message)?.[1] ?? 0);
  const statement = line > 0 ? readFileSync(file, 'utf8').split('\n')[line - 1]?.trim() : undefined;
  const where = statement ? `\n  line ${line}: ${statement}` : '';
  throw localError(`${file} failed on keyspace ${database}: ${message}${where}`);
}

/** Runs the keyspace's file of SQL, if there is one. */
export async function runSchema(
  servers: Servers,
  definitions: Definitions,
  port: number,
  keyspace: string,
): Promise<void> {
  const file = definitions.schemaFileOf(keyspace);
  if (file !== undefined) await runSqlFile(servers, port, keyspace, file);
}
