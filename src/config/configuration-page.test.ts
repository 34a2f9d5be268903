import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { errorsPage } from '../errors/errors-page.ts';
import { configurationJsonSchema, configurationPage, exampleYaml } from './configuration-page.ts';
import { configKeys } from './keys.ts';
import { configSchema } from './schema.ts';

const committed = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test.each([
  ['configuration.md', configurationPage],
  ['configuration.schema.json', configurationJsonSchema],
  ['errors.md', errorsPage],
])('docs/%s is what `npm run docs` writes', (name, generate) => {
  expect(committed(name)).toBe(generate());
});

test('every key is on the page, and the example is accepted', () => {
  const page = configurationPage();
  for (const key of configKeys.values()) expect(page).toContain(`\`${key.flag}\``);
  expect(configSchema.safeParse(parse(exampleYaml)).success).toBe(true);
});
