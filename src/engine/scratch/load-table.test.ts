import { describe, expect, test } from 'vitest';
import { Clock, column, MemoryRows, type SourceScript, textRows } from '../../../test/support/row-stage.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { columnType } from '../../mysql/protocol.ts';
import { buildTextRow } from '../../wire/packets.ts';
import { type LoadedTable, loadTable } from './load-table.ts';
import type { ScratchInput } from './table-definition.ts';
import type { Warned } from './table-store.ts';

const input: ScratchInput = {
  table: 'headgate_1',
  columns: [
    { name: 'a', type: 'bigint NOT NULL' },
    { name: 'b', type: 'varchar(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL' },
  ],
  keys: [],
};
const definitions = [column('a'), column('b', columnType.varString, { charset: 46 })];

const done: CollectedAnswer = {
  definitions: [],
  rows: [],
  error: undefined,
  status: 2,
  warnings: 0,
  affectedRows: 0n,
  insertId: 0n,
  sessionState: undefined,
  statementId: 0,
  parameterCount: 0,
  parameters: [],
};

/** A connection that answers when the test says so. */
class Scratch {
  readonly texts: string[] = [];
  /** Answers by order of commands; all others succeed. */
  answers: Readonly<Record<number, Partial<CollectedAnswer>>> = {};
  /** Answers wait for `answer`. */
  isSlow = false;
  readonly #waiting: (() => void)[] = [];

  ask(_code: number, content: Buffer): Promise<CollectedAnswer> {
    const answer = { ...done, ...this.answers[this.texts.length] };
    this.texts.push(content.toString('latin1'));
    if (!this.isSlow) return Promise.resolve(answer);
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(answer));
    });
  }

  async askWarned(statement: Buffer): Promise<Warned> {
    const answer = await this.ask(0, statement);
    return {
      answer,
      shown: answer.warnings > 0 ? await this.ask(0, Buffer.from('SHOW WARNINGS')) : undefined,
    };
  }

  answer(): void {
    this.#waiting.shift()!();
  }
}

type Load = Readonly<{
  source: MemoryRows;
  scratch: Scratch;
  loaded: Promise<LoadedTable>;
  run: () => Promise<void>;
}>;

function load(
  script: Partial<SourceScript>,
  scratch = new Scratch(),
  take: (rows: number, bytes: number) => void = () => {},
  filled: ScratchInput = input,
  memoryBytesMax = 1024 * 1024,
): Load {
  const clock = new Clock();
  const source = new MemoryRows(clock, { definitions, rows: [], ...script });
  const store = { memoryBytesMax, rowsWithoutKeysMax: 50 };
  const options = { protocol: 'text', scratch, budget: { take }, store } as const;
  const loaded = loadTable(filled, source.producer, options);
  loaded.catch(() => {});
  const run = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      clock.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { source, scratch, loaded, run };
}

const rowsOf = (count: number, bytes: number): Buffer[] =>
  textRows(Array.from({ length: count }, (_, i) => [String(i), 'x'.repeat(bytes)]));

describe('loading a table', () => {
  test('the table, then its rows', async () => {
    const rows = textRows([
      ['1', "it's a \\"],
      ['-2', null],
    ]);
    const { loaded, scratch, run } = load({ rows, summary: { warnings: 3, status: 0 } });
    await run();
    expect(scratch.texts).toEqual([
      'CREATE TEMPORARY TABLE `headgate_1` (`a` bigint NOT NULL, `b` varchar(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL) ENGINE=MEMORY',
      "INSERT INTO `headgate_1` (`a`, `b`) VALUES(1,_binary'it\\'s a \\\\'),(-2,NULL)",
    ]);
    expect(await loaded).toEqual({
      definitions,
      rows: 2,
      bytes: rows[0]!.length + rows[1]!.length,
      summary: { warnings: 3, status: 0 },
    });
  });

  test('what the server does not keep in memory is InnoDB', async () => {
    const scratch = new Scratch();
    const error = { errno: 1114, sqlState: 'HY000', message: 'The table is full' };
    scratch.answers = { 1: { error } };
    const { loaded, run } = load({ rows: rowsOf(2, 1) }, scratch);
    await run();
    expect(await loaded).toMatchObject({ rows: 2 });
    expect(scratch.texts.map((text) => text.replace(/ \(.*\)/, ''))).toEqual([
      'CREATE TEMPORARY TABLE `headgate_1` ENGINE=MEMORY',
      'INSERT INTO `headgate_1`',
      'DROP TEMPORARY TABLE IF EXISTS `headgate_1`',
      'CREATE TEMPORARY TABLE `headgate_1` ENGINE=InnoDB',
      'INSERT INTO `headgate_1`',
    ]);
  });

  test.each([0, 1])(
    'a table of %i rows is InnoDB, which MySQL does not read while it plans',
    async (count) => {
      const { loaded, scratch, run } = load({ rows: rowsOf(count, 1) });
      await run();
      expect(await loaded).toMatchObject({ rows: count });
      expect(scratch.texts[0]).toContain('ENGINE=InnoDB');
    },
  );

  test('a table that grows leaves memory', async () => {
    const { loaded, scratch, run } = load({ rows: rowsOf(1000, 1000) }, undefined, undefined, input);
    await run();
    expect(await loaded).toMatchObject({ rows: 1000 });
    const kinds = scratch.texts.map((text) => /^\w+/.exec(text)![0]);
    expect(kinds.slice(0, 3)).toEqual(['CREATE', 'INSERT', 'INSERT']);
    expect(kinds.filter((kind) => kind === 'ALTER')).toHaveLength(1);
    expect(scratch.texts.find((text) => text.startsWith('ALTER'))).toBe(
      'ALTER TABLE `headgate_1` ENGINE=InnoDB',
    );
    expect(kinds.at(-1)).toBe('INSERT');
  });

  test('an index over rows in memory is one over integers', async () => {
    const engineOf = async (keys: readonly (readonly number[])[]): Promise<string> => {
      const { scratch, run } = load({ rows: rowsOf(100, 10) }, undefined, undefined, { ...input, keys });
      await run();
      return /ENGINE=(\w+)/.exec(scratch.texts[0]!)![1]!;
    };
    expect(await engineOf([[0]])).toBe('MEMORY');
    expect(await engineOf([[0], [0, 1]])).toBe('InnoDB');
  });

  test('without rows there is a table all the same', async () => {
    const { loaded, scratch, run } = load({});
    await run();
    expect(scratch.texts).toHaveLength(1);
    expect(await loaded).toMatchObject({ rows: 0, bytes: 0 });
  });

  test('one batch is on its way, another one waits, and then the input does', async () => {
    const scratch = new Scratch();
    scratch.isSlow = true;
    const { loaded, source, run } = load({ rows: rowsOf(1000, 1000) }, scratch);
    await run();
    const before = source.delivered;
    expect(before).toBeLessThan(200);
    scratch.answer();
    await run();
    expect(source.delivered).toBeLessThanOrEqual(2 * before);
    scratch.isSlow = false;
    scratch.answer();
    await run();
    expect(await loaded).toMatchObject({ rows: 1000 });
    for (const text of scratch.texts) expect(text.length).toBeLessThan(70_000);
    const numbers = scratch.texts.flatMap((text) =>
      [...text.matchAll(/\((\d+),_/g)].map(([, id]) => Number(id)),
    );
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('what the input fails with is the error, and nothing follows', async () => {
    const error = { errno: 1317, sqlState: '70100', message: 'Query execution was interrupted' };
    const { loaded, scratch, run } = load({ rows: rowsOf(3, 3), error });
    await run();
    await expect(loaded).rejects.toEqual(new TabletRefusal(error));
    expect(scratch.texts).toEqual([]);
  });

  test.each([0, 1])('what the tablet refuses ends the input: command %s', async (at) => {
    const scratch = new Scratch();
    const error = { errno: 1114, sqlState: 'HY000', message: 'The table is full' };
    scratch.answers = { [at]: { error } };
    const { loaded, source, run } = load({ rows: rowsOf(1000, 1000) }, scratch, undefined, input, 0);
    await run();
    await expect(loaded).rejects.toEqual(new TabletRefusal(error));
    expect(source.cancelled).toBe(true);
    expect(scratch.texts).toHaveLength(at + 1);
  });

  test('a value that would be stored otherwise is an error', async () => {
    const scratch = new Scratch();
    scratch.answers = {
      1: { warnings: 1 },
      2: {
        definitions: [...definitions, ...definitions].slice(1),
        rows: [buildTextRow(['Warning', '1366', "Incorrect string value: '\\xFF' for column 'b' at row 1"])],
      },
    };
    const { loaded, run } = load({ rows: rowsOf(1, 1) }, scratch);
    await run();
    await expect(loaded).rejects.toThrow(/Incorrect string value/);
  });

  test('too many rows end the input before they are stored', async () => {
    const error = new HeadgateError('HG_STATEMENT_MEMORY', { detail: 'too many' });
    const { loaded, source, scratch, run } = load({ rows: rowsOf(1000, 1000) }, new Scratch(), () => {
      throw error;
    });
    await run();
    await expect(loaded).rejects.toBe(error);
    expect(source.cancelled).toBe(true);
    expect(scratch.texts).toEqual([]);
  });

  test('NULL where the column has none, and other columns than planned, are a changed table', async () => {
    const nulls = load({ rows: textRows([[null, 'x']]) });
    await nulls.run();
    await expect(nulls.loaded).rejects.toMatchObject({ code: 'HG_SCHEMA_CHANGED' });
    const other = load({ definitions: definitions.slice(1) });
    await other.run();
    await expect(other.loaded).rejects.toMatchObject({ code: 'HG_SCHEMA_CHANGED' });
  });

  test('what is no number is not taken for one', async () => {
    const { loaded, run } = load({ rows: textRows([['1),(2', 'x']]) });
    await run();
    await expect(loaded).rejects.toMatchObject({ code: 'ER_MALFORMED_PACKET' });
  });
});
