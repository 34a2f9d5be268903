/** MySQL's comparisons and conversions against what the planner says of them: no row may be where the planner does not look. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vindexExactness } from '../../src/planner/column-vindex-exactness.ts';
import { type ComparisonKey, comparedAlone, comparisonKey } from '../../src/planner/comparison-key.ts';
import { storedKey } from '../../src/planner/stored-key.ts';
import { labelPackets, rowTexts } from '../support/decode.ts';
import { text } from '../support/parameters.ts';
import { Random } from '../support/random.ts';
import { ServerError } from '../support/raw-client.ts';
import { type Case, literalCases } from './literals.ts';
import {
  describeLiteral,
  EqualityStage,
  inputText,
  type Setting,
  setting,
  storedInput,
  type Table,
  textVindex,
} from './stage.ts';

const SEED = 20_26;

const plain = setting('utf8mb4', 'utf8mb4_0900_ai_ci');
const settings: readonly Setting[] = [
  plain,
  setting('utf8mb4', 'utf8mb4_bin', []),
  setting('latin1', 'latin1_swedish_ci', ['PAD_CHAR_TO_FULL_LENGTH']),
  setting('latin1', 'utf8mb4_general_ci'),
  setting('utf8mb4', 'latin1_swedish_ci'),
  setting('utf8mb4', 'binary'),
  setting('binary', 'binary', ['STRICT_ALL_TABLES', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE']),
  setting('utf8mb3', 'utf16_general_ci'),
];

const vindex = textVindex();
let stage: EqualityStage;
/** Rows that were where they were told to be: without any, nothing is proved. */
let rightRows = 0;

/** Undefined where MySQL refuses the statement: then no row is found. */
async function attempt(sql: string | Buffer): Promise<(Buffer | null)[] | undefined> {
  try {
    return await stage.ask(sql);
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}

const sqlOf = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

beforeAll(async () => {
  stage = await EqualityStage.set();
  // Without strict mode nearly everything is stored, in one form or another.
  const pool = setting('utf8mb4', 'utf8mb4_0900_ai_ci', []);
  await stage.use(pool);
  const literals = literalCases(pool.context, new Random(SEED));
  await stage.ask('SET autocommit = 0');
  for (const { name } of stage.tables)
    for (const { sql } of literals) await attempt(sqlOf(`INSERT IGNORE INTO ${name} (c) VALUES (`, sql, ')'));
  await stage.ask('COMMIT');
  await stage.ask('SET autocommit = 1');
});

afterAll(() => stage?.stop());

describe.each(settings)('with $name', (used) => {
  const all = literalCases(used.context, new Random(SEED + 1));
  // Most literals are the same in all sessions; those that charsets change are few.
  const literals = used === plain ? all : all.filter(({ sql }, at) => at % 6 === 0 || !isAscii(sql));
  beforeAll(() => stage.use(used));

  test('what is found has the input that was told', async () => {
    const wrong: string[] = [];
    rightRows = 0;
    for (const table of stage.tables) {
      for (const literal of literals) wrong.push(...(await wrongRows(table, [literal], used)));
    }
    expect(wrong).toEqual([]);
    expect(rightRows).toBeGreaterThan(1000);
  });

  test('so has what is found by lists', async () => {
    const random = new Random(SEED + 2);
    const of = (...kinds: string[]): Case[] => literals.filter(({ value }) => kinds.includes(value.kind));
    const digits = of('string').filter(({ sql }) => /^'[+-]?\d+'$/.test(sql.toString('latin1')));
    // Lists of one type are compared in another way than mixed ones.
    const pools = [
      literals,
      of('integer'),
      digits,
      [...digits, ...of('integer')],
      of('string'),
      of('integer', 'decimal'),
    ];
    const wrong: string[] = [];
    for (const table of stage.tables) {
      for (let round = 0; round < (used === plain ? 200 : 40); round++) {
        const some = random.pick(pools);
        const list = Array.from({ length: random.between(2, 4) }, () => random.pick(some));
        wrong.push(...(await wrongRows(table, list, used)));
      }
    }
    expect(wrong).toEqual([]);
  });

  test('what is stored has the input that was told', async () => {
    const wrong: string[] = [];
    await stage.ask('SET autocommit = 0');
    for (const table of stage.tables) {
      for (const literal of literals) {
        const problem = await wrongStored(table, literal, used);
        if (problem !== undefined) wrong.push(problem);
      }
    }
    await stage.ask('SET autocommit = 1');
    expect(wrong).toEqual([]);
  });
});

const isAscii = (sql: Buffer): boolean => sql.every((byte) => byte < 0x80) && !sql.includes(0x5f);

async function wrongRows(
  { name, type, column }: Table,
  list: readonly Case[],
  { context }: Setting,
): Promise<string[]> {
  const alone =
    list.length === 1 ||
    comparedAlone(
      column,
      list.map(({ value }) => value),
    );
  const keys = list.map(({ value }) => comparisonKey(column, vindex, value, context, alone));
  if (keys.some(({ kind }) => kind === 'scatter')) return [];
  const told = new Set(keys.filter(isValue).map(({ value }) => inputText(value)));
  const elements = list.flatMap(({ sql }, at) => (at === 0 ? [sql] : [Buffer.from(', '), sql]));
  const condition = list.length === 1 ? sqlOf('c = ', ...elements) : sqlOf('c IN (', ...elements, ')');
  const wrong = new Set<string>();
  for (const hint of ['IGNORE', 'FORCE']) {
    const rows = (await attempt(sqlOf(`SELECT c FROM ${name} ${hint} INDEX (k) WHERE `, condition))) ?? [];
    for (const row of rows) {
      const found = storedInput(column, withoutPadding(column.dataType, row));
      if (told.has(found)) rightRows++;
      else
        wrong.add(
          `${type} ${condition.toString('latin1')}: found ${JSON.stringify(found)}, told ${JSON.stringify([...told])}`,
        );
    }
  }
  return [...wrong];
}

const isValue = (key: ComparisonKey): key is Extract<ComparisonKey, { kind: 'value' }> =>
  key.kind === 'value';

/** PAD_CHAR_TO_FULL_LENGTH shows CHAR with the spaces that are not in it. */
function withoutPadding(dataType: string, row: Buffer | null): Buffer | null {
  return dataType === 'char' && row !== null
    ? Buffer.from(row.toString('latin1').replace(/ +$/, ''), 'latin1')
    : row;
}

async function wrongStored(
  { name, type, column }: Table,
  literal: Case,
  { context }: Setting,
): Promise<string | undefined> {
  const key = storedKey(column, literal.value, context);
  if (key.kind === 'unknown') return undefined;
  const stored = await attempt(sqlOf(`INSERT INTO ${name} (c) VALUES (`, literal.sql, ')'));
  const what = `${type} ${describeLiteral(literal.value)}`;
  // A row that MySQL refuses may have been sent anywhere.
  if (stored === undefined) return undefined;
  const [row] = await stage.ask(`SELECT c FROM ${name} WHERE id = LAST_INSERT_ID()`);
  await stage.ask('ROLLBACK');
  const found = storedInput(column, withoutPadding(column.dataType, row!));
  if (key.kind === 'rejected') return `${what}: told rejected, stored ${JSON.stringify(found)}`;
  return inputText(key.value) === found
    ? undefined
    : `${what}: told ${JSON.stringify(inputText(key.value))}, stored ${JSON.stringify(found)}`;
}

test('columns whose equality is exact have equal rows with one input only', async () => {
  await stage.use(plain);
  const wrong: string[] = [];
  let looseOnes = 0;
  for (const { name, type, column } of stage.tables) {
    const some = `(SELECT DISTINCT c, HEX(c) FROM ${name})`;
    const pairs = await stage.ask(
      `SELECT CONCAT(HEX(a.c), ' ', HEX(b.c)) FROM ${some} a JOIN ${some} b ON a.c = b.c WHERE HEX(a.c) <> HEX(b.c)`,
    );
    if (vindexExactness(column, vindex).exact) wrong.push(...pairs.map((pair) => `${type}: ${pair}`));
    else looseOnes += pairs.length;
  }
  expect(wrong).toEqual([]);
  expect(looseOnes).toBeGreaterThan(100);
});

test('bounds of BETWEEN are where they were told to be', async () => {
  await stage.use(plain);
  const random = new Random(SEED + 3);
  const literals = literalCases(plain.context, random);
  const wrong: string[] = [];
  let narrowed = 0;
  for (const { name, column } of stage.tables) {
    if (!/int$|^varbinary$/.test(column.dataType)) continue;
    for (let round = 0; round < 400; round++) {
      const kind = random.pick(['integer', 'string', 'decimal']);
      const some = random.chance(0.7) ? literals.filter(({ value }) => value.kind === kind) : literals;
      const [low, high] = [random.pick(some), random.pick(some)];
      const bounds = [low, high].map(({ value }) =>
        comparisonKey(column, vindex, value, plain.context, true),
      );
      if (!comparedAlone(column, [low.value, high.value]) || !bounds.every(isValue)) continue;
      narrowed++;
      const condition = sqlOf('c BETWEEN ', low.sql, ' AND ', high.sql);
      const [least, most] = bounds.map(({ value }) => inputText(value)) as [string, string];
      for (const row of (await attempt(sqlOf(`SELECT c FROM ${name} WHERE `, condition))) ?? []) {
        const found = storedInput(column, row);
        const isNumber = column.dataType !== 'varbinary';
        const isWithin = isNumber
          ? BigInt(found) >= BigInt(least) && BigInt(found) <= BigInt(most)
          : found >= least && found <= most;
        if (!isWithin) wrong.push(`${column.columnType} ${condition.toString('latin1')}: found ${found}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(narrowed).toBeGreaterThan(200);
});

test('parameters find what literals find', async () => {
  await stage.use(plain);
  const literals = literalCases(plain.context, new Random(SEED + 4));
  const strings = literals.filter(({ value }) => value.kind === 'string' && value.charset === 'utf8mb4');
  const wrong: string[] = [];
  for (const { name, type, column } of stage.tables) {
    const { id } = await stage.client.prepare(
      `SELECT HEX(CONVERT(c USING utf8mb4)) FROM ${name} WHERE c = ?`,
    );
    for (const { value } of strings) {
      const key = comparisonKey(column, vindex, value, plain.context, true);
      if (key.kind === 'scatter' || value.kind !== 'string' || column.dataType === 'bit') continue;
      const told = key.kind === 'value' ? inputText(key.value) : undefined;
      const { packets, capabilities, commandByte } = await stage.client.execute(id, [text(value.bytes)]);
      for (const row of labelPackets(packets, capabilities, commandByte)) {
        if (row.role !== 'binaryRow') continue;
        const found = storedInput(column, Buffer.from(rowTexts(row)[0]!, 'hex'));
        if (found !== told)
          wrong.push(`${type} ${describeLiteral(value)}: found ${JSON.stringify(found)}, told ${told}`);
      }
    }
    stage.client.closeStatement(id);
  }
  expect(wrong).toEqual([]);
});
