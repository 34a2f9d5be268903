/** What the clients gave last, kept in .headgate/clients/results.json: some can be played again without all others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientsFolder } from './clients.ts';
import type { Outcome } from './play.ts';
import type { Played } from './run.ts';
import type { Place } from './stage.ts';

const file = join(clientsFolder, 'results.json');

type Kept = Readonly<
  Record<
    string,
    Omit<Played, 'found'> & { found: Readonly<Record<Place, Readonly<Record<string, Outcome>>>> }
  >
>;

/** By the client's name. */
export function readRecord(): Map<string, Played> {
  if (!existsSync(file)) return new Map();
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
  return new Map(
    Object.entries(kept).map(([name, each]) => {
      const found = Object.entries(each.found).map(
        ([place, findings]) => [place as Place, new Map(Object.entries(findings))] as const,
      );
      return [name, { ...each, found: new Map(found) }];
    }),
  );
}

export function writeRecord(all: ReadonlyMap<string, Played>): void {
  const kept = [...all].map(([name, each]) => {
    const found = [...each.found].map(([place, findings]) => [place, Object.fromEntries(findings)]);
    return [name, { ...each, found: Object.fromEntries(found) }];
  });
  writeFileSync(file, JSON.stringify(Object.fromEntries(kept)));
}
