/** What the last packet of an answer says, and what a client may ask about it: of several shards as of one MySQL. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capability } from '../../src/mysql/protocol.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { interleaved, playSame } from '../support/session-play.ts';
import { rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
beforeEach(() => stage.clear());
afterAll(() => stage?.stop());

const fill = "INSERT INTO item (id, n, s) VALUES (2, 1, 'a'), (3, 2, 'b'), (4, 1, 'c'), (5, 2, 'd')";
const same = (...statements: string[]) =>
  playSame(stage.reference, router.endpoint, interleaved(['a'], [fill, ...statements]), { database: 'user' });

describe('status flags: whether an index was used', () => {
  const statements = [
    'UPDATE item SET n = n + 1',
    'UPDATE item SET n = 7 WHERE id IN (2, 3)',
    "DELETE FROM item WHERE s = 'nothing'",
    'SELECT * FROM item WHERE n > 0 ORDER BY id',
    'SELECT n, COUNT(*) FROM item GROUP BY n ORDER BY n',
    'SELECT id FROM item WHERE id IN (2, 3) ORDER BY id',
    'SELECT SUM(n) FROM item',
    'DELETE FROM item WHERE n < 100',
  ];
  test('with DEPRECATE_EOF', () => same(...statements));
  test('without', () =>
    playSame(stage.reference, router.endpoint, interleaved(['a'], [fill, ...statements]), {
      database: 'user',
      without: capability.deprecateEof,
    }));
});

describe('warnings', () => {
  const many = `INSERT INTO item (id, tiny) VALUES ${Array.from({ length: 60 }, (_, at) => `(${at + 10}, 999)`).join(', ')}`;
  test.each([
    ['all of them', []],
    ['max_error_count', ['SET max_error_count = 5']],
    ['max_error_count = 0', ['SET max_error_count = 0']],
    ['sql_notes', ['SET sql_notes = 0']],
  ])('%s', async (_, settings) => {
    await same(
      "SET sql_mode = ''",
      ...settings,
      many,
      'SHOW WARNINGS',
      'SHOW COUNT(*) WARNINGS',
      'SELECT @@warning_count, @@error_count',
      'UPDATE item SET tiny = 1000 + n',
      'SHOW COUNT(*) WARNINGS',
      'SELECT @@warning_count',
      'SHOW WARNINGS LIMIT 3',
      "SELECT id, s + 0 FROM item WHERE s > '' ORDER BY id",
      'SHOW COUNT(*) WARNINGS',
      'SHOW ERRORS',
    );
  });

  test('of an error', () =>
    same(
      'INSERT INTO item (id, tiny) VALUES (10, 1), (11, 999), (12, 1)',
      'SHOW WARNINGS',
      'SELECT @@error_count, @@warning_count',
      'SHOW COUNT(*) ERRORS',
    ));

  test('GET DIAGNOSTICS', () =>
    same(
      "SET sql_mode = ''",
      'UPDATE item SET tiny = 999 WHERE n > 0',
      'GET DIAGNOSTICS @count = NUMBER, @rows = ROW_COUNT',
      "SELECT CONCAT_WS(',', @count, @rows)",
      'INSERT INTO item (id) VALUES (2), (3)',
      'GET DIAGNOSTICS CONDITION 1 @errno = MYSQL_ERRNO, @state = RETURNED_SQLSTATE, @text = MESSAGE_TEXT',
      "SELECT CONCAT_WS(',', @errno, @state, @text)",
      'SHOW WARNINGS',
      'UPDATE item SET n = 3 WHERE id > 2',
      'get current diagnostics @rows = ROW_COUNT',
      'SELECT CONCAT(@rows)',
    ));
});

test('infos of all kinds', () =>
  same(
    'INSERT INTO item (id) VALUES (10), (11)',
    'INSERT INTO item (id) VALUES (12)',
    'REPLACE INTO item (id, n) VALUES (10, 5), (11, 5), (13, 5)',
    'INSERT INTO item (id) VALUES (20), (21) ON DUPLICATE KEY UPDATE n = 3',
    'INSERT INTO item (id) VALUES (20), (21) ON DUPLICATE KEY UPDATE n = 3',
    'UPDATE item SET n = 3 WHERE n < 4',
    'DELETE FROM item WHERE n = 3',
    'ALTER TABLE item ADD COLUMN extra INT',
    'ALTER TABLE item ADD INDEX by_n (n)',
    'ALTER TABLE item DROP INDEX by_n, DROP COLUMN extra, ALGORITHM=COPY',
    'CREATE INDEX by_s ON item (s)',
    'DROP INDEX by_s ON item',
  ));

test('CALL on a chosen shard', async () => {
  const make = 'CREATE PROCEDURE twice(IN a INT, OUT b INT) BEGIN SELECT a; SET b = a * 2; END';
  await stage.onTablets([make], [0]);
  const client = await stage.client(router, { database: 'user:-80' });
  await run(client, 'CALL twice(4, @b)');
  expect(await rows(client, 'SELECT @b')).toEqual(['8']);
  const { id } = await client.prepare('CALL twice(5, ?)');
  const parameter = { type: 6, unsigned: false, bytes: null };
  const { packets } = await client.execute(id, [parameter]);
  expect(packets.length).toBeGreaterThan(6);
  expect(await rows(client, 'SELECT 1')).toEqual(['1']);
  await stage.onTablets(['DROP PROCEDURE twice'], [0]);
  stage.closeClients();
});
