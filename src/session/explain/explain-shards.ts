/**
 * MySQL's EXPLAIN of a statement that runs on several shards, or in parts: each shard has a plan of its own for its part. They are shown
 * together in the form that was asked for, so that whoever reads MySQL's plans can read them.
 */

import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { command } from '../../mysql/protocol.ts';
import { buildTextRow, readTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { type AskedShard, isPutTogether } from './asked-shards.ts';
import { explainRow, type ShownRow } from './explain-rows.ts';
import { type Explained, unsupported } from './explained.ts';
import { planNode } from './own-plan.ts';
import { shownAsJson, shownAsTree, shownRows } from './shards-plans.ts';

/** ER_YES: the number that MySQL gives its own note about an explained statement. */
const ERRNO_NOTE = 1003;

/** A shard's plan, by the texts of its rows. */
export type ShardPlan = Readonly<{
  asked: AskedShard;
  answer: CollectedAnswer;
  rows: readonly ShownRow[];
  /** Its own note: the statement as the server has rewritten it. */
  warnings: readonly Buffer[];
}>;

/**
 * Asks all of them, one after the other, and answers with their plans. `protocol`: that of the rows for the client; `ownHead` in the place of the
 * client's EXPLAIN: the router's plan is shown beside that of a single shard, too.
 */
export async function explainOnShards(
  explained: Explained,
  asked: readonly AskedShard[],
  protocol: 'text' | 'binary',
  ownHead?: Buffer,
): Promise<void> {
  const { session, statement, parsed } = explained;
  if (parsed.into !== undefined) throw unsupported('does not know EXPLAIN INTO over several shards');
  const head = ownHead ?? statement.source.subarray(statement.scan.start, parsed.statement!.start);
  const plans: ShardPlan[] = [];
  for (const each of asked)
    plans.push(await askShard(explained, Buffer.concat([head, each.sql ?? explained.text]), each));
  session.activity.requireUninterrupted();
  const [{ answer, warnings, rows }] = plans as [ShardPlan];
  const { definitions } = answer;
  const isSingle = ownHead === undefined && !isPutTogether(asked);
  const shown = isSingle ? rows : together(explained, plans);
  sendRows(
    session,
    definitions,
    shown.map((row) => explainRow(row, definitions, protocol)),
    0,
    isSingle ? warnings : [...warnings, noteOn(asked)],
  );
}

function together(explained: Explained, plans: readonly ShardPlan[]): readonly ShownRow[] {
  const [{ answer, rows }] = plans as [ShardPlan];
  if (answer.definitions.length > 1) return shownRows(plans);
  const node = planNode(explained);
  const isJson = rows[0]?.[0]?.startsWith('{') === true;
  return [[isJson ? shownAsJson(node, plans) : shownAsTree(node, plans)]];
}

async function askShard({ session, scan }: Explained, sql: Buffer, asked: AskedShard): Promise<ShardPlan> {
  const { holding, diagnostics } = session;
  const connection = await holding.lease(scan, asked.place);
  session.runsOn([connection], asked.place);
  try {
    await diagnostics.prime(scan, connection);
    const answer = await connection.ask(command.query, sql);
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    const { rows: warnings } = await connection.query('SHOW WARNINGS');
    const rows = answer.rows.map((row) =>
      readTextRow(row, answer.definitions.length).map((value) => value?.toString('utf8') ?? null),
    );
    return { asked, answer, rows, warnings };
  } finally {
    session.running.delete(connection);
    if (connection.closed) holding.lost(connection);
    else holding.giveBack(connection);
  }
}

function noteOn(asked: readonly AskedShard[]): Buffer {
  const names = [...new Set(asked.map(({ place }) => place.shard.name))].join(', ');
  const where = `These are the plans of the shards (${names}) for their parts of the rows`;
  return buildTextRow([
    'Note',
    String(ERRNO_NOTE),
    `${where}; EXPLAIN FORMAT=HEADGATE shows how they become one result`,
  ]);
}
