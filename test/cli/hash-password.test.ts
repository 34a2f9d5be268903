import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';

const packageRoot = join(import.meta.dirname, '../..');

/** The command alone in a program of its own, since it reads the process's stdin. */
const program = `
  import { Command } from 'commander';
  import { register } from './src/cli/hash-password.ts';
  const program = new Command();
  register(program);
  await program.parseAsync(['hash-password', ...process.argv.slice(1)], { from: 'user' });`;

const hashPasswordOf = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    cwd: packageRoot,
    input,
    encoding: 'utf8',
  });

test('the hashes of what comes on stdin, without its line end', () => {
  const { cachingSha2, native } = hashPassword('sésame öffne');
  for (const end of ['', '\n', '\r\n']) {
    const { stdout, status } = hashPasswordOf(`sésame öffne${end}`);
    expect(stdout).toBe(`cachingSha2: '${cachingSha2}'\nnative: '${native}'\n`);
    expect(status).toBe(0);
  }
  expect(JSON.parse(hashPasswordOf('sésame öffne', '--json').stdout)).toEqual({ cachingSha2, native });
});

test('an empty password is refused', () => {
  const { status, stderr, stdout } = hashPasswordOf('\n');
  expect(status).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toContain("password: ''");
});

test('a password as an argument is refused', () => {
  expect(hashPasswordOf('', 'geheim').status).not.toBe(0);
});
