/** Keeps docs/vschema.md true: its examples are valid, its table names every vindex type with its parameters. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildVSchema } from './build-vschema.ts';
import { knownParams, vindexTypes } from './vindexes/registry.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/vschema.md'), 'utf8');
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text!));
const [first, canonical, rules] = examples;

const sequences = { tables: { customer_seq: { type: 'sequence' }, order_seq: { type: 'sequence' } } };

test('the examples have no problems', () => {
  expect(examples).toHaveLength(3);
  const keyspaces = [
    { name: 'commerce', sharded: false, vschema: sequences },
    { name: 'customer', sharded: true, vschema: first },
    { name: 'texts', sharded: true, vschema: canonical },
  ];
  expect(buildVSchema(keyspaces, rules).problems).toEqual([]);
});

test('every vindex type is described, with its parameters', () => {
  const section = page.slice(page.indexOf('## Vindex types'), page.indexOf('## Canonical values'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  for (const type of vindexTypes) {
    const row = rows.find((line) => line.includes(`\`${type.replace(/_unique$/, '')}\``));
    expect(row, type).toBeDefined();
    for (const param of knownParams(type)) expect(row, `${type}: ${param}`).toContain(`\`${param}\``);
  }
});
