import type { Command } from 'commander';
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { canonicalShardName } from '../../topology/shard-name.ts';
import { addList, withStore } from './cluster-access.ts';
import { answer, tableOr } from './output.ts';

const NONE = 'no shards yet; add one with `headgate ctl shards add KEYSPACE RANGE`';

export function registerShards(ctl: Command): void {
  const group = ctl.command('shards').description('list, add, remove shards');
  addList(group, 'show the shards and their primaries (also without a command)')
    .option('--keyspace <name>', 'only those of this keyspace')
    .action((flags: { keyspace?: string }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { keyspaces } = await store.read();
        const shards = [...keyspaces.values()]
          .filter(({ name }) => flags.keyspace === undefined || name === flags.keyspace)
          .flatMap(({ shards }) => [...shards.values()]);
        const cells = shards.map((each) => [
          each.keyspace,
          each.shard,
          each.primaryAlias ?? '(none)',
          String(each.term),
        ]);
        answer(json, shards, tableOr(NONE, ['KEYSPACE', 'SHARD', 'PRIMARY', 'TERM'], cells));
      }),
    );
  withRange(group.command('add <keyspace> <range>'))
    .description('add a shard: `0` or `-` for a whole keyspace, or a key range such as -80, 80-c0, c0-')
    .action((keyspace: string, range: string, _flags, command: Command) => {
      const shard = rangeOf(command, range);
      return withStore(command, async ({ store, json }) => {
        const outcome = await store.putShard({ keyspace, shard });
        answer(json, { outcome, keyspace, shard }, `shard ${keyspace}/${shard}: ${outcome}`);
      });
    });
  withRange(group.command('remove <keyspace> <range>'))
    .description('remove a shard; one that is not there is no error')
    .option('--force', 'also remove its tablets')
    .action((keyspace: string, range: string, flags: { force?: boolean }, command: Command) => {
      const shard = rangeOf(command, range);
      return withStore(command, async ({ store, json }) => {
        const outcome = (await store.removeShard({ keyspace, shard }, flags)) ? 'removed' : 'absent';
        answer(json, { outcome, keyspace, shard }, `shard ${keyspace}/${shard}: ${outcome}`);
      });
    });
}

// A range such as -c0 looks like an option, so unknown options are let through and looked at here.
const withRange = (command: Command): Command => command.allowUnknownOption().allowExcessArguments();

function rangeOf(command: Command, range: string): string {
  const wrong = command.args.find((arg) => arg.startsWith('--'));
  if (wrong !== undefined) {
    const known = command.options.map((option) => option.long ?? '');
    command.error(`error: unknown option '${wrong}'${suggestion(wrong, known)}`);
  }
  if (command.args.length > 2) command.error(`error: one shard at a time, not also '${command.args[2]}'`);
  return canonicalShardName(range);
}

/** Takes `KEYSPACE/SHARD` apart. */
export function parseShardPath(path: string): { keyspace: string; shard: string } {
  const [keyspace, shard, ...more] = path.split('/');
  if (keyspace === undefined || shard === undefined || more.length > 0) {
    throw new HeadgateError('HG_TOPOLOGY', {
      detail: `\`${path}\` names no shard: write KEYSPACE/SHARD, for example customer/-80`,
    });
  }
  return { keyspace, shard: canonicalShardName(shard) };
}
