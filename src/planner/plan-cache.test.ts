import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fingerprint } from '../sql/fingerprint.ts';
import type { CacheKey } from '../sql/fingerprint-key.ts';
import { lexModeOf } from '../sql/lex-mode.ts';
import { PlanCache } from './plan-cache.ts';

const mode = lexModeOf('', 'utf8mb4', 80_406, false);
const fingerprint = new Fingerprint();

function keyOf(text: string): CacheKey {
  expect(fingerprint.read(Buffer.from(text), 0, mode)).toBe(true);
  return fingerprint.key;
}

/** A key with a chosen hash. */
const forged = (hash: number, word: number): CacheKey => ({ hash, length: 4, words: Int32Array.of(word) });

describe('lookup', () => {
  test('by the shape of a statement and by context', () => {
    const cache = new PlanCache<string>(100_000);
    cache.set(keyOf('SELECT a FROM t WHERE b = 5'), 1, 'plan', 100);
    expect(cache.get(keyOf('SELECT a FROM t WHERE b = 77'), 1)).toBe('plan');
    expect(cache.get(keyOf('SELECT a FROM t WHERE b = 77'), 2)).toBeUndefined();
    expect(cache.get(keyOf("SELECT a FROM t WHERE b = 'x'"), 1)).toBeUndefined();
    expect(cache.figures).toMatchObject({ hits: 1, misses: 2, entries: 1 });
  });

  test('equal hashes are not equal keys', () => {
    const cache = new PlanCache<number>(100_000);
    cache.set(forged(7, 1), 0, 1, 0);
    cache.set(forged(7, 2), 0, 2, 0);
    expect(cache.get(forged(7, 1), 0)).toBe(1);
    expect(cache.get(forged(7, 2), 0)).toBe(2);
    expect(cache.get(forged(7, 3), 0)).toBeUndefined();
    expect(cache.get({ hash: 7, length: 3, words: Int32Array.of(1) }, 0)).toBeUndefined();
  });

  test('a key kept from a shared buffer is a copy', () => {
    const cache = new PlanCache<number>(100_000);
    cache.set(keyOf('SELECT a FROM t'), 0, 1, 0);
    expect(cache.get(keyOf('SELECT b FROM u'), 0)).toBeUndefined();
    expect(cache.get(keyOf('SELECT a FROM t'), 0)).toBe(1);
    const kept = fingerprint.key.copy();
    keyOf('SELECT b FROM u');
    expect(cache.get(kept, 0)).toBe(1);
  });

  test('many keys with one hash push each other out', () => {
    const cache = new PlanCache<number>(1_000_000);
    for (let i = 0; i < 100; i++) cache.set(forged(7, i), 0, i, 0);
    expect(cache.figures).toMatchObject({ entries: 8, evictions: 92 });
    expect(cache.get(forged(7, 99), 0)).toBe(99);
    expect(cache.get(forged(7, 0), 0)).toBeUndefined();
  });
});

describe('bounds', () => {
  test('what was used longest ago goes first', () => {
    const cache = new PlanCache<number>(10_000);
    for (let i = 0; i < 8; i++) cache.set(forged(i, i), 0, i, 900);
    expect(cache.figures.evictions).toBe(0);
    cache.get(forged(0, 0), 0);
    cache.set(forged(8, 8), 0, 8, 900);
    expect(cache.get(forged(0, 0), 0)).toBe(0);
    expect(cache.get(forged(1, 1), 0)).toBeUndefined();
    expect(cache.figures).toMatchObject({ entries: 8, evictions: 1 });
    expect(cache.figures.bytes).toBeLessThanOrEqual(10_000);
  });

  test('an entry that would take a large share is not kept, nor is anything without room', () => {
    const cache = new PlanCache<number>(10_000);
    cache.set(forged(1, 1), 0, 1, 5_000);
    expect(cache.figures).toMatchObject({ entries: 0, bytes: 0 });
    const none = new PlanCache<number>(0);
    none.set(forged(1, 1), 0, 1, 0);
    expect(none.figures).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('a second plan for a key takes the place of the first', () => {
    const cache = new PlanCache<number>(10_000);
    cache.set(forged(1, 1), 0, 1, 100);
    cache.set(forged(1, 1), 0, 2, 200);
    expect(cache.get(forged(1, 1), 0)).toBe(2);
    expect(cache.figures).toMatchObject({ entries: 1, bytes: 444, evictions: 0 });
  });
});

test('dropping by predicate and all', () => {
  const cache = new PlanCache<number>(100_000);
  for (let i = 0; i < 10; i++) cache.set(forged(i % 3, i), i % 2, i, 10);
  expect(cache.dropIf((value, context) => value < 6 && context === 1)).toBe(3);
  expect(cache.figures.entries).toBe(7);
  for (let i = 0; i < 10; i++) {
    expect(cache.get(forged(i % 3, i), i % 2)).toBe(i < 6 && i % 2 === 1 ? undefined : i);
  }
  cache.clear();
  expect(cache.figures).toMatchObject({ entries: 0, bytes: 0 });
  expect(cache.get(forged(0, 0), 0)).toBeUndefined();
});

type Step = { what: 'get' | 'set' | 'drop'; hash: number; word: number; bytes: number };

test('behaves like a list ordered by use', () => {
  const step = fc.record<Step>({
    what: fc.constantFrom('get', 'get', 'set', 'set', 'set', 'drop'),
    hash: fc.integer({ min: 0, max: 20 }),
    word: fc.integer({ min: 0, max: 2 }),
    bytes: fc.integer({ min: 0, max: 1_200 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const cache = new PlanCache<number>(8_000);
      // Newest first.
      let model: { id: number; value: number; bytes: number }[] = [];
      for (const [index, { what, hash, word, bytes }] of steps.entries()) {
        const id = hash * 3 + word;
        const known = model.find((entry) => entry.id === id);
        if (what === 'drop') {
          cache.dropIf((value) => value % 7 === word);
          model = model.filter(({ value }) => value % 7 !== word);
        } else if (what === 'get') {
          expect(cache.get(forged(hash, word), 0)).toBe(known?.value);
          if (known !== undefined) model = [known, ...model.filter((entry) => entry !== known)];
        } else {
          cache.set(forged(hash, word), 0, index, bytes);
          model = model.filter((entry) => entry !== known);
          const size = bytes + 244;
          if (size <= 1_000) model = [{ id, value: index, bytes: size }, ...model];
          while (model.reduce((sum, entry) => sum + entry.bytes, 0) > 8_000) model.pop();
        }
        expect(cache.figures.entries).toBe(model.length);
        expect(cache.figures.bytes).toBe(model.reduce((sum, entry) => sum + entry.bytes, 0));
      }
    }),
  );
});
