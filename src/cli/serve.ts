import type { Command } from 'commander';
import { configFlags, flagValues } from '../config/keys.ts';
import { loadConfig } from '../config/load-config.ts';
import { Router } from '../server/router.ts';
import { createLog } from '../telemetry/log.ts';

/** `headgate serve`: the router itself, in the foreground. */
export function register(program: Command): void {
  const serve = program
    .command('serve')
    .description('run a router: MySQL clients connect to it, it connects to the tablets that etcd names')
    .option('--config <file>', 'YAML configuration; docs/configuration.md lists its keys');
  for (const { flag, description } of configFlags()) serve.option(`${flag} <value>`, description);
  serve.action(async (options: Record<string, string>) => {
    const { config: file, ...flags } = options;
    const config = loadConfig({
      ...(file === undefined ? {} : { file }),
      flags: flagValues(flags),
      env: process.env,
    });
    const log = createLog(config.log);
    const router = await Router.start(config, log);
    process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
    const end = async (signal: string) => {
      log.info({ signal }, 'signal');
      try {
        await router.drain();
      } catch (error) {
        log.error({ err: error }, 'the router did not end in order');
        process.exit(1);
      }
      process.exit(0);
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
  });
}
