/** `npm run docs`: writes the generated pages of `docs/`. A unit test fails when they are not up to date. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { configurationJsonSchema, configurationPage } from '../src/config/configuration-page.ts';
import { errorsPage } from '../src/errors/errors-page.ts';
import { sessionPage } from '../src/session/session-page.ts';

const docs = new URL('../docs/', import.meta.url);

mkdirSync(docs, { recursive: true });
for (const [name, text] of [
  ['configuration.md', configurationPage()],
  ['configuration.schema.json', configurationJsonSchema()],
  ['errors.md', errorsPage()],
  ['session.md', sessionPage()],
] as const) {
  writeFileSync(new URL(name, docs), text);
  console.log(`docs/${name}`);
}
