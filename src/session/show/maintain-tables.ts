/** ANALYZE, CHECK, CHECKSUM, OPTIMIZE and REPAIR TABLE of a sharded keyspace: on all shards, with one result. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { type BackendConnection, pendingState } from '../../gateway/backend-connection.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { command } from '../../mysql/protocol.ts';
import type { MaintainTables } from '../../sql/ast/administration.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { effect } from '../../sql/statement.ts';
import { buildTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { placeAt } from '../planned.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { notOverShards } from '../shard-writes.ts';
import { mergedChecksums, mergedMessages, rowsOf } from './maintenance-rows.ts';

/** Undefined: it goes the way of any other statement. */
export function maintainTables(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const { target } = session.state;
  const { plans } = session.services;
  plans.refresh();
  const names = scan.hasUnqualifiedTable ? [target.keyspace, ...scan.qualifiers] : scan.qualifiers;
  const sharded = names.find((name) => isSharded(session, name));
  if (sharded === undefined) return undefined;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind !== 'maintainTables') return undefined;
  const keyspaces = [...new Set(names)];
  if (keyspaces.length > 1) throw new HeadgateError('HG_SEVERAL_KEYSPACES', { detail: keyspaces.join(', ') });
  if (parsed.hasVersionComment) throw notOverShards('a version comment (/*! */)');
  return runOnAll(session, statement, parsed, sharded);
}

function isSharded({ services, state }: Session, keyspace: string): boolean {
  if (state.target.shard !== undefined && state.target.keyspace === keyspace) return false;
  return services.gateway.topology?.keyspaces.get(keyspace)?.sharded === true;
}

async function runOnAll(
  session: Session,
  { scan, source }: Statement,
  parsed: MaintainTables,
  keyspace: string,
): Promise<void> {
  const { holding, services, state } = session;
  if ((scan.effects & effect.implicitCommit) !== 0 && holding.inTransaction) await holding.complete('commit');
  const map = services.plans.shardMap(keyspace);
  const places = map.names.map((_, at) => ({
    ...placeAt(session, keyspace, map, at),
    database: state.target.keyspace === '' ? '' : keyspace,
  }));
  const connections = await holding.leaseAll(scan, places);
  session.runsOn(connections, places[0]!);
  const text = source.subarray(scan.start, scan.end);
  let outcomes: Outcome[];
  try {
    outcomes = await allOf(connections.map((connection) => ask(connection, text)));
  } finally {
    for (const [at, connection] of connections.entries()) {
      session.running.delete(connection);
      connection.pending &= pendingState.lastInsertId;
      if (connection.closed) holding.lost(connection);
      else holding.settle(scan, connection.answer, connection, places[at]!);
    }
  }
  session.activity.requireUninterrupted();
  const shards = outcomes.map(({ answer }, at) => ({ name: places[at]!.shard.name, rows: rowsOf(answer) }));
  const warnings = new Map(
    outcomes.flatMap(({ warningRows }) => warningRows.map((row) => [row.toString('latin1'), row])),
  );
  const isCopy = (table: string) => isReference(session, keyspace, table);
  const rows = parsed.action === 'checksum' ? mergedChecksums(shards, isCopy) : mergedMessages(shards);
  sendRows(session, outcomes[0]!.answer.definitions, rows.map(buildTextRow), 0, [...warnings.values()]);
}

type Outcome = Readonly<{ answer: CollectedAnswer; warningRows: readonly Buffer[] }>;

async function ask(connection: BackendConnection, text: Buffer): Promise<Outcome> {
  const answer = await connection.ask(command.query, text);
  if (answer.error !== undefined) throw new TabletRefusal(answer.error);
  return { answer, warningRows: answer.warnings === 0 ? [] : (await connection.query('SHOW WARNINGS')).rows };
}

/** All outcomes, when all are there. Rejects with the first error in the order of the shards. */
async function allOf(asked: readonly Promise<Outcome>[]): Promise<Outcome[]> {
  const outcomes = await Promise.allSettled(asked);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** `table` as MySQL names it in its rows: with the keyspace. */
function isReference({ services }: Session, keyspace: string, table: string): boolean {
  const known = services.plans.vschema.keyspaces.get(keyspace)?.tables.get(table.slice(keyspace.length + 1));
  return known?.kind === 'reference';
}
