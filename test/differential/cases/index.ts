/** All chosen cases. */
import type { Case } from '../case.ts';
import { gatheredCases } from './gathered.ts';
import { joinCases } from './joins.ts';
import { keyCases } from './keys.ts';
import { mergedCases } from './merged.ts';
import { reductionCases } from './reductions.ts';
import { titleCases } from './titles.ts';
import { togetherCases } from './together.ts';
import { trapCases } from './traps.ts';
import { unsoundCases } from './unsound.ts';
import { wholeQueryCases } from './whole.ts';
import { writeCases } from './writes.ts';
import { writtenCases } from './written.ts';

export const chosenCases = (): Case[] => [
  ...gatheredCases(),
  ...joinCases(),
  ...keyCases(),
  ...mergedCases(),
  ...reductionCases(),
  ...titleCases(),
  ...togetherCases(),
  ...trapCases(),
  ...unsoundCases(),
  ...wholeQueryCases(),
  ...writeCases(),
  ...writtenCases(),
];
