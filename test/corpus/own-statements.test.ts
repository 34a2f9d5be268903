/** Parser and printer against a server, over statements written for this test: a broad walk through the grammar. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LexMode } from '../../src/sql/lex-mode.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { corpusMode, measure, outcomeOf } from './measure.ts';
import { askMysql, corpusDatabase, type Reference, versionOf } from './reference.ts';

type Section = 'accepted' | 'refused';

function readStatements(): Record<Section, Buffer[]> {
  const found: Record<Section, Buffer[]> = { accepted: [], refused: [] };
  let section: Section = 'accepted';
  for (const line of readFileSync(join(import.meta.dirname, 'own-statements.sql'), 'utf8').split('\n')) {
    if (line === '# accepted' || line === '# refused') section = line.slice(2) as Section;
    else if (line !== '' && !line.startsWith('#')) found[section].push(Buffer.from(line));
  }
  return found;
}

const statements = readStatements();
const all = [...statements.accepted, ...statements.refused];
const textOf = (statement: Buffer): string => statement.toString();

let server: Mysqld;
let serverVersion = 0;
let mode: LexMode;
let references: readonly Reference[];

beforeAll(async () => {
  server = await startMysqld({ databases: [corpusDatabase] });
  serverVersion = await versionOf(server);
  mode = corpusMode(serverVersion);
  references = await askMysql(server, all);
});

afterAll(() => server.stop());

const verdictsOf = (section: Section): readonly Reference[] =>
  section === 'accepted'
    ? references.slice(0, statements.accepted.length)
    : references.slice(statements.accepted.length);

describe('the server', () => {
  test('accepts and refuses what the file says', () => {
    const wrong = (['accepted', 'refused'] as const).flatMap((section) =>
      statements[section].filter(
        (_, index) => (verdictsOf(section)[index]!.verdict === 'refused') !== (section === 'refused'),
      ),
    );
    expect(wrong.map(textOf)).toEqual([]);
  });
});

describe('the parser', () => {
  test('accepts what the server accepts', () => {
    const refused = statements.accepted.filter((statement) => !measure(statement, mode).accepted);
    expect(refused.map(textOf)).toEqual([]);
  });

  test('refuses what the server refuses', () => {
    const accepted = statements.refused.filter((statement) => measure(statement, mode).accepted);
    expect(accepted.map(textOf)).toEqual([]);
  });
});

describe('positions', () => {
  test('lie within each other', () => {
    const misplaced = statements.accepted.flatMap((statement) => measure(statement, mode).misplaced);
    expect(misplaced).toEqual([]);
  });
});

describe('the printer', () => {
  test('prints what it prints again', () => {
    const unstable = statements.accepted.filter((statement) => measure(statement, mode).isFixed !== true);
    expect(unstable.map(textOf)).toEqual([]);
  });

  test('prints what means the same to the server', async () => {
    const printed = statements.accepted.map((statement) => measure(statement, mode).printed!);
    const answers = await askMysql(server, printed);
    const changed = printed.filter((_, index) => answers[index]!.errno !== references[index]!.errno);
    expect(changed.map(textOf)).toEqual([]);
  });
});

describe('under another sql_mode', () => {
  test.each([
    'ANSI',
    'NO_BACKSLASH_ESCAPES',
    'IGNORE_SPACE',
    'HIGH_NOT_PRECEDENCE',
    'PIPES_AS_CONCAT,ANSI_QUOTES',
  ])('%s', async (sqlMode) => {
    const own = corpusMode(serverVersion, sqlMode);
    const answers = await askMysql(server, all, { sqlMode });
    const measured = all.map((statement) => measure(statement, own));
    const differing = all.filter((_, index) => {
      const outcome = outcomeOf(measured[index]!, answers[index]!);
      return outcome === 'gap' || outcome === 'lenience' || measured[index]!.isFixed === false;
    });
    expect(differing.map(textOf)).toEqual([]);
    const printed = measured.map((each, index) => each.printed ?? all[index]!);
    const again = await askMysql(server, printed, { sqlMode });
    const changed = printed.filter((_, index) => again[index]!.errno !== answers[index]!.errno);
    expect(changed.map(textOf)).toEqual([]);
  });
});
