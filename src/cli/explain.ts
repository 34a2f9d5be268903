/** `headgate explain`: what a router would make of statements, from files alone. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { planTree } from '../planner/plan-tree.ts';
import { unroutedText } from '../planner/unrouted.ts';
import { lexModeOf } from '../sql/lex-mode.ts';
import { inputError, readCluster, readText, unknownKeyspace } from './explain/cluster-files.ts';
import { type OfflinePlan, planOffline } from './explain/offline-planner.ts';

type Flags = Readonly<{
  vschema: readonly string[];
  schema?: readonly string[];
  shards?: readonly string[];
  keyspace?: string;
  file?: string;
  format: 'tree' | 'json';
  sqlMode: string;
  check?: 'refused' | 'scatter';
}>;

/** That of the servers for which the parser is made. */
const SERVER_VERSION = 90_704;
const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO';

const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export function register(program: Command): void {
  program
    .command('explain [statement]')
    .description('show what a router would do with a statement, without a cluster')
    .requiredOption(
      '--vschema <path>',
      'KEYSPACE.json, KEYSPACE=FILE, a folder of such files, or one file with {"keyspaces": …}; repeat it for more',
      repeated,
    )
    .option(
      '--schema <path>',
      'CREATE TABLE statements: KEYSPACE.sql, KEYSPACE=FILE or a folder; repeat it for more',
      repeated,
    )
    .option(
      '--shards <keyspace=shards>',
      'their number or names: customer=4, customer=-80,80- (default: 2)',
      repeated,
    )
    .option('--keyspace <name>', 'the default database (default: the only keyspace, if there is one)')
    .option('--file <file>', 'read statements from a file (`-`: standard input)')
    .addOption(
      new Option('--format <format>', 'how plans are shown').choices(['tree', 'json']).default('tree'),
    )
    .option('--sql-mode <modes>', "the session's sql_mode", SQL_MODE)
    .addOption(
      new Option(
        '--check <what>',
        'exit with 1 if a statement is refused, or also if one goes to all shards',
      ).choices(['refused', 'scatter']),
    )
    .action(explain);
}

function explain(statement: string | undefined, flags: Flags): void {
  const text = statementsOf(statement, flags.file);
  const mode = lexModeOf(flags.sqlMode, 'utf8mb4', SERVER_VERSION, false);
  const { vschema, schema = [], shards = [] } = flags;
  const cluster = readCluster({ vschema, schema, shards }, mode);
  const names = [...cluster.vschema.keyspaces.keys()];
  const keyspace = flags.keyspace ?? (names.length === 1 ? names[0] : undefined);
  if (keyspace !== undefined && !names.includes(keyspace))
    throw unknownKeyspace('--keyspace', keyspace, names);
  for (const warning of cluster.warnings) console.error(`headgate: ${warning}`);
  const plans = planOffline(text, cluster, { keyspace, sqlMode: flags.sqlMode, mode });
  if (plans.length === 0) throw inputError('there is no statement to explain');
  console.log(flags.format === 'json' ? jsonOf(plans) : treeOf(plans));
  if (flags.check !== undefined && plans.some((plan) => fails(plan, flags.check!))) process.exitCode = 1;
}

function statementsOf(statement: string | undefined, file: string | undefined): Buffer {
  if ((statement === undefined) === (file === undefined))
    throw inputError("give a statement ('SELECT …') or --file FILE");
  return Buffer.from(statement ?? readText(file === '-' ? '/dev/stdin' : file!));
}

const fails = ({ plan, scatters }: OfflinePlan, what: 'refused' | 'scatter'): boolean =>
  plan.operator === 'Refused' || (what === 'scatter' && scatters.length > 0);

const scatterText = (unrouted: OfflinePlan['scatters'][number]): string =>
  `goes to all ${unrouted.shardCount} shards of ${unrouted.keyspace}: ${unroutedText(unrouted)}`;

function jsonOf(plans: readonly OfflinePlan[]): string {
  const values = plans.map(({ plan, scatters, line, sql }) => ({
    ...(plans.length === 1 ? {} : { line, sql }),
    plan,
    scatters: scatters.map(scatterText),
  }));
  return JSON.stringify(plans.length === 1 ? values[0] : values, undefined, 2);
}

function treeOf(plans: readonly OfflinePlan[]): string {
  return plans
    .map(({ plan, scatters, line, sql }) => {
      const head = plans.length === 1 ? [] : [`-- line ${line}: ${sql}`];
      return [...head, ...planTree(plan), ...scatters.map((each) => `scatter: ${scatterText(each)}`)].join(
        '\n',
      );
    })
    .join('\n\n');
}
