/**
 * Statements that define tables and views of a sharded keyspace: they go to the first shard, and when that has accepted them, to all others.
 * The new definitions are known here before the client has its answer.
 */
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { CollectedAnswer } from '../gateway/answer-collector.ts';
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command } from '../mysql/protocol.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { effect } from '../sql/statement.ts';
import { placeAt } from './planned.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { addedInfo, notOverShards } from './shard-writes.ts';
import type { Place } from './statement-place.ts';

/** Runs DDL whose tables are all in one sharded keyspace. Rejects with HG_PARTIAL_DDL where some shards have refused. */
export async function defineOnShards(session: Session, statement: Statement): Promise<void> {
  const { scan, source } = statement;
  const { services, state, holding } = session;
  const keyspace = keyspaceOf(session, statement);
  if ((scan.effects & effect.temporaryTable) !== 0) throw notOverShards('temporary tables');
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (
    parsed.kind !== 'syntaxProblem' &&
    nodesOfKind(parsed as Parameters<typeof nodesOfKind>[0], 'query').length > 0 &&
    parsed.kind === 'createTable'
  )
    throw notOverShards('CREATE TABLE … SELECT');
  // As in MySQL, it ends the transaction.
  if (holding.inTransaction) await holding.complete('commit');
  const map = services.plans.shardMap(keyspace);
  const places = map.names.map(
    (_, at): Place => ({
      ...placeAt(session, keyspace, map, at),
      database: state.target.keyspace === '' ? '' : keyspace,
    }),
  );
  const connections = await holding.leaseAll(scan, places);
  session.runsOn(connections, places[0]!);
  const text = source.subarray(scan.start, scan.end);
  let answers: Outcome[];
  try {
    answers = await defineOn(connections, places, text);
  } finally {
    for (const connection of connections) {
      session.running.delete(connection);
      connection.pending &= pendingState.lastInsertId;
      holding.giveBack(connection);
    }
    await services.gateway.schemaChanged(keyspace);
  }
  const [first] = answers;
  const warnings = first!.answer.warnings;
  session.diagnostics.noteSeveral({
    rows: undefined,
    affectedRows: 0n,
    warnings,
    warningRows: first!.warningRows,
  });
  const affectedRows = answers.reduce((sum, { answer }) => sum + answer.affectedRows, 0n);
  session.okWith({ affectedRows, warnings, info: addedInfo(answers.map(({ info }) => info)) });
}

type Outcome = Readonly<{ answer: CollectedAnswer; info: string; warningRows: readonly Buffer[] }>;

function keyspaceOf({ state }: Session, { scan }: Statement): string {
  const names = new Set(scan.qualifiers);
  if (scan.hasUnqualifiedTable || names.size === 0) names.add(state.target.keyspace);
  if (names.size > 1) throw new HeadgateError('HG_SEVERAL_KEYSPACES', { detail: [...names].join(', ') });
  return [...names][0]!;
}

async function defineOn(
  connections: readonly BackendConnection[],
  places: readonly Place[],
  text: Buffer,
): Promise<Outcome[]> {
  // What MySQL refuses, it refuses on the first shard, and no other has changed then.
  const first = await define(connections[0]!, text);
  const rest = await Promise.allSettled(connections.slice(1).map((connection) => define(connection, text)));
  const failed = rest.flatMap((outcome, at) =>
    outcome.status === 'rejected' ? [{ at: at + 1, reason: outcome.reason as unknown }] : [],
  );
  if (failed.length === 0)
    return [first, ...rest.map((outcome) => (outcome as PromiseFulfilledResult<Outcome>).value)];
  const done = places.filter((_, at) => !failed.some((one) => one.at === at)).map(({ shard }) => shard.name);
  const why = failed.map(({ at, reason }) => `${places[at]!.shard.name} (${messageOf(reason)})`);
  throw new HeadgateError('HG_PARTIAL_DDL', {
    detail: `done on ${done.join(', ')}; failed on ${why.join(', ')}`,
  });
}

async function define(connection: BackendConnection, text: Buffer): Promise<Outcome> {
  const answer = await connection.ask(command.query, text);
  if (answer.error !== undefined) throw new TabletRefusal(answer.error);
  const { info } = connection.answer;
  const warningRows = answer.warnings === 0 ? [] : (await connection.query('SHOW WARNINGS')).rows;
  return { answer, info, warningRows };
}
