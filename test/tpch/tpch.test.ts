/** TPC-H over shards: every query answered as by one MySQL with all rows, as a text and prepared, or on the list of refusals. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Statement } from '../differential/case.ts';
import { compare } from '../differential/compare.ts';
import { type PlayedStatement, Player } from '../differential/play.ts';
import { rowTexts } from '../support/decode.ts';
import type { KeyspaceStage } from '../support/keyspace-stage.ts';
import { RawClient } from '../support/raw-client.ts';
import { ask, value } from '../support/session-play.ts';
import { refused } from './expected.ts';
import { parametersOf, type Query, queries, textOf } from './queries.ts';
import { keyspaceNames, NATURAL, setTpch } from './stage.ts';

let stage: KeyspaceStage;

beforeAll(async () => {
  stage = await setTpch(2);
});
afterAll(() => stage?.stop());

/** The query's order leaves no two rows of these data equal. */
const asText = (query: Query): Statement => ({ sql: textOf(query), order: 'total' });
const asPrepared = (query: Query): Statement => ({
  sql: query.sql,
  parameters: parametersOf(query),
  order: 'total',
});

async function playAt(player: Player, statement: Statement): Promise<PlayedStatement> {
  const [played] = await player.play({ name: '', topic: '', writes: false, statements: [statement] });
  return played!;
}

describe.each(keyspaceNames)('%s', (keyspace) => {
  let one: Player;
  let many: Player;
  beforeAll(() => {
    one = new Player(stage.reference, keyspace);
    many = new Player(stage.router, keyspace);
  });
  afterAll(() => {
    one.close();
    many.close();
  });

  test.each(queries.map((query) => [`Q${query.number}: ${query.asks}`, query] as const))(
    '%s',
    async (_, query) => {
      for (const statement of [asText(query), asPrepared(query)]) {
        const expected = await playAt(one, statement);
        expect(expected.error).toBeUndefined();
        // An answer of nothing would prove little.
        expect(expected.rows.flatMap(rowTexts).some((cell) => cell !== null)).toBe(true);
        const verdict = compare(statement, expected, await playAt(many, statement));
        const found = verdict.kind === 'differs' ? `differs: ${verdict.what}` : verdict.kind;
        expect(found).toBe(refused[keyspace].includes(query.number) ? 'refused' : 'equal');
      }
    },
  );
});

describe('EXPLAIN', () => {
  let client: RawClient;
  beforeAll(async () => {
    client = await RawClient.connect(stage.router, { database: NATURAL });
  });
  afterAll(() => client?.destroy());

  test.each(queries.filter(({ number }) => !refused[NATURAL].includes(number)))(
    'Q$number is explained, and measured',
    async (query) => {
      const sql = textOf(query);
      const { rows } = await ask(client, sql);
      const shown = await value(client, `EXPLAIN ANALYZE FORMAT=HEADGATE_JSON ${sql}`);
      expect(rowsGiven(JSON.parse(shown!))).toBe(rows.length);
      expect((await ask(client, `EXPLAIN FORMAT=TRADITIONAL ${sql}`)).rows.length).toBeGreaterThan(0);
      expect(await value(client, `EXPLAIN FORMAT=TREE ${sql}`)).toContain('-> Shard ');
    },
  );
});

type Measured = Readonly<{
  operator: string;
  actual?: Readonly<{ rows: number }> | readonly Readonly<{ rows: number }>[];
  input: Measured;
}>;

/** Of the outermost operator that has rows. */
function rowsGiven({ operator, actual, input }: Measured): number {
  if (operator === 'Join') return rowsGiven(input);
  return [actual ?? []].flat().reduce((sum, { rows }) => sum + rows, 0);
}

test('the router has not gone down', () => {
  expect(stage.troubles).toEqual([]);
});
