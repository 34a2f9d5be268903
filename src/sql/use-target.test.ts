import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { scanStatement } from './statement-scan.ts';

test.each([
  ['use a', 'a'],
  ['use a@replica ;', 'a@replica'],
  ['use `a@replica`', 'a@replica'],
  ['use a @replica', undefined],
  ['use a@replica b', undefined],
  ['use a b', undefined],
])('%s', (sql, expected) => {
  const mode = lexModeOf('', 'utf8mb4', 80_406, false);
  expect(scanStatement(Buffer.from(sql), 0, mode, new Set()).use).toBe(expected);
});
