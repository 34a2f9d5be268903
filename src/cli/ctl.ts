/**
 * `headgate ctl`: looks at the cluster's records and changes them. Every command says what it did, and doing one again
 * is no error: what is there as wanted is left alone. The JSON of `--json` is an interface: names are only ever added.
 */
import type { Command } from 'commander';
import { addAccessOptions } from './ctl/cluster-access.ts';
import { registerKeyspaces } from './ctl/keyspaces.ts';
import { registerRouters } from './ctl/routers.ts';
import { registerRoutingRules } from './ctl/routing-rules.ts';
import { registerShards } from './ctl/shards.ts';
import { registerSetPrimary, registerTablets } from './ctl/tablets.ts';
import { registerVschema } from './ctl/vschema.ts';

const HELP = `
Grammar: headgate ctl THINGS [list | add NAME… | remove NAME…], and the verbs vschema, routing-rules and set-primary.
Exit codes: 0 done (also if nothing had to be done), 1 refused or failed, 2 wrong usage.
With --json, standard output is one JSON value; additions and removals answer
{"outcome": "created|changed|unchanged|removed|absent", …} with the names of what they were about.

Examples:
  headgate ctl keyspaces add customer --sharded
  headgate ctl shards add customer -80
  headgate ctl tablets add zone1-101 --keyspace customer --shard -80 --host 10.0.0.1 --port 3306
  headgate ctl set-primary customer/-80 zone1-101
  headgate ctl vschema apply customer customer.json --dry-run
  headgate ctl routing-rules get
  headgate ctl tablets --json --etcd 10.0.0.2:2379,10.0.0.3:2379`;

export function register(program: Command): void {
  const ctl = addAccessOptions(
    program.command('ctl').description("look at and change the cluster's records in etcd"),
  )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', HELP);
  registerKeyspaces(ctl);
  registerShards(ctl);
  registerTablets(ctl);
  registerSetPrimary(ctl);
  registerVschema(ctl);
  registerRoutingRules(ctl);
  registerRouters(ctl);
}
