/** Where clients come in: the port and the unix socket. Opens and closes them, and says who is at the other end. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type HostRule, hostRuleMatches, normalizeAddress, parseHostRule } from '../config/host-rule.ts';
import type { Config } from '../config/schema.ts';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import { Channel, type ChannelHandler } from '../wire/channel.ts';
import { buildErr } from '../wire/err-packet.ts';
import { frame } from '../wire/packets.ts';
import { parseProxyHeader } from '../wire/proxy-header.ts';

/** The other end of a client's connection. */
export type Peer = Readonly<{
  /** Empty for the unix socket. */
  address: string;
  port: number;
  /** Nobody can listen on it: the unix socket. */
  local: boolean;
}>;

/** Hears of one socket: `ready` or `failed`, once. */
export type PeerSink = Readonly<{
  /** `rest` is what the client has sent already. */
  ready: (channel: Channel, peer: Peer, rest: Buffer | undefined) => void;
  /** The connection is closed; with an error where it was refused. */
  failed: (error: HeadgateError | undefined, peer: Peer) => void;
}>;

export class Listeners {
  readonly #config: Config['listen'];
  readonly #onSocket: (socket: Socket, local: boolean) => void;
  readonly #proxies: readonly HostRule[];
  readonly #servers: Server[] = [];
  readonly #awaited = new Set<ProxyHeaderReader>();

  /** `onSocket` gets each accepted socket, to be handed to `identify` or closed; `local` ones came through the unix socket. */
  constructor(config: Config['listen'], onSocket: (socket: Socket, local: boolean) => void) {
    this.#config = config;
    this.#onSocket = onSocket;
    this.#proxies = config.proxyFrom.map((text) => parseHostRule(text)!);
  }

  /** Resolves with the port. Rejects with HG_CONFIG where one of them is taken. */
  async open(): Promise<number> {
    const { host, port, socket } = this.#config;
    const server = this.#create(false);
    await listening(
      server,
      (cause) => {
        const taken = 'the port is in use; choose another with listen.port (--listen-port)';
        const why = cause.code === 'EADDRINUSE' ? taken : messageOf(cause);
        return `cannot listen on ${host}:${port}: ${why}`;
      },
      () => server.listen(port, host),
    );
    if (socket !== undefined) await this.#openSocket(socket);
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** No new connections. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const reader of [...this.#awaited]) reader.destroy();
  }

  /** Finds out who a socket belongs to: at once, or from the header of a proxy that is trusted with it. */
  identify(socket: Socket, local: boolean, sink: PeerSink): void {
    const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, local };
    if (!local && peer.address === '') {
      // Gone already; without an address it must not pass for a local one.
      socket.destroy();
      sink.failed(undefined, peer);
      return;
    }
    const address = normalizeAddress(peer.address);
    if (local || !this.#proxies.some((rule) => hostRuleMatches(rule, address))) {
      sink.ready(Channel.accepted(socket, unowned), peer, undefined);
      return;
    }
    const reader = new ProxyHeaderReader(socket, peer, this.#config.handshakeMsMax, {
      ready: (...found) => {
        this.#awaited.delete(reader);
        sink.ready(...found);
      },
      failed: (error) => {
        this.#awaited.delete(reader);
        sink.failed(error, peer);
      },
    });
    this.#awaited.add(reader);
  }

  #create(local: boolean): Server {
    const { keepAliveMs: keepAliveInitialDelay } = this.#config;
    const options = { pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay };
    const server = createServer(options, (socket) => this.#onSocket(socket, local));
    this.#servers.push(server);
    return server;
  }

  async #openSocket(path: string): Promise<void> {
    await removeStale(path);
    const server = this.#create(true);
    const problem = (cause: Error) => `cannot listen on ${path} (listen.socket): ${messageOf(cause)}`;
    await listening(server, problem, () => server.listen(path));
    chmodSync(path, Number.parseInt(this.#config.socketMode, 8));
  }
}

/** Nothing is read before a channel has an owner. */
const unowned: ChannelHandler = { onBytes: () => {}, onDrain: () => {}, onClosed: () => {} };

function listening(
  server: Server,
  problem: (cause: NodeJS.ErrnoException) => string,
  listen: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new HeadgateError('HG_CONFIG', { detail: problem(cause), cause })),
    );
    server.once('listening', resolve);
    listen();
  });
}

/** A router that was killed leaves its socket file behind; one that somebody listens on is not touched. */
async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const refuse = (why: string): never => {
    throw new HeadgateError('HG_CONFIG', { detail: `cannot listen on ${path} (listen.socket): ${why}` });
  };
  if (!stats.isSocket()) refuse('there is a file that is no socket');
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (cause: NodeJS.ErrnoException) => resolve(cause.code !== 'ECONNREFUSED'));
  });
  if (inUse) refuse('another process listens there');
  unlinkSync(path);
}

type HeaderSink = Readonly<{
  ready: PeerSink['ready'];
  failed: (error: HeadgateError | undefined) => void;
}>;

/** Reads the header ahead of everything else; the client behind it is silent until it has the greeting. */
class ProxyHeaderReader implements ChannelHandler {
  readonly #channel: Channel;
  readonly #peer: Peer;
  readonly #sink: HeaderSink;
  readonly #timer: NodeJS.Timeout;
  #bytes: Buffer = Buffer.alloc(0);
  #error: HeadgateError | undefined;

  constructor(socket: Socket, peer: Peer, msMax: number, sink: HeaderSink) {
    this.#peer = peer;
    this.#sink = sink;
    this.#channel = Channel.accepted(socket, this);
    this.#timer = setTimeout(() => this.#channel.destroy(), msMax);
    this.#channel.resume();
  }

  destroy(): void {
    this.#channel.destroy();
  }

  onBytes(bytes: Buffer): void {
    if (this.#error !== undefined) return;
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    try {
      const header = parseProxyHeader(this.#bytes);
      if (header === undefined) return;
      clearTimeout(this.#timer);
      const { length, source } = header;
      const rest = this.#bytes.length > length ? this.#bytes.subarray(length) : undefined;
      this.#sink.ready(this.#channel, source === undefined ? this.#peer : { ...source, local: false }, rest);
    } catch (error) {
      this.#error = error as HeadgateError;
      this.#channel.write(frame(buildErr(this.#error, false), 0));
      this.#channel.end();
    }
  }

  onDrain(): void {}

  onClosed(): void {
    clearTimeout(this.#timer);
    this.#sink.failed(this.#error);
  }
}
