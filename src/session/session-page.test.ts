import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sessionPage } from './session-page.ts';
import { classOfVariable, variablesOf } from './system-variables.ts';

test('docs/session.md is what `npm run docs` writes', () => {
  expect(readFileSync(new URL('../../docs/session.md', import.meta.url), 'utf8')).toBe(sessionPage());
});

test('no variable stands in two classes', () => {
  for (const kind of ['own', 'carried', 'kept', 'server', 'readOnly'] as const)
    for (const name of variablesOf(kind)) expect(`${name} ${classOfVariable(name)}`).toBe(`${name} ${kind}`);
});
