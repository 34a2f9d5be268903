/** Finds the cluster that a `headgate ctl` command is about, and lends it the store of its records. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { DEFAULT_DATA_DIR } from '../../local/cluster-layout.ts';
import { readState } from '../../local/cluster-state.ts';
import { localCommand } from '../../local/invocation.ts';
import { isRunning } from '../../local/process-identity.ts';
import { checkHosts } from '../../topology/etcd-client.ts';
import { EtcdTopologyStore } from '../../topology/etcd-store.ts';
import { DEFAULT_PREFIX } from '../../topology/records.ts';
import type { TopologyStore } from '../../topology/store.ts';

const TIMEOUT_MS = 5_000;

/** The options that every command of `ctl` has. */
type AccessFlags = Readonly<{
  etcd?: readonly string[];
  data?: string;
  prefix: string;
  timeoutMs: number;
  json?: boolean;
}>;

export type Access = Readonly<{ store: TopologyStore; json: boolean }>;

export function addAccessOptions(ctl: Command): Command {
  return ctl
    .addOption(
      new Option('--etcd <host:port,…>', 'addresses of the etcd members')
        .argParser(addresses)
        .conflicts('data'),
    )
    .option('--data <dir>', `data directory of a running local cluster (default: ${DEFAULT_DATA_DIR})`)
    .option('--prefix <path>', "root of the cluster's records", DEFAULT_PREFIX)
    .option('--timeout-ms <n>', 'how long etcd may take', milliseconds, TIMEOUT_MS)
    .option('--json', 'print one JSON value, for scripts');
}

function addresses(text: string): readonly string[] {
  try {
    return checkHosts(text.split(',').map((each) => each.trim()));
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof HeadgateError ? (cause.context.detail ?? '') : '');
  }
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 600_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 600000.');
}

export const wantsJson = (command: Command): boolean => command.optsWithGlobals<AccessFlags>().json === true;

/** Runs one command's work on the cluster that its options name. */
export async function withStore(command: Command, work: (access: Access) => Promise<void>): Promise<void> {
  const flags = command.optsWithGlobals<AccessFlags>();
  const store = EtcdTopologyStore.connect({
    hosts: flags.etcd ?? localEtcd(flags.data),
    prefix: flags.prefix,
    timeoutMs: flags.timeoutMs,
    onProblem: (message) => console.error(`headgate: warning: ${message}`),
  });
  try {
    await work({ store, json: flags.json === true });
  } finally {
    await store.close();
  }
}

function localEtcd(dataDir: string | undefined): string[] {
  const folder = resolve(dataDir ?? DEFAULT_DATA_DIR);
  const etcd = readState(folder)?.etcd;
  if (etcd !== undefined && etcd !== null && isRunning(etcd.process)) return [`${etcd.host}:${etcd.port}`];
  const otherwise =
    dataDir === undefined
      ? 'name its folder with --data DIR'
      : `start it with \`${localCommand('', folder)}\``;
  throw new HeadgateError('HG_TOPOLOGY', {
    detail: `no local cluster runs in ${folder}: ${otherwise}, or name a cluster's etcd with --etcd HOST:PORT`,
  });
}

/** Makes `list` the command of a group that is called without one; any other word is a mistake. */
export function addList(group: Command, description: string): Command {
  return group
    .command('list', { isDefault: true })
    .description(description)
    .allowExcessArguments()
    .hook('preAction', (_, list) => {
      const [word] = list.args;
      if (word === undefined) return;
      const names = group.commands.map((each) => each.name());
      list.error(`error: unknown command '${word}' of ${group.name()}${suggestion(word, names)}`);
    });
}
