/** The rows of a query that asks a vindex where it places values. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { columnType } from '../mysql/protocol.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import type { Operands } from '../planner/operands.ts';
import type { VindexColumn, VindexPlan } from '../planner/plan.ts';
import { type ShardMap, shardOf, shardsOfRange } from '../planner/shard-map.ts';
import { vindexInput } from '../planner/vindex-input.ts';
import type { KeyRange } from '../vschema/key-range.ts';
import type { VindexDefinition } from '../vschema/vschema.ts';
import { buildBinaryTextRow, buildColumn, buildTextRow } from '../wire/packets.ts';
import { sendRows } from './local-result.ts';
import type { Session } from './session.ts';

const CHARSET_BINARY = 63;
const CHARSET_UTF8MB4 = 255;
const LENGTH = 1024;

export type VindexRow = Readonly<Record<VindexColumn['name'], Buffer | string | null>>;

/** Answers the query; a value without a keyspace id has no row. */
export function answerVindexQuery(
  session: Session,
  { keyspace, vindex, columns, ids }: VindexPlan,
  operands: Operands,
  protocol: 'text' | 'binary' = 'text',
): undefined {
  const map = session.services.plans.shardMap(keyspace);
  const values = ids.flatMap((operand) => operands.values(operand));
  const rows = values.flatMap((value) => rowsOf(value, vindex, map));
  const definitions = columns.map(({ title, name }) =>
    buildColumn({
      name: title,
      type: columnType.varString,
      collationId:
        name === 'keyspace_id' || name === 'range_start' || name === 'range_end'
          ? CHARSET_BINARY
          : CHARSET_UTF8MB4,
      length: LENGTH,
      flags: 0,
    }),
  );
  sendRows(
    session,
    definitions,
    rows.map((row) => {
      const values = columns.map(({ name }) => row[name]);
      return protocol === 'text' ? buildTextRow(values) : buildBinaryTextRow(values);
    }),
  );
  return undefined;
}

/** The rows of a value; none where it has no place. Raises HG_VINDEX_QUERY. */
export const vindexRows = (
  session: Session,
  value: LiteralValue,
  keyspace: string,
  vindex: VindexDefinition,
): readonly VindexRow[] => rowsOf(value, vindex, session.services.plans.shardMap(keyspace));

function rowsOf(value: LiteralValue, { name, vindex }: VindexDefinition, map: ShardMap): VindexRow[] {
  if (!vindex.functional) {
    throw new HeadgateError('HG_VINDEX_QUERY', {
      detail: `${name} is a lookup vindex: its values are in a table`,
    });
  }
  const input = vindexInput(value);
  if (input === undefined)
    throw new HeadgateError('HG_VINDEX_QUERY', { detail: 'id is compared with constants' });
  const id = input.kind === 'null' ? null : input.bytes;
  const destination = vindex.map([input]);
  switch (destination.kind) {
    case 'none':
      return [];
    case 'keyspaceId': {
      const at = shardOf(map, destination.id);
      const range = map.ranges[at];
      return [rowOf(id, destination.id, range, map.names[at] ?? null)];
    }
    case 'keyRange':
      return shardsOfRange(map, destination.range).map((at) =>
        rowOf(id, null, destination.range, map.names[at]!),
      );
  }
}

const rowOf = (
  id: Buffer | null,
  keyspaceId: Buffer | null,
  range: KeyRange | undefined,
  shard: string | null,
): VindexRow => ({
  id,
  keyspace_id: keyspaceId,
  hex_keyspace_id: keyspaceId?.toString('hex') ?? null,
  range_start: range?.start ?? Buffer.alloc(0),
  range_end: range?.end ?? Buffer.alloc(0),
  shard,
});

/** A statement with the same columns and parameters, by which a tablet describes the query to a client that prepares it. */
export function vindexDescription({ columns, ids }: VindexPlan): Buffer {
  const items = columns.map(
    ({ title }) => `CAST('' AS CHAR(${LENGTH})) AS \`${title.replaceAll('`', '``')}\``,
  );
  const markers = ids.filter(({ kind }) => kind === 'parameter').map(() => '?');
  const where = markers.length === 0 ? '' : ` FROM DUAL WHERE COALESCE(${markers.join(', ')})`;
  return Buffer.from(`SELECT ${items.join(', ')}${where}`);
}
