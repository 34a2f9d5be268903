/**
 * Every script is played to two mysqlds first: a step that differs there is a mistake of the script. Then mysqld is
 * compared with Headgate, byte by byte, in every corner of the matrix.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pair, startPair } from '../support/system.ts';
import { playScript, reportDifferences } from './compare.ts';
import { oppositeVariants, variantsOf } from './matrix.ts';
import { variantName } from './player.ts';
import { databaseName } from './script.ts';
import { scripts } from './scripts/index.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair(databaseName);
});
afterAll(() => pair?.stop());

describe('mysqld and mysqld', () => {
  test.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, script) => {
    for (const variant of oppositeVariants) {
      const differences = await playScript(script, pair.reference, pair.tablet, variant);
      expect(reportDifferences(differences, ['mysqld A', 'mysqld B'])).toBe('');
    }
  });
});

describe('mysqld and Headgate', () => {
  describe.each(scripts.map((script) => [script.name, script] as const))('%s', (_, script) => {
    test.each(variantsOf(script).map((variant) => [variantName(variant), variant] as const))(
      '%s',
      async (__, variant) => {
        const differences = await playScript(script, pair.reference, pair.router, variant);
        expect(reportDifferences(differences, ['mysqld', 'Headgate'])).toBe('');
      },
    );
  });
});
