/**
 * Numbers of the MySQL client/server protocol: capability flags, status flags, commands, column types.
 * Source: MySQL internals documentation, "Client/Server Protocol"; `include/mysql_com.h` names are kept
 * without their prefixes.
 */

/** Capability flags of the handshake (`CLIENT_*`). */
export const capability = {
  longPassword: 1 << 0,
  foundRows: 1 << 1,
  longFlag: 1 << 2,
  connectWithDb: 1 << 3,
  noSchema: 1 << 4,
  compress: 1 << 5,
  odbc: 1 << 6,
  localFiles: 1 << 7,
  ignoreSpace: 1 << 8,
  protocol41: 1 << 9,
  interactive: 1 << 10,
  ssl: 1 << 11,
  ignoreSigpipe: 1 << 12,
  transactions: 1 << 13,
  reserved: 1 << 14,
  secureConnection: 1 << 15,
  multiStatements: 1 << 16,
  multiResults: 1 << 17,
  psMultiResults: 1 << 18,
  pluginAuth: 1 << 19,
  connectAttrs: 1 << 20,
  pluginAuthLenencClientData: 1 << 21,
  canHandleExpiredPasswords: 1 << 22,
  sessionTrack: 1 << 23,
  deprecateEof: 1 << 24,
  optionalResultsetMetadata: 1 << 25,
  zstdCompression: 1 << 26,
  queryAttributes: 1 << 27,
  multiFactorAuthentication: 1 << 28,
} as const;

/** Status flags of OK and EOF packets (`SERVER_STATUS_*`, `SERVER_*`). */
export const serverStatus = {
  inTransaction: 1 << 0,
  autocommit: 1 << 1,
  moreResultsExist: 1 << 3,
  noGoodIndexUsed: 1 << 4,
  noIndexUsed: 1 << 5,
  cursorExists: 1 << 6,
  lastRowSent: 1 << 7,
  dbDropped: 1 << 8,
  noBackslashEscapes: 1 << 9,
  metadataChanged: 1 << 10,
  queryWasSlow: 1 << 11,
  psOutParams: 1 << 12,
  inTransactionReadOnly: 1 << 13,
  sessionStateChanged: 1 << 14,
} as const;

/** How a statement was run: of one over several shards, what holds on any of them. */
export const runStatus = serverStatus.noGoodIndexUsed | serverStatus.noIndexUsed | serverStatus.queryWasSlow;

/** Command bytes (`COM_*`). */
export const command = {
  sleep: 0x00,
  quit: 0x01,
  initDb: 0x02,
  query: 0x03,
  fieldList: 0x04,
  createDb: 0x05,
  dropDb: 0x06,
  refresh: 0x07,
  shutdown: 0x08,
  statistics: 0x09,
  processInfo: 0x0a,
  connect: 0x0b,
  processKill: 0x0c,
  debug: 0x0d,
  ping: 0x0e,
  time: 0x0f,
  delayedInsert: 0x10,
  changeUser: 0x11,
  binlogDump: 0x12,
  tableDump: 0x13,
  connectOut: 0x14,
  registerReplica: 0x15,
  stmtPrepare: 0x16,
  stmtExecute: 0x17,
  stmtSendLongData: 0x18,
  stmtClose: 0x19,
  stmtReset: 0x1a,
  setOption: 0x1b,
  stmtFetch: 0x1c,
  daemon: 0x1d,
  binlogDumpGtid: 0x1e,
  resetConnection: 0x1f,
  clone: 0x20,
  subscribeGroupReplicationStream: 0x21,
} as const;

/** Column types on the wire (`MYSQL_TYPE_*`). */
export const columnType = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  varchar: 15,
  bit: 16,
  vector: 242,
  json: 245,
  newDecimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

/** Types of the blocks in an OK packet's session state information (`SESSION_TRACK_*`). */
export const sessionTrack = {
  systemVariables: 0,
  schema: 1,
  stateChange: 2,
  gtids: 3,
  transactionCharacteristics: 4,
  transactionState: 5,
} as const;

/** Longest payload of one packet; a longer one continues in the next (protocol page "MySQL Packets"). */
export const payloadBytesMax = 0xff_ff_ff;
export const packetHeaderBytes = 4;
