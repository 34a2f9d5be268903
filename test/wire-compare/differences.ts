/**
 * Everything that may legitimately differ between mysqld and Headgate, with the reason. Nothing else may.
 * Keep this tiny: each entry is something that a client could notice.
 */
import { serverStatus } from '../../src/mysql/protocol.ts';
import type { Labelled } from '../support/decode.ts';
import type { Mask } from './script.ts';

export const masks = {
  connectionId: {
    reason: 'Each server, and each router, numbers its own connections.',
    columns: ['CONNECTION_ID()', '@@pseudo_thread_id'],
  },
  serverIdentity: {
    reason: 'Two servers have different names, ports, folders and UUIDs.',
    columns: ['@@port', '@@hostname', '@@server_uuid', '@@datadir', '@@pid_file', '@@socket', '@@server_id'],
  },
  time: { reason: 'Two servers answer at two moments.', shapeOnly: true },
  statistics: { reason: 'Counters and uptime are a server’s own.', shapeOnly: true },
  counters: { reason: 'Counters are a server’s own.', columns: ['Value'] },
  tableTimes: {
    reason: 'When a table was made and last written, and estimates of its size, are a server’s own.',
    statusFlags: serverStatus.noIndexUsed | serverStatus.noGoodIndexUsed,
    columns: [
      'Create_time',
      'Update_time',
      'CREATE_TIME',
      'UPDATE_TIME',
      'Rows',
      'TABLE_ROWS',
      'Avg_row_length',
      'AVG_ROW_LENGTH',
      'Data_length',
      'DATA_LENGTH',
      'Data_free',
      'DATA_FREE',
      'Created',
      'CREATED',
      'LAST_ALTERED',
      'Modified',
      'Cardinality',
      'CARDINALITY',
    ],
  },
  globalRefused: {
    reason:
      'Headgate refuses GLOBAL and PERSIST before anybody asks whether there is such a variable; both are errors.',
    shapeOnly: true,
  },
  randomValue: { reason: 'The value is random.', shapeOnly: true },
  plan: {
    reason: 'Cost estimates depend on sampled statistics.',
    columns: ['rows', 'filtered'],
  },
  planFlags: {
    reason:
      'Over the data dictionary the optimizer chooses by sampled statistics, and the flags say what it chose.',
    statusFlags: serverStatus.noIndexUsed | serverStatus.noGoodIndexUsed,
  },
  processList: { reason: 'Other connections of a server are its own.', shapeOnly: true },
  connectionIdInText: {
    reason: 'The message names the connection’s id.',
    text: /(thread id: |connection id |thread )\d+/g,
  },
} as const satisfies Record<string, Mask>;

/** Applied to every step: values that are numbered per connection or server, wherever they appear. */
export function maskAlways({ payload, role }: Labelled): Buffer {
  if (role === 'prepareOk') {
    // Statement ids are the server's choice; only their use must agree.
    const copy = Buffer.from(payload);
    copy.writeUInt32LE(0, 1);
    return copy;
  }
  // A plugin's name, then twenty bytes of fresh salt.
  if (role === 'authSwitch') return payload.subarray(0, payload.indexOf(0, 1) + 1);
  return payload;
}
