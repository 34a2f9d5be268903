/**
 * Clients that read and write while the VSchema changes. Each answer has to be that of a state which the router can have known
 * while the statement ran: from the last one that it has shown to know when the statement was sent, to the last one that was
 * stored when the answer was there.
 */
import { type Result, readResults } from '../support/decode.ts';
import { longlong, type Parameter, text } from '../support/parameters.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { accounts, keyspace, notes, prices, type State, stateAt, words } from './states.ts';

/** Numbers of states: the last that was begun to be stored, and the last that the router has shown to know. */
export type Clock = { begun: number };
export type Known = { number: number };

export type Report = { answers: number; failures: string[] };

/** Titles and rows, or the number of an error. */
type Expected =
  | Readonly<{ titles: readonly string[]; rows: readonly (readonly (string | null)[])[] }>
  | number;

/** `parameter`: the statement is prepared, and has this in place of its `?`. */
type Question = Readonly<{
  sql: string;
  parameter?: Parameter;
  expected: (state: State) => Expected;
}>;

const ERRNO_NO_TABLE = 1146;

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): Expected => ({
  titles,
  rows,
});
const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

/** What a reader asks in its n-th round. */
export function questionsOf(n: number): readonly Question[] {
  const id = (n % notes) + 1;
  const price = (n % prices) + 1;
  const word = `w${(n % words) + 1}`;
  const account = table(['id', 'name'], [[`${id}`, `name ${id}`]]);
  const tag = table(['word', 'n'], [[word, word.slice(1)]]);
  const extra = ({ hasExtra }: State): Expected =>
    hasExtra
      ? table(['id', 'v'], [[`${id % words}`, `extra ${id % words}`]].slice(id % words ? 0 : 1))
      : ERRNO_NO_TABLE;
  return [
    { sql: `SELECT id, name FROM account WHERE id = ${id}`, expected: () => account },
    { sql: 'SELECT id, name FROM account WHERE id = ?', parameter: longlong(id), expected: () => account },
    {
      sql: `SELECT COUNT(*) AS many, SUM(n) FROM account WHERE id <= ${accounts}`,
      expected: () => table(['many', 'SUM(n)'], [[`${accounts}`, `${(accounts * (accounts + 1)) / 2}`]]),
    },
    {
      sql: `SELECT id FROM account WHERE id IN (${id}, ${id + 1}, ${id + 2}) ORDER BY id DESC`,
      expected: () => table(['id'], [[`${id + 2}`], [`${id + 1}`], [`${id}`]]),
    },
    { sql: `SELECT * FROM tag WHERE word = '${word}'`, expected: () => tag },
    { sql: 'SELECT * FROM tag WHERE word = ?', parameter: text(word), expected: () => tag },
    {
      sql: `SELECT note, id FROM ledger WHERE id = ${id}`,
      expected: ({ ledger }) => table(['note', 'id'], [[`${ledger} ${id}`, `${id}`]]),
    },
    {
      sql: `SELECT * FROM ledger WHERE id <= ${notes} ORDER BY id`,
      expected: ({ ledger }) =>
        ledger === 'a'
          ? table(
              ['id', 'note'],
              numbers(notes).map((k) => [`${k}`, `a ${k}`]),
            )
          : table(
              ['remark', 'id', 'note'],
              numbers(notes).map((k) => [`remark ${k}`, `${k}`, `b ${k}`]),
            ),
    },
    {
      sql: `SELECT name, l.note FROM account a JOIN ledger l USING (id) WHERE a.id <= ${notes} AND n = ${id}`,
      expected: ({ ledger }) => table(['name', 'note'], [[`name ${id}`, `${ledger} ${id}`]]),
    },
    {
      sql: `SELECT price FROM prices WHERE id = ${price}`,
      expected: (state) => table(['price'], [[`${state.prices} ${price}`]]),
    },
    {
      sql: 'SELECT MIN(price), COUNT(*) FROM prices',
      expected: (state) => table(['MIN(price)', 'COUNT(*)'], [[`${state.prices} 1`, `${prices}`]]),
    },
    { sql: `SELECT * FROM extra WHERE id = ${id % words}`, expected: extra },
    { sql: 'SELECT * FROM extra WHERE id = ?', parameter: longlong(id % words), expected: extra },
  ];
}

/** Reads until told to stop. */
export async function read(
  router: Endpoint,
  running: () => boolean,
  clock: Clock,
  known: Known,
  report: Report,
): Promise<void> {
  const client = await RawClient.connect(router, { database: keyspace });
  const handles = new Map<string, number>();
  for (let n = 0; running(); n++) {
    for (const { sql, parameter, expected } of questionsOf(n)) {
      const from = known.number;
      const result = await askOnce(client, handles, sql, parameter);
      report.answers++;
      const got: unknown = result?.error?.errno ?? {
        titles: result?.columns.map(({ name }) => name),
        rows: result?.rows,
      };
      const fits = [];
      for (let number = from; number <= clock.begun; number++)
        fits.push(JSON.stringify(expected(stateAt(number))));
      if (fits.includes(JSON.stringify(got))) continue;
      const said = result?.error?.message ?? '';
      report.failures.push(`${sql}: ${JSON.stringify(got)} ${said}, not ${[...new Set(fits)].join(' or ')}`);
      client.destroy();
      return;
    }
  }
  client.destroy();
}

async function askOnce(
  client: RawClient,
  handles: Map<string, number>,
  sql: string,
  parameter: Parameter | undefined,
): Promise<Result | undefined> {
  if (parameter === undefined) return readResults(await client.query(sql))[0];
  let handle = handles.get(sql);
  if (handle === undefined) {
    const prepared = await client.prepare(sql);
    // A table that is not in the VSchema cannot be prepared either.
    if (prepared.id === 0) return readResults(prepared.answer)[0];
    handle = prepared.id;
    handles.set(sql, handle);
  }
  return readResults(await client.execute(handle, [parameter]))[0];
}

export type Acknowledged = Readonly<{ accounts: number[]; ledger: number[]; journal: string[] }>;

/** Inserts and changes rows until told to stop. Nothing may fail. */
export async function write(
  router: Endpoint,
  firstId: number,
  running: () => boolean,
  acknowledged: Acknowledged,
  report: Report,
): Promise<void> {
  const client = await RawClient.connect(router, { database: keyspace });
  const run = async (sql: string, affectedRows?: number): Promise<boolean> => {
    const result = readResults(await client.query(sql))[0];
    report.answers++;
    const isRight =
      result !== undefined &&
      result.error === undefined &&
      (affectedRows === undefined || result.ok?.affectedRows === affectedRows);
    if (!isRight) report.failures.push(`${sql}: ${JSON.stringify(result?.error ?? result?.ok)}`);
    return isRight;
  };
  for (let id = firstId; running() && report.failures.length === 0; id += 2) {
    if (await run(`INSERT INTO account VALUES (${id}, 'new', 0), (${id + 1}, 'new', 0)`, 2))
      acknowledged.accounts.push(id, id + 1);
    await run(`UPDATE account SET n = n + 1 WHERE id = ${id}`, 1);
    await run(`UPDATE account SET n = n + 1 WHERE id IN (${id}, ${id + 1})`, 2);
    if (await run(`INSERT INTO ledger (id, note) VALUES (${id}, 'new')`, 1)) acknowledged.ledger.push(id);
    const body = `entry ${id}`;
    await run('BEGIN');
    await run(`INSERT INTO journal (body) VALUES ('${body}'), ('${body}'), ('${body}')`, 3);
    await run(`UPDATE account SET name = 'changed' WHERE id IN (${id}, ${id + 1})`, 2);
    if (await run('COMMIT')) acknowledged.journal.push(body);
  }
  client.destroy();
}

/** Notes which states a router has come to know, by the tables that it finds. */
export async function witness(
  router: Endpoint,
  running: () => boolean,
  clock: Clock,
  known: Known,
): Promise<void> {
  const client = await RawClient.connect(router, { database: keyspace });
  while (running()) {
    const number = clock.begun;
    const { mark } = stateAt(number);
    const [result] = readResults(await client.query(`SELECT COUNT(*) FROM ${mark}`));
    // The same table stands for every other state: only one that was begun before can be meant.
    if (result?.rows[0]?.[0] === '0' && known.number < number) known.number = number;
    else await new Promise((done) => setTimeout(done, 5));
  }
  client.destroy();
}
