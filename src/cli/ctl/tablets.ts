import { type Command, InvalidArgumentError } from 'commander';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { cellOfAlias } from '../../topology/records.ts';
import { canonicalShardName } from '../../topology/shard-name.ts';
import type { TopologyStore } from '../../topology/store.ts';
import { servingType, type TabletRecord } from '../../topology/topology.ts';
import { addList, withStore } from './cluster-access.ts';
import { answer, tableOr } from './output.ts';
import { parseShardPath } from './shards.ts';

const NONE = 'no tablets; add one with `headgate ctl tablets add ALIAS …`';
const TITLES = ['ALIAS', 'KEYSPACE', 'SHARD', 'TYPE', 'ADDRESS', 'CELL'];

export function registerTablets(ctl: Command): void {
  const group = ctl.command('tablets').description('list, add, remove tablets (MySQL servers)');
  addList(group, 'show the tablets and the types they serve as (also without a command)')
    .option('--keyspace <name>', 'only those of this keyspace')
    .option('--shard <range>', 'only those of shards with this name', canonicalShardName)
    .action((flags: { keyspace?: string; shard?: string }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const topology = await store.read();
        const tablets = [...topology.tablets.values()]
          .filter(({ keyspace }) => flags.keyspace === undefined || keyspace === flags.keyspace)
          .filter(({ shard }) => flags.shard === undefined || shard === flags.shard)
          .map((tablet) => ({ ...tablet, type: servingType(topology, tablet) }));
        const cells = tablets.map((each) => [
          each.alias,
          each.keyspace,
          each.shard,
          each.type,
          `${each.host}:${each.port}`,
          each.cell,
        ]);
        answer(json, tablets, tableOr(NONE, TITLES, cells));
      }),
    );
  registerAdd(group);
  group
    .command('remove <alias>')
    .description('remove a tablet; one that is not there is no error')
    .option('--force', 'even if it is the primary of its shard, which then has none')
    .action((alias: string, flags: { force?: boolean }, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const outcome = (await store.removeTablet(alias, flags)) ? 'removed' : 'absent';
        answer(json, { outcome, tablet: alias }, `tablet ${alias}: ${outcome}`);
      }),
    );
}

type AddFlags = Readonly<{
  keyspace: string;
  shard: string;
  type: string;
  host: string;
  port: number;
  cell?: string;
  force?: boolean;
}>;

function registerAdd(group: Command): void {
  group
    .command('add <alias>')
    .description('add a tablet; its alias is a cell and a number, such as zone1-101')
    .requiredOption('--keyspace <name>', 'its keyspace, which is also the name of its database')
    .requiredOption('--shard <range>', 'its shard')
    .requiredOption('--host <host>', 'where its mysqld listens')
    .requiredOption('--port <n>', 'where its mysqld listens', portNumber)
    .option('--type <type>', 'replica, rdonly, spare, …; a primary is named with set-primary', 'replica')
    .option('--cell <cell>', 'its cell (default: the one in its alias)')
    .option('--force', 'change a tablet that differs')
    .action((alias: string, flags: AddFlags, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const { keyspace, shard, host, port, cell = cellOfAlias(alias) } = flags;
        // The store checks the type, as it does everything else.
        const type = flags.type as TabletRecord['type'];
        const record = { alias, cell, keyspace, shard, type, host, port };
        const outcome = await store.putTablet(record, { overwrite: flags.force === true });
        answer(json, { outcome, tablet: alias }, `tablet ${alias}: ${outcome}`);
      }),
    );
}

function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}

export function registerSetPrimary(ctl: Command): void {
  ctl
    .command('set-primary <keyspace/shard> <alias>')
    .description("record a change of primary that was made on the servers; raises the shard's term")
    .option('--raise-term', 'raise the term even if this tablet is the primary already')
    .action((path: string, alias: string, flags: { raiseTerm?: boolean }, command: Command) => {
      const at = parseShardPath(path);
      return withStore(command, async ({ store, json }) => {
        const previous = await shardBefore(store, at);
        const expectedTerm = previous.term;
        const now = await store.setPrimary({ ...at, ...flags, alias, expectedTerm });
        const outcome = now.term === expectedTerm ? 'unchanged' : 'changed';
        const value = {
          outcome,
          ...at,
          previousAlias: previous.primaryAlias,
          primaryAlias: alias,
          term: now.term,
        };
        const text =
          outcome === 'unchanged'
            ? `shard ${path}: primary is ${alias} already (term ${now.term})`
            : `shard ${path}: primary ${previous.primaryAlias ?? '(none)'} → ${alias} (term ${now.term})`;
        answer(json, value, text);
      });
    });
}

async function shardBefore(
  store: TopologyStore,
  at: { keyspace: string; shard: string },
): Promise<{ primaryAlias: string | null; term: number }> {
  const topology = await store.read();
  const found = topology.keyspaces.get(at.keyspace)?.shards.get(at.shard);
  if (found !== undefined) return found;
  throw new HeadgateError('HG_TOPOLOGY', {
    detail: `there is no shard \`${at.keyspace}/${at.shard}\`; see headgate ctl shards`,
  });
}
