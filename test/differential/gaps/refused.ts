/** Which gaps are refused today: written by a run, and held by the test. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from '../run.ts';

/** By the gap's id, the refusal's name and the shard counts that meet it: `HG_SHARDED_NOT_PLANNED on 2, 4`. */
export type Refused = Readonly<Record<string, string>>;

const FILE = join(import.meta.dirname, 'refused.json');

export const knownRefused = (): Refused => JSON.parse(readFileSync(FILE, 'utf8')) as Refused;

export const writeRefused = (refused: Refused): void =>
  writeFileSync(FILE, `${JSON.stringify(refused, undefined, 2)}\n`);

/** What the results say; a gap that is refused alike as text and prepared has one line. */
export function refusedOf(results: readonly CaseResult[]): Refused {
  const lines = new Map<string, string>();
  for (const { case: played, clusters } of results) {
    const codes = new Map<string, number[]>();
    for (const { shards, verdict } of clusters)
      if (verdict.kind === 'refused') codes.set(verdict.code, [...(codes.get(verdict.code) ?? []), shards]);
    const line = [...codes].map(([code, shards]) => `${code} on ${shards.join(', ')}`).join('; ');
    if (line !== '') lines.set(played.name, line);
  }
  const merged = new Map<string, string>();
  for (const [name, line] of lines) {
    const id = name.replace(/ prepared$/, '');
    if (id === name) merged.set(lines.get(`${id} prepared`) === line ? id : `${id} as text`, line);
    else if (lines.get(id) !== line) merged.set(name, line);
  }
  return Object.fromEntries(merged);
}
