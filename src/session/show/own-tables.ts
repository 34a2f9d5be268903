/** What SHOW VITESS_…, SHOW VSCHEMA … and SHOW HEADGATE … show: tables of the router's own knowledge. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { MetadataRow, TypedColumn } from '../../planner/metadata/json-table.ts';
import type { OwnShow, OwnShowForm } from '../../sql/own-show.ts';
import { servingType } from '../../topology/topology.ts';
import type { KeyspaceVSchema, VindexDefinition } from '../../vschema/vschema.ts';
import type { Session } from '../session.ts';
import { targetText } from '../target.ts';
import { headgateRows, headgateTitles, type OwnRows } from './headgate-tables.ts';
import { replicationRows } from './replication-rows.ts';

const TEXT = 'varchar(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci';

/** Vitess' titles. */
const titles: Partial<Record<OwnShowForm, readonly string[]>> = {
  keyspaces: ['Database'],
  vitess_keyspaces: ['Database'],
  vitess_shards: ['Shards'],
  vitess_tablets: [
    'Cell',
    'Keyspace',
    'Shard',
    'TabletType',
    'State',
    'Alias',
    'Hostname',
    'PrimaryTermStartTime',
  ],
  vitess_target: ['Target'],
  vitess_replication_status: [
    'Keyspace',
    'Shard',
    'TabletType',
    'Alias',
    'Hostname',
    'ReplicationSource',
    'ReplicationHealth',
    'ReplicationLag',
    'ThrottlerStatus',
  ],
  'vitess_metadata variables': ['Key', 'Value'],
  'vschema tables': ['Tables'],
  'vschema keyspaces': ['Keyspace', 'Sharded', 'Foreign Key', 'Comment'],
  'vschema vindexes': ['Keyspace', 'Name', 'Type', 'Params', 'Owner'],
  ...headgateTitles,
};

const onTableTitles = ['Columns', 'Name', 'Type', 'Params', 'Owner'];

/** The column that LIKE is about, where it is not the first. */
const likeColumns: Partial<Record<OwnShowForm, string>> = {
  vitess_tablets: 'Hostname',
  vitess_replication_status: 'Hostname',
};

export const likeColumn = ({ form, table }: OwnShow): string =>
  likeColumns[form] ?? titlesOf({ form, table })[0]!;

function titlesOf({ form, table }: Pick<OwnShow, 'form' | 'table'>): readonly string[] {
  const found = table === undefined ? titles[form] : onTableTitles;
  if (found === undefined) throw unavailable(form);
  return found;
}

/** The columns of the table that is shown. Raises 1235 for what Vitess has and Headgate does not. */
export const ownColumns = (show: OwnShow): TypedColumn[] =>
  titlesOf(show).map((name) => ({ name, type: TEXT }));

function unavailable(form: OwnShowForm): HeadgateError {
  const why = form.startsWith('vitess_migration')
    ? 'there are no online schema changes: ALTER TABLE runs on the shards at once'
    : 'there is no throttler';
  return new HeadgateError('ER_NOT_SUPPORTED_YET', {
    message: `Headgate does not know SHOW ${form.toUpperCase()}: ${why}`,
  });
}

/** The rows as they are now. Raises 1046 and 1049, and 1146 for a table that the VSchema does not have. */
export async function ownRows(session: Session, show: OwnShow): Promise<OwnRows> {
  return headgateRows(session, show.form) ?? { rows: await vitessRows(session, show), missing: [] };
}

async function vitessRows(session: Session, show: OwnShow): Promise<readonly MetadataRow[]> {
  const { gateway, plans } = session.services;
  plans.refresh();
  const keyspaces = [...(gateway.topology?.keyspaces.values() ?? [])];
  switch (show.form) {
    case 'keyspaces':
    case 'vitess_keyspaces':
      return keyspaces.map(({ name }) => [name]);
    case 'vitess_shards':
      return keyspaces.flatMap(({ name, shards }) => [...shards.keys()].map((shard) => [`${name}/${shard}`]));
    case 'vitess_tablets':
      return tabletRows(session);
    case 'vitess_target':
      return [[targetText(session.state.target)]];
    case 'vitess_replication_status':
      return replicationRows(session);
    case 'vschema tables':
      return [...keyspaceOf(session, show).tableNames].sort().map((name) => [name]);
    case 'vschema keyspaces':
      return [...plans.vschema.keyspaces.values()].map(({ name, sharded, foreignKeyMode, problem = '' }) => [
        name,
        String(sharded),
        foreignKeyMode,
        problem,
      ]);
    case 'vschema vindexes':
      return show.table === undefined
        ? vindexRows(session, show)
        : tableVindexRows(session, show, show.table);
    default:
      return [];
  }
}

function tabletRows({ services }: Session): MetadataRow[] {
  const { topology, pools } = services.gateway;
  if (topology === undefined) return [];
  const rows = [...pools].map(({ tablet, lastError }) => [
    tablet.cell,
    tablet.keyspace,
    tablet.shard,
    servingType(topology, tablet).toUpperCase(),
    lastError === undefined ? 'SERVING' : 'NOT_SERVING',
    tablet.alias,
    tablet.host,
    '',
  ]);
  // Keyspace, shard, then primaries first.
  const rank = (row: readonly string[]) => [row[1], row[2], row[3] === 'PRIMARY' ? 0 : 1, row[5]].join('\0');
  return rows.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The keyspace that is named, or the session's. */
function keyspaceOf({ services, state }: Session, { keyspace }: OwnShow): KeyspaceVSchema {
  const name = keyspace ?? state.target.keyspace;
  if (name === '') throw new HeadgateError('ER_NO_DB_ERROR');
  const found = services.plans.vschema.keyspaces.get(name);
  if (found === undefined)
    throw new HeadgateError('ER_BAD_DB_ERROR', { message: `Unknown database '${name}'` });
  return found;
}

const facts = ({ name, type, params, owner = '' }: VindexDefinition): string[] => [
  name,
  type,
  Object.entries(params)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('; '),
  owner,
];

function vindexRows(session: Session, show: OwnShow): MetadataRow[] {
  const { plans } = session.services;
  const keyspaces =
    show.keyspace === undefined ? plans.vschema.keyspaces.values() : [keyspaceOf(session, show)];
  return [...keyspaces].flatMap(({ name, vindexes }) =>
    [...vindexes.values()].map((vindex) => [name, ...facts(vindex)]),
  );
}

function tableVindexRows(session: Session, show: OwnShow, name: string): MetadataRow[] {
  const keyspace = keyspaceOf(session, show);
  const table = keyspace.tables.get(name);
  if (table === undefined)
    throw new HeadgateError('ER_NO_SUCH_TABLE', {
      message: `Table '${keyspace.name}.${name}' doesn't exist`,
    });
  return table.columnVindexes.map(({ columns, vindex }) => [columns.join(', '), ...facts(vindex)]);
}
