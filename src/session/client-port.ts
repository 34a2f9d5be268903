import type { FileSink } from '../gateway/file-upload.ts';

/** Where relayed bytes come from. */
export interface RelaySource {
  pause(): void;
  resume(): void;
  /** The bytes are not used up yet. */
  keepBytes(): void;
}

/** How the client's bytes travel. */
export type ClientTransport = Readonly<{
  /** As OpenSSL names them; undefined without TLS. */
  tls: Readonly<{ cipher: string; version: string }> | undefined;
  compression: Readonly<{ algorithm: 'zlib' | 'zstd'; level: number }> | undefined;
}>;

/** The client's end of a session, as the session sees it. Sequence numbers are the caller's. */
export interface ClientPort {
  /** The client has been asked for its file, which goes to the sink. */
  sendFile(sink: FileSink): void;
  readonly connectionId: number;
  readonly capabilities: number;
  /** The name and the address under which the client logged in. */
  readonly userName: string;
  readonly remoteAddress: string;
  /** 0 where there is none (a unix socket). */
  readonly remotePort: number;
  /** Whether the user may reach the sessions of others: see `UserEntry.admin`. */
  readonly isAdmin: boolean;
  /** What USER() and CURRENT_USER() are, where a tablet would say something else; undefined where it says the same. */
  readonly identity: Readonly<{ user: string; currentUser: string }> | undefined;
  readonly transport: ClientTransport;
  /** Sends one payload as a packet. */
  send(payload: Buffer, sequence: number): void;
  /** Passes on a tablet's bytes as they are, pausing the tablet while the client is slow. */
  relay(bytes: Buffer, source: RelaySource): void;
  /** Writes until `uncork` leave together. */
  cork(): void;
  uncork(): void;
  /** The session is ready for the next command. */
  next(): void;
  /** Sends what is pending and closes. */
  end(): void;
}
