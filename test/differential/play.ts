/** Plays a case to one server and keeps what came, decoded as far as the comparison needs it. */
import { capability, command } from '../../src/mysql/protocol.ts';
import { type Labelled, labelPackets, readResults } from '../support/decode.ts';
import type { Column, ErrorPacket, OkPacket } from '../support/decode-parts.ts';
import { readColumn, readError, readOk } from '../support/decode-parts.ts';
import { type Answer, type Endpoint, RawClient } from '../support/raw-client.ts';
import type { Case, Login, Statement } from './case.ts';
import { SHARDED } from './definitions.ts';

/** PREPARE's answer: the counts, without the number that the server chose, and all definitions. */
export type Preparation = Readonly<{
  counts: string;
  parameters: readonly Column[];
  columns: readonly Column[];
}>;

export type PlayedStatement = Readonly<{
  columns: readonly Column[];
  rows: readonly Labelled[];
  ok?: OkPacket;
  error?: ErrorPacket;
  /** What PREPARE said, for a prepared statement. */
  prepared?: Preparation;
  /** SHOW WARNINGS, where the statement counted any. */
  warnings: readonly (readonly (string | null)[])[];
  failure?: string;
}>;

const CONNECTION_MS_MAX = 30_000;

/** Sessions with one server, one for each way to log in; opened again when a case has broken them. */
export class Player {
  readonly #endpoint: Endpoint;
  readonly #database: string;
  readonly #clients = new Map<string, RawClient>();

  constructor(endpoint: Endpoint, database = SHARDED) {
    this.#endpoint = endpoint;
    this.#database = database;
  }

  /** Plays a case from a clean session; ends early where the server hangs up. */
  async play({
    statements,
    writes,
    database = this.#database,
    login = {},
  }: Case): Promise<PlayedStatement[]> {
    const played: PlayedStatement[] = [];
    const key = JSON.stringify([database, login]);
    try {
      const client = await this.#open(key, database, login);
      const handles = new Map<string, Prepared>();
      for (const statement of statements) played.push(await playStatement(client, statement, handles));
      for (const { id } of handles.values()) client.closeStatement(id);
      // A single query leaves nothing; others may leave settings, an open transaction, an insert id.
      if (writes || statements.length > 1) await clean(client, database);
    } catch (error) {
      this.#clients.get(key)?.destroy();
      this.#clients.delete(key);
      played.push({ columns: [], rows: [], warnings: [], failure: (error as Error).message });
    }
    return played;
  }

  /** All rows of one statement as texts; throws with the server's error. */
  async rows(sql: string): Promise<(string | null)[][]> {
    const client = await this.#open('', this.#database, {});
    const [result] = readResults(await client.query(sql));
    if (!result || result.error) throw new Error(`${sql}: ${result?.error?.message ?? 'no answer'}`);
    return result.rows;
  }

  /** Runs an INSERT for the number that it was given; undefined when it fails. */
  async insertId(sql: string): Promise<number | undefined> {
    const client = await this.#open('', this.#database, {});
    const [result] = readResults(await client.query(sql));
    return result?.error ? undefined : result?.ok?.insertId;
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  async #open(key: string, database: string, login: Login): Promise<RawClient> {
    const known = this.#clients.get(key);
    if (known?.closed === false) return known;
    const client = await RawClient.connect(this.#endpoint, {
      database,
      timeoutMs: CONNECTION_MS_MAX,
      charset: login.collation,
      with: login.foundRows ? capability.foundRows : 0,
      // Which settings are tracked is a matter of `test/wire-compare`.
      without: capability.sessionTrack | (login.classicEof ? capability.deprecateEof : 0),
    });
    this.#clients.set(key, client);
    return client;
  }
}

async function clean(client: RawClient, database: string): Promise<void> {
  await client.command(command.resetConnection);
  await client.command(command.initDb, database);
}

type Prepared = Readonly<{ id: number; said: Preparation }>;

async function playStatement(
  client: RawClient,
  statement: Statement,
  handles: Map<string, Prepared>,
): Promise<PlayedStatement> {
  const played = statement.parameters
    ? await playPrepared(client, statement, handles)
    : decode(await client.query(statement.sql));
  return withWarnings(client, played);
}

/** Plays a text, bytes as they are. */
export const playText = async (client: RawClient, sql: Buffer): Promise<PlayedStatement> =>
  withWarnings(client, decode(await client.query(sql)));

/** Plays a text without parameters by PREPARE and EXECUTE. */
export async function playBinary(client: RawClient, sql: Buffer): Promise<PlayedStatement> {
  const { answer, id } = await client.prepare(sql);
  if (id === 0) return withWarnings(client, decode(answer));
  const executed = decode(await client.execute(id));
  const played = await withWarnings(client, { ...executed, prepared: preparationOf(answer) });
  if (!client.closed) client.closeStatement(id);
  return played;
}

async function withWarnings(client: RawClient, played: PlayedStatement): Promise<PlayedStatement> {
  if (client.closed) return { ...played, failure: 'the server has closed the connection' };
  const count = played.ok?.warnings ?? 0;
  if (count === 0 && !played.error) return played;
  const [warnings] = readResults(await client.query('SHOW WARNINGS'));
  return { ...played, warnings: warnings?.rows ?? [] };
}

/** A text that the case has prepared before is only executed again. */
async function playPrepared(
  client: RawClient,
  { sql, parameters }: Statement,
  handles: Map<string, Prepared>,
): Promise<PlayedStatement> {
  let handle = handles.get(sql);
  if (handle === undefined) {
    const { answer, id } = await client.prepare(sql);
    if (id === 0) return decode(answer);
    handle = { id, said: preparationOf(answer) };
    handles.set(sql, handle);
  }
  return { ...decode(await client.execute(handle.id, parameters)), prepared: handle.said };
}

function preparationOf(answer: Answer): Preparation {
  const labelled = labelPackets(answer.packets, answer.capabilities, answer.commandByte);
  const [head] = labelled;
  const definitions = labelled.flatMap(({ role, payload }) =>
    role === 'column' ? [readColumn(payload)] : [],
  );
  const count = head!.payload.readUInt16LE(7);
  return {
    counts: head!.payload.toString('hex', 5),
    parameters: definitions.slice(0, count),
    columns: definitions.slice(count),
  };
}

function decode(answer: Answer): PlayedStatement {
  const rows: Labelled[] = [];
  let columns: readonly Column[] = [];
  let ok: OkPacket | undefined;
  let error: ErrorPacket | undefined;
  for (const packet of labelPackets(answer.packets, answer.capabilities, answer.commandByte)) {
    if (packet.role === 'textRow' || packet.role === 'binaryRow') rows.push(packet);
    else if (packet.role === 'error') error = readError(packet.payload);
    else if (packet.role === 'ok' || packet.role === 'eof') ok = readEnd(packet.payload);
    if (packet.columns.length > 0) columns = packet.columns;
  }
  const failure = answer.closed ? 'the server has closed the connection' : undefined;
  return { columns, rows, ok, error, warnings: [], failure };
}

/** An OK packet, or a classic EOF packet in its form. */
function readEnd(payload: Buffer): OkPacket {
  if (payload[0] !== 0xfe || payload.length > 5) return readOk(payload);
  const [warnings, status] = [payload.readUInt16LE(1), payload.readUInt16LE(3)];
  return { affectedRows: 0, insertId: 0, status, warnings, rest: Buffer.alloc(0) };
}
