import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { vschemaProblems } from '../../vschema/build-vschema.ts';
import { isError } from '../../vschema/problem.ts';
import { type ApplyFlags, applyFile, placeOf, readParamsFile } from './apply-candidate.ts';
import { wantsJson, withStore } from './cluster-access.ts';
import { type FileProblem, listed, nameOfFile, readJsonFile } from './json-file.ts';
import { answer } from './output.ts';
import { examine } from './vschema-candidate.ts';

export function registerVschema(ctl: Command): void {
  const group = ctl.command('vschema').description("apply, get, validate VSchemas (Vitess' JSON as it is)");
  addApplyOptions(group.command('apply <keyspace> <file>'))
    .description('check a VSchema file (`-`: standard input) and store it for a keyspace')
    .action((keyspace: string, file: string, flags: ApplyFlags, command: Command) =>
      withStore(command, (access) =>
        applyFile({ ...access, flags, file, keyspace, what: `VSchema of keyspace ${keyspace}` }),
      ),
    );
  group
    .command('get <keyspace>')
    .description("print a keyspace's VSchema; with --json also its revision")
    .action((keyspace: string, _flags, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { vschema, revision } = await store.getVschema(keyspace);
        if (vschema === undefined) {
          throw new HeadgateError('HG_TOPOLOGY', {
            detail: `keyspace \`${keyspace}\` has no VSchema; store one with headgate ctl vschema apply`,
          });
        }
        answer(json, { keyspace, revision, vschema }, JSON.stringify(vschema, null, 2));
      }),
    );
  group
    .command('validate <file|keyspace>')
    .description("check a VSchema file (`-`: standard input) by itself, or a keyspace's as it is stored")
    .option('--keyspace <name>', 'check the file as the VSchema of this keyspace, against all others')
    .option('--strict', 'take warnings as errors')
    .action((subject: string, flags: ValidateFlags, command: Command) => validate(subject, flags, command));
}

/** The options of everything that stores a file. */
export const addApplyOptions = (command: Command): Command =>
  command
    .option(
      '--revision <n>',
      'only over what is stored at this revision (0: only if there is none)',
      revisionNumber,
    )
    .option('--dry-run', 'check and show the changes, store nothing')
    .option('--strict', 'take warnings as errors')
    .option('--force', 'store it with its errors: what they concern is out of use until they are mended');

type ValidateFlags = Readonly<{ keyspace?: string; strict?: boolean }>;

async function validate(subject: string, flags: ValidateFlags, command: Command): Promise<void> {
  const json = wantsJson(command);
  const isFile =
    subject === '-' || flags.keyspace !== undefined || existsSync(subject) || /[./]/.test(subject);
  if (!isFile)
    return withStore(command, async ({ store }) => {
      const { vschema } = await store.getVschema(subject);
      const { own } = examine(await store.read(), { keyspace: subject, value: vschema }, readParamsFile);
      tell(json, `keyspace ${subject}`, own, flags);
    });
  const read = await readJsonFile(subject);
  if (read.problem !== undefined) return tell(json, nameOfFile(subject), [read.problem], flags);
  const { keyspace } = flags;
  if (keyspace === undefined) {
    return tell(json, nameOfFile(subject), vschemaProblems(read.value, readParamsFile), flags);
  }
  return withStore(command, async ({ store }) => {
    // Also says whether there is such a keyspace.
    await store.getVschema(keyspace);
    const candidate = { keyspace, value: read.value };
    const { own, elsewhere } = examine(await store.read(), candidate, readParamsFile);
    const caused = elsewhere.map((each) => ({
      ...each,
      path: `${placeOf(each, candidate, subject)}: ${each.path}`,
    }));
    tell(json, nameOfFile(subject), [...own, ...caused], flags);
  });
}

/** Says what is wrong; errors (if strict, warnings as well) make the exit code 1. */
export function tell(
  json: boolean,
  what: string,
  problems: readonly FileProblem[],
  { strict }: { strict?: boolean },
): void {
  const valid = !problems.some((each) => strict === true || isError(each));
  const lines = [
    ...(problems.length === 0 ? [] : [listed(what, problems)]),
    ...(valid ? [`${what}: valid`] : []),
  ];
  answer(json, { valid, problems }, lines.join('\n'));
  if (!valid) process.exitCode = 1;
}

function revisionNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}
