/**
 * One connection to a tablet: login, one command at a time, and what is known of its state.
 *
 * It is lent to one session at a time by its pool. Whatever breaks the order of packets closes it: a connection out of step
 * would hand one client's rows to another.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability, command } from '../mysql/protocol.ts';
import type { TabletRecord } from '../topology/topology.ts';
import { Channel, type ChannelHandler, type ClientTls } from '../wire/channel.ts';
import { CommandReader } from '../wire/command-reader.ts';
import { parseErr, type ServerError } from '../wire/err-packet.ts';
import { ClientHandshake } from '../wire/handshake/client-handshake.ts';
import { commandPacket, frame, frameCount } from '../wire/packets.ts';
import type { QueryAttribute } from '../wire/query-attributes.ts';
import { type ResponseKind, ResponseRelay, type ResponseSink } from '../wire/response-relay.ts';
import { AnswerCollector, type CollectedAnswer } from './answer-collector.ts';
import { AttributeLayout } from './attribute-layout.ts';
import { type ConnectionNeed, loginCollationId } from './connection-need.ts';
import { type FileSource, FileUpload } from './file-upload.ts';
import { PreparedCache } from './prepared-cache.ts';
import type { StatementBudget } from './statement-budget.ts';
import { TabletRefusal } from './tablet-refusal.ts';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');

const LOGIN_BYTES_MAX = 64 * 1024;
export const ERRNO_TOO_MANY_CONNECTIONS = 1040;
const ERRNO_UNKNOWN_DATABASE = 1049;
const ERRNO_PACKET_TOO_LARGE = 1153;

/** How the router logs in to tablets. */
export type TabletLogin = Readonly<{
  user: string;
  password: string;
  tls: 'off' | 'preferred' | 'required';
  /** Asked for each new connection: the files may have changed. */
  certificates: () => ClientTls;
  connectMsMax: number;
}>;

/** Receives one command's answer. */
export interface AnswerReceiver extends ResponseSink {
  /** The answer has ended; `answer` holds its facts until the connection's next command. */
  onResponseEnd(answer: ResponseRelay, connection: BackendConnection): void;
  /** The connection broke before the answer ended; the connection is closed. `answer.started` says whether bytes were passed on. */
  onResponseLost(answer: ResponseRelay, error: HeadgateError): void;
}

/** The session that used a connection last, and may still come back for what the connection alone knows. */
export interface ConnectionOwner {
  /** It will not come back. */
  readonly closed: boolean;
  /** Hands over what the connection knew of the session's last statement, before another session uses it. */
  onStateCaptured(connection: BackendConnection, state: CapturedState): void;
  /** The connection that the session holds was closed by the gateway or the tablet while no command ran on it. */
  onHeldLost(connection: BackendConnection): void;
}

export type CapturedState = Readonly<{
  /** The bits of `pendingState` that were asked for. */
  pending: number;
  lastInsertId: bigint;
  foundRows: bigint;
  warnings: CollectedAnswer | undefined;
}>;

/** What only the connection knows after a statement, as bits: see `BackendConnection.pending`. */
export const pendingState = { lastInsertId: 1, foundRows: 2, diagnostics: 4 } as const;

const handshakeCapabilities =
  capability.longPassword |
  capability.longFlag |
  capability.protocol41 |
  capability.transactions |
  capability.secureConnection |
  capability.pluginAuth |
  capability.pluginAuthLenencClientData |
  capability.connectWithDb |
  capability.connectAttrs |
  // Whether a client's file is given is decided with each request.
  capability.localFiles |
  capability.sessionTrack;

export type CommandOptions = {
  kind: ResponseKind;
  clientSequence: number;
  addStatus: number;
  clientCapabilities: number;
  statementId: number;
  /** See `ResponseOptions`. */
  errorTold?: ((error: ServerError) => ServerError) | undefined;
  /** Passed on where the connection takes them. */
  attributes?: readonly QueryAttribute[] | undefined;
  /** Whose file the tablet may ask for; undefined: it must not. */
  fileSource?: FileSource | undefined;
};

const collecting: CommandOptions = {
  kind: 'result',
  clientSequence: 1,
  addStatus: 0,
  clientCapabilities: capability.sessionTrack,
  statementId: 0,
};

export class BackendConnection implements ChannelHandler {
  readonly tablet: TabletRecord;
  /** The tablet's thread id: what KILL wants. */
  threadId = 0;
  serverVersion = '';
  /** Status flags of the last answer. */
  status = 0;
  /** What the connection is set up for; undefined while its state is unknown. */
  need: ConnectionNeed | undefined;
  /** The default database, '' for none: it cannot be unselected again. */
  database: string;
  closed = false;
  busy = false;
  /** Lent to a session (or at work for the pool). */
  leased = false;
  /** The key of the need for which it is listed among its pool's idle connections (perhaps from an earlier time: then it is skipped there). */
  listedFor: string | undefined;
  /** To be closed instead of lent again. */
  doomed = false;
  idleSinceMs = 0;
  owner: ConnectionOwner | undefined;
  /** Bits of `pendingState` that the owner may still ask for. */
  pending = 0;
  /** Stored code of the schema may have left something (a user variable, a lock) that no statement shows: reset before another session. */
  suspect = false;
  /** Triggers may have run: what they set is nowhere else, so this one is the last to be reset for another session. */
  triggered = false;
  /** The user variables that the session has put here, as it knows them; undefined for none. */
  userVariables: ReadonlyMap<string, unknown> | undefined;
  /** What LAST_INSERT_ID() was here when last known: before the INSERT of which `pending` tells. */
  lastInsertId = 0n;
  /** KILL QUERY was sent for the running statement: no reuse before that was answered. */
  killing: Promise<void> | undefined;
  readonly prepared: PreparedCache;
  /** What was prepared by SQL, under its name: keys as those of `prepared`. */
  readonly named = new Map<string, string>();
  readonly answer = new ResponseRelay();

  readonly #channel: Channel;
  readonly #onClosed: (connection: BackendConnection) => void;
  #handshake: ClientHandshake | undefined;
  /** Cuts the packets of the login, which come and go one at a time. */
  readonly #loginReader = new CommandReader(LOGIN_BYTES_MAX, (packet, sequence) => {
    this.#handshake?.push(packet.subarray(4), sequence);
  });
  #receiver: AnswerReceiver | undefined;
  #fileSource: FileSource | undefined;
  /** The tablet has asked for a file, which is on its way. */
  #upload: FileUpload | undefined;
  #deprecateEof = false;
  /** Where query attributes are negotiated. */
  #attributes: AttributeLayout | undefined;
  #failure: HeadgateError | undefined;

  private constructor(
    tablet: TabletRecord,
    login: TabletLogin,
    need: ConnectionNeed,
    statements: StatementBudget,
    onClosed: (connection: BackendConnection) => void,
    settle: (error: Error | undefined) => void,
  ) {
    this.tablet = tablet;
    this.database = need.database;
    this.#onClosed = onClosed;
    this.prepared = new PreparedCache(statements);
    let timer: NodeJS.Timeout | undefined;
    const done = (error: Error | undefined) => {
      clearTimeout(timer);
      this.#settle = undefined;
      settle(error);
    };
    this.#settle = done;
    this.#deprecateEof = (need.capabilities & capability.deprecateEof) !== 0;
    this.#channel = Channel.connected(tablet.host, tablet.port, this, () => {
      this.#handshake = this.#startLogin(login, need);
    });
    timer = setTimeout(() => {
      this.close(this.#lost(`no answer to the login within ${login.connectMsMax} ms`));
    }, login.connectMsMax);
  }

  #settle: ((error: Error | undefined) => void) | undefined;

  /**
   * Connects and logs in, with the need's capabilities, collation and database; its settings are for `prepare-connection.ts`.
   * Rejects with HG_TABLET_LOST when the tablet cannot be reached, with HG_TABLET_MISCONFIGURED when it refuses the login.
   */
  static connect(
    tablet: TabletRecord,
    login: TabletLogin,
    need: ConnectionNeed,
    statements: StatementBudget,
    onClosed: (connection: BackendConnection) => void,
  ): Promise<BackendConnection> {
    return new Promise((resolve, reject) => {
      const connection = new BackendConnection(tablet, login, need, statements, onClosed, (error) => {
        if (error) reject(error);
        else resolve(connection);
      });
    });
  }

  /** The name by which messages call it. */
  get place(): string {
    return `${this.tablet.alias} (${this.tablet.keyspace}/${this.tablet.shard}, ${this.tablet.host}:${this.tablet.port})`;
  }

  /**
   * Sends one command: header and payload in one buffer with sequence number 0. A packet whose payload does not fit one
   * packet is framed anew. The connection must be idle.
   */
  send(packet: Buffer, options: CommandOptions, receiver: AnswerReceiver): void {
    if (this.closed) {
      queueMicrotask(() =>
        receiver.onResponseLost(this.answer, this.#failure ?? this.#lost('it was closed before')),
      );
      this.answer.begin(
        { ...options, firstSequence: 1, deprecateEof: this.#deprecateEof, fileAllowed: false },
        receiver,
      );
      return;
    }
    const sent =
      this.#attributes === undefined ? packet : this.#attributes.outgoing(packet, options.attributes);
    const packets = frameCount(sent.length - 4);
    this.#begin(options, packets, receiver);
    this.#channel.write(packets === 1 ? sent : frame(sent.subarray(4), 0));
  }

  #begin(options: CommandOptions, packets: number, receiver: AnswerReceiver): void {
    this.busy = true;
    this.#receiver = receiver;
    const clientSequence = options.clientSequence;
    const { kind, addStatus, clientCapabilities, statementId, fileSource, errorTold } = options;
    this.#fileSource = fileSource;
    this.answer.begin(
      {
        kind,
        firstSequence: packets,
        clientSequence,
        addStatus,
        clientCapabilities,
        deprecateEof: this.#deprecateEof,
        statementId,
        errorTold,
        fileAllowed: fileSource !== undefined,
      },
      receiver,
    );
  }

  /** Sends a command that has no answer (STMT_CLOSE, STMT_SEND_LONG_DATA). */
  sendSilently(packet: Buffer): void {
    this.#channel.write(packet.length - 4 < 0xff_ff_ff ? packet : frame(packet.subarray(4), 0));
  }

  /** COM_STMT_CLOSE, which has no answer; undefined: there is nothing to close. */
  closeStatement(id: number | undefined): void {
    if (id === undefined) return;
    const content = Buffer.alloc(4);
    content.writeUInt32LE(id, 0);
    this.#attributes?.forget(id);
    this.sendSilently(commandPacket(command.stmtClose, content));
  }

  /** Runs a command of the router's own and collects the answer. Rejects only when the connection is lost. */
  ask(
    code: number,
    content: Buffer = Buffer.alloc(0),
    kind: ResponseKind = 'result',
  ): Promise<CollectedAnswer> {
    return new Promise((resolve, reject) => {
      const collector = new AnswerCollector(kind, this.#deprecateEof, resolve, reject);
      this.send(commandPacket(code, content), { ...collecting, kind }, collector);
    });
  }

  /** `ask` for a statement as text. */
  query(sql: string): Promise<CollectedAnswer> {
    return this.ask(command.query, Buffer.from(sql));
  }

  /** The receiver cannot take more for now. */
  pause(): void {
    this.#channel.pause();
  }

  resume(): void {
    this.#channel.resume();
  }

  /** To be called within `onResponseBytes` when the bytes are not used up on return. */
  keepBytes(): void {
    this.#channel.keepBuffer();
  }

  /** Whether no EOF stands between the definitions and the rows of an answer: DEPRECATE_EOF was negotiated. */
  get deprecateEof(): boolean {
    return this.#deprecateEof;
  }

  get bytesRead(): number {
    return this.#channel.bytesRead;
  }

  get bytesWritten(): number {
    return this.#channel.bytesWritten;
  }

  /** Closes at once; a command in progress is lost with `reason`. */
  close(reason?: HeadgateError): void {
    if (this.closed) return;
    this.#failure ??= reason;
    this.#channel.destroy();
    this.onClosed(undefined);
  }

  onBytes(bytes: Buffer): void {
    try {
      if (this.#handshake !== undefined) this.#onLoginBytes(bytes);
      else if (this.busy) this.#onAnswerBytes(bytes);
      // Between commands a server speaks only to say that it is about to close the connection.
      else this.close(this.#lost('the tablet ended the idle connection'));
    } catch (cause) {
      this.close(
        cause instanceof HeadgateError ? this.#lost(cause.message, cause) : this.#lost(String(cause), cause),
      );
    }
  }

  #onAnswerBytes(bytes: Buffer): void {
    const { answer } = this;
    if (this.#upload !== undefined) return this.#onEarlyAnswer(bytes);
    answer.push(bytes);
    if (answer.fileRequested) this.#sendFile();
    if (!answer.done) return;
    this.busy = false;
    // Paused for a slow client, it must not be so for the next one.
    this.#channel.resume();
    if (answer.hasStatus && answer.error === undefined) this.status = answer.status;
    // MySQL closes the connection behind this error.
    if (answer.error?.errno === ERRNO_PACKET_TOO_LARGE) this.doomed = true;
    this.#attributes?.answered(answer);
    const receiver = this.#receiver!;
    this.#receiver = undefined;
    receiver.onResponseEnd(answer, this);
  }

  #sendFile(): void {
    const { answer } = this;
    const upload: FileUpload = new FileUpload(
      answer.nextSequence,
      answer.nextClientSequence,
      (packet) => this.#channel.write(packet),
      (sequence, clientSequence) => {
        this.#upload = undefined;
        answer.resumeAfterFile(sequence, clientSequence);
        if (upload.lost) this.#tellLoss();
      },
    );
    this.#upload = upload;
    this.#fileSource!.sendFile(upload);
  }

  /** A tablet that speaks before it has the whole file is about to close the connection, and may say why. */
  #onEarlyAnswer(bytes: Buffer): void {
    const said = bytes.length > 4 && bytes[4] === 0xff ? parseErr(bytes.subarray(4)) : undefined;
    const detail = said === undefined ? 'it answered amid a file' : `${said.errno} ${said.message}`;
    this.close(this.#lost(detail));
  }

  #startLogin(login: TabletLogin, need: ConnectionNeed): ClientHandshake {
    const options = {
      user: login.user,
      password: login.password,
      database: need.database,
      collationId: loginCollationId(need),
      capabilities: handshakeCapabilities | need.capabilities,
      // Nobody can listen on the loopback; TLS there would only cost.
      tls: login.tls === 'preferred' && isLoopback(this.tablet.host) ? ('off' as const) : login.tls,
      attributes: new Map([['program_name', 'headgate']]),
    };
    const handshake: ClientHandshake = new ClientHandshake(options, {
      send: (payload, sequence) => {
        this.#loginReader.expectedSequence = (sequence + 1) & 0xff;
        this.#channel.write(frame(payload, sequence));
      },
      startTls: () => {
        this.#channel.startClientTls(login.certificates(), () => handshake.secured());
      },
      done: (result) => {
        this.#handshake = undefined;
        this.threadId = result.threadId;
        this.serverVersion = result.serverVersion;
        this.status = result.statusFlags;
        this.#deprecateEof = (result.capabilities & capability.deprecateEof) !== 0;
        if ((result.capabilities & capability.queryAttributes) !== 0)
          this.#attributes = new AttributeLayout();
        this.#settle?.(undefined);
      },
      fail: (error) => {
        const failure = this.#loginFailure(error);
        this.#settle?.(failure);
        this.close();
      },
    });
    return handshake;
  }

  /** What concerns the client (its database, a full server) goes on as the tablet's own words. */
  #loginFailure(error: ServerError | HeadgateError): Error {
    if (error instanceof HeadgateError) return this.#lost(error.message, error);
    if (error.errno === ERRNO_TOO_MANY_CONNECTIONS || error.errno === ERRNO_UNKNOWN_DATABASE)
      return new TabletRefusal(error);
    return new HeadgateError('HG_TABLET_MISCONFIGURED', {
      tablet: this.tablet.alias,
      detail: `${this.place}: ${error.errno} ${error.message}`,
    });
  }

  #onLoginBytes(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#handshake !== undefined; )
      at = this.#loginReader.push(bytes, at);
  }

  onDrain(): void {
    this.#upload?.drained();
  }

  onClosed(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#failure ??= this.#lost(error?.message ?? 'the tablet closed the connection', error);
    this.#settle?.(this.#failure);
    const wasHeld = this.leased && !this.busy;
    this.busy = false;
    this.prepared.clear();
    this.#onClosed(this);
    const upload = this.#upload;
    if (upload !== undefined) {
      // The receiver hears of it when the client has sent its whole file: before that, it can take no answer.
      upload.lost = true;
      upload.drained();
    } else if (this.#receiver !== undefined) this.#tellLoss();
    else if (wasHeld) this.owner?.onHeldLost(this);
  }

  #tellLoss(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.onResponseLost(this.answer, this.#failure!);
  }

  #lost(detail: string, cause?: unknown): HeadgateError {
    return new HeadgateError('HG_TABLET_LOST', {
      detail: `${this.place}: ${detail}`,
      tablet: this.tablet.alias,
      cause,
    });
  }
}
