/** Text of every collation, compared by its weights, against MySQL's own `=`, `<` and ORDER BY. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeSort } from '../../src/engine/operators/merge-sort.ts';
import { compareBytes, comparePadded } from '../../src/engine/rows/compare-values.ts';
import { hashKey } from '../../src/engine/rows/hash-key.ts';
import { collationById } from '../../src/mysql/collations.ts';
import { collationComparable, spaceWeight } from '../../src/mysql/space-weights.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { askRows, runSql, through } from './server-rows.ts';

let server: Mysqld;
let client: RawClient;

beforeAll(async () => {
  server = await startMysqld({ databases: ['collations'] });
  client = await RawClient.connect(server.endpoint, { database: 'collations', timeoutMs: 60_000 });
  await runSql(client, "SET sql_mode = ''", 'SET SESSION group_concat_max_len = 1000000');
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

const TEXTS = 70;
/** So often every collation is tried, each time with other texts. */
const ROUNDS = 3;
/** Spaces and what sorts around them, letters that contract, expand or are ignored, and some of every script. */
const pieces = [
  ...[' ', ' ', ' ', '  ', '\0', '\t', '\n', '\x1f', '\x7f', '!', '-', '.', '0', '1', '9', '~', '_', "'"],
  ...[
    'a',
    'A',
    'b',
    'z',
    'Z',
    's',
    'S',
    'ss',
    'c',
    'ch',
    'CH',
    'Ch',
    'll',
    'LL',
    'dz',
    'gy',
    'cs',
    'ij',
    'lj',
    'nj',
  ],
  ...[
    'ä',
    'Ä',
    'ae',
    'ß',
    'é',
    'è',
    'ö',
    'ő',
    'å',
    'aa',
    'ø',
    'æ',
    'œ',
    'č',
    'ř',
    'ž',
    'ñ',
    'ı',
    'İ',
    'i',
    'ə',
    'þ',
    'ð',
  ],
  ...['\u00ad', '\u200b', '\u0301', '\u0308', '\u00a0', '\u3000', '\u2028', '\ufeff', '\u0640'],
  ...[
    'а',
    'е',
    'ё',
    'Ж',
    'я',
    'ї',
    'α',
    'ς',
    'σ',
    'Ω',
    'א',
    'ש',
    'ا',
    'ك',
    'ی',
    'ก',
    'เก',
    '๑',
    'ა',
    'ա',
    'क',
    'ක',
  ],
  ...['あ', 'ア', 'ー', 'ｱ', 'が', '゛', '中', '一', '龍', '한', '가', '！', 'Ａ', '€', '①', '😀', '𝒂'],
];

function randomTexts(random: Random): string[] {
  const short = Array.from({ length: TEXTS }, () => {
    const wide = random.chance(0.2);
    return Array.from({ length: random.below(5) }, () =>
      wide && random.chance(0.5) ? String.fromCodePoint(0x4e00 + random.below(0x5000)) : random.pick(pieces),
    ).join('');
  });
  // The same text with a little behind it: where padding shows.
  return short.map((text, i) => (i % 3 === 0 ? short[(i * 7) % TEXTS]! + random.pick(pieces) : text));
}

/** For each text how it compares with those behind it, as '<', '=' or '>' each: `=` and `<` of the server. */
async function serverVerdicts(): Promise<string[]> {
  const { texts } = await askRows(
    client,
    `SELECT GROUP_CONCAT(IF(a.v = b.v, '=', IF(a.v < b.v, '<', '>')) ORDER BY b.id SEPARATOR '')
     FROM t a JOIN t b ON a.id < b.id GROUP BY a.id ORDER BY a.id`,
    'text',
  );
  return texts.map(([verdicts]) => verdicts!);
}

/** How many pairs, and places in ORDER BY, come out another way by weights than in MySQL. */
async function differences(
  id: number,
  seed: number,
): Promise<{ pairs: number; places: number; keys: number }> {
  const { name, charset, padSpace } = collationById(id)!;
  const random = new Random(seed);
  const values = randomTexts(random).map((text) => `0x${Buffer.from(text).toString('hex') || '00'}`);
  // In narrow character sets most of the pieces become '?': any bytes are text there.
  const narrow = collationById(id)!.maxLength === 1 && charset !== 'ascii';
  const literals = values.map((hex) => {
    if (narrow && random.chance(0.5))
      return `(_${charset} x'${random.bytes(random.below(4)).toString('hex')}')`;
    return `(CONVERT(_utf8mb4 ${hex} USING ${charset}))`;
  });
  await runSql(
    client,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60) CHARACTER SET ${charset} COLLATE ${name})`,
    `INSERT INTO t (v) VALUES ${literals.join(', ')}`,
  );
  const { rows, definitions } = await askRows(client, 'SELECT WEIGHT_STRING(v) FROM t ORDER BY id', 'text');
  const weights = rows.map(weightOf);
  const space = padSpace ? spaceWeight(id) : undefined;
  const compare = space === undefined ? compareBytes : comparePadded(space);
  const order = (a: Buffer, b: Buffer) => compare(a, 0, a.length, b, 0, b.length);
  const keyOf = hashKey([definitions[0]!], 'text', [{ column: 0, weight: { column: 0, collationId: id } }]);
  const keys = weights.map((weight) => keyOf(weight, Int32Array.of(0, weight.length)));
  let pairs = 0;
  let unlikeKeys = 0;
  for (const [i, verdicts] of (await serverVerdicts()).entries()) {
    for (let k = 0; k < verdicts.length; k++) {
      const result = order(weights[i]!, weights[i + 1 + k]!);
      if (verdicts[k] !== (result === 0 ? '=' : result < 0 ? '<' : '>')) pairs++;
      if ((keys[i] === keys[i + 1 + k]) !== (result === 0)) unlikeKeys++;
    }
  }
  const sorted = await askRows(client, 'SELECT id FROM t ORDER BY v, id', 'text');
  const ours = weights.map((_, index) => index).sort((a, b) => order(weights[a]!, weights[b]!) || a - b);
  const places = sorted.texts.filter(([one], place) => Number(one) !== ours[place]! + 1).length;
  return { pairs, places, keys: unlikeKeys };
}

/** The only field of a row, without NULL. */
function weightOf(row: Buffer): Buffer {
  const first = row[0]!;
  return row.subarray(first < 0xfb ? 1 : first === 0xfc ? 3 : 4);
}

test('weights say what MySQL says, for every collation that is not refused', async () => {
  const { texts } = await askRows(
    client,
    "SELECT id FROM information_schema.collations WHERE collation_name <> 'binary' ORDER BY id",
    'text',
  );
  const wrong: Record<string, unknown> = {};
  const needlessly: string[] = [];
  for (const [text] of texts) {
    const id = Number(text);
    const { name } = collationById(id)!;
    let refusedRightly = collationComparable(id);
    for (let round = 0; round < ROUNDS; round++) {
      const found = await differences(id, 1000 * round + id);
      const differs = found.pairs + found.places > 0;
      if (found.keys > 0 || (collationComparable(id) && differs)) wrong[name] = found;
      refusedRightly ||= differs;
    }
    if (!refusedRightly) needlessly.push(name);
  }
  expect(wrong).toEqual({});
  expect(needlessly).toEqual([]);
  expect(texts.length).toBeGreaterThan(280);
});

test('the table of space weights is the server’s', async () => {
  const { texts } = await askRows(
    client,
    `SELECT id, collation_name, character_set_name FROM information_schema.collations
     WHERE pad_attribute = 'PAD SPACE' AND collation_name <> 'binary'`,
    'text',
  );
  const wrong: string[] = [];
  for (const [id, name, charset] of texts) {
    const sql = `SELECT HEX(WEIGHT_STRING(CONVERT(' ' USING ${charset}) COLLATE ${name}))`;
    const weight = (await askRows(client, sql, 'text')).texts[0]![0];
    if (weight !== spaceWeight(Number(id))?.toString('hex').toUpperCase()) wrong.push(name!);
  }
  expect(wrong).toEqual([]);
});

test('WEIGHT_STRING is NULL beside a text whose weight might not fit a packet', async () => {
  const sql = "SELECT WEIGHT_STRING(REPEAT('a', 20000000)) IS NULL, @@max_allowed_packet";
  expect((await askRows(client, sql, 'text')).texts[0]).toEqual(['1', '67108864']);
});

test('ORDER BY reads PAD SPACE text no further than max_sort_length; merged rows are sorted as far', async () => {
  const long = (size: number, last: string) => `CONCAT(REPEAT('x', ${size}), '${last}')`;
  const rows = [100, 600].flatMap((size) =>
    ['b', 'a'].map((last) => `(${long(size, last)}, ${long(size, last)})`),
  );
  await runSql(
    client,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY,
       pads TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, plain TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci)`,
    `INSERT INTO t (pads, plain) VALUES ${rows.join(', ')}`,
  );
  const order = async (column: string) =>
    (await askRows(client, `SELECT id FROM t ORDER BY ${column}, id`, 'text')).texts.map(([id]) => id);
  expect(await order('pads')).toEqual(['2', '1', '3', '4']);
  expect(await order('plain')).toEqual(['2', '1', '4', '3']);
  const select = 'SELECT id, WEIGHT_STRING(pads) FROM t WHERE id';
  const shards = [
    await askRows(client, `${select} < 4 ORDER BY pads, id`, 'text'),
    await askRows(client, `${select} = 4 ORDER BY pads, id`, 'text'),
  ];
  const keys = [{ column: 1, weight: { column: 1, collationId: 45 } }];
  const merged = through(shards, (inputs) => mergeSort(inputs, 'text', keys));
  expect(merged.texts.map(([id]) => id)).toEqual(['2', '1', '4', '3']);
});
