/** LOAD DATA LOCAL into a table of two shards: as on one MySQL with all rows. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capability } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { Random } from '../support/random.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;
let one: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());

beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router, { with: capability.localFiles });
  one = await stage.client({ endpoint: stage.reference }, { with: capability.localFiles });
});
afterEach(() => stage.closeClients());

/** Both get the same file; the router's answer, the warnings and the rows must be the one MySQL's. */
async function same(sql: string, file: readonly (string | Buffer)[], table = 'item') {
  const [expected, found] = await Promise.all([one, client].map((each) => loaded(each, sql, file, table)));
  expect(found).toEqual(expected);
  return found!;
}

async function loaded(on: RawClient, sql: string, file: readonly (string | Buffer)[], table: string) {
  on.file = file;
  const { ok, error } = await ask(on, sql);
  const warnings = await rows(on, 'SHOW WARNINGS');
  return {
    error: error && `${error.errno} ${error.message}`,
    affected: ok?.affectedRows,
    info: ok?.rest.toString('latin1').replace(/^[^A-Z]*/, ''),
    warnings: ok?.warnings,
    shown: warnings,
    rows: await rows(on, `SELECT * FROM ${table} ORDER BY id`),
  };
}

const lines = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, at) => `${at + from}\t${(at * 7) % 900}\tname ${at + from}\t\\N\n`).join(
    '',
  );

const LOAD = "LOAD DATA LOCAL INFILE 'f' INTO TABLE item";
const pieces = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, at) =>
    text.slice(at * length, (at + 1) * length),
  );

describe('equal to one MySQL', () => {
  test('a plain file, in packets of any size', async () => {
    const found = await same(LOAD, [lines(300)]);
    expect(found.info).toBe('Records: 300  Deleted: 0  Skipped: 0  Warnings: 0');
    expect(await stage.perShard('SELECT COUNT(*) FROM item')).toEqual(['150', '150']);
    await stage.clear();
    await same(LOAD, pieces(lines(100, 1000), 13));
    await stage.clear();
    await same(LOAD, pieces(lines(30_000), 100_001));
  });

  test('nothing, and a last line without an end', async () => {
    await same(LOAD, []);
    await same(LOAD, ['5\t1\tfive\t5\n6\t2\tsix\t6']);
  });

  test.each<[string, string, string]>([
    [
      'CSV with a head',
      `${LOAD} FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\r\\n' IGNORE 2 LINES (n, id, s)`,
      'n,id,s\r\nx\r\n1,10,"a, b"\r\n2,11,"c\r\nd"\r\n3,"12",NULL\r\n4,13,"e ""f"""\r\n',
    ],
    [
      'other columns',
      `${LOAD} (@skip, id, @twice) SET n = @twice * 2, s = CONCAT('<', @skip, '>')`,
      'a\t1\t2\nb\t2\t3\nc\t3\t4\n',
    ],
    ['lines that begin', `${LOAD} LINES STARTING BY '>>' (id, n)`, 'noise >>1\t5\nno row\n>>2\t6\n>>3\t7'],
    ['no lines', `${LOAD} FIELDS TERMINATED BY ',' LINES TERMINATED BY ',' (id, n)`, '1,2,3,4,5,6'],
    ['no escapes', `${LOAD} FIELDS ESCAPED BY '' (id, s)`, '1\ta\\\n2\tb\\N\n'],
    ['escapes', `${LOAD} (id, s)`, '\\1\ta\\\nb\n2\t\\t\\0\\\\\n3\t\\N\n'],
    [
      'quotes',
      `${LOAD} FIELDS ENCLOSED BY "'" ESCAPED BY "'" (id, s)`,
      "'1'\t'a''b'\n2\tNULL\n'3'\t'NULL'\n",
    ],
    ['another charset', `${LOAD} CHARACTER SET latin1 (id, s)`, '1\ta\n2\tb\n'],
    ['binary', `${LOAD} CHARACTER SET binary (id, s)`, '1\té\n2\tü\n'],
  ])('%s', async (_, sql, file) => {
    await same(sql, [file]);
  });

  test('rows that MySQL changes, leaves out or warns of', async () => {
    await run(client, "INSERT INTO item (id, s) VALUES (4, 'there'), (7, 'there')");
    await run(one, "INSERT INTO item (id, s) VALUES (4, 'there'), (7, 'there')");
    const file = [
      '1\t5\tok\t1',
      '2\tx\tno number\t1',
      '3\t5\ttoo many\t1\tmore\teven more',
      '4\t5\tduplicate\t1',
      '5\t5',
      '6\t5\tmuch too long for twenty characters\t1000',
      '7\t5\tduplicate\t1',
      ' 8 \t5\tspaces\t1',
      '9.6\t5\trounded\t1',
    ];
    const [expected, found] = await Promise.all(
      [one, client].map((each) => loaded(each, LOAD, [`${file.join('\n')}\n`], 'item')),
    );
    const sorted = (each: typeof found) => ({ ...each!, shown: each!.shown.toSorted() });
    expect(sorted(found)).toEqual(sorted(expected));
    expect(found!.shown.some((row) => row.includes('at row 6'))).toBe(true);
    expect(found!.shown.filter((row) => /row \d/.test(row))).toEqual(
      expected!.shown.filter((row) => /row \d/.test(row)),
    );
  });

  test('keys that MySQL changes', async () => {
    const file = '1\ta\n\n7x\tb\n3\tc\n99999999999999999999\td\n+12 \te\n';
    const [expected, found] = await Promise.all(
      [one, client].map((each) => loaded(each, `${LOAD} (id, s)`, [file], 'item')),
    );
    expect({ ...found, shown: found!.shown.toSorted() }).toEqual({
      ...expected,
      shown: expected!.shown.toSorted(),
    });
    expect(found!.rows).toHaveLength(6);
  });

  test('files of any bytes', async () => {
    const random = new Random(11);
    for (let at = 0; at < 12; at++) {
      await stage.clear();
      const words = [',', '"', '\\', '\n', 'a', 'é', '€', '\\N', 'NULL', ' ', '""', '",'];
      const line = (row: number): string => {
        const content = Array.from({ length: random.between(0, 6) }, () => random.pick(words)).join('');
        return `${random.between(1, 400) + row * 400},${random.between(0, 99)},${random.chance(0.5) ? `"${content}"` : content}\n`;
      };
      const file = Array.from({ length: 40 }, (_, row) => line(row)).join('');
      const sql = `${LOAD} FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' (id, n, s)`;
      const [expected, found] = await Promise.all(
        [one, client].map((each) => loaded(each, sql, pieces(file, random.between(1, 300)), 'item')),
      );
      // A quote that is not closed can make a key of anything, which is refused where MySQL takes it.
      if (found!.error?.includes('9101') === true) continue;
      expect({ ...found, shown: found!.shown.toSorted() }).toEqual({
        ...expected,
        shown: expected!.shown.toSorted(),
      });
    }
  });

  test('among other statements', async () => {
    for (const each of [one, client]) {
      each.file = ['1\t1\n2\t2\n3\t3\n'];
      const answer = await each.query(
        `SELECT 1; ${LOAD} (id, n); SELECT COUNT(*) FROM item; ${LOAD} (id, n); SELECT 2`,
      );
      const results = readResults(answer).map(({ rows: values, ok }) => [values, ok?.affectedRows]);
      expect(results).toEqual([
        [[['1']], 0],
        [[], 3],
        [[['3']], 0],
        [[], 0],
        [[['2']], 0],
      ]);
    }
  });

  test('the time that the session has set', async () => {
    for (const each of [one, client]) {
      await run(each, 'SET timestamp = 1000000000');
      each.file = ['2\t5\n3\t6\n'];
      await run(each, "LOAD DATA LOCAL INFILE 'f' INTO TABLE moment (id, n)");
      const made = await rows(each, 'SELECT id, UNIX_TIMESTAMP(made) FROM moment ORDER BY id');
      expect(made).toEqual(['2|1000000000.000000', '3|1000000000.000000']);
      expect(await rows(each, 'SELECT UNIX_TIMESTAMP()')).toEqual(['1000000000']);
    }
  });

  test('REPLACE', async () => {
    await same(LOAD, [lines(20)]);
    const found = await same("LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE item", [lines(20, 11)]);
    expect(found.info).toBe('Records: 20  Deleted: 10  Skipped: 0  Warnings: 0');
  });

  test('IGNORE', async () => {
    await same(LOAD, [lines(20)]);
    const [expected, found] = await Promise.all(
      [one, client].map((each) =>
        loaded(each, "LOAD DATA LOCAL INFILE 'f' IGNORE INTO TABLE item", [lines(20, 11)], 'item'),
      ),
    );
    expect({ ...found, shown: found!.shown.toSorted() }).toEqual({
      ...expected,
      shown: expected!.shown.toSorted(),
    });
  });

  test('what MySQL refuses', async () => {
    await same(`${LOAD} (id, nothing)`, [lines(5)]);
    await same(`${LOAD} FIELDS ESCAPED BY 'xx'`, [lines(5)]);
    await same(`${LOAD} (id, id)`, [lines(5)]);
    await same(`${LOAD} (id, s) SET nothing = 1`, [lines(5)]);
    await same("LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE item (id, n)", [
      '1\t5\n2\t5\n3\t5\n4\tx\n5\t5\n',
    ]);
    await same("LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE item (id, n)", ['1\t5\n2\t5\n3\t1000\n5\t5\n']);
    await same(`${LOAD} (id, s)`, [Buffer.from('1\ta\n2\tb\n3\t\xff\xfe\n4\tc\n', 'latin1')]);
  });

  test('within a transaction', async () => {
    for (const each of [one, client]) await run(each, 'BEGIN', 'INSERT INTO item (id) VALUES (1000), (1001)');
    await same(LOAD, [lines(10)]);
    await same("LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE item (id, n)", ['1\t5\n2\tx\n']);
    await same(LOAD, [lines(10, 11)]);
    for (const each of [one, client]) await run(each, 'ROLLBACK');
    expect(await rows(client, 'SELECT COUNT(*) FROM item')).toEqual(['0']);
    await stage.expectNoTransactions();
  });
});

describe('sequences', () => {
  test('give a column that is not in the file', async () => {
    for (const each of [one, client]) {
      each.file = ['5\tfive\n6\tsix\n7\tseven\n'];
      const { ok } = await ask(each, "LOAD DATA LOCAL INFILE 'f' INTO TABLE note (n, s)");
      expect([ok?.affectedRows, ok?.insertId]).toEqual([3, 0]);
    }
    const query = 'SELECT id - (SELECT MIN(id) FROM note), n, s FROM note ORDER BY id';
    const found = await rows(client, 'SELECT id, n, s FROM note ORDER BY id');
    expect(found.map((row) => row.replace(/^\d+/, ''))).toEqual(['|5|five', '|6|six', '|7|seven']);
    expect(await rows(one, query)).toEqual(['0|5|five', '1|6|six', '2|7|seven']);
    expect(await rows(client, 'SELECT LAST_INSERT_ID()')).toEqual([found[0]!.split('|')[0]]);
  });

  test('have nothing to do where the file gives all values', async () => {
    await same("LOAD DATA LOCAL INFILE 'f' INTO TABLE note (id, s)", ['50\ta\n51\tb\n'], 'note');
    client.file = ['60\ta\n0\tb\n'];
    const refusal = await refusalOf(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE note (id, s)");
    expect(refusal).toContain('9101');
    expect(refusal).toContain('row 2');
    expect(await rows(client, 'SELECT COUNT(*) FROM note')).toEqual(['2']);
  });
});

test('one moment for all rows', async () => {
  client.file = ['1\n2\n3\n4\n'];
  await run(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE moment (n)");
  const [least, most, count] = (
    await rows(client, 'SELECT MIN(made), MAX(made), COUNT(*) FROM moment')
  )[0]!.split('|');
  expect([least, count]).toEqual([most, '4']);
});

describe('all or nothing', () => {
  test('a value that cannot be placed', async () => {
    client.file = [lines(1000), '1.5x\t1\n', lines(1000, 2000)];
    expect(await refusalOf(client, 'SET sql_mode = DEFAULT')).toBeUndefined();
    const refusal = await refusalOf(client, `${LOAD} (id, n)`);
    expect(refusal).toBeDefined();
    expect(await rows(client, 'SELECT COUNT(*) FROM item')).toEqual(['0']);
    await stage.expectHealthy(client);
  });

  test('a client that vanishes', async () => {
    client.send(3, LOAD);
    const request = await client.receive();
    expect(request?.payload[0]).toBe(0xfb);
    const content = Buffer.from(lines(2000));
    const header = Buffer.alloc(4);
    header.writeUIntLE(content.length, 0, 3);
    header[3] = request!.sequence + 1;
    client.sendRaw(Buffer.concat([header, content]));
    await stage.untilTransactions(
      'rows have come',
      (counts) => counts.every((count) => count !== '0'),
      'trx_rows_modified > 0',
    );
    client.reset();
    await stage.expectNoTransactions();
    expect(await stage.perShard('SELECT COUNT(*) FROM item')).toEqual(['0', '0']);
  });

  test('a client that falls silent', async () => {
    await run(client, 'SET net_read_timeout = 1');
    client.send(3, LOAD);
    const request = await client.receive();
    const content = Buffer.from(lines(2000));
    const header = Buffer.alloc(4);
    header.writeUIntLE(content.length, 0, 3);
    header[3] = request!.sequence + 1;
    client.sendRaw(Buffer.concat([header, content]));
    expect(await client.receive()).toBeUndefined();
    await stage.expectNoTransactions();
    expect(await stage.perShard('SELECT COUNT(*) FROM item')).toEqual(['0', '0']);
  });

  test('a tablet that is lost', async () => {
    client.send(3, LOAD);
    const request = await client.receive();
    const packet = (text: string, sequence: number): Buffer => {
      const header = Buffer.alloc(4);
      header.writeUIntLE(text.length, 0, 3);
      header[3] = sequence;
      return Buffer.concat([header, Buffer.from(text)]);
    };
    const next = request!.sequence + 1;
    client.sendRaw(packet(lines(2000), next));
    await stage.untilTransactions(
      'rows have come',
      (counts) => counts.every((count) => count !== '0'),
      'trx_rows_modified > 0',
    );
    stage.proxies[1].cutAll();
    client.sendRaw(Buffer.concat([packet(lines(2000, 3000), next + 1), packet('', next + 2)]));
    const { packets } = await client.readAnswer(3);
    expect(packets.at(-1)?.payload.readUInt16LE(1)).toBe(9203);
    await stage.expectHealthy(client);
    expect(await rows(client, 'SELECT COUNT(*) FROM item')).toEqual(['0']);
  });
});

test.each([
  ["LOAD DATA INFILE 'f' INTO TABLE item", 'a file on a server'],
  ["LOAD XML LOCAL INFILE 'f' INTO TABLE item", 'LOAD XML'],
  [`${LOAD} (@id, n) SET id = @id`, 'no field for id'],
  [`${LOAD} (id, n) SET id = 7`, 'sets item.id'],
  [`${LOAD} (id, n) SET s = (SELECT 1)`, 'subquery'],
  [`${LOAD} CHARACTER SET sjis`, 'sjis'],
  [`${LOAD} FIELDS TERMINATED BY ''`, 'without field terminators'],
  [`${LOAD} FIELDS TERMINATED BY '§'`, 'separator'],
])('refused by name: %s', async (sql, word) => {
  client.file = [lines(3)];
  const refusal = await refusalOf(client, sql);
  expect(refusal).toContain('9101');
  expect(refusal).toContain(word);
  expect(await rows(client, 'SELECT 1')).toEqual(['1']);
});

test('a client without the capability', async () => {
  const plain = await stage.client(router);
  expect(await refusalOf(plain, LOAD)).toContain('3948');
});

test('user variables', async () => {
  for (const each of [one, client]) {
    await run(each, "SET @batch = 'b7', @s = 'before'");
    each.file = ['1\tx\n2\ty\n3\tz\n'];
    await run(each, `${LOAD} (id, @s) SET s = CONCAT(@s, '/', @batch)`);
    expect(await rows(each, 'SELECT id, s FROM item ORDER BY id')).toEqual(['1|x/b7', '2|y/b7', '3|z/b7']);
    expect(await rows(each, 'SELECT @s, @batch')).toEqual(['z|b7']);
  }
  await stage.expectHealthy(client);
});

test('LOAD cannot be prepared', async () => {
  const { answer, id } = await client.prepare(LOAD);
  expect(id).toBe(0);
  expect(answer.packets[0]?.payload.readUInt16LE(1)).toBe(1295);
});
