/** `headgate local`: a whole cluster on this machine; the work is in `src/local`. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { suggestion } from '../config/suggestion.ts';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import { startInBackground, tellStarter } from '../local/background.ts';
import { type ClusterOptions, startCluster } from '../local/cluster.ts';
import { DEFAULT_DATA_DIR, type KeyspaceWish, parseKeyspaceWish } from '../local/cluster-layout.ts';
import type { ClusterStatus } from '../local/cluster-status.ts';
import { readClusterStatus, stopCluster } from '../local/control.ts';
import { localCommand, shortPath } from '../local/invocation.ts';
import { welcomeScreen } from '../local/welcome.ts';

type LocalFlags = Readonly<{
  keyspace?: KeyspaceWish[];
  vschema?: string;
  schema?: string;
  replicas?: number;
  port?: number;
  adminPort?: number;
  data?: string;
  reset?: boolean;
  background?: boolean;
  launcher?: boolean;
}>;

/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${max}.`);
  };
}

export function register(program: Command): void {
  const local = program
    .command('local')
    .description('run a whole cluster on this machine: etcd, MySQL tablets and a router (Ctrl-C stops it)')
    .enablePositionalOptions()
    .option(
      '--keyspace <name=shards>',
      'a keyspace and its number of shards; repeat it for more (default: the sample)',
      (text: string, before: KeyspaceWish[] = []) => [...before, parseKeyspaceWish(text)],
    )
    .option('--vschema <dir>', 'folder with NAME.json, the VSchema of keyspace NAME')
    .option('--schema <dir>', 'folder with NAME.sql, run once on every shard of keyspace NAME')
    .option('--replicas <n>', 'replicas per shard (default: 1)', wholeNumber(8))
    .option('--port <n>', 'port for MySQL clients (default: 3306)', wholeNumber(65_535))
    .option('--admin-port <n>', 'port of the status page (default: 15000)', wholeNumber(65_535))
    .option('--data <dir>', `where its data are (default: ${DEFAULT_DATA_DIR})`)
    .option('--reset', 'remove the data and begin anew')
    .option('--background', 'return when queries can be served')
    .addOption(new Option('--launcher').hideHelp())
    .allowExcessArguments()
    .action(async (flags: LocalFlags, command: Command) => {
      const [word] = command.args;
      if (word !== undefined) {
        const names = command.commands.map((each) => each.name());
        command.error(`error: unknown command '${word}' of local${suggestion(word, names)}`);
      }
      if (flags.background) await runInBackground(flags);
      else await runHere(flags);
    });
  local
    .command('stop')
    .description('stop the cluster of a data directory')
    .option('--data <dir>', `its data directory (default: ${DEFAULT_DATA_DIR})`)
    .action(async (flags: LocalFlags) => {
      const dataDir = dataDirOf(local, flags);
      console.log((await stopCluster(dataDir)) ? 'stopped' : `nothing runs in ${shortPath(dataDir)}`);
    });
  local
    .command('status')
    .description('show what runs')
    .option('--data <dir>', `its data directory (default: ${DEFAULT_DATA_DIR})`)
    .option('--json', 'print one JSON object')
    .action(async (flags: LocalFlags & { json?: boolean }) => {
      const status = await readClusterStatus(dataDirOf(local, flags));
      console.log(flags.json ? JSON.stringify(status) : statusTable(status));
    });
}

const dataDirOf = (local: Command, flags: LocalFlags): string =>
  resolve(flags.data ?? local.opts<LocalFlags>().data ?? DEFAULT_DATA_DIR);

function clusterOptions(flags: LocalFlags): ClusterOptions {
  return {
    dataDir: resolve(flags.data ?? DEFAULT_DATA_DIR),
    keyspaces: flags.keyspace,
    vschemaDir: flags.vschema,
    schemaDir: flags.schema,
    replicas: flags.replicas,
    port: flags.port,
    adminPort: flags.adminPort,
    reset: flags.reset,
  };
}

async function runInBackground(flags: LocalFlags): Promise<void> {
  const { dataDir = '' } = clusterOptions(flags);
  const args = [...process.argv.slice(2).filter((arg) => arg !== '--background'), '--launcher'];
  console.log(await startInBackground(dataDir, args, printStep));
}

const printStep = (line: string): void => console.log(`  ${line}`);

/** Ends when a signal or the end of whoever started us asks for it. */
async function runHere(flags: LocalFlags): Promise<void> {
  const inBackground = flags.launcher === true;
  const startedAtMs = Date.now();
  let serving = false;
  const end = endRequest(inBackground, () => serving);
  const step = (line: string): void => {
    printStep(line);
    tellStarter({ kind: 'progress', line });
  };
  try {
    const cluster = await startCluster({
      ...clusterOptions(flags),
      progress: step,
      trouble: (line) => console.error(`headgate local: ${line}`),
      signal: end,
    });
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    const stop = inBackground ? localCommand('stop', cluster.dataDir) : 'Ctrl-C';
    const screen = welcomeScreen(cluster, seconds, stop);
    serving = true;
    console.log(screen);
    tellStarter({ kind: 'ready', screen });
    await new Promise<void>((done) => {
      if (end.aborted) done();
      end.addEventListener('abort', () => done(), { once: true });
    });
    await cluster.stop();
    console.log('stopped; the data are kept');
  } catch (error) {
    if (end.aborted) {
      process.exitCode = INTERRUPTED;
      return;
    }
    const detail = error instanceof HeadgateError ? error.context.detail : undefined;
    tellStarter({ kind: 'failed', message: detail ?? messageOf(error) });
    throw error;
  }
}

function endRequest(inBackground: boolean, isServing: () => boolean): AbortSignal {
  const controller = new AbortController();
  const request = (why: string): void => {
    if (controller.signal.aborted) return;
    console.log(`\n${why}: stopping …`);
    controller.abort();
  };
  // A terminal that was closed cannot be written to; that must not keep us from stopping in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal));
  if (inBackground) {
    process.once('disconnect', () => {
      if (!isServing()) request('the starter has gone');
    });
  }
  return controller.signal;
}

function statusTable(status: ClusterStatus): string {
  const rows = [
    ['what', 'keyspace/shard', 'type', 'address', 'pid'],
    [
      'router',
      '',
      '',
      `${status.router.host}:${status.router.port}`,
      status.router.pids.join(' ') || 'not running',
    ],
    ...status.etcd.map((address) => ['etcd', '', '', address, '']),
    ...status.tablets.map((tablet) => [
      tablet.alias,
      `${tablet.keyspace}/${tablet.shard}`,
      tablet.type,
      `${tablet.host}:${tablet.port}`,
      tablet.pid === null ? 'not running' : String(tablet.pid),
    ]),
  ];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\nstatus page  ${status.admin.url}`;
}
