/** Rows of a real server as the engine gets them, and the engine's operators run over such rows. */
import type { ShardRows } from '../../src/engine/operators/inputs.ts';
import type { RowProducer } from '../../src/engine/row-stream.ts';
import type { RowProtocol } from '../../src/engine/rows/formats.ts';
import { labelPackets, readResults, rowTexts } from '../support/decode.ts';
import { readColumn, readError } from '../support/decode-parts.ts';
import { type Answer, type RawClient, ServerError } from '../support/raw-client.ts';
import { Clock, CollectingSink, MemoryRows } from '../support/row-stage.ts';

/** One answer: packets for the engine, texts for people. */
export type ServerRows = Readonly<{
  protocol: RowProtocol;
  definitions: readonly Buffer[];
  rows: readonly Buffer[];
  texts: readonly (readonly (string | null)[])[];
}>;

function unpack(answer: Answer, protocol: RowProtocol, sql: string): ServerRows {
  const labelled = labelPackets(answer.packets, answer.capabilities, answer.commandByte);
  const failed = labelled.find(({ role }) => role === 'error');
  if (failed) throw new Error(`${sql}: ${new ServerError(readError(failed.payload)).message}`);
  const rows = labelled.filter(({ role }) => role === 'textRow' || role === 'binaryRow');
  return {
    protocol,
    definitions: labelled.filter(({ role }) => role === 'column').map(({ payload }) => payload),
    rows: rows.map(({ payload }) => payload),
    texts: rows.map(rowTexts),
  };
}

/** Runs a query in the protocol; an error throws. */
export async function askRows(client: RawClient, sql: string, protocol: RowProtocol): Promise<ServerRows> {
  if (protocol === 'text') return unpack(await client.query(sql), protocol, sql);
  const { answer, id } = await client.prepare(sql);
  const failed = readResults(answer).find(({ error }) => error)?.error;
  if (failed) throw new Error(`${sql}: ${new ServerError(failed).message}`);
  const rows = unpack(await client.execute(id), protocol, sql);
  client.closeStatement(id);
  return rows;
}

export async function runSql(client: RawClient, ...statements: (string | Buffer)[]): Promise<void> {
  for (const sql of statements) unpack(await client.query(sql), 'text', sql.toString().slice(0, 200));
}

/** Shards with these answers, and their rows through what `make` builds over them. */
export function through(
  answers: readonly ServerRows[],
  make: (shards: readonly ShardRows[]) => RowProducer,
): ServerRows {
  const clock = new Clock();
  const { protocol } = answers[0]!;
  const shards = answers.map(({ definitions, rows }, index) => ({
    name: `shard ${index}`,
    rows: new MemoryRows(clock, { definitions, rows, chunks: [3, 1, 7] }).producer,
  }));
  const sink = new CollectingSink(clock, [5]).start(make(shards));
  clock.run();
  if (sink.error) throw sink.error;
  const definitions = sink.definitions!;
  const columns = definitions.map(readColumn);
  const role = protocol === 'text' ? 'textRow' : 'binaryRow';
  const texts = sink.rows.map((payload) => rowTexts({ payload, role, columns }));
  return { protocol, definitions, rows: sink.rows, texts };
}
