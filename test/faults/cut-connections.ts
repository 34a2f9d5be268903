/**
 * Load through connections that are cut at chosen bytes. Whatever is cut, an answer is complete and its own, or it is an
 * error or the connection's end; what was acknowledged is there once, and half a transaction never is.
 */

import type { CuttingProxy } from '../support/cutting-proxy.ts';
import { type Result, readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { joinContinued } from '../support/packet-reader.ts';
import { long, type Parameter, text } from '../support/parameters.ts';
import { Random } from '../support/random.ts';
import { type Answer, type Endpoint, RawClient } from '../support/raw-client.ts';

export type CutOptions = Readonly<{
  seed: number;
  /** Operations in all: reads, writes, transactions. */
  operations: number;
  parallel?: number;
  database: string;
}>;

export type CutReport = {
  complete: number;
  /** Answers that were an error. */
  errors: number;
  /** Answers that ended with the connection. */
  ended: number;
  acknowledged: number;
  failures: string[];
};

const rowsMax = 400;

/** Tables for the load: rows to read, and two to write without any key that would hide a repetition. */
export const prepareTables = (server: Endpoint, database: string): Promise<void> =>
  runStatements(
    server,
    [
      'CREATE TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY, filler VARCHAR(300))',
      'CREATE TABLE IF NOT EXISTS written (id VARCHAR(40), KEY (id))',
      'CREATE TABLE IF NOT EXISTS pairs (id VARCHAR(40), half INT, KEY (id))',
      `REPLACE INTO numbers WITH RECURSIVE k (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < ${rowsMax})
       SELECT n, REPEAT(CHAR(97 + n % 26), n % 300) FROM k`,
    ],
    database,
  );

/** Where connections are cut: mostly early, where the handshake and the first answers are. */
export function cutBySeed(proxy: CuttingProxy, seed: number, probability: number): void {
  const random = new Random(seed);
  proxy.cutBy(() =>
    random.chance(probability)
      ? {
          direction: random.chance(0.6) ? 'toClient' : 'toServer',
          bytes: 1 + random.below(random.pick([60, 200, 1000, 10_000, 80_000])),
          reset: random.chance(0.5),
        }
      : undefined,
  );
}

/** Runs the load against `target` (through whatever proxies stand there) and then looks into `tablet` for the truth. */
export async function runLoad(target: Endpoint, tablet: Endpoint, options: CutOptions): Promise<CutReport> {
  const { operations, parallel = 6, seed } = options;
  const load = new Load(options);
  const worker = async (number: number) => {
    const random = new Random(seed * 1000 + number);
    const session = new Session(target, options.database, load.report);
    for (let i = number; i < operations; i += parallel) await load.operate(session, random, `${seed}-${i}`);
    session.drop();
  };
  await Promise.all(Array.from({ length: parallel }, (_, number) => worker(number)));
  await load.verify(tablet);
  return load.report;
}

/** One client that connects again whenever its connection is gone. */
class Session {
  #client: RawClient | undefined;
  readonly #target: Endpoint;
  readonly #database: string;
  readonly #report: CutReport;

  constructor(target: Endpoint, database: string, report: CutReport) {
    this.#target = target;
    this.#database = database;
    this.#report = report;
  }

  /** The result of the one statement, or undefined when there was an error or the end. */
  async ask(sql: string, parameters?: readonly Parameter[]): Promise<Result | undefined> {
    const client = await this.#connect();
    if (!client) return undefined;
    if (!parameters) return this.#judge(await client.query(sql));
    const { answer, id } = await client.prepare(sql);
    if (id === 0) return this.#judge(answer);
    const executed = await client.execute(id, parameters);
    client.closeStatement(id);
    return this.#judge(executed);
  }

  drop(): void {
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connect(): Promise<RawClient | undefined> {
    if (this.#client && !this.#client.closed) return this.#client;
    for (let attempt = 0; attempt < 20; attempt += 1) {
      this.#client = await RawClient.connect(this.#target, { database: this.#database }).catch(
        () => undefined,
      );
      if (this.#client) return this.#client;
    }
    this.#report.failures.push('twenty logins in a row failed');
    return undefined;
  }

  #judge(answer: Answer): Result | undefined {
    if (answer.closed) {
      this.#report.ended += 1;
      this.drop();
      return undefined;
    }
    const [result] = answer.packets.length > 0 ? readResults(answer) : [];
    if (!result || result.error || joinContinued(answer.packets)[0]?.[0] === 0xff) {
      this.#report.errors += 1;
      return undefined;
    }
    this.#report.complete += 1;
    return result;
  }
}

class Load {
  readonly report: CutReport = { complete: 0, errors: 0, ended: 0, acknowledged: 0, failures: [] };
  readonly #options: CutOptions;
  readonly #written = new Set<string>();
  readonly #pairs = new Set<string>();
  readonly #rolledBack = new Set<string>();

  constructor(options: CutOptions) {
    this.#options = options;
  }

  async operate(session: Session, random: Random, token: string): Promise<void> {
    switch (random.below(4)) {
      case 0:
        return this.#read(session, random, token, false);
      case 1:
        return this.#read(session, random, token, true);
      case 2:
        return this.#write(session, token);
      default:
        return this.#writePair(session, random, token);
    }
  }

  async #read(session: Session, random: Random, token: string, prepared: boolean): Promise<void> {
    const count = random.pick([0, 1, 7, rowsMax]);
    const result = prepared
      ? await session.ask('SELECT CONCAT(?, n), filler FROM numbers WHERE n <= ? ORDER BY n', [
          text(token),
          long(count),
        ])
      : await session.ask(`SELECT CONCAT('${token}', n), filler FROM numbers WHERE n <= ${count} ORDER BY n`);
    if (!result) return;
    const wrong = result.rows.findIndex(
      ([own, filler], index) => own !== `${token}${index + 1}` || filler?.length !== (index + 1) % 300,
    );
    if (result.rows.length === count && wrong < 0) return;
    this.report.failures.push(
      `${token}: ${result.rows.length} rows of ${count}, row ${wrong}: ${JSON.stringify(result.rows[wrong])}`,
    );
  }

  async #write(session: Session, token: string): Promise<void> {
    const result = await session.ask(`INSERT INTO written VALUES ('${token}')`);
    if (!result) return;
    if (result.ok?.affectedRows !== 1) {
      this.report.failures.push(`${token}: an insert affected ${result.ok?.affectedRows} rows`);
    }
    this.#written.add(token);
  }

  async #writePair(session: Session, random: Random, token: string): Promise<void> {
    const commit = random.chance(0.8);
    const statements = [
      'BEGIN',
      `INSERT INTO pairs VALUES ('${token}', 1)`,
      `INSERT INTO pairs VALUES ('${token}', 2)`,
      commit ? 'COMMIT' : 'ROLLBACK',
    ];
    for (const sql of statements) {
      if (await session.ask(sql)) continue;
      // As a careful application does: whatever was begun is given up.
      session.drop();
      return;
    }
    if (commit) this.#pairs.add(token);
    else this.#rolledBack.add(token);
  }

  /** What the tablet holds must agree with what clients were told. */
  async verify(tablet: Endpoint): Promise<void> {
    const client = await RawClient.connect(tablet, { database: this.#options.database });
    const prefix = `${this.#options.seed}-%`;
    const count = async (sql: string) =>
      new Map((readResults(await client.query(sql))[0]?.rows ?? []).map(([id, n]) => [id!, Number(n)]));
    const written = await count(`SELECT id, COUNT(*) FROM written WHERE id LIKE '${prefix}' GROUP BY id`);
    const pairs = await count(`SELECT id, COUNT(*) FROM pairs WHERE id LIKE '${prefix}' GROUP BY id`);
    client.destroy();
    for (const id of this.#written) {
      if (written.get(id) !== 1)
        this.report.failures.push(`acknowledged ${id} is there ${written.get(id) ?? 0} times`);
    }
    for (const id of this.#pairs) {
      if (pairs.get(id) !== 2)
        this.report.failures.push(`committed ${id} has ${pairs.get(id) ?? 0} rows of 2`);
    }
    for (const id of this.#rolledBack) {
      if (pairs.has(id)) this.report.failures.push(`rolled back ${id} is there`);
    }
    for (const [id, n] of written) if (n !== 1) this.report.failures.push(`${id} was written ${n} times`);
    for (const [id, n] of pairs)
      if (n !== 2) this.report.failures.push(`${id} is ${n} rows of a transaction of 2`);
    this.report.acknowledged = this.#written.size + this.#pairs.size;
  }
}
