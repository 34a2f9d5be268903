/**
 * Readers that run while the shard's primary changes. Each answer names the server that gave it. From the moment that a
 * router has shown its knowledge of a switch by an answer from the new primary, none of its later statements may be
 * answered by the old one.
 */
import { readResults } from '../support/decode.ts';
import { text } from '../support/parameters.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { keyspace } from './stage.ts';

export type ReadReport = { answers: number; failures: string[] };

/** Counts switches; readers compare the count before and after a statement. */
export type SwitchClock = { number: number; port: number };

export const rowsOfTable = 50;

export const tableOfRows = [
  'CREATE TABLE numbers (n INT PRIMARY KEY)',
  `INSERT INTO numbers WITH RECURSIVE k (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < ${rowsOfTable}) SELECT n FROM k`,
] as const;

/** One connection that reads until told to stop. */
export class SwitchReader {
  /** The last switch whose new primary has answered here. */
  seen = 0;
  readonly #router: Endpoint;
  readonly #prepared: boolean;
  readonly #clock: SwitchClock;
  readonly #report: ReadReport;
  /** Shared by the readers of one router: what one of them has seen, the router knows. */
  readonly #known: { switch: number };

  constructor(
    router: Endpoint,
    known: { switch: number },
    prepared: boolean,
    clock: SwitchClock,
    report: ReadReport,
  ) {
    this.#router = router;
    this.#known = known;
    this.#prepared = prepared;
    this.#clock = clock;
    this.#report = report;
  }

  async run(running: () => boolean): Promise<void> {
    const client = await RawClient.connect(this.#router, { database: keyspace });
    try {
      const sql = (token: string) => `SELECT @@port, ${token}, n FROM numbers ORDER BY n`;
      const { id } = this.#prepared ? await client.prepare(sql('?')) : { id: 0 };
      for (let count = 0; running(); count += 1) {
        const token = `t${count}`;
        const [sent, known] = [this.#clock.number, this.#known.switch];
        const answer = id ? await client.execute(id, [text(token)]) : await client.query(sql(`'${token}'`));
        if (answer.closed) return this.#fail(`${token}: the connection was closed`);
        const [result] = readResults(answer);
        if (!result || result.error) return this.#fail(`${token}: ${JSON.stringify(result?.error)}`);
        this.#check(token, result.rows, sent, known);
      }
    } finally {
      client.destroy();
    }
  }

  #check(token: string, rows: (string | null)[][], sent: number, known: number): void {
    this.#report.answers += 1;
    const port = rows[0]?.[0];
    const whole = rows.every(
      (row, index) => row[0] === port && row[1] === token && row[2] === String(index + 1),
    );
    if (!whole || rows.length !== rowsOfTable) {
      return this.#fail(
        `${token}: a wrong answer of ${rows.length} rows: ${JSON.stringify(rows.slice(0, 2))}`,
      );
    }
    // Only a statement that began and ended between two switches can be judged.
    if (sent !== this.#clock.number) return;
    if (Number(port) === this.#clock.port) {
      this.seen = sent;
      this.#known.switch = Math.max(this.#known.switch, sent);
    } else if (known === sent) {
      this.#fail(`${token}: sent to the old primary after the router had used the new one (switch ${sent})`);
    }
  }

  #fail(what: string): void {
    this.#report.failures.push(what);
  }
}
