/** The `headgate` program: finds the subcommand, and turns what it throws into one clear line and an exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { HeadgateError } from '../errors/headgate-error.ts';

type CommandModule = { register(program: Command): void };

const FAILED = 1;
const USAGE = 2;

// Loaded when they are wanted: a script that asks for one command does not wait for the code of the others.
const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  serve: () => import('./serve.ts'),
  local: () => import('./local.ts'),
  ctl: () => import('./ctl.ts'),
  explain: () => import('./explain.ts'),
  'init-cluster': () => import('./init-cluster.ts'),
  'hash-password': () => import('./hash-password.ts'),
};

function packageVersion(): string {
  const file = join(import.meta.dirname, '../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function buildProgram(first: string | undefined): Promise<Command> {
  const program = new Command('headgate')
    .description('One MySQL on port 3306, many MySQL servers behind it.')
    .version(packageVersion(), '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'headgate: ')) });
  const wanted = first === undefined ? undefined : commands[first];
  const loaders = wanted === undefined ? Object.values(commands) : [wanted];
  for (const { register } of await Promise.all(loaders.map((load) => load()))) register(program);
  return program;
}

function report(error: unknown): void {
  if (!(error instanceof HeadgateError)) {
    // Nothing foreseen: whoever reports it needs to say where it came from.
    console.error(`headgate: ${error instanceof Error ? error.stack : String(error)}`);
    return;
  }
  // What the local cluster, the topology and the VSchema say names the way out itself.
  const saysItself = ['HG_LOCAL', 'HG_TOPOLOGY', 'HG_VSCHEMA'].includes(error.code);
  const text = saysItself ? error.context.detail : undefined;
  console.error(`headgate: ${text ?? `${error.message}. ${error.advice}`}`);
}

/** Runs one command line (without `node` and the script); sets the exit code: 1 for failures, 2 for wrong usage. */
export async function main(argv: string[]): Promise<void> {
  try {
    const program = await buildProgram(argv[0]);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already said what was wrong.
      process.exitCode = error.exitCode === 0 ? 0 : USAGE;
      return;
    }
    process.exitCode = FAILED;
    report(error);
  }
}
