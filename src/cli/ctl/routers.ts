import type { Command } from 'commander';
import { addList, withStore } from './cluster-access.ts';
import { answer, tableOr } from './output.ts';

const TITLES = ['NUMBER', 'ADDRESS', 'ADMIN', 'PID', 'STARTED'];

export function registerRouters(ctl: Command): void {
  const group = ctl.command('routers').description('list the live routers');
  addList(group, 'show the routers that hold a number now (also without a command)').action(
    (_flags, command: Command) =>
      withStore(command, async ({ store, json }) => {
        const routers = await store.routers();
        const cells = routers.map((each) => [
          String(each.number),
          `${each.host}:${each.port}`,
          each.adminUrl,
          String(each.pid),
          each.startedAt,
        ]);
        answer(json, routers, tableOr('no routers are running', TITLES, cells));
      }),
  );
}
