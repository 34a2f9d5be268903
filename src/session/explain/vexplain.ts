/** The forms of Vitess' VEXPLAIN that are more than the router's plan. */
import { buildTextColumn } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { isPlanned, requirePlannable } from '../planned.ts';
import { type AskedShard, askedAsItIs, askedShards } from './asked-shards.ts';
import { explainRow, type ShownRow } from './explain-rows.ts';
import { explainOnShards } from './explain-shards.ts';
import { type Explained, planOf } from './explained.ts';

const EXPLAIN_JSON = Buffer.from('EXPLAIN FORMAT=JSON ');

/** VEXPLAIN ALL: the plans of the router and of the shards, as one JSON text. */
export const vexplainAll = (explained: Explained, protocol: 'text' | 'binary'): Promise<void> =>
  explainOnShards(explained, askedFor(explained), protocol, EXPLAIN_JSON);

const titles = ['#', 'keyspace', 'shard', 'query'] as const;
const LENGTH = 1024;

/** VEXPLAIN QUERIES: what each shard is asked. Nothing is run: values that come from other rows are left out. */
export function vexplainQueries(explained: Explained, protocol: 'text' | 'binary'): void {
  const { session, text, scan } = explained;
  const asked = askedFor(explained);
  const inputs = [...new Set(asked.map(({ input }) => input))];
  const rows = asked.map(({ input, place, sql }): ShownRow => {
    const { keyspace, shard } = place.shard;
    const query = (sql ?? text.subarray(scan.start, scan.end)).toString('utf8');
    return [String(inputs.indexOf(input)), keyspace, shard, query];
  });
  const definitions = titles.map((name) => buildTextColumn(name, LENGTH));
  sendRows(
    session,
    definitions,
    rows.map((row) => explainRow(row, definitions, protocol)),
  );
}

function askedFor(explained: Explained): readonly AskedShard[] {
  const { session, scan } = explained;
  if (!isPlanned(session, scan)) return [askedAsItIs(explained)];
  requirePlannable(scan);
  const plan = planOf(explained);
  return plan === undefined ? [askedAsItIs(explained)] : askedShards(explained, plan);
}
