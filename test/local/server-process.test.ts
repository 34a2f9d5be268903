/** Servers must not outlive whoever started them, with setpriv and without. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identifyProcess, isRunning, signalProcess, waitForEnd } from '../../src/local/process-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const module_ = join(import.meta.dirname, '../../src/local/server-process.ts');
const starter = `
  const { startServer } = await import(${JSON.stringify(module_)});
  const server = await startServer({ program: '/bin/sleep', args: ['600'], logFile: ${JSON.stringify(join(folder, 'log'))} });
  console.log(server.identity.pid);
  setInterval(() => {}, 1000);
`;

test.each([
  ['with setpriv', process.env.PATH],
  ['without setpriv', '/nowhere'],
])('%s: a killed starter takes its server along', async (_name, path) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter], {
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))),
  );
  const server = identifyProcess(pid)!;
  expect(isRunning(server)).toBe(true);
  child.kill('SIGKILL');
  expect(await waitForEnd(server, 20_000)).toBe(true);
});

test('a process with the pid of another one is never signalled', async () => {
  const child = spawn('/bin/sleep', ['600']);
  const identity = identifyProcess(child.pid!)!;
  const impostor = { ...identity, startedAt: `${identity.startedAt}0` };
  expect(isRunning(impostor)).toBe(false);
  expect(signalProcess(impostor, 'SIGKILL')).toBe(false);
  expect(isRunning(identity)).toBe(true);
  expect(signalProcess(identity, 'SIGKILL')).toBe(true);
  expect(await waitForEnd(identity, 20_000)).toBe(true);
});
