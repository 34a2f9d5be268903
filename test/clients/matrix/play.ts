/** Plays one client's program and reads what it found: one line of JSON per check. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './clients.ts';
import { type ClientStage, databases, PASSWORD, type Place } from './stage.ts';

/** What a check gave: `ok` with what it saw, or the error that ended it. */
export type Outcome = Readonly<{ outcome: 'ok' | 'error'; value: string }>;

/** By the check's name, in the order of the program. */
export type Findings = ReadonlyMap<string, Outcome>;

const CLIENT_MS_MAX = 240_000;

type Line = Readonly<{ name: string; outcome: 'ok' | 'error'; value: unknown }>;

/** The same text, wherever the client was: no database, port or folder of one place. */
const neutral = (value: unknown, port: number, folder: string): string =>
  (JSON.stringify(value) ?? 'null')
    .replaceAll(databases.sharded, databases.unsharded)
    .replaceAll(folder, 'FOLDER')
    .replaceAll(new RegExp(`\\b${port}\\b`, 'g'), 'PORT');

function readLine(text: string): Line | undefined {
  if (!text.startsWith('{"')) return undefined;
  const line = JSON.parse(text) as Partial<Line>;
  if (typeof line.name !== 'string' || (line.outcome !== 'ok' && line.outcome !== 'error')) return undefined;
  return { name: line.name, outcome: line.outcome, value: line.value };
}

/**
 * Runs the program in one place to its end. A program that ends otherwise than by itself has one failed check more,
 * named `the program`, which says how.
 */
export async function play(client: Client, place: Place, stage: ClientStage): Promise<Findings> {
  const folder = await mkdtemp(join(stage.dir, 'client-'));
  const port = stage.port(place);
  const env = {
    ...process.env,
    ...client.env,
    CLIENT_HOST: '127.0.0.1',
    CLIENT_PORT: String(port),
    CLIENT_USER: 'checker',
    CLIENT_PASSWORD: PASSWORD,
    CLIENT_DATABASE: databases[place],
    CLIENT_CA: stage.ca,
    CLIENT_SQL: join(import.meta.dirname, 'sql'),
    CLIENT_TEMP: folder,
    TZ: 'UTC',
  };
  const [program, ...args] = client.command;
  const child = spawn(program!, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), CLIENT_MS_MAX);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000);
  });
  const end = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(timer);
  await rm(folder, { recursive: true, force: true });
  const findings = new Map<string, Outcome>();
  for (const text of stdout.split('\n')) {
    const line = readLine(text);
    if (line === undefined) continue;
    findings.set(line.name, { outcome: line.outcome, value: neutral(line.value, port, folder) });
  }
  if (end !== 0)
    findings.set('the program', { outcome: 'error', value: `ended with ${end}: ${stderr.trim()}` });
  return findings;
}
