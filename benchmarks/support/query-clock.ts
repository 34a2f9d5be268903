/** How long one query takes, asked again and again over one connection. */
import { AnswerReader } from './answer-reader.ts';
import { Connection, type Endpoint } from './connection.ts';
import { queryPacket } from './packets.ts';

export type Asked = Readonly<{ ms: number; rows: number; bytes: number }>;

export class QueryError extends Error {
  readonly errno: number;
  constructor(errno: number, message: string) {
    super(`${errno}: ${message}`);
    this.errno = errno;
  }
}

/** A connection that asks one query after the other. */
export class QueryClock {
  readonly #connection: Connection;
  readonly #reader: AnswerReader;
  #answered: (answer: Asked | QueryError) => void = () => {};
  #startMs = 0;
  #bytesBefore = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
    const reader = new AnswerReader(-1, () => {
      const { rows, bytes, kind, errno, errorText } = reader;
      if (kind === 'error') this.#answered(new QueryError(errno, errorText));
      else this.#answered({ ms: performance.now() - this.#startMs, rows, bytes: bytes - this.#bytesBefore });
    });
    this.#reader = reader;
    connection.reader = reader;
    connection.onFailure = (cause) => this.#answered(new QueryError(0, cause.message));
  }

  static async open(endpoint: Omit<Endpoint, 'database'>, database: string): Promise<QueryClock> {
    return new QueryClock(await Connection.open({ ...endpoint, database }));
  }

  /** Asks once; an error throws `QueryError`. */
  async ask(sql: string): Promise<Asked> {
    const packet = queryPacket(sql);
    this.#bytesBefore = this.#reader.bytes;
    const answer = await new Promise<Asked | QueryError>((resolve) => {
      this.#answered = resolve;
      this.#startMs = performance.now();
      this.#connection.socket.write(packet);
    });
    if (answer instanceof QueryError) throw answer;
    return answer;
  }

  /** What the client takes per second at most. */
  set bytesPerSecondMax(value: number) {
    this.#connection.bytesPerSecondMax = value;
  }

  /** Takes nothing more until `resume`. */
  pause(): void {
    this.#connection.socket.pause();
  }

  resume(): void {
    this.#connection.socket.resume();
  }

  get bytesRead(): number {
    return this.#reader.bytes;
  }

  close(): void {
    this.#answered = () => {};
    this.#connection.close();
  }
}
