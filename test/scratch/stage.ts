/** Tables of a real server, copied by the loader into temporary tables of another connection, and both asked the same. */
import { expect } from 'vitest';
import type { RowProtocol } from '../../src/engine/rows/formats.ts';
import { shardRows } from '../../src/engine/rows/shard-rows.ts';
import { type LoadedTable, loadSettings, loadTable } from '../../src/engine/scratch/load-table.ts';
import type { ScratchInput } from '../../src/engine/scratch/table-definition.ts';
import type { StoreLimits, Warned } from '../../src/engine/scratch/table-store.ts';
import type { CollectedAnswer } from '../../src/gateway/answer-collector.ts';
import { BackendConnection } from '../../src/gateway/backend-connection.ts';
import { connectionNeed } from '../../src/gateway/connection-need.ts';
import { StatementBudget } from '../../src/gateway/statement-budget.ts';
import { capability, command } from '../../src/mysql/protocol.ts';
import { commandPacket, readTextRow } from '../../src/wire/packets.ts';
import { type Column, readColumn } from '../support/decode-parts.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { executePayload } from '../support/parameters.ts';

const login = {
  user: 'root',
  password: '',
  tls: 'off',
  certificates: () => ({}),
  connectMsMax: 10_000,
} as const;

/** Of a definition, what does not say where the column stands and what keys it has. */
const flagsCompared = 0x1 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x800;

export type CopyOptions = Readonly<{
  protocol: RowProtocol;
  /** SQL types by position; undefined: by definition. */
  types?: readonly (string | undefined)[];
  keys?: readonly (readonly number[])[];
  budget?: (rows: number, bytes: number) => void;
  store?: StoreLimits;
}>;

export class ScratchStage {
  readonly server: Mysqld;
  /** Where the rows come from. */
  readonly shard: BackendConnection;
  /** Where the temporary tables are. */
  readonly scratch: BackendConnection;

  private constructor(server: Mysqld, shard: BackendConnection, scratch: BackendConnection) {
    this.server = server;
    this.shard = shard;
    this.scratch = scratch;
  }

  static async start(): Promise<ScratchStage> {
    const server = await startMysqld({ databases: ['source', 'other'] });
    const shard = await connect(server, 'source');
    await run(shard, "SET character_set_results = NULL, sql_mode = 'ALLOW_INVALID_DATES'");
    const scratch = await connect(server, 'other');
    await run(scratch, `SET ${loadSettings.join(', ')}, character_set_results = NULL`);
    return new ScratchStage(server, shard, scratch);
  }

  async stop(): Promise<void> {
    this.shard.close();
    this.scratch.close();
    await this.server.stop();
  }

  /** Copies the rows of a query on the shard into `headgate_1` on the other connection. */
  async copy(
    sql: string | Buffer,
    { protocol, types, keys = [], budget, store }: CopyOptions,
  ): Promise<LoadedTable> {
    await run(this.scratch, 'DROP TEMPORARY TABLE IF EXISTS headgate_1');
    const prepared = await this.shard.ask(command.stmtPrepare, Buffer.from(sql), 'prepare');
    if (prepared.error) throw new Error(prepared.error.message);
    const names = await this.definitions(`SELECT * FROM (${sql}) d LIMIT 0`);
    const input: ScratchInput = {
      table: 'headgate_1',
      columns: names.map((definition, at) => ({ name: readColumn(definition).name, type: types?.[at] })),
      keys,
    };
    const packet =
      protocol === 'text'
        ? commandPacket(command.query, Buffer.from(sql))
        : commandPacket(command.stmtExecute, executePayload(prepared.statementId, []));
    const owner = { onAnswerEnd() {}, onAnswerLost() {}, onCancelled() {} };
    const { scratch } = this;
    return await loadTable(input, shardRows(this.shard, packet, owner), {
      protocol,
      scratch: {
        ask: (code, content) => scratch.ask(code, content),
        askWarned: (sql) => askWarned(scratch, sql),
      },
      budget: { take: budget ?? (() => {}) },
      ...(store && { store }),
    });
  }

  async definitions(sql: string): Promise<readonly Buffer[]> {
    return (await ask(this.shard, sql)).definitions;
  }

  async scratchDefinitions(sql: string): Promise<readonly Buffer[]> {
    return (await ask(this.scratch, sql)).definitions;
  }

  /** Both give the same rows in the binary protocol, under definitions of the same types. `source` is ordered. */
  async expectSame(source: string, copied: string): Promise<void> {
    const [expected, found] = [await binary(this.shard, source), await binary(this.scratch, copied)];
    expect(found.definitions.map(typeFacts), source).toEqual(expected.definitions.map(typeFacts));
    expect(found.rows.map(hex), source).toEqual(expected.rows.map(hex));
  }

  /** Both give the same rows as text, whatever their types are called. */
  async expectSameText(source: string, copied: string): Promise<void> {
    const [expected, found] = [await texts(this.shard, source), await texts(this.scratch, copied)];
    expect(found, source).toEqual(expected);
  }

  /** The types of a table's columns as a definition would have them. */
  async typesOf(table: string): Promise<{ name: string; type: string }[]> {
    const rows = await texts(
      this.shard,
      `SELECT COLUMN_NAME, CONCAT(COLUMN_TYPE, IF(CHARACTER_SET_NAME IS NULL, '', CONCAT(' CHARACTER SET ', CHARACTER_SET_NAME,
         ' COLLATE ', COLLATION_NAME)), IF(IS_NULLABLE = 'NO', ' NOT NULL', ' NULL'), IF(SRS_ID IS NULL, '', CONCAT(' SRID ', SRS_ID)))
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'source' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
    );
    return rows.map(([name, type]) => ({ name: name!, type: type! }));
  }
}

async function askWarned(connection: BackendConnection, sql: Buffer): Promise<Warned> {
  const answer = await connection.ask(command.query, sql);
  return { answer, shown: answer.warnings > 0 ? await connection.query('SHOW WARNINGS') : undefined };
}

function connect(server: Mysqld, database: string): Promise<BackendConnection> {
  const { host, port } = server.endpoint;
  const tablet = {
    alias: 'zone1-1',
    host,
    port,
    keyspace: database,
    shard: '-',
    type: 'replica',
    cell: 'zone1',
  } as const;
  const need = connectionNeed({
    capabilities: capability.deprecateEof,
    collationId: 255,
    database,
    settings: [],
  });
  return BackendConnection.connect(tablet, login, need, new StatementBudget(10, 50), () => {});
}

/** An answer; an error throws. */
export async function ask(connection: BackendConnection, sql: string | Buffer): Promise<CollectedAnswer> {
  const answer = await connection.ask(command.query, Buffer.from(sql));
  if (answer.error) throw new Error(`${sql.toString().slice(0, 200)}: ${answer.error.message}`);
  return answer;
}

export async function run(connection: BackendConnection, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await ask(connection, sql);
}

/** Rows as text; bytes that are no UTF-8 in hexadecimal. */
export async function texts(connection: BackendConnection, sql: string): Promise<(string | null)[][]> {
  const { rows, definitions } = await ask(connection, sql);
  return rows.map((row) => readTextRow(row, definitions.length).map((value) => value?.toString() ?? null));
}

async function binary(connection: BackendConnection, sql: string): Promise<CollectedAnswer> {
  const prepared = await connection.ask(command.stmtPrepare, Buffer.from(sql), 'prepare');
  if (prepared.error) throw new Error(`${sql}: ${prepared.error.message}`);
  const answer = await connection.ask(command.stmtExecute, executePayload(prepared.statementId, []));
  if (answer.error) throw new Error(`${sql}: ${answer.error.message}`);
  connection.closeStatement(prepared.statementId);
  return answer;
}

export function typeFacts(
  definition: Buffer,
): Pick<Column, 'name' | 'type' | 'length' | 'charset'> & Readonly<{ decimals: number; flags: number }> {
  const { name, type, length, charset, decimals, flags } = readColumn(definition);
  return { name, type, length, charset, decimals, flags: flags & flagsCompared };
}

const hex = (row: Buffer): string => row.toString('hex');
