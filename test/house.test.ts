/** Holds the house in order: which room may import which, and how long a file may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** From the top to the base; a room may use itself and those below it. */
const rooms = [
  'cli',
  'local',
  'control',
  'server',
  'session',
  'engine',
  'gateway',
  'planner',
  'topology',
  'schema',
  'vschema',
  'sql',
  'wire',
] as const;

/** Any room may use these; they use none of the rooms, of each other `errors` alone. */
const baseRooms = ['errors', 'config', 'telemetry', 'mysql'] as const;

/** Files of more than 500 lines, each with the reason why it is not two files. */
const longFiles: Readonly<Record<string, string>> = {
  'src/sql/lexer.ts':
    'one state machine over bytes: its states share their cursor, which calls would have to hand around',
};

/** Tables that a program has written: nobody reads them from top to bottom. */
const generated = ['src/mysql/collations.ts'];

const LINES_MAX = 500;
const LINES_MAX_EVER = 800;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name) && !name.split(sep).includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The relative imports of a file, as paths from the root; also type-only and dynamic ones. */
function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...found].map(([, path]) => relative(root, resolve(root, dirname(file), path!)));
}

const roomOf = (file: string): string => file.split(sep)[1]!;

function mayUse(from: string, to: string): boolean {
  if (from === to) return true;
  const isBase = (room: string): boolean => baseRooms.some((base) => base === room);
  if (isBase(from)) return to === 'errors';
  if (isBase(to)) return true;
  return rooms.indexOf(from as never) < rooms.indexOf(to as never);
}

test('every folder of src is a room', () => {
  const known: readonly string[] = [...rooms, ...baseRooms];
  const unknown = readdirSync(join(root, 'src')).filter((name) => !known.includes(name));
  expect(unknown).toEqual([]);
});

test('imports between rooms point down', () => {
  const wrong = filesBelow('src').flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith(`src${sep}`) && !mayUse(roomOf(file), roomOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('the program imports nothing from outside src but the package itself', () => {
  const wrong = filesBelow('src')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith(`src${sep}`))
        .map((target) => `${file} imports ${target}`),
    );
  expect(wrong).toEqual([]);
});

test('no file is too long', () => {
  const files = ['src', 'test', 'bin', 'scripts', 'benchmarks'].flatMap(filesBelow);
  const lengths = files
    .filter((file) => !generated.includes(file))
    .map((file) => ({ file, lines: read(file).split('\n').length - 1 }));
  expect(lengths.filter(({ lines }) => lines > LINES_MAX_EVER)).toEqual([]);
  const long = lengths.filter(({ lines }) => lines > LINES_MAX).map(({ file }) => file);
  // A file that has become shorter leaves the list, too.
  expect(long).toEqual(Object.keys(longFiles).sort());
});
