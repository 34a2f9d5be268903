import { expect, test } from 'vitest';
import { ContextIds, type PlanContext } from './context-ids.ts';

const context: PlanContext = {
  target: 'commerce@primary',
  sqlMode: 'STRICT_TRANS_TABLES',
  ignoreSpace: false,
  charset: 'utf8mb4',
  collation: 'utf8mb4_0900_ai_ci',
  serverVersion: 80_406,
  directives: '',
  transactionMode: 'multi',
  vschemaVersion: 1,
  schemaVersion: 1,
};

test('equal contexts have equal ids; whatever differs makes another', () => {
  const ids = new ContextIds();
  const id = ids.idOf(context);
  expect(ids.idOf({ ...context })).toBe(id);
  const others: Partial<PlanContext>[] = [
    { target: 'commerce@replica' },
    { sqlMode: 'ANSI_QUOTES' },
    { ignoreSpace: true },
    { charset: 'latin1' },
    { collation: 'utf8mb4_bin' },
    { serverVersion: 90_704 },
    { directives: 'A=1' },
    { transactionMode: 'single' },
    { vschemaVersion: 2 },
    { schemaVersion: 2 },
  ];
  expect(new Set([id, ...others.map((other) => ids.idOf({ ...context, ...other }))]).size).toBe(11);
  expect(others.map((other) => Object.keys(other)[0]).sort()).toEqual(Object.keys(context).sort());
});

test('an id never comes to mean another context', () => {
  const ids = new ContextIds(2);
  const seen = new Set<number>();
  for (let version = 0; version < 5; version++) seen.add(ids.idOf({ ...context, schemaVersion: version }));
  expect(seen.size).toBe(5);
  expect(ids.size).toBeLessThanOrEqual(2);
  expect(seen.has(ids.idOf({ ...context, schemaVersion: 0 }))).toBe(false);
});
