/** `headgate hash-password`: a password in, the two hashes of the users file out. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { hashPassword } from '../config/users.ts';
import { HeadgateError } from '../errors/headgate-error.ts';

export function register(program: Command): void {
  program
    .command('hash-password')
    .description('print the hashes of a password for the users file (read from stdin or a prompt)')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const hashes = hashPassword(await readPassword());
      if (options.json) console.log(JSON.stringify(hashes));
      else console.log(`cachingSha2: '${hashes.cachingSha2}'\nnative: '${hashes.native}'`);
    });
}

/** Never an argument: other users of the machine see those. */
async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await prompt() : await readFirstLine();
  if (password !== '') return password;
  throw new HeadgateError('HG_CONFIG', {
    detail: "an empty password has no hash; the users file says password: '' for a user without one",
  });
}

async function readFirstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().split(/\r?\n/, 1)[0]!;
}

function prompt(): Promise<string> {
  process.stderr.write('Password: ');
  // readline echoes into its output: a stream that swallows everything keeps the password off the screen.
  const silent = new Writable({ write: (_chunk, _encoding, written) => written() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    reader.once('SIGINT', () => reader.close());
    reader.once('close', () => {
      process.stderr.write('\n');
      reject(new HeadgateError('HG_CONFIG', { detail: 'no password was given' }));
    });
    reader.question('', (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}
