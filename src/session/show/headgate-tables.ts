/** What SHOW HEADGATE … shows: what this router, and where it says so its peers, do now. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { TabletPool } from '../../gateway/tablet-pool.ts';
import type { MetadataRow } from '../../planner/metadata/json-table.ts';
import type { OwnShowForm } from '../../sql/own-show.ts';
import { servingType } from '../../topology/topology.ts';
import type { SessionFacts } from '../cluster.ts';
import type { Session } from '../session.ts';
import { askerOf } from '../show-processes.ts';
import { statusRows } from './headgate-status.ts';

/** `missing`: what other routers have not answered, in words. */
export type OwnRows = Readonly<{ rows: readonly MetadataRow[]; missing: readonly string[] }>;

export const headgateTitles: Partial<Record<OwnShowForm, readonly string[]>> = {
  'headgate sessions': [
    'Id',
    'Router',
    'User',
    'Host',
    'Target',
    'Command',
    'Seconds',
    'Transaction',
    'Pinned',
    'State',
    'Statement',
  ],
  'headgate pins': ['Id', 'Router', 'User', 'Reasons', 'Seconds', 'Shard', 'Type', 'Tablet', 'ThreadId'],
  'headgate pools': ['Tablet', 'Shard', 'Type', 'Database', 'Settings', 'Busy', 'Idle', 'Prepared'],
  'headgate plans': ['Keyspace', 'Kind', 'Hits', 'Bytes', 'Statement'],
  'headgate shards': ['Shard', 'Sharded', 'State', 'Primary', 'Term', 'Tablets'],
  'headgate tablets': [
    'Tablet',
    'Shard',
    'Type',
    'Cell',
    'Address',
    'State',
    'Version',
    'Open',
    'Busy',
    'Waiting',
    'Error',
  ],
  'headgate routers': ['Router', 'This', 'Address', 'Admin', 'Pid', 'Started'],
  'headgate status': ['Name', 'Value'],
};

/** Rows of the form; undefined for another's. Rejects with ER_SPECIFIC_ACCESS_DENIED_ERROR where only administrators may look. */
export function headgateRows(session: Session, form: OwnShowForm): Promise<OwnRows> | undefined {
  switch (form) {
    case 'headgate sessions':
      return gathered(session, (facts) => [sessionRow(facts)]);
    case 'headgate pins':
      return gathered(session, pinRows);
    case 'headgate pools':
      return alone(session, poolRows);
    case 'headgate plans':
      return alone(session, planRows);
    case 'headgate shards':
      return alone(session, shardRows);
    case 'headgate tablets':
      return alone(session, tabletRows);
    case 'headgate routers':
      return alone(session, routerRows);
    case 'headgate status':
      return alone(session, statusRows);
    default:
      return undefined;
  }
}

type RowsOf = (session: Session) => readonly MetadataRow[] | Promise<readonly MetadataRow[]>;

async function alone(session: Session, rowsOf: RowsOf): Promise<OwnRows> {
  if (!session.port.isAdmin)
    throw new HeadgateError('ER_SPECIFIC_ACCESS_DENIED_ERROR', {
      message:
        'Access denied; you need to be an administrator (admin: true in the users file) for this operation',
    });
  return { rows: await rowsOf(session), missing: [] };
}

async function gathered(
  session: Session,
  rowsOf: (facts: SessionFacts) => readonly MetadataRow[],
): Promise<OwnRows> {
  const { activity, services } = session;
  const gathering = services.cluster.sessions(askerOf(session));
  const { rows, missing } = await activity.during('waiting for other routers', gathering);
  return { rows: rows.flatMap(rowsOf), missing };
}

function sessionRow({ router, process, target, transaction, pins }: SessionFacts): MetadataRow {
  const { id, user, host, command, seconds, state, info } = process;
  const pinned = pins.map(({ shard, reasons }) => `${shard}: ${reasons.join(', ')}`).join('; ');
  return [
    String(id),
    String(router),
    user,
    host,
    target,
    command,
    String(seconds),
    transaction,
    pinned,
    state,
    info,
  ];
}

const pinRows = ({ router, process, pins }: SessionFacts): MetadataRow[] =>
  pins.map(({ shard, type, tablet, threadId, reasons, seconds }) => [
    String(process.id),
    String(router),
    process.user,
    reasons.join(', '),
    String(seconds),
    shard,
    type,
    tablet,
    String(threadId),
  ]);

/** By tablet and by what the connections are set up for. */
function poolRows({ services }: Session): MetadataRow[] {
  return sortedPools(services.gateway.pools).flatMap((pool) => {
    const groups = Map.groupBy(pool.connections, ({ need }) => need?.key ?? '');
    return [...groups.values()].map((connections) => {
      const { need } = connections[0]!;
      const busy = connections.filter(({ leased }) => leased).length;
      const prepared = connections.reduce((sum, each) => sum + each.prepared.size, 0);
      return [
        pool.tablet.alias,
        shardOf(pool),
        typeOf(services.gateway.topology, pool),
        need?.database ?? '',
        need === undefined ? 'not known yet' : need.settings.join(', '),
        String(busy),
        String(connections.length - busy),
        String(prepared),
      ];
    });
  });
}

const planRows = ({ services }: Session): MetadataRow[] =>
  services.plans
    .kept()
    .map(({ keyspace, kind, hits, bytes, text }) => [keyspace, kind, String(hits), String(bytes), text]);

function shardRows({ services }: Session): MetadataRow[] {
  const { gateway } = services;
  const keyspaces = [...(gateway.topology?.keyspaces.values() ?? [])];
  return keyspaces.flatMap(({ name, sharded, shards }) =>
    [...shards.values()].map(({ shard, primaryAlias, term }) => {
      const primary = gateway.shard(name, shard)?.primary;
      const isReached = primary?.facts !== undefined && primary.lastError === undefined;
      const count = [...gateway.pools].filter(
        ({ tablet }) => tablet.keyspace === name && tablet.shard === shard,
      ).length;
      const state = primary === undefined ? 'no primary' : isReached ? 'serving' : 'not reached';
      return [
        `${name}/${shard}`,
        sharded ? 'yes' : 'no',
        state,
        primaryAlias ?? '',
        String(term),
        String(count),
      ];
    }),
  );
}

function tabletRows({ services }: Session): MetadataRow[] {
  const { gateway } = services;
  return sortedPools(gateway.pools).map((pool) => {
    const { tablet, lastError, facts } = pool;
    const { open, leased, waiting } = pool.counts();
    const state = lastError !== undefined ? 'not reached' : facts === undefined ? 'not tried yet' : 'serving';
    return [
      tablet.alias,
      shardOf(pool),
      typeOf(gateway.topology, pool),
      tablet.cell,
      `${tablet.host}:${tablet.port}`,
      state,
      facts?.version ?? '',
      String(open),
      String(leased),
      String(waiting),
      lastError?.message ?? '',
    ];
  });
}

async function routerRows({ services }: Session): Promise<MetadataRow[]> {
  const routers = await services.cluster.routers();
  return routers.map(({ number, host, port, adminUrl, pid, startedAt, isThis }) => [
    String(number),
    isThis ? 'yes' : 'no',
    `${host}:${port}`,
    adminUrl,
    String(pid),
    startedAt,
  ]);
}

const shardOf = ({ tablet }: TabletPool): string => `${tablet.keyspace}/${tablet.shard}`;

const typeOf = (topology: Session['services']['gateway']['topology'], { tablet }: TabletPool): string =>
  topology === undefined ? tablet.type : servingType(topology, tablet);

const sortedPools = (pools: Iterable<TabletPool>): TabletPool[] =>
  [...pools].sort((a, b) => (`${shardOf(a)} ${a.tablet.alias}` < `${shardOf(b)} ${b.tablet.alias}` ? -1 : 1));
