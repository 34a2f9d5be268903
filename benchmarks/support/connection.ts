/**
 * One client connection of the load generator: logs in, prepares, then hands every chunk to an `AnswerReader`.
 * All connections of a process read into one buffer, since a chunk is consumed before the next read.
 */
import net from 'node:net';
import { packetHeaderBytes } from '../../src/mysql/protocol.ts';
import type { AnswerReader } from './answer-reader.ts';
import { loginPacket, packet, preparePacket } from './packets.ts';

export type Endpoint = Readonly<{ host: string; port: number; user: string; database: string }>;

const readBuffer = Buffer.allocUnsafe(256 * 1024);
const loginMsMax = 30_000;

type Waiter = { accept: (payload: Buffer, sequence: number) => void; reject: (cause: Error) => void };

export class Connection {
  readonly socket: net.Socket;
  /** From here on chunks go to this reader; before, packets are collected one by one for login and PREPARE. */
  reader: AnswerReader | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #packets: { payload: Buffer; sequence: number }[] = [];
  #waiter: Waiter | undefined;
  #failure: Error | undefined;
  /** Told once when the connection breaks after login. */
  onFailure: (cause: Error) => void = () => {};
  /** For a client that is slow on purpose: what it reads per second at most. */
  bytesPerSecondMax = Number.POSITIVE_INFINITY;

  private constructor(endpoint: Endpoint) {
    this.socket = net.connect({
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          this.#read(bytes);
          return true;
        },
      },
    });
    this.socket.on('error', (cause) => this.#fail(cause));
    this.socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open(endpoint: Endpoint): Promise<Connection> {
    const connection = new Connection(endpoint);
    const timer = setTimeout(() => connection.#fail(new Error('login took too long')), loginMsMax);
    try {
      await connection.#login(endpoint);
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  async #login({ user, database }: Endpoint): Promise<void> {
    const greeting = await this.#next();
    throwIfError(greeting.payload);
    this.socket.write(loginPacket(user, database, greeting.sequence + 1));
    for (;;) {
      const { payload, sequence } = await this.#next();
      throwIfError(payload);
      if (payload[0] === 0x00) return;
      // A switch of the authentication method: without a password every method's answer is empty.
      if (payload[0] === 0xfe) this.socket.write(packet(Buffer.alloc(0), sequence + 1));
    }
  }

  /** Prepares a statement and returns its id. */
  async prepare(sql: string): Promise<number> {
    this.socket.write(preparePacket(sql));
    const { payload } = await this.#next();
    throwIfError(payload);
    const definitions = payload.readUInt16LE(5) + payload.readUInt16LE(7);
    for (let left = definitions; left > 0; left--) await this.#next();
    return payload.readUInt32LE(1);
  }

  close(): void {
    this.#failure ??= new Error('closed');
    this.socket.destroy();
  }

  #read(bytes: number): void {
    if (this.bytesPerSecondMax !== Number.POSITIVE_INFINITY) this.#slowDown(bytes);
    if (this.reader) {
      try {
        this.reader.push(readBuffer, bytes);
      } catch (cause) {
        this.#fail(cause as Error);
        this.socket.destroy();
      }
      return;
    }
    this.#rest = Buffer.concat([this.#rest, readBuffer.subarray(0, bytes)]);
    while (this.#rest.length >= packetHeaderBytes) {
      const end = packetHeaderBytes + this.#rest.readUIntLE(0, 3);
      if (this.#rest.length < end) break;
      this.#packets.push({
        payload: this.#rest.subarray(packetHeaderBytes, end),
        sequence: this.#rest[3]!,
      });
      this.#rest = this.#rest.subarray(end);
    }
    this.#deliver();
  }

  #slowDown(bytes: number): void {
    this.socket.pause();
    setTimeout(() => this.socket.resume(), (bytes / this.bytesPerSecondMax) * 1000);
  }

  #next(): Promise<{ payload: Buffer; sequence: number }> {
    return new Promise((resolve, reject) => {
      this.#waiter = { accept: (payload, sequence) => resolve({ payload, sequence }), reject };
      this.#deliver();
    });
  }

  #deliver(): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    const next = this.#packets.shift();
    if (!next && !this.#failure) return;
    this.#waiter = undefined;
    if (next) waiter.accept(next.payload, next.sequence);
    else waiter.reject(this.#failure!);
  }

  #fail(cause: Error): void {
    if (this.#failure) return;
    this.#failure = cause;
    this.#deliver();
    this.onFailure(cause);
  }
}

function throwIfError(payload: Buffer): void {
  if (payload[0] !== 0xff) return;
  throw new Error(`server error ${payload.readUInt16LE(1)}: ${payload.subarray(9).toString()}`);
}
