/** A few hundred queries on one MySQL and on clusters of 1, 2 and 4 shards; `npm run test:diff` plays many more. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Case } from './case.ts';
import { chosenCases } from './cases/index.ts';
import { allowed } from './differences.ts';
import { generateCases } from './generate/generator.ts';
import { oneLine, Report } from './report.ts';
import { Comparison } from './run.ts';
import { Stage } from './stage.ts';

const SEED = 4;
const GENERATED = 400;

let stage: Stage;
let comparison: Comparison;

beforeAll(async () => {
  stage = await Stage.set([1, 2, 4]);
  comparison = new Comparison(stage);
});

afterAll(async () => {
  comparison?.close();
  await stage?.stop();
});

async function play(cases: Iterable<Case>): Promise<Report> {
  const report = new Report();
  await comparison.play(cases, report.add);
  return report;
}

const differences = (report: Report): string[] =>
  report.found.map(
    ({ result, shards, statement, what }) =>
      `${result.case.name} on ${shards} shards: ${oneLine(result.case.statements[statement]?.sql ?? 'the tables afterwards')}: ${what}`,
  );

test('every reason for a difference is a sentence', () => {
  for (const reason of Object.values(allowed)) expect(reason).toMatch(/^["A-Z].*\.$/s);
});

test('chosen queries are answered as by one MySQL, or refused', async () => {
  const report = await play(chosenCases());
  expect(report.unstable).toEqual([]);
  expect(differences(report)).toEqual([]);
});

test(`${GENERATED} generated cases of seed ${SEED} are answered as by one MySQL, or refused`, async () => {
  const report = await play(generateCases(SEED, 0, GENERATED));
  expect(report.unstable).toEqual([]);
  expect(differences(report)).toEqual([]);
  // Mistaken statements are compared too, but most have to say something.
  expect(report.failed / report.cases).toBeLessThan(0.15);
  expect(stage.troubles).toEqual([]);
});
