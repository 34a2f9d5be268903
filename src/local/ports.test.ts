import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from './ports.ts';

/** What another process is given that would like to have this port. */
function givenElsewhere(preferred: number): number {
  const script = `import { freePort } from ${JSON.stringify(join(import.meta.dirname, 'ports.ts'))};
    console.log(await freePort(${preferred}));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

it('gives a port to one caller alone', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
});

it('gives no other process a port on which nothing listens yet', async () => {
  const port = await freePort();
  expect(givenElsewhere(port)).not.toBe(port);
});

it('gives the preferred port again to who has had it', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
});

it('gives another one where the preferred port is listened on', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  expect(await freePort(port)).not.toBe(port);
  await new Promise((resolve) => {
    server.close(resolve);
  });
});
