import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HeadgateError } from '../errors/headgate-error.ts';
import { createLog, type LogOptions } from './log.ts';

function captured(options: LogOptions): { log: ReturnType<typeof createLog>; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ ...options, destination: { write: (line) => lines.push(line) } }), lines };
}

test('JSON: one object per line, level by name, time in ISO form, bound fields, errors with their data', () => {
  const { log, lines } = captured({ format: 'json' });
  const err = new HeadgateError('HG_NO_PRIMARY', { keyspace: 'commerce', shard: '0' });
  log.child({ connection: 7 }).warn({ err }, 'statement failed');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    connection: 7,
    msg: 'statement failed',
    err: { code: 'HG_NO_PRIMARY', errno: 9201, context: { keyspace: 'commerce' } },
  });
});

test('lines below the level are not written', () => {
  const { log, lines } = captured({ level: 'warn' });
  log.info('no');
  log.warn('yes');
  expect(lines).toHaveLength(1);
});

test.each(['json', 'pretty'] as const)('passwords are not shown (%s)', async (format) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-log-'));
  const file = join(folder, 'log');
  const log = createLog({ format, file });
  log.info(
    { password: 'hush-1', user: { password: 'hush-2' }, config: { gateway: { password: 'hush-3' } } },
    'hello',
  );
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain('hello'), { timeout: 5000 });
  expect(readFileSync(file, 'utf8')).not.toContain('hush');
  rmSync(folder, { recursive: true });
});

test('pretty lines are for reading', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-log-'));
  const file = join(folder, 'log');
  createLog({ format: 'pretty', file }).info({ tablet: 'a-1' }, 'tablet is back');
  expect(readFileSync(file, 'utf8')).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d+\] INFO.*tablet is back \{"tablet":"a-1"\}\n$/,
  );
  rmSync(folder, { recursive: true });
});

test('a file that cannot be opened is an error at once', () => {
  expect(() => createLog({ file: '/nowhere/at/all/log' })).toThrow(
    /log\.file: cannot open \/nowhere\/at\/all\/log/,
  );
});
