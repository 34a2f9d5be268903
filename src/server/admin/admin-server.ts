/** The HTTP port for people and monitoring. It only reads: everything that it shows is handed in by `providers`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import { expositionContentType } from '../../telemetry/exposition.ts';
import type { Log } from '../../telemetry/log.ts';
import { hostPort, reachable } from './format.ts';
import type { Readiness, RouterStatus } from './status.ts';
import { contentSecurityPolicy } from './status-assets.ts';
import { statusPage } from './status-page.ts';

/** Where the answers come from. */
export type AdminProviders = Readonly<{
  readiness: () => Readiness;
  /** Metrics in the text format of Prometheus. */
  metrics: () => Promise<string>;
  status: () => RouterStatus;
}>;

export type AdminServer = Readonly<{ host: string; port: number; url: string; close: () => Promise<void> }>;

type Answer = Readonly<{
  status: number;
  type: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}>;
type Route = (providers: AdminProviders) => Answer | Promise<Answer>;

const CONNECTIONS_MAX = 256;
const REQUEST_MS_MAX = 10_000;

const text = (status: number, body: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', () => text(200, 'ok')],
  [
    '/readyz',
    ({ readiness }) => {
      const { ready, reasons } = readiness();
      return ready ? text(200, 'ready') : text(503, ['not ready', ...reasons].join('\n'));
    },
  ],
  ['/metrics', async ({ metrics }) => ({ status: 200, type: expositionContentType, body: await metrics() })],
  [
    '/status.json',
    ({ status, readiness }) => ({
      status: 200,
      type: 'application/json; charset=utf-8',
      body: `${JSON.stringify({ ...status(), readiness: readiness() }, null, 2)}\n`,
    }),
  ],
  [
    '/',
    ({ status, readiness }) => ({
      status: 200,
      type: 'text/html; charset=utf-8',
      body: statusPage(status(), readiness()),
    }),
  ],
]);

/** Listens; resolves when requests are answered. */
export async function startAdminServer({
  host,
  port,
  providers,
  log,
}: Readonly<{ host: string; port: number; providers: AdminProviders; log?: Log }>): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void respond(request, response, providers, log);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  server.headersTimeout = REQUEST_MS_MAX;
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    host,
    port: bound,
    url: `http://${hostPort(reachable(host), bound)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) => reject(listenError(cause, host, port)));
    server.listen({ host, port }, resolve);
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): HeadgateError {
  const address = hostPort(host, port);
  const detail =
    cause.code === 'EADDRINUSE'
      ? `admin.port: ${address} is already in use; end the program that listens there or choose another port with --admin-port`
      : `admin.host, admin.port: cannot listen on ${address} (${messageOf(cause)}); see --admin-host and --admin-port`;
  return new HeadgateError('HG_CONFIG', { detail, cause });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  providers: AdminProviders,
  log: Log | undefined,
): Promise<void> {
  const answer = await answerTo(request, providers, log);
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(
  request: IncomingMessage,
  providers: AdminProviders,
  log: Log | undefined,
): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const route = routes.get(path);
  if (route === undefined) return text(404, `not found; there are ${[...routes.keys()].join(', ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...text(405, 'only GET and HEAD'), headers: { allow: 'GET, HEAD' } };
  }
  try {
    return await route(providers);
  } catch (err) {
    log?.error({ err, path }, 'admin request failed');
    return text(500, 'internal error; the log has the details');
  }
}
