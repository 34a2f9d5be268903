import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type WatchedFile, watchFile } from './watch-file.ts';

let folder: string;
let path: string;
let heard: string[];
let watched: WatchedFile;

const follow = (pollMs = 50): void => {
  watched = watchFile(
    path,
    'one',
    { changed: (text) => heard.push(text), lost: (reason) => heard.push(`lost ${reason.slice(0, 6)}`) },
    { pollMs },
  );
};
const hear = (...wanted: string[]) => vi.waitFor(() => expect(heard).toEqual(wanted), { timeout: 5000 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-watch-'));
  path = join(folder, 'file');
  heard = [];
  writeFileSync(path, 'one');
});
afterEach(() => {
  watched.close();
  rmSync(folder, { recursive: true });
});

test('written in place, renamed over, and in place again', async () => {
  follow();
  writeFileSync(path, 'two');
  await hear('two');
  writeFileSync(join(folder, 'new'), 'three');
  renameSync(join(folder, 'new'), path);
  await hear('two', 'three');
  writeFileSync(path, 'four');
  await hear('two', 'three', 'four');
});

test('deletion is said once and the file is found when it comes back', async () => {
  follow();
  unlinkSync(path);
  await hear('lost ENOENT');
  writeFileSync(path, 'two');
  await hear('lost ENOENT', 'two');
  unlinkSync(path);
  await hear('lost ENOENT', 'two', 'lost ENOENT');
});

test('the target of a symbolic link is swapped', async () => {
  writeFileSync(join(folder, 'target-1'), 'one');
  writeFileSync(join(folder, 'target-2'), 'two');
  unlinkSync(path);
  symlinkSync('target-1', path);
  follow();
  symlinkSync('target-2', join(folder, 'link'));
  renameSync(join(folder, 'link'), path);
  await hear('two');
});

test('a change before the watch began is found too; a change is found without the timer', async () => {
  writeFileSync(path, 'two');
  follow(3_600_000);
  await hear('two');
  writeFileSync(path, 'three');
  await hear('two', 'three');
});

test('after close nothing is heard', async () => {
  follow();
  watched.close();
  writeFileSync(path, 'two');
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(heard).toEqual([]);
});
