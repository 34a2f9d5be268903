import type { Command } from 'commander';
import { type ApplyFlags, applyFile, readParamsFile } from './apply-candidate.ts';
import { wantsJson, withStore } from './cluster-access.ts';
import { nameOfFile, readJsonFile } from './json-file.ts';
import { answer } from './output.ts';
import { addApplyOptions } from './vschema.ts';
import { examine } from './vschema-candidate.ts';
import { tell } from './vschema-validate.ts';

const NONE = { rules: [] };

export function registerRoutingRules(ctl: Command): void {
  const group = ctl
    .command('routing-rules')
    .description("apply, get, validate routing rules (Vitess' JSON as it is)");
  addApplyOptions(group.command('apply <file>'))
    .description('check a file of rules (`-`: standard input) and store it in the place of all rules')
    .action((file: string, flags: ApplyFlags, command: Command) =>
      withStore(command, (access) =>
        applyFile({ ...access, flags, file, keyspace: undefined, what: 'routing rules' }),
      ),
    );
  group
    .command('get')
    .description('print the rules; with --json also their revision')
    .action((_flags, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { routingRules = NONE, revision } = await store.getRoutingRules();
        answer(json, { revision, routingRules }, JSON.stringify(routingRules, null, 2));
      }),
    );
  group
    .command('validate [file]')
    .description(
      "check a file of rules (`-`: standard input), or the rules as they are stored, against the cluster's VSchemas",
    )
    .option('--strict', 'take warnings as errors')
    .action((file: string | undefined, flags: { strict?: boolean }, command: Command) =>
      withStore(command, async ({ store }) => {
        const json = wantsJson(command);
        const what = file === undefined ? 'routing rules' : nameOfFile(file);
        const topology = await store.read();
        const read = file === undefined ? { value: topology.routingRules } : await readJsonFile(file);
        if ('problem' in read && read.problem !== undefined) return tell(json, what, [read.problem], flags);
        const { own } = examine(topology, { keyspace: undefined, value: read.value }, readParamsFile);
        tell(json, what, own, flags);
      }),
    );
}
