/** Queries over rows of several places: answered as one MySQL with all tables answers them, packet by packet. */
import { afterAll, beforeAll, test } from 'vitest';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { interleaved, playSame } from '../support/session-play.ts';
import { GatherStage } from './stage.ts';

let stage: GatherStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await GatherStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());

const same = (...statements: string[]) =>
  playSame(
    stage.reference,
    router.endpoint,
    interleaved(['a'], statements),
    { database: 'user' },
    simplified,
  );

/** Depends on how a query was run: whether an index was used, and the flags of keys, which are lost in a temporary table. */
const simplified = (lines: string): string =>
  lines
    .replaceAll('+noIndexUsed', '')
    .replaceAll('+noGoodIndexUsed', '')
    .replaceAll(/flags=(\d+)/g, (_, flags: string) => `flags=${Number(flags) & ~keyFlags}`);
const keyFlags = 2 | 4 | 8 | 16384;

test('joins of one keyspace and of two', async () => {
  await same(
    'SELECT c.name, r.name FROM customer c JOIN main.region r ON r.id = c.region ORDER BY c.id',
    'SELECT c.id, s.id, s.note FROM customer c JOIN sale s ON s.customer = c.id ORDER BY s.id',
  );
});
