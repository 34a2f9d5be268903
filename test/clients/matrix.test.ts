/**
 * Clients as their users have them: each check first on mysqld, then on Headgate, unsharded and sharded. `npm run clients` plays
 * all of them and writes docs/compatibility.md; here are those that are installed (scripts/clients.sh).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, findClients, isMissing } from './matrix/clients.ts';
import { parting } from './matrix/compare.ts';
import { playAll, resultOf } from './matrix/run.ts';
import { ClientStage } from './matrix/stage.ts';

let stage: ClientStage;
beforeAll(async () => {
  stage = await ClientStage.set();
});
afterAll(() => stage?.stop());

const clients = findClients();
const missing = clients.filter(isMissing).map(({ name, reason }) => `${name} (${reason})`);
if (missing.length > 0) console.log(`Clients that are not played: ${missing.join('; ')}.`);

test.each(clients.filter((each): each is Client => !isMissing(each)))(
  '$name $version',
  async (client) => {
    const { baseline, differences } = resultOf(await playAll(client, stage));
    expect(baseline.size).toBeGreaterThan(20);
    const unexplained = differences
      .filter(({ known }) => known === undefined)
      .map((each) => `${each.place}, ${each.check}:\n${parting(each)}`);
    expect(unexplained.join('\n\n')).toBe('');
  },
  600_000,
);
