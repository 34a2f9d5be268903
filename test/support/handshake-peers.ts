import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { command } from '../../src/mysql/protocol.ts';
import type { ServerError } from '../../src/wire/err-packet.ts';
import {
  ClientHandshake,
  type ClientHandshakeOptions,
  type ClientHandshakeResult,
} from '../../src/wire/handshake/client-handshake.ts';
import type { ClientIdentity } from '../../src/wire/handshake/client-identity.ts';
import { ServerChangeUser } from '../../src/wire/handshake/server-change-user.ts';
import { ServerHandshake, type ServerHandshakeOptions } from '../../src/wire/handshake/server-handshake.ts';
import { buildOk } from '../../src/wire/ok-packet.ts';
import { writeCertificate } from './certificate.ts';

/** A self-signed certificate, made by openssl when the test runs. */
export async function createTestCertificate(): Promise<SecureContext> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-certificate-'));
  try {
    const files = await writeCertificate(folder);
    return createSecureContext({ key: await readFile(files.key), cert: await readFile(files.cert) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A socket as packets. After `pause` bytes stay with the socket, so that TLS finds its own first ones. */
class PacketSocket {
  readonly #onPacket: (payload: Buffer, sequence: number) => void;
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  #rest: Buffer = Buffer.alloc(0);
  socket: Socket;

  constructor(socket: Socket, onPacket: (payload: Buffer, sequence: number) => void) {
    this.socket = socket;
    this.#onPacket = onPacket;
    this.use(socket);
  }

  use(socket: Socket): void {
    this.socket = socket;
    socket.on('data', this.#onData);
    socket.on('error', () => socket.destroy());
  }

  /** The plain socket, with what has been read of it beyond the last packet put back. */
  release(): Socket {
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.pause();
    if (this.#rest.length > 0) socket.unshift(this.#rest);
    this.#rest = Buffer.alloc(0);
    return socket;
  }

  send(payload: Buffer, sequence: number): void {
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = sequence;
    this.socket.write(Buffer.concat([header, payload]));
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readUIntLE(0, 3);
      if (this.#rest.length < end) return;
      const [payload, sequence] = [this.#rest.subarray(4, end), this.#rest[3]!];
      this.#rest = this.#rest.subarray(end);
      this.#onPacket(payload, sequence);
    }
  }
}

export type LoginServer = Readonly<{ port: number; logins: ClientIdentity[]; close(): Promise<void> }>;

/** `options` may differ per connection in nothing but the address, which is the socket's own. */
export async function startLoginServer(
  options: Omit<ServerHandshakeOptions, 'remoteAddress' | 'connectionId'>,
  certificate: SecureContext,
): Promise<LoginServer> {
  const logins: ClientIdentity[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const address = { remoteAddress: socket.remoteAddress ?? '', connectionId: sockets.size };
    serveLogin(socket, { ...options, ...address }, certificate, logins);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    logins,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serveLogin(
  socket: Socket,
  options: ServerHandshakeOptions,
  secureContext: SecureContext,
  logins: ClientIdentity[],
): void {
  let identity: ClientIdentity | undefined;
  let change: ServerChangeUser | undefined;
  const sink = {
    send: (payload: Buffer, sequence: number) => packets.send(payload, sequence),
    startTls: () => {
      const secured = new TLSSocket(packets.release(), { isServer: true, secureContext });
      packets.use(secured);
      secured.once('secure', () =>
        handshake.secured({ cipher: secured.getCipher().name, version: 'TLSv1.3', certificate: undefined }),
      );
    },
    done: (proven: ClientIdentity, sequence: number) => {
      identity = proven;
      change = undefined;
      logins.push(proven);
      packets.send(buildOk({ statusFlags: 2 }, proven.capabilities), sequence);
    },
    refuse: () => packets.socket.end(),
  };
  const handshake = new ServerHandshake(options, sink);
  const packets = new PacketSocket(socket, (payload, sequence) => {
    if (identity === undefined) return handshake.push(payload, sequence);
    if (change === undefined && payload[0] === command.quit) return void packets.socket.end();
    if (change === undefined && payload[0] === command.changeUser) {
      change = new ServerChangeUser(options, identity, sink);
    }
    if (change !== undefined) return change.push(payload, sequence);
    packets.send(buildOk({ statusFlags: 2 }, identity.capabilities), 1);
  });
  handshake.start();
}

export type Login = Readonly<{
  result?: ClientHandshakeResult;
  error?: ServerError;
  /** The first two bytes of every packet that the server sent. */
  seen: readonly string[];
}>;

/** Logs in to a server and hangs up. */
export function login(port: number, options: ClientHandshakeOptions): Promise<Login> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    const end = (outcome: Omit<Login, 'seen'>): void => {
      packets.socket.destroy();
      resolve({ ...outcome, seen });
    };
    const client = new ClientHandshake(options, {
      send: (payload, sequence) => packets.send(payload, sequence),
      startTls: () => {
        const secured = connectTls({ socket: packets.release(), rejectUnauthorized: false });
        packets.use(secured);
        secured.once('secureConnect', () => client.secured());
      },
      done: (result) => end({ result }),
      fail: (error) => end({ error }),
    });
    const packets = new PacketSocket(connect(port, '127.0.0.1'), (payload, sequence) => {
      seen.push(payload.toString('hex', 0, 2));
      client.push(payload, sequence);
    });
    packets.socket.once('error', reject);
  });
}
