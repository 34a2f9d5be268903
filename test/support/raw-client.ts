/**
 * A MySQL client that works on packets: it sends exactly what a test says and keeps exactly what came.
 * It shares nothing with `src/wire` but the protocol's numbers, so that a mistake there cannot hide itself.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket, type ConnectionOptions as TlsOptions } from 'node:tls';
import { capability, command } from '../../src/mysql/protocol.ts';
import { AnswerTracker, isSilent } from './answer-tracker.ts';
import { type Attribute, namedExecutePayload, queryPrefix } from './attributes.ts';
import { frame } from './bytes.ts';
import { CompressedWire, type CompressionName } from './compressed-wire.ts';
import { type ErrorPacket, readError } from './decode-parts.ts';
import {
  changeUserPayload,
  encryptPassword,
  type Greeting,
  type Login,
  loginHead,
  loginPayload,
  parseGreeting,
  passwordProof,
} from './handshake.ts';
import { type Packet, PacketReader } from './packet-reader.ts';
import { type ExecuteOptions, executePayload, type Parameter } from './parameters.ts';

/** A host that begins with a slash is a unix socket. */
export type Endpoint = Readonly<{ host: string; port: number; user: string; password: string }>;

export type ConnectOptions = Readonly<{
  database?: string;
  /** Replaces the usual flags as a whole. */
  capabilities?: number;
  /** Flags added to or taken from the usual ones. */
  with?: number;
  without?: number;
  charset?: number;
  tls?: boolean;
  /** With `tls`: a certificate to show (PEM), versions and the like. */
  tlsOptions?: Pick<TlsOptions, 'cert' | 'key' | 'minVersion' | 'maxVersion' | 'session' | 'ecdhCurve'>;
  /** Asked for, and used where the server offers it. */
  compression?: CompressionName;
  /** Level of zstd as the handshake says it; 3 unless told. */
  compressionLevel?: number;
  /** The plugin the client claims first; the server may still switch. */
  plugin?: string;
  attributes?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  /** Sent ahead of everything, before the greeting is awaited: a proxy's header. */
  preface?: Buffer;
}>;

/** A command's complete answer; `closed` says that the server hung up before its end. */
export type Answer = Readonly<{
  commandByte: number;
  capabilities: number;
  packets: readonly Packet[];
  closed: boolean;
  /** Came in compressed frames. */
  compressed: boolean;
}>;

/** What mysql's own C library offers, except compression and local files. */
export const usualCapabilities =
  capability.longPassword |
  capability.longFlag |
  capability.protocol41 |
  capability.transactions |
  capability.secureConnection |
  capability.multiStatements |
  capability.multiResults |
  capability.psMultiResults |
  capability.pluginAuth |
  capability.pluginAuthLenencClientData |
  capability.connectAttrs |
  capability.sessionTrack |
  capability.deprecateEof;

/** An ERR packet where the test expected success, for instance a refused login. */
export class ServerError extends Error {
  readonly errno: number;
  readonly sqlState: string;
  constructor(packet: ErrorPacket) {
    super(`${packet.errno} (${packet.sqlState}): ${packet.message}`);
    this.errno = packet.errno;
    this.sqlState = packet.sqlState;
  }
}

export class RawClient {
  greeting!: Greeting;
  capabilities = 0;
  /** All packets of the handshake as received, the login's OK last. */
  readonly handshake: Packet[] = [];
  /** What a request for a local file is answered with: packets, behind which an empty one follows. */
  file: readonly (Buffer | string)[] = [];
  readonly #endpoint: Endpoint;
  readonly #timeoutMs: number;
  readonly #plain: Socket;
  #socket: Socket;
  #reader = new PacketReader();
  /** Set once TLS was begun. */
  tls: TLSSocket | undefined;
  /** Set once the login is over, where compression was agreed on. */
  compressed: CompressedWire | undefined;
  #closed = false;
  #failure: Error | undefined;
  readonly #waiters = new Set<() => void>();
  #login!: Login;
  #salt: Buffer = Buffer.alloc(0);

  private constructor(endpoint: Endpoint, timeoutMs: number) {
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    const { host, port } = endpoint;
    this.#plain = connectTcp(host.startsWith('/') ? { path: host } : { host, port, noDelay: true });
    this.#socket = this.#plain;
    this.#listen(this.#socket);
  }

  /** Connects and logs in; a refusal throws `ServerError`. */
  static async connect(endpoint: Endpoint, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(endpoint, options.timeoutMs, options.preface);
    try {
      await client.#logIn(options);
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /** Connects and reads the greeting, nothing more: for tests that misbehave in the handshake. */
  static async open(endpoint: Endpoint, timeoutMs = 30_000, preface?: Buffer): Promise<RawClient> {
    const client = new RawClient(endpoint, timeoutMs);
    try {
      if (preface) client.sendRaw(preface);
      const first = await client.receive();
      if (!first) throw new Error(`${endpoint.port} closed the connection before its greeting`);
      client.handshake.push(first);
      if (first.payload[0] === 0xff) throw new ServerError(readError(first.payload, false));
      client.greeting = parseGreeting(first.payload);
      client.#salt = client.greeting.salt;
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that were given to the socket and that nobody has taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends one command and reads its complete answer. */
  async command(commandByte: number, payload: Buffer | string = ''): Promise<Answer> {
    this.send(commandByte, payload);
    return this.readAnswer(commandByte);
  }

  /** Sends a command without reading: for pipelines, and for answers that are read elsewhere. */
  send(commandByte: number, payload: Buffer | string = ''): void {
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (this.compressed) this.compressed.sequence = 0;
    this.sendRaw(frame(Buffer.concat([Buffer.from([commandByte]), body])));
  }

  /** Bytes as they are, packet headers included. */
  sendRaw(bytes: Buffer): void {
    this.sendUnwrapped(this.compressed?.wrap(bytes) ?? bytes);
  }

  /** Bytes as they are, also on a connection with compression. */
  sendUnwrapped(bytes: Buffer): void {
    if (!this.#closed) this.#socket.write(bytes);
  }

  /** Reads the answer of a command sent before. */
  async readAnswer(commandByte: number): Promise<Answer> {
    const packets: Packet[] = [];
    const answer = (closed: boolean): Answer => ({
      commandByte,
      capabilities: this.capabilities,
      packets,
      closed,
      compressed: this.compressed !== undefined,
    });
    if (isSilent(commandByte)) return answer(false);
    const tracker = new AnswerTracker(commandByte, this.capabilities);
    let parts: Buffer[] = [];
    while (!tracker.done) {
      const packet = await this.receive(() => `after ${packets.length} packets of the answer`);
      if (!packet) return answer(true);
      packets.push(packet);
      parts.push(packet.payload);
      if (packet.payload.length === 0xff_ff_ff) continue;
      const payload = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      await this.#react(tracker.take(payload), packet, payload);
    }
    return answer(false);
  }

  /** The next packet, or undefined when the server has closed the connection. */
  async receive(progress: () => string = () => 'for a packet'): Promise<Packet | undefined> {
    const deadline = Date.now() + this.#timeoutMs;
    for (;;) {
      const packet = this.#reader.next();
      if (packet) return packet;
      if (this.#closed) return undefined;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) {
        throw new Error(
          `no packet within ${this.#timeoutMs} ms from port ${this.#endpoint.port}, waiting ${progress()}; ` +
            `${this.#reader.pendingBytes} bytes of an incomplete packet are here`,
        );
      }
      await this.#waitForBytes(leftMs);
    }
  }

  query(sql: string | Buffer, attributes: readonly Attribute[] = []): Promise<Answer> {
    if (!this.#takesAttributes) return this.command(command.query, sql);
    return this.command(command.query, Buffer.concat([queryPrefix(attributes), Buffer.from(sql)]));
  }

  get #takesAttributes(): boolean {
    return (this.capabilities & capability.queryAttributes) !== 0;
  }

  /** Prepares and returns the answer with the statement's id (0 when it failed). */
  async prepare(sql: string | Buffer): Promise<{ answer: Answer; id: number }> {
    const answer = await this.command(command.stmtPrepare, sql);
    const first = answer.packets[0]?.payload;
    return { answer, id: first?.[0] === 0 ? first.readUInt32LE(1) : 0 };
  }

  execute(
    id: number,
    parameters: readonly Parameter[] = [],
    options?: ExecuteOptions,
    attributes: readonly Attribute[] = [],
  ): Promise<Answer> {
    const payload = this.#takesAttributes
      ? namedExecutePayload(id, parameters, attributes, options)
      : executePayload(id, parameters, options);
    return this.command(command.stmtExecute, payload);
  }

  sendLongData(id: number, parameter: number, data: Buffer | string): void {
    const head = Buffer.alloc(6);
    head.writeUInt32LE(id, 0);
    head.writeUInt16LE(parameter, 4);
    this.send(command.stmtSendLongData, Buffer.concat([head, Buffer.from(data)]));
  }

  closeStatement(id: number): void {
    this.send(command.stmtClose, statementId(id));
  }

  resetStatement(id: number): Promise<Answer> {
    return this.command(command.stmtReset, statementId(id));
  }

  fetch(id: number, rows: number): Promise<Answer> {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(rows);
    return this.command(command.stmtFetch, Buffer.concat([statementId(id), count]));
  }

  /** COM_CHANGE_USER, with the login's values where none are given. */
  changeUser(
    change: Partial<Pick<Login, 'user' | 'password' | 'database' | 'charset'>> = {},
  ): Promise<Answer> {
    this.#login = { ...this.#login, ...change };
    // The server answers with a switch (and a new salt) whenever the proof of the old salt does not fit.
    const plugin = 'caching_sha2_password';
    const proof = passwordProof(plugin, this.#login.password, this.#salt);
    return this.command(command.changeUser, changeUserPayload(this.#login, plugin, proof));
  }

  /** COM_QUIT, then waits for the server to hang up. */
  async quit(): Promise<void> {
    this.send(command.quit);
    while (await this.receive(() => 'for the end after COM_QUIT'));
    this.destroy();
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#wake();
  }

  /** Ends with a TCP reset, as a client that crashes does. */
  reset(): void {
    this.#closed = true;
    this.#plain.resetAndDestroy();
    this.#wake();
  }

  /** Stops and resumes reading from the socket: a slow client. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(this.compressed?.unwrap(chunk) ?? chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#failure = error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Why the connection ended, if the socket knows. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  #waitForBytes(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiters.add(wake);
    });
  }

  async #logIn(options: ConnectOptions): Promise<void> {
    let flags = options.capabilities ?? usualCapabilities;
    flags = (flags | (options.with ?? 0)) & ~(options.without ?? 0);
    if (options.database !== undefined) flags |= capability.connectWithDb;
    if (options.tls) flags |= capability.ssl;
    if (options.compression === 'zlib') flags |= capability.compress;
    if (options.compression === 'zstd') flags |= capability.zstdCompression;
    this.capabilities = flags & (this.greeting.capabilities | capability.connectWithDb);
    const { user, password } = this.#endpoint;
    const { database, attributes, charset = 255, compressionLevel } = options;
    const { capabilities } = this;
    this.#login = { user, password, charset, capabilities, database, attributes, compressionLevel };
    let sequence = 1;
    if (options.tls) {
      this.sendRaw(frame(loginHead(this.capabilities, charset), sequence));
      sequence += 1;
      await this.#startTls(options.tlsOptions);
    }
    const plugin = options.plugin ?? this.greeting.plugin;
    const proof = passwordProof(plugin, password, this.#salt);
    this.sendRaw(frame(loginPayload(this.#login, plugin, proof), sequence));
    await this.#finishLogin();
    // With both agreed on, a server takes the first of its own list.
    if (this.capabilities & capability.compress) this.compressed = new CompressedWire('zlib', 6);
    else if (this.capabilities & capability.zstdCompression)
      this.compressed = new CompressedWire('zstd', compressionLevel ?? 3);
  }

  async #finishLogin(): Promise<void> {
    for (;;) {
      const packet = await this.receive(() => 'for the answer to the login');
      if (!packet) throw new Error(`port ${this.#endpoint.port} closed the connection during the login`);
      this.handshake.push(packet);
      const { payload } = packet;
      if (payload[0] === 0xff) throw new ServerError(readError(payload, true));
      if (payload[0] === 0x00) return;
      await this.#react(payload[0] === 0xfe ? 'authSwitch' : 'authMore', packet, payload);
    }
  }

  /** Answers what the server asks in the middle: another plugin, the full password, a local file. */
  async #react(role: string, packet: Packet, payload: Buffer): Promise<void> {
    const reply = (bytes: Buffer) => this.sendRaw(frame(bytes, packet.sequence + 1));
    if (role === 'authSwitch') {
      const nameEnd = payload.indexOf(0, 1);
      const plugin = payload.toString('latin1', 1, nameEnd);
      this.#salt = payload.subarray(nameEnd + 1, nameEnd + 21);
      reply(passwordProof(plugin, this.#login.password, this.#salt));
    } else if (role === 'authMore') {
      const secure = (this.capabilities & capability.ssl) !== 0 || this.#endpoint.host.startsWith('/');
      if (payload[1] === 4) reply(secure ? Buffer.from(`${this.#login.password}\0`) : Buffer.from([2]));
      else if (payload[1] !== 3) {
        reply(encryptPassword(this.#login.password, this.#salt, payload.subarray(1)));
      }
    } else if (role === 'infile') this.#sendFile(packet.sequence + 1);
  }

  #sendFile(firstSequence: number): void {
    for (const [at, content] of [...this.file, ''].entries())
      this.sendRaw(frame(Buffer.from(content), (firstSequence + at) & 0xff));
  }

  async #startTls(options: ConnectOptions['tlsOptions']): Promise<void> {
    const plain = this.#plain;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    const secure = connectTls({ socket: plain, rejectUnauthorized: false, ...options });
    this.tls = secure;
    this.#socket = secure;
    this.#listen(secure);
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', reject);
      secure.once('close', () =>
        reject(new Error('the server closed the connection during the TLS handshake')),
      );
    });
  }
}

function statementId(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id);
  return bytes;
}
