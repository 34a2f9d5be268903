/**
 * One TCP (or TLS, or unix) connection as bytes with back-pressure; the only place that knows Node's sockets.
 *
 * Plain sockets read into a reused buffer (`onread`): a third of the user-mode cost of `data` events. `net.createServer`
 * ignores `onread`, so an accepted socket's handle is wrapped anew; `channel.test.ts` pins that this internal way works,
 * and `data` events take over where it does not (TLS, or a Node without it).
 */
import type { X509Certificate } from 'node:crypto';
import { connect, Socket } from 'node:net';
import { connect as connectTls, type SecureContext, TLSSocket } from 'node:tls';
import { oneLineName, type TlsPeer } from './auth/tls-requirement.ts';

const READ_BUFFER_BYTES = 64 * 1024;
/** For answers of a few rows; a read that fills it makes room for more. Many connections' buffers then fit the processor's caches. */
const SMALL_BUFFER_BYTES = 16 * 1024;
const SPARE_BUFFERS_MAX = 16;

/** What a channel tells its owner. None of the methods may throw: what goes wrong inside is the owner's to handle. */
export interface ChannelHandler {
  /** `bytes` are valid until this returns, unless `keepBuffer` was called meanwhile (or `ownsBytes` is true). */
  onBytes(bytes: Buffer): void;
  /** A full channel (`write` returned false) has emptied. */
  onDrain(): void;
  /** Called exactly once; nothing follows. */
  onClosed(error: Error | undefined): void;
}

/** A client's connection as its owner uses it: a `Channel`, or one with compression around it. */
export interface ClientChannel {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly closed: boolean;
  readonly pendingBytes: number;
  readonly ownsBytes: boolean;
  write(bytes: Buffer): boolean;
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  end(): void;
  destroy(error?: Error): void;
}

/** All accepted channels share this: its content is used up, or copied, before the next read can happen. */
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** Large buffers that nobody uses, so that long and short answers in turn do not allocate. */
const spareBuffers: Buffer[] = [];

type WithHandle = { _handle: unknown };
/** What Node's own TLS server asks after a handshake; nothing public tells it. */
type WithVerdict = { _handle: { verifyError(): Error | undefined } | null };

/** TLS towards a client. */
export type ServerTls = Readonly<{
  context: SecureContext;
  /** Whether the client is asked for a certificate, and must show one. One that is not good ends the connection. */
  clientCertificate: 'no' | 'optional' | 'required';
}>;

/** TLS towards a server; its certificate is verified only where `ca` is given. */
export type ClientTls = Readonly<{
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}>;

export class Channel implements ClientChannel {
  handler: ChannelHandler;
  bytesRead = 0;
  bytesWritten = 0;
  closed = false;
  #socket: Socket;
  #buffer: Buffer | undefined;
  #keep = false;
  /** Bytes of the last read: as many as the small buffer holds announce more. */
  #lastRead = 0;
  #paused = false;

  private constructor(handler: ChannelHandler) {
    this.handler = handler;
    this.#socket = undefined as unknown as Socket;
  }

  /** Takes over a socket accepted by a server created with `pauseOnConnect: true`. Nothing is read before `resume`. */
  static accepted(socket: Socket, handler: ChannelHandler): Channel {
    const channel = new Channel(handler);
    const handle = (socket as unknown as WithHandle)._handle;
    if (handle === null || handle === undefined) {
      channel.#attach(socket, true);
      return channel;
    }
    (socket as unknown as WithHandle)._handle = null;
    socket.destroy();
    const options = {
      handle,
      manualStart: true,
      onread: { buffer: sharedBuffer, callback: (length: number) => channel.#received(sharedBuffer, length) },
    };
    channel.#attach(new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]), false);
    channel.#paused = true;
    return channel;
  }

  /** Connects to a server. `onClosed` reports a failed attempt as well. */
  static connected(host: string, port: number, handler: ChannelHandler, onConnected: () => void): Channel {
    const channel = new Channel(handler);
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: () => channel.#nextBuffer(),
        callback: (length: number, bytes: Uint8Array) => channel.#received(bytes as Buffer, length),
      },
    });
    socket.once('connect', onConnected);
    channel.#attach(socket, false);
    return channel;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  /** Bytes that are accepted but not yet with the operating system. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends. False means full: stop until `onDrain`. The bytes must stay unchanged while `pendingBytes` is above 0. */
  write(bytes: Buffer): boolean {
    if (this.closed) return true;
    this.bytesWritten += bytes.length;
    return this.#socket.write(bytes);
  }

  /** Collects the writes until `uncork` into one system call. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** The bytes given to `onBytes` stay valid for good; the channel reads on into another buffer. */
  keepBuffer(): void {
    this.#keep = true;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Sends what is pending, then closes. */
  end(): void {
    this.#socket.end();
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  /** As server: the client's next bytes are a TLS ClientHello; `rest` is what of it has arrived already. */
  startServerTls(
    { context, clientCertificate }: ServerTls,
    rest: Buffer,
    onSecure: (peer: TlsPeer) => void,
  ): void {
    const plain = this.#detach();
    if (rest.length > 0) plain.unshift(Buffer.from(rest));
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: context,
      requestCert: clientCertificate !== 'no',
      rejectUnauthorized: clientCertificate === 'required',
    });
    secure.once('secure', () => {
      const certificate = clientCertificate === 'no' ? undefined : secure.getPeerX509Certificate();
      const verdict = (secure as unknown as WithVerdict)._handle?.verifyError();
      if (certificate !== undefined && verdict !== undefined && verdict !== null) secure.destroy(verdict);
      else onSecure(peerOf(secure, certificate));
    });
    this.#attach(secure, true);
    this.#paused = false;
  }

  /** As client: upgrades to TLS. */
  startClientTls(options: ClientTls, onSecure: () => void): void {
    const plain = this.#detach();
    const secure = connectTls(
      {
        socket: plain,
        rejectUnauthorized: options.ca !== undefined,
        ...options,
        checkServerIdentity: () => undefined,
      },
      onSecure,
    );
    this.#attach(secure, true);
    this.#paused = false;
  }

  /** True where `onBytes` hands out fresh memory each time (TLS). */
  get ownsBytes(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  /** Called after each read: a kept buffer is replaced, and one of the wrong size; otherwise the same one serves again. */
  #nextBuffer(): Buffer {
    const size = this.#lastRead < SMALL_BUFFER_BYTES ? SMALL_BUFFER_BYTES : READ_BUFFER_BYTES;
    const current = this.#buffer;
    if (current !== undefined && !this.#keep && current.length === size) return current;
    const large = current?.length === READ_BUFFER_BYTES && !this.#keep ? current : undefined;
    if (large !== undefined && spareBuffers.length < SPARE_BUFFERS_MAX) spareBuffers.push(large);
    const spare = size === READ_BUFFER_BYTES ? spareBuffers.pop() : undefined;
    this.#keep = false;
    this.#buffer = spare ?? Buffer.allocUnsafeSlow(size);
    return this.#buffer;
  }

  #detach(): Socket {
    const plain = this.#socket;
    // A flowing stream without listeners would drop what TLS is about to take over.
    plain.pause();
    plain.removeAllListeners('data');
    plain.removeAllListeners('drain');
    plain.removeAllListeners('close');
    plain.removeAllListeners('error');
    plain.on('error', () => {});
    return plain;
  }

  #attach(socket: Socket, dataEvents: boolean): void {
    this.#socket = socket;
    let failure: Error | undefined;
    socket.setNoDelay(true);
    if (dataEvents) socket.on('data', (bytes: Buffer) => this.#received(bytes, bytes.length));
    socket.on('drain', () => this.handler.onDrain());
    socket.on('error', (error: Error) => {
      failure = error;
    });
    socket.on('close', () => {
      if (this.closed) return;
      this.closed = true;
      this.handler.onClosed(failure);
    });
  }

  #received(buffer: Buffer, length: number): boolean {
    this.bytesRead += length;
    this.#lastRead = length;
    if (!this.closed) this.handler.onBytes(length === buffer.length ? buffer : buffer.subarray(0, length));
    return true;
  }
}

const peerOf = (socket: TLSSocket, certificate: X509Certificate | undefined): TlsPeer => ({
  cipher: socket.getCipher().name,
  version: socket.getProtocol() ?? '',
  certificate: certificate && {
    subject: oneLineName(certificate.subject),
    issuer: oneLineName(certificate.issuer),
  },
});
