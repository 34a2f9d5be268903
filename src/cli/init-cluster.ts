/** `headgate init-cluster`: the one-shot initialiser of `docker-compose.yml`; the work is in `src/local`. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import { initialiseTablets, parseTabletWish, type TabletWish } from '../local/initialise-tablets.ts';

type Flags = Readonly<{
  etcd: string;
  tablet: TabletWish[];
  rootPasswordFile: string;
  routerUser: string;
  routerPasswordFile: string;
  replicationUser: string;
  replicationPasswordFile: string;
}>;

const WAIT_MS_MAX = 180_000;

export function register(program: Command): void {
  // Of no use outside containers: `headgate local` does all of this by itself.
  program
    .command('init-cluster', { hidden: true })
    .description('make a cluster with the sample out of running MySQL servers; may be run again at any time')
    .requiredOption('--etcd <hosts>', 'HOST:PORT of the etcd members, separated by commas')
    .requiredOption(
      '--tablet <alias=keyspace/shard@host:port>',
      'a server and its place; repeat it, the first one of a shard starts as its primary',
      (text: string, before: TabletWish[] = []) => [...before, parseTabletWish(text)],
    )
    .requiredOption('--root-password-file <file>', "password of root on the tablets' servers")
    .option('--router-user <name>', 'user to make for routers', 'headgate')
    .requiredOption('--router-password-file <file>', 'its password')
    .option('--replication-user <name>', 'user to make for replicas', 'headgate_replication')
    .requiredOption('--replication-password-file <file>', 'its password')
    .action(async (flags: Flags) => {
      await initialiseTablets({
        etcd: flags.etcd.split(','),
        tablets: flags.tablet,
        rootPassword: passwordIn(flags.rootPasswordFile),
        router: { user: flags.routerUser, password: passwordIn(flags.routerPasswordFile) },
        replication: { user: flags.replicationUser, password: passwordIn(flags.replicationPasswordFile) },
        waitMsMax: WAIT_MS_MAX,
        progress: (line) => console.log(line),
        trouble: (line) => console.error(`headgate: ${line}`),
      });
    });
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new HeadgateError('HG_LOCAL', {
      detail: `cannot read the password file ${file}: ${messageOf(cause)}`,
      cause,
    });
  }
}
