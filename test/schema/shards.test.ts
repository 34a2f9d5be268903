/** Shards that have different tables, a primary that changes, and tablets that cannot be read. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeadgateError } from '../../src/errors/headgate-error.ts';
import { keyspace, noticed, SchemaStage } from './stage.ts';

let stage: SchemaStage;

beforeAll(async () => {
  stage = await SchemaStage.set();
  await stage.run([
    'CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20))',
    'CREATE TABLE other (id INT)',
  ]);
});

afterAll(() => stage?.stop());

test('a table that the shards disagree on cannot be used until they agree again', async () => {
  const gateway = await stage.loaded();
  const before = gateway.schema(keyspace)!;
  await stage.run(['ALTER TABLE item ADD COLUMN note TEXT'], [0]);
  const apart = await noticed(gateway, 'the shards disagree', (schema) => schema.disagreements.has('item'));
  expect(apart.tables.has('item')).toBe(false);
  expect(apart.tables.get('other')).toBe(before.tables.get('other'));
  expect(apart.disagreements.get('item')).toBe(
    'the shards have different tables `item`: compared with followed/-80, column `note` is missing on followed/80-',
  );
  expect(stage.log).toContainEqual(
    expect.objectContaining({ msg: 'the shards disagree on a table', table: 'item', level: 'warn' }),
  );
  await stage.run(['ALTER TABLE item ADD COLUMN note TEXT'], [1, 2]);
  const again = await noticed(gateway, 'the shards agree', (schema) => schema.disagreements.size === 0);
  expect(again.tables.get('item')?.columns.map(({ name }) => name)).toEqual(['id', 'name', 'note']);
  await stage.close(gateway);
});

test('other keys do not make a table unusable', async () => {
  await stage.run(['ALTER TABLE item ADD KEY by_name (name)'], [0]);
  const gateway = await stage.loaded();
  const schema = gateway.schema(keyspace)!;
  expect(schema.disagreements.size).toBe(0);
  expect(schema.tables.get('item')?.keys.map(({ name }) => name)).toEqual(['PRIMARY']);
  await stage.close(gateway);
});

test('a new primary is read at once', async () => {
  await stage.run(['CREATE TABLE of_the_spare (a INT)'], [2]);
  const gateway = await stage.loaded();
  expect(gateway.schema(keyspace)!.disagreements.size).toBe(0);
  await stage.setPrimary(2);
  await noticed(gateway, 'the spare is asked', (schema) => schema.disagreements.has('of_the_spare'));
  await stage.run(['DROP TABLE of_the_spare'], [2]);
  await noticed(gateway, 'the spare is followed', (schema) => schema.disagreements.size === 0);
  await stage.setPrimary(1);
  await stage.close(gateway);
});

test('an account without rights is told what it lacks', async () => {
  await stage.run(["CREATE USER IF NOT EXISTS poor@'%'"]);
  const gateway = stage.gateway({ user: 'poor', holdMsMax: 2000 });
  const error = await gateway
    .schemaReady(keyspace, new AbortController().signal)
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({
    code: 'HG_NO_SCHEMA',
    message: expect.stringContaining('has no rights on it'),
  });
  expect(stage.log).toContainEqual(expect.objectContaining({ msg: 'schema not read', level: 'warn' }));
  expect(gateway.schema(keyspace)).toBeUndefined();
  await stage.close(gateway);
});

test('an unknown keyspace has no schema', async () => {
  const gateway = stage.gateway({ holdMsMax: 100 });
  await expect(gateway.schemaReady('nowhere', new AbortController().signal)).rejects.toMatchObject({
    code: 'HG_NO_SCHEMA',
    message: expect.stringContaining('no such keyspace'),
  });
  await stage.close(gateway);
});
