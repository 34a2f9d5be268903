/**
 * One client's connection: login, then one command at a time into its session, answers out. Owns the socket and the order of
 * packets; knows nothing of SQL.
 */

import { hostOf, hostRuleMatches, normalizeAddress } from '../config/host-rule.ts';
import type { UserEntry } from '../config/users.ts';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { FileSink } from '../gateway/file-upload.ts';
import { command } from '../mysql/protocol.ts';
import type { ClientPort, ClientTransport, RelaySource } from '../session/client-port.ts';
import { Session } from '../session/session.ts';
import { SessionState } from '../session/session-state.ts';
import { schemaState } from '../session/session-track.ts';
import type { Channel, ClientChannel } from '../wire/channel.ts';
import { CommandReader } from '../wire/command-reader.ts';
import { codecOf } from '../wire/compression/codec.ts';
import { CompressedChannel, type CompressedChannelHandler } from '../wire/compression/compressed-channel.ts';
import { buildErr } from '../wire/err-packet.ts';
import {
  type ClientIdentity,
  rememberedIdentity,
  type ServerHandshakeSink,
} from '../wire/handshake/client-identity.ts';
import { ServerChangeUser } from '../wire/handshake/server-change-user.ts';
import { handshakePayloadBytesMax, ServerHandshake } from '../wire/handshake/server-handshake.ts';
import { buildOk } from '../wire/ok-packet.ts';
import { frame } from '../wire/packets.ts';
import { ClientFile } from './client-file.ts';
import { type ClientSettings, offeredCapabilities } from './client-settings.ts';
import type { Peer } from './listeners.ts';

const DEFAULT_COLLATION_ID = 255;
const STATUS_AUTOCOMMIT = 2;
/** Bytes of further commands taken while one is running; then the client has to wait. */
const AHEAD_BYTES_MAX = 64 * 1024;
/** How long a client may take to read the last bytes and close. */
const CLOSE_MS_MAX = 2000;
/** TLS hands out fresh memory anyway; small answers are copied rather than the tablet's whole buffer kept. */
const COPY_BYTES_MAX = 16 * 1024;

export class ClientConnection implements CompressedChannelHandler, ClientPort {
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** When it connected (`performance.now()`). */
  readonly sinceMs = performance.now();
  capabilities = 0;
  userName = '';
  identity: ClientPort['identity'];
  session: Session | undefined;
  readonly #settings: ClientSettings;
  readonly #plain: Channel;
  /** The plain one, or what stands around it where compression was negotiated. */
  #channel: ClientChannel;
  #compressed: CompressedChannel | undefined;
  readonly #reader: CommandReader;
  #identity: ClientIdentity | undefined;
  #login: ServerHandshake | ServerChangeUser | undefined;
  #startTls = false;
  /** A command is being answered. */
  #busy = false;
  #reading = false;
  #ahead: Buffer | undefined;
  /** The file that the client is sending: its bytes are no commands. */
  #file: ClientFile | undefined;
  /** The tablet connection that waits until this client has read on. */
  #waiting: RelaySource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** Counts towards the limit of all connections. */
  #hasPlace = true;
  /** The name that counts towards the user's limit. */
  #enteredAs: string | undefined;

  /** Takes the channel over from its handler. */
  constructor(channel: Channel, peer: Peer, connectionId: number, settings: ClientSettings) {
    this.connectionId = connectionId;
    this.#settings = settings;
    this.#reader = new CommandReader(handshakePayloadBytesMax, (packet, sequence) =>
      this.#received(packet, sequence),
    );
    this.remoteAddress = peer.address;
    this.remotePort = peer.port;
    channel.handler = this;
    this.#plain = channel;
    this.#channel = channel;
    this.#startTimer();
    const handshake = new ServerHandshake(
      {
        users: settings.users(),
        remoteAddress: this.remoteAddress,
        rsaKeyPair: settings.rsaKeyPair,
        connectionId,
        serverVersion: settings.serverVersion(),
        capabilities: offeredCapabilities(settings),
        compressionRequired: !settings.compression.includes('uncompressed'),
        collationId: DEFAULT_COLLATION_ID,
        statusFlags: STATUS_AUTOCOMMIT,
        tls: settings.tls,
        secure: peer.local,
      },
      this.#loginSink(),
    );
    this.#login = handshake;
    this.#channel.resume();
    handshake.start();
  }

  get bytesRead(): number {
    return this.#channel.bytesRead;
  }

  get bytesWritten(): number {
    return this.#channel.bytesWritten;
  }

  /** Of answers that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#channel.pendingBytes;
  }

  /** The rest of a command is awaited. */
  get isReceiving(): boolean {
    return this.#login === undefined && this.#reader.isMidway;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  get transport(): ClientTransport {
    return this.#identity!;
  }

  get isAdmin(): boolean {
    return this.#identity?.userEntry.admin === true;
  }

  onBytes(bytes: Buffer): void {
    if (this.#ended) return;
    this.#settings.services.metrics.clientIn(bytes.length);
    if (this.#file !== undefined) {
      this.#readFile(this.#file, bytes);
      return;
    }
    if (this.#busy || this.#ahead !== undefined) {
      // Kept, so that the end of the connection is still noticed while a command runs.
      this.#ahead = this.#ahead === undefined ? Buffer.from(bytes) : Buffer.concat([this.#ahead, bytes]);
      if (this.#ahead.length > AHEAD_BYTES_MAX) this.#channel.pause();
      return;
    }
    this.#read(bytes);
  }

  sendFile(sink: FileSink): void {
    if (this.#ended) {
      sink.abandon();
      return;
    }
    const file = new ClientFile(sink, () => this.#channel.resume());
    this.#file = file;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.#channel.resume();
    if (ahead !== undefined) this.#readFile(file, ahead);
  }

  #abandonFile(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.abandon();
  }

  #readFile(file: ClientFile, bytes: Buffer): void {
    try {
      if (!file.push(bytes)) this.#channel.pause();
    } catch (error) {
      this.#refuseBytes(error);
      return;
    }
    if (!file.done) return;
    this.#file = undefined;
    this.#channel.resume();
    if (file.readEnd < bytes.length) this.#ahead = Buffer.from(bytes.subarray(file.readEnd));
    file.end();
  }

  #read(bytes: Buffer): void {
    this.#reading = true;
    let at = 0;
    try {
      while (at < bytes.length && !this.#busy && !this.#ended) {
        at = this.#reader.push(bytes, at);
        if (this.#startTls) {
          this.#beginTls(bytes.subarray(at));
          this.#reading = false;
          return;
        }
      }
    } catch (error) {
      this.#refuseBytes(error);
      return;
    }
    this.#reading = false;
    if (at < bytes.length && !this.#ended) this.#ahead = Buffer.from(bytes.subarray(at));
  }

  /** Bytes that break the protocol: MySQL says so and closes; nothing after them can be trusted. */
  #refuseBytes(error: unknown): void {
    this.#reading = false;
    const known =
      error instanceof HeadgateError ? error : new HeadgateError('HG_INTERNAL', { detail: messageOf(error) });
    this.#settings.services.log.warn(
      { err: error, connectionId: this.connectionId, client: this.remoteAddress },
      'client connection refused',
    );
    this.#settings.services.metrics.error(known.errno);
    this.send(
      buildErr({ errno: known.errno, sqlState: known.sqlState, message: known.message }),
      this.#reader.expectedSequence,
    );
    this.end();
  }

  #received(packet: Buffer, sequence: number): void {
    const login = this.#login;
    if (login !== undefined) {
      login.push(packet.subarray(4), sequence);
      return;
    }
    this.#busy = true;
    if (packet[4] === command.changeUser) this.#changeUser(packet, sequence);
    else this.session!.command(packet, sequence);
  }

  #changeUser(packet: Buffer, sequence: number): void {
    const { users, rsaKeyPair } = this.#settings;
    const options = { users: users(), remoteAddress: this.remoteAddress, rsaKeyPair };
    this.#startTimer();
    const login = new ServerChangeUser(options, this.#identity!, this.#loginSink());
    this.#login = login;
    this.#busy = false;
    login.push(packet.subarray(4), sequence);
  }

  #loginSink(): ServerHandshakeSink {
    return {
      send: (payload, sequence) => {
        this.#reader.expectedSequence = (sequence + 1) & 0xff;
        this.send(payload, sequence);
      },
      startTls: () => {
        this.#startTls = true;
      },
      done: (identity, sequence) => {
        this.#busy = true;
        void this.#loggedIn(identity, sequence);
      },
      refuse: (error) => {
        const { log, metrics } = this.#settings.services;
        log.info(
          { client: this.remoteAddress, errno: error.errno, detail: error.context.detail },
          error.message,
        );
        metrics.error(error.errno);
        metrics.connectionRefused(error.code === 'ER_ACCESS_DENIED_ERROR' ? 'authentication' : 'handshake');
        this.end();
      },
    };
  }

  async #loggedIn(identity: ClientIdentity, sequence: number): Promise<void> {
    this.#identity = rememberedIdentity(identity);
    this.capabilities = identity.capabilities;
    this.userName = identity.userName;
    this.identity = this.#identityOf(identity);
    const state = new SessionState(identity.capabilities, identity.collationId);
    const { session: previous } = this;
    const session = previous ?? new Session(this, this.#settings.services, state);
    const released = session.releaseAll();
    session.state = state;
    this.session = session;
    try {
      await released;
      this.#enter(identity.userEntry);
      if (identity.database !== undefined) await session.selectInitialDatabase(identity.database);
    } catch (error) {
      const known =
        error instanceof HeadgateError
          ? error
          : new HeadgateError('HG_INTERNAL', { detail: messageOf(error) });
      this.#settings.services.metrics.error(known.errno);
      this.send(buildErr(known), sequence);
      this.end();
      return;
    }
    if (this.#ended || this.#channel.closed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#login = undefined;
    this.#reader.bytesMax = this.#settings.packetBytesMax;
    const sessionState =
      identity.database === undefined ? Buffer.alloc(0) : schemaState(session.state.target);
    this.send(buildOk({ statusFlags: session.statusFlags, sessionState }, this.capabilities), sequence);
    if (previous === undefined) {
      this.#beginCompression(identity);
      this.#settings.onReady(this);
    }
    this.next();
  }

  /** Raises what `ConnectionLimits.admit` raises. */
  #enter(entry: UserEntry): void {
    const { limits, services } = this.#settings;
    const before = this.#enteredAs;
    this.#enteredAs = undefined;
    if (before !== undefined) limits.leave(before);
    try {
      limits.admit(entry);
    } catch (error) {
      services.metrics.connectionRefused('limit');
      throw error;
    }
    this.#enteredAs = entry.name;
  }

  #leavePlace(): void {
    if (!this.#hasPlace) return;
    this.#hasPlace = false;
    this.#settings.limits.close(this.#enteredAs);
  }

  /** From the loopback, with the router's own user name, a tablet says the same of the router as MySQL would of the client. */
  #identityOf({ userName, userEntry }: ClientIdentity): ClientPort['identity'] {
    const host = hostOf(this.remoteAddress);
    if (userName === this.#settings.services.tabletUser && host === 'localhost') return undefined;
    const address = normalizeAddress(this.remoteAddress);
    const rule = userEntry.hosts.find((candidate) => hostRuleMatches(candidate, address));
    return { user: `${userName}@${host}`, currentUser: `${userEntry.name}@${rule?.text ?? '%'}` };
  }

  #beginTls(rest: Buffer): void {
    this.#startTls = false;
    this.#plain.startServerTls(this.#settings.serverTls(), rest, (peer) => {
      if (this.#login instanceof ServerHandshake) this.#login.secured(peer);
    });
  }

  #beginCompression({ compression }: ClientIdentity): void {
    if (compression === undefined) return;
    const codec = codecOf(compression.algorithm, compression.level);
    const compressed = new CompressedChannel(this.#plain, codec, this.#settings.packetBytesMax, this);
    this.#compressed = compressed;
    this.#channel = compressed;
    this.#reader.checksSequence = false;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined) return;
    // Sent before the login was answered, but in frames already.
    compressed.onBytes(ahead);
    this.#plain.resume();
  }

  onMalformed(error: unknown): void {
    this.#refuseBytes(error);
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#settings.services.metrics.connectionRefused('handshake');
      this.timeOut('read');
    }, this.#settings.handshakeMsMax);
  }

  send(payload: Buffer, sequence: number): void {
    this.#write(frame(payload, sequence & 0xff));
  }

  relay(bytes: Buffer, source: RelaySource): void {
    const channel = this.#channel;
    if (channel.ownsBytes && bytes.length <= COPY_BYTES_MAX) this.#write(Buffer.from(bytes));
    else {
      this.#write(bytes);
      if (channel.pendingBytes > 0) source.keepBytes();
    }
    if (channel.pendingBytes > this.#settings.resultBufferBytesMax && !channel.closed) {
      source.pause();
      this.#waiting = source;
    }
  }

  #write(bytes: Buffer): void {
    this.#settings.services.metrics.clientOut(bytes.length);
    this.#channel.write(bytes);
  }

  cork(): void {
    this.#channel.cork();
  }

  uncork(): void {
    this.#channel.uncork();
  }

  next(): void {
    this.#busy = false;
    this.#waiting = undefined;
    this.#compressed?.commandDone();
    this.#reader.expectedSequence = 0;
    if (this.#ended) return;
    const session = this.session!;
    if (this.#settings.draining() && !session.inTransaction) {
      this.shutDown();
      return;
    }
    if (this.#reading) return;
    // Not from within the answer to the command before: many short commands in one chunk would nest.
    while (this.#ahead !== undefined && !this.#busy && !this.#ended) {
      const ahead = this.#ahead;
      this.#ahead = undefined;
      this.#channel.resume();
      this.#read(ahead);
    }
  }

  /** The router ends: an idle client is told so and disconnected; a busy one after its statement or transaction. */
  shutDown(): void {
    const session = this.session;
    if (this.#busy || session?.inTransaction === true) return;
    this.send(buildErr(new HeadgateError('ER_SERVER_SHUTDOWN')), 1);
    this.end();
  }

  /** The client has let too much time pass: told as MySQL tells it, and closed. */
  timeOut(at: 'idle' | 'read' | 'write'): void {
    const { log } = this.#settings.services;
    log.info({ client: this.remoteAddress, connectionId: this.connectionId, at }, 'client timed out');
    if (at === 'write') return this.destroy();
    const error = at === 'idle' ? 'ER_CLIENT_INTERACTION_TIMEOUT' : 'ER_NET_READ_INTERRUPTED';
    this.send(buildErr(new HeadgateError(error)), at === 'idle' ? 0 : this.#reader.expectedSequence);
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // What the session holds must not wait for a client that does not close its side, nor whoever wants its place.
    this.session?.close();
    this.#abandonFile();
    this.#leavePlace();
    this.#channel.end();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#channel.destroy(), CLOSE_MS_MAX);
  }

  destroy(): void {
    this.#channel.destroy();
  }

  onDrain(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resume();
  }

  onClosed(error: Error | undefined): void {
    clearTimeout(this.#timer);
    this.#ended = true;
    this.#ahead = undefined;
    if (error !== undefined) {
      this.#settings.services.log.info(
        { client: this.remoteAddress, connectionId: this.connectionId, err: error },
        'client connection broke',
      );
    }
    this.session?.close();
    this.#abandonFile();
    this.#waiting?.resume();
    this.#leavePlace();
    this.#settings.onClosed(this);
  }
}
