/** `npm run plans:update`: writes the plan of each case as it is now. Read the difference before it is committed. */
import { writeFileSync } from 'node:fs';
import { CasePlanner, type PlanFile, pathOf, planFiles, readJson } from './stage.ts';

for (const name of planFiles()) {
  const file = readJson<PlanFile>(pathOf(name));
  const cases = file.cases.map(({ plan: _before, ...one }) => ({
    ...one,
    plan: new CasePlanner(file, one).describe(one.query),
  }));
  writeFileSync(pathOf(name), `${JSON.stringify({ ...file, cases }, undefined, 2)}\n`);
}
