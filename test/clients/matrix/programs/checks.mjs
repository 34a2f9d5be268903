// What the programs for Node share: checks as lines of JSON, and the texts of `sql/`.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const env = process.env;

export const account = {
  host: env.CLIENT_HOST,
  port: Number(env.CLIENT_PORT),
  user: env.CLIENT_USER,
  password: env.CLIENT_PASSWORD,
  database: env.CLIENT_DATABASE,
};
export const ca = readFileSync(env.CLIENT_CA, 'utf8');
export const folder = env.CLIENT_TEMP;

const linesOf = (file) =>
  readFileSync(join(env.CLIENT_SQL, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

export const setup = linesOf('setup.txt');

/** [name, sql] of a file. */
export const statements = (file) =>
  linesOf(file).map((line) => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  });

/** Values as JSON can carry them, with what kind they were where that would be lost. */
export function plain(value) {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'string')
    return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Buffer.isBuffer(value)) return long(value) ?? { bytes: value.toString('hex') };
  if (value instanceof Date) return { date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() };
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** Long values as their length and digest. */
export function long(value) {
  if (value.length < 10_000) return undefined;
  return { length: value.length, digest: createHash('sha1').update(value).digest('hex') };
}

/** What an error says of itself, or the driver's in an ORM's. */
export const errorFacts = (error) => {
  const inner = [error.original, error.nativeError, error.cause, error].find((each) => each?.errno) ?? error;
  return {
    errno: inner.errno,
    code: inner.code,
    sqlState: inner.sqlState,
    message: inner.sqlMessage ?? inner.message,
  };
};

const MS_MAX = 20_000;

/** Runs a check and prints what it gave. One that never ends is a failure too. */
export async function check(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), MS_MAX);
  });
  let line;
  try {
    line = { name, outcome: 'ok', value: plain(await Promise.race([work(), late])) ?? null };
  } catch (error) {
    line = { name, outcome: 'error', value: plain(errorFacts(error)) };
  }
  clearTimeout(timer);
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The error that is expected, as a value; that there was none is a failure. */
export async function refused(work) {
  try {
    await work();
  } catch (error) {
    return errorFacts(error);
  }
  throw new Error('there was no error');
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
