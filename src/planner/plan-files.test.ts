/** The plans of `test/plans/*.json`; `npm run plans:update` rewrites them. */
import { describe, expect, test } from 'vitest';
import { CasePlanner, type PlanFile, pathOf, planFiles, readJson } from '../../test/plans/stage.ts';

describe.each(planFiles())('%s', (name) => {
  const file = readJson<PlanFile>(pathOf(name));

  test('names each case once', () => {
    const names = file.cases.map((one) => one.name);
    expect(names.filter((each, at) => names.indexOf(each) !== at)).toEqual([]);
  });

  describe.each(file.cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const planner = new CasePlanner(file, one);

    test('has its plan', () => {
      expect(planner.describe(one.query)).toEqual(one.plan);
    });

    test('has the same plan without a fingerprint', () => {
      expect(planner.describeAlone(one.query)).toEqual(one.plan);
    });

    test('gives its plan to a statement with other literals', () => {
      const variant = planner.variant(one.query);
      if (variant === undefined) return;
      expect(planner.describeCached(one.query, variant)).toEqual(planner.describeAlone(variant));
    });
  });
});
