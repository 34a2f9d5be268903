import { textValues } from './answer-collector.ts';
import type { BackendConnection } from './backend-connection.ts';
import { demand } from './prepare-connection.ts';

/** How long the server waits for a client, unless its session says otherwise (`wait_timeout` and its like). */
export type ClientTimeouts = Readonly<{
  waitSeconds: number;
  /** In place of `waitSeconds` for clients with CLIENT_INTERACTIVE. */
  interactiveSeconds: number;
  readSeconds: number;
  writeSeconds: number;
}>;

/** What one tablet says of itself, asked at the first connection. */
export type TabletFacts = Readonly<{
  version: string;
  sqlMode: string;
  serverUuid: string;
  /** `max_prepared_stmt_count`. */
  statementsMax: number;
  timeouts: ClientTimeouts;
}>;

const question = `SELECT @@global.sql_mode, @@server_uuid, @@global.max_prepared_stmt_count,
  @@global.wait_timeout, @@global.interactive_timeout, @@global.net_read_timeout, @@global.net_write_timeout`;

export async function readFacts(connection: BackendConnection): Promise<TabletFacts> {
  const [sqlMode, serverUuid, statementsMax, ...seconds] = textValues(
    await demand(connection.query(question)),
    0,
  );
  const [waitSeconds, interactiveSeconds, readSeconds, writeSeconds] = seconds.map(Number);
  return {
    version: connection.serverVersion,
    sqlMode: sqlMode ?? '',
    serverUuid: serverUuid ?? '',
    statementsMax: Number(statementsMax),
    timeouts: {
      waitSeconds: waitSeconds!,
      interactiveSeconds: interactiveSeconds!,
      readSeconds: readSeconds!,
      writeSeconds: writeSeconds!,
    },
  };
}
