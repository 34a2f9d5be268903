import { Argument, type Command } from 'commander';
import { type ScatterPolicy, scatterPolicies } from '../../topology/topology.ts';
import { addList, withStore } from './cluster-access.ts';
import { answer, tableOr } from './output.ts';

const NONE = 'no keyspaces yet; add one with `headgate ctl keyspaces add NAME`';

export function registerKeyspaces(ctl: Command): void {
  const group = ctl.command('keyspaces').description('list, add, remove keyspaces');
  addList(group, 'show the keyspaces (also without a command)').action((_flags, command: Command) =>
    withStore(command, async ({ store, json }) => {
      const { keyspaces } = await store.read();
      const rows = [...keyspaces.values()].map(({ name, sharded, scatterPolicy, shards, vschema }) => ({
        name,
        sharded,
        shards: [...shards.keys()],
        vschema: vschema !== undefined,
        scatterPolicy: scatterPolicy ?? null,
      }));
      const cells = rows.map((row) => [
        row.name,
        row.sharded ? 'yes' : 'no',
        row.vschema ? 'yes' : 'no',
        row.scatterPolicy ?? 'default',
        row.shards.join(' '),
      ]);
      answer(json, rows, tableOr(NONE, ['KEYSPACE', 'SHARDED', 'VSCHEMA', 'SCATTER', 'SHARDS'], cells));
    }),
  );
  group
    .command('add <name>')
    .description('add a keyspace; one that is there as wanted is left alone')
    .option('--sharded', 'its rows are spread over key ranges')
    .option('--force', 'change a keyspace that differs')
    .action((name: string, flags: { sharded?: boolean; force?: boolean }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const sharded = flags.sharded === true;
        const outcome = await store.putKeyspace({ name, sharded }, { overwrite: flags.force === true });
        answer(json, { outcome, keyspace: name, sharded }, `keyspace ${name}: ${outcome}`);
      }),
    );
  group
    .command('scatter <name>')
    .description(
      'what happens to statements that go to all shards for want of a condition on a vindex column; `default`: what the configuration of the routers says',
    )
    .addArgument(new Argument('<policy>').choices([...scatterPolicies, 'default']))
    .action((name: string, wanted: ScatterPolicy | 'default', _flags: object, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const policy = wanted === 'default' ? undefined : wanted;
        const outcome = await store.setScatterPolicy({ keyspace: name, policy });
        answer(
          json,
          { outcome, keyspace: name, scatterPolicy: policy ?? null },
          `keyspace ${name}: ${outcome}`,
        );
      }),
    );
  group
    .command('remove <name>')
    .description('remove a keyspace; one that is not there is no error')
    .option('--force', 'also remove its shards, tablets and VSchema')
    .action((name: string, flags: { force?: boolean }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const outcome = (await store.removeKeyspace(name, flags)) ? 'removed' : 'absent';
        answer(json, { outcome, keyspace: name }, `keyspace ${name}: ${outcome}`);
      }),
    );
}
