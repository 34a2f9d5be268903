/** TCP ports on 127.0.0.1: finding free ones, and saying who has one that is taken. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename } from 'node:path';
import { localError } from './local-error.ts';

// Below the range from which Linux takes ports for outgoing connections: a port found here is not used up by one of
// those between our looking and the server's binding.
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const TRIES_MAX = 200;
const TCP_LISTEN = '0A';

/** Whether a server could listen on the port now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

const claims = new Map<number, Server>();

/**
 * Takes the port among all processes of this machine, for as long as this process lives: a server takes a moment to
 * bind, and one that is started again wants the port it had. The claim is a name in Linux's abstract socket namespace,
 * which the kernel takes back by itself; where there is none, nothing is claimed.
 */
function claim(port: number): Promise<boolean> {
  if (claims.has(port)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen({ path: `\0headgate-port-${port}`, exclusive: true }, () => {
      claims.set(port, server);
      resolve(true);
    });
  });
}

/** A free port, which no other process is given while this one lives; the preferred one if that is free. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await claim(preferred)) && (await isPortFree(preferred))) return preferred;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (!claims.has(port) && (await claim(port)) && (await isPortFree(port))) return port;
  }
  throw localError(`no free port was found between ${FIRST_PORT} and ${LAST_PORT}`);
}

function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>();
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === TCP_LISTEN)
          inodes.add(`socket:[${fields[9]}]`);
      }
    } catch {
      // No such table, for instance without IPv6.
    }
  }
  return inodes;
}

/** The process that listens on a port, as far as this user may see it. */
export function portOwner(port: number): { pid: number; name: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`)) {
        if (!inodes.has(readlinkSync(`/proc/${entry}/fd/${fd}`))) continue;
        return { pid: Number(entry), name: programName(entry) };
      }
    } catch {
      // Another user's process, or one that has ended meanwhile.
    }
  }
  return undefined;
}

/** Names what runs, not the loader or the interpreter that runs it. */
function programName(pid: string): string {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const first = basename(args[0] ?? '');
  if (/^ld-linux/.test(first))
    return basename(args.find((arg, at) => at > 2 && !arg.startsWith('-')) ?? first);
  if (/^node\d*$/.test(first))
    return `node ${args
      .slice(1, 3)
      .map((arg) => basename(arg))
      .join(' ')}`.trim();
  return first || 'unknown';
}

/** Throws a clear error when the port cannot be listened on; `flag` is how to choose another. */
export async function requirePortFree(port: number, what: string, flag: string): Promise<void> {
  if (port === 0 || (await isPortFree(port))) return;
  if (port < 1024 && portOwner(port) === undefined && process.getuid?.() !== 0) {
    throw localError(`port ${port} (${what}) needs root's rights. Choose another one with ${flag} PORT.`);
  }
  const owner = portOwner(port);
  const by = owner === undefined ? '' : ` by ${owner.name} (pid ${owner.pid})`;
  throw localError(
    `port ${port} (${what}) is in use${by}. Stop that program, or choose another port with ${flag} PORT.`,
  );
}
