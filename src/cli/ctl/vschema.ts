import { type Command, InvalidArgumentError } from 'commander';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type ApplyFlags, applyFile } from './apply-candidate.ts';
import { withStore } from './cluster-access.ts';
import { answer } from './output.ts';
import { registerValidate } from './vschema-validate.ts';

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
  registerValidate(group);
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

function revisionNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}
