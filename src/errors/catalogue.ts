/**
 * All errors that Headgate itself raises. `ER_*` entries are MySQL's own numbers and texts (manual, "Server Error
 * Message Reference"); `HG_*` entries use 9100 and up, which MySQL leaves free. `docs/errors.md` is generated from here.
 */
type Entry = Readonly<{
  errno: number;
  sqlState: string;
  retryable: boolean;
  message: string;
  advice: string;
}>;

export const catalogue = {
  ER_CON_COUNT_ERROR: {
    errno: 1040,
    sqlState: '08004',
    retryable: true,
    message: 'Too many connections',
    advice: 'Raise listen.connectionsMax, or close idle connections.',
  },
  ER_HANDSHAKE_ERROR: {
    errno: 1043,
    sqlState: '08S01',
    retryable: false,
    message: 'Bad handshake',
    advice:
      'The client does not speak the MySQL 4.1 protocol, or something else than a MySQL client connected.',
  },
  ER_ACCESS_DENIED_ERROR: {
    errno: 1045,
    sqlState: '28000',
    retryable: false,
    message: 'Access denied',
    advice: 'Check user name and password against the users file.',
  },
  ER_NO_DB_ERROR: {
    errno: 1046,
    sqlState: '3D000',
    retryable: false,
    message: 'No database selected',
    advice: 'Select a keyspace with USE, or qualify the table names.',
  },
  ER_UNKNOWN_COM_ERROR: {
    errno: 1047,
    sqlState: '08S01',
    retryable: false,
    message: 'Unknown command',
    advice: 'This command of the MySQL protocol is not served.',
  },
  ER_BAD_DB_ERROR: {
    errno: 1049,
    sqlState: '42000',
    retryable: false,
    message: 'Unknown database',
    advice: 'SHOW DATABASES lists the keyspaces.',
  },
  ER_SERVER_SHUTDOWN: {
    errno: 1053,
    sqlState: '08S01',
    retryable: true,
    message: 'Server shutdown in progress',
    advice: 'Reconnect: another router, or the restarted one, will answer.',
  },
  ER_NO_SUCH_THREAD: {
    errno: 1094,
    sqlState: 'HY000',
    retryable: false,
    message: 'Unknown thread id',
    advice: 'The connection has already ended, or its id belongs to another router.',
  },
  ER_KILL_DENIED_ERROR: {
    errno: 1095,
    sqlState: 'HY000',
    retryable: false,
    message: 'You are not owner of thread',
    advice: 'Only the same user can kill its connections.',
  },
  ER_HOST_NOT_PRIVILEGED: {
    errno: 1130,
    sqlState: 'HY000',
    retryable: false,
    message: 'Host is not allowed to connect to this MySQL server',
    advice: 'Add a rule for this address to the users file.',
  },
  ER_NO_SUCH_TABLE: {
    errno: 1146,
    sqlState: '42S02',
    retryable: false,
    message: 'Table does not exist',
    advice: 'Check its name. A table of a sharded keyspace must be in the VSchema: docs/vschema.md.',
  },
  ER_NET_PACKET_TOO_LARGE: {
    errno: 1153,
    sqlState: '08S01',
    retryable: false,
    message: "Got a packet bigger than 'max_allowed_packet' bytes",
    advice: 'Send smaller statements or raise listen.packetBytesMax.',
  },
  ER_NET_PACKETS_OUT_OF_ORDER: {
    errno: 1156,
    sqlState: '08S01',
    retryable: false,
    message: 'Got packets out of order',
    advice: 'The connection is closed. Reconnect; if it repeats, capture the traffic and report it.',
  },
  ER_NET_UNCOMPRESS_ERROR: {
    errno: 1157,
    sqlState: '08S01',
    retryable: false,
    message: "Couldn't uncompress communication packet",
    advice: 'The connection is closed. Reconnect; if it repeats, do without compression and report it.',
  },
  ER_SPECIFIC_ACCESS_DENIED_ERROR: {
    errno: 1227,
    sqlState: '42000',
    retryable: false,
    message: 'Access denied; you need a privilege for this operation',
    advice: 'Replication, cloning and debugging are for connections to a tablet itself: docs/protocol.md.',
  },
  ER_NOT_SUPPORTED_YET: {
    errno: 1235,
    sqlState: '42000',
    retryable: false,
    message: 'Headgate does not support this yet',
    advice: 'The message names the part of the statement.',
  },
  ER_UNKNOWN_STMT_HANDLER: {
    errno: 1243,
    sqlState: 'HY000',
    retryable: false,
    message: 'Unknown prepared statement handler',
    advice: 'Prepare the statement again on this connection.',
  },
  ER_WRONG_ARGUMENTS: {
    errno: 1210,
    sqlState: 'HY000',
    retryable: false,
    message: 'Incorrect arguments',
    advice: 'A cursor is for statements that read rows.',
  },
  ER_STMT_HAS_NO_OPEN_CURSOR: {
    errno: 1421,
    sqlState: 'HY000',
    retryable: false,
    message: 'The statement has no open cursor',
    advice: 'Execute it with a cursor first; the last row closes the cursor.',
  },
  ER_NOT_SUPPORTED_AUTH_MODE: {
    errno: 1251,
    sqlState: '08004',
    retryable: false,
    message:
      'Client does not support authentication protocol requested by server; consider upgrading MySQL client',
    advice:
      'Use a client that knows caching_sha2_password, or give the user a native hash in the users file.',
  },
  ER_NET_READ_INTERRUPTED: {
    errno: 1159,
    sqlState: '08S01',
    retryable: true,
    message: 'Got timeout reading communication packets',
    advice:
      'The client stopped in the middle of its login (listen.handshakeMsMax) or of a command (net_read_timeout).',
  },
  ER_TOO_MANY_USER_CONNECTIONS: {
    errno: 1203,
    sqlState: '42000',
    retryable: true,
    message: 'User already has more than the allowed number of connections',
    advice:
      'Raise listen.userConnectionsMax, or give the user a connectionsMax of its own in the users file.',
  },
  ER_USER_LIMIT_REACHED: {
    errno: 1226,
    sqlState: '42000',
    retryable: true,
    message: 'User has exceeded a resource',
    advice: "Raise the user's connectionsMax in the users file, or close idle connections.",
  },
  ER_QUERY_INTERRUPTED: {
    errno: 1317,
    sqlState: '70100',
    retryable: false,
    message: 'Query execution was interrupted',
    advice: 'The statement was killed.',
  },
  ER_SP_DOES_NOT_EXIST: {
    errno: 1305,
    sqlState: '42000',
    retryable: false,
    message: 'SAVEPOINT does not exist',
    advice: 'Set it within the same transaction, before it is used.',
  },
  ER_MALFORMED_PACKET: {
    errno: 1835,
    sqlState: 'HY000',
    retryable: false,
    message: 'Malformed communication packet.',
    advice: 'The connection is closed. The client sent bytes that are not of the protocol.',
  },
  ER_SECURE_TRANSPORT_REQUIRED: {
    errno: 3159,
    sqlState: 'HY000',
    retryable: false,
    message: 'Connections using insecure transport are prohibited while --require_secure_transport=ON.',
    advice: 'Connect with TLS (mysql --ssl-mode=REQUIRED).',
  },
  ER_CLIENT_LOCAL_FILES_DISABLED: {
    errno: 3948,
    sqlState: '42000',
    retryable: false,
    message: 'Loading local data is disabled; this must be enabled on both the client and server sides',
    advice: 'Switch it on in the client (mysql --local-infile) and in the router (listen.localInfile).',
  },
  ER_WRONG_COMPRESSION_ALGORITHM_CLIENT: {
    errno: 3922,
    sqlState: 'HY000',
    retryable: false,
    message: "Invalid compression algorithm 'uncompressed'.",
    advice: 'Connect with compression (mysql --compression-algorithms=zstd): listen.compression wants it.',
  },
  ER_WRONG_COMPRESSION_LEVEL_CLIENT: {
    errno: 3923,
    sqlState: 'HY000',
    retryable: false,
    message: "Invalid zstd compression level for algorithm 'zstd'.",
    advice: 'zstd has the levels 1 to 22 (mysql --zstd-compression-level=3).',
  },
  ER_MAX_PREPARED_STMT_COUNT_REACHED: {
    errno: 1461,
    sqlState: '42000',
    retryable: false,
    message: "Can't create more than max_prepared_stmt_count statements",
    advice:
      'Close prepared statements that are no longer used, or raise session.preparedStatementsMax or session.preparedBytesMax; on the tablets, max_prepared_stmt_count.',
  },
  ER_CLIENT_INTERACTION_TIMEOUT: {
    errno: 4031,
    sqlState: 'HY000',
    retryable: true,
    message:
      'The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.',
    advice: 'Reconnect. The limits are those of the tablets unless the session has set its own.',
  },
  HG_INTERNAL: {
    errno: 9100,
    sqlState: 'HY000',
    retryable: false,
    message: 'Internal error of Headgate',
    advice: 'This is a bug. The log line with this message has the stack; please report it.',
  },
  HG_SHARDED_NOT_PLANNED: {
    errno: 9101,
    sqlState: '42000',
    retryable: false,
    message: 'Headgate does not run this over several shards yet',
    advice: 'Name the shard: USE `keyspace:shard`. The status page and `headgate ctl shards` list them.',
  },
  HG_SEVERAL_KEYSPACES: {
    errno: 9102,
    sqlState: '42000',
    retryable: false,
    message: 'The statement uses tables of several keyspaces',
    advice: 'Split the statement: each part may use one keyspace.',
  },
  HG_TABLE_AMBIGUOUS: {
    errno: 9111,
    sqlState: '42000',
    retryable: false,
    message: 'Several keyspaces have a table of this name',
    advice: 'Select a keyspace with USE, or qualify the table name.',
  },
  HG_TABLE_DISABLED: {
    errno: 9112,
    sqlState: '42000',
    retryable: false,
    message: 'The table is disabled by a routing rule',
    advice: '`headgate ctl routing-rules get` shows the rules: this one has no target.',
  },
  HG_VSCHEMA: {
    errno: 9113,
    sqlState: 'HY000',
    retryable: false,
    message: 'The VSchema is not valid',
    advice: '`headgate ctl vschema validate` names every problem; docs/vschema.md describes the format.',
  },
  HG_STATEMENT_MEMORY: {
    errno: 9121,
    sqlState: '42000',
    retryable: false,
    message: 'The statement needs more memory than one statement may use',
    advice:
      'Raise engine.statementBytesMax, or let the statement return fewer groups or rows: a narrower WHERE, a LIMIT, an ORDER BY the shards can do.',
  },
  HG_COLUMNS_DISAGREE: {
    errno: 9122,
    sqlState: 'HY000',
    retryable: true,
    message: 'The shards disagree on the columns',
    advice:
      'A table differs between the shards named. Run the missing DDL there; while DDL is under way, try again.',
  },
  HG_VALUE_TOO_LONG: {
    errno: 9123,
    sqlState: '22001',
    retryable: false,
    message: 'A text is too long to be compared across shards',
    advice:
      "Its WEIGHT_STRING would be longer than the shard's max_allowed_packet. Order or group by a part of it, such as LEFT(c, 1000).",
  },
  HG_SCHEMA_DISAGREES: {
    errno: 9110,
    sqlState: 'HY000',
    retryable: true,
    message: 'The shards have different definitions of the table',
    advice:
      'Make the table the same on all shards; the message says what differs. It is noticed within a second.',
  },
  HG_KEY_RANGE: {
    errno: 9117,
    sqlState: 'HY000',
    retryable: true,
    message: 'The shards do not cover the key range',
    advice: 'A part of the rows would be left out. `headgate ctl shards` lists the shards of the keyspace.',
  },
  HG_SEQUENCE: {
    errno: 9118,
    sqlState: 'HY000',
    retryable: false,
    message: 'The table is no sequence',
    advice:
      "CREATE TABLE seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'; INSERT INTO seq VALUES (0, 1, 1000).",
  },
  HG_PARTIAL_DDL: {
    errno: 9119,
    sqlState: 'HY000',
    retryable: false,
    message: 'The definition was changed on a part of the shards only',
    advice:
      'Run the statement on the shards that the message names (USE `keyspace:shard`), then look at all of them.',
  },
  HG_PARSER_GAP: {
    errno: 9120,
    sqlState: '42000',
    retryable: false,
    message: 'Headgate does not understand this statement, though MySQL does',
    advice:
      'This is a gap in the parser; please report the statement. On one shard (USE `keyspace:shard`) it runs as it is.',
  },
  HG_VINDEX_QUERY: {
    errno: 9114,
    sqlState: '42000',
    retryable: false,
    message: 'A vindex cannot be queried so',
    advice:
      'SELECT id, keyspace_id, hex_keyspace_id, range_start, range_end, shard FROM vindex WHERE id = value.',
  },
  HG_NO_KEYSPACE_ID: {
    errno: 9115,
    sqlState: 'HY000',
    retryable: false,
    message: 'The row has no place: its vindex gives no keyspace id for the value',
    advice: 'Give the vindex column a value that its vindex accepts; NULL is none for most.',
  },
  HG_SCHEMA_CHANGED: {
    errno: 9116,
    sqlState: 'HY000',
    retryable: true,
    message: 'The tables were changed while the statement ran',
    advice: 'Run the statement again.',
  },
  HG_NOT_COMPARABLE: {
    errno: 9124,
    sqlState: '42000',
    retryable: false,
    message: 'Values of this kind cannot be compared across shards',
    advice:
      'Order or group by something that can: CAST the value to CHAR, DECIMAL or DATETIME, or select one shard.',
  },
  HG_VINDEX_PARAM: {
    errno: 9125,
    sqlState: 'HY000',
    retryable: false,
    message: 'The vindex cannot be made from its parameters',
    advice: 'docs/vschema.md lists the vindex types and their parameters.',
  },
  HG_VINDEX_VALUE: {
    errno: 9126,
    sqlState: 'HY000',
    retryable: false,
    message: 'The vindex does not accept the value',
    advice: 'Give a value that the vindex accepts; docs/vschema.md says what each takes.',
  },
  HG_NO_PRIMARY: {
    errno: 9201,
    sqlState: '08S01',
    retryable: true,
    message: 'No serving primary',
    advice: 'The shard has no reachable primary. `headgate ctl shards` shows what the topology says.',
  },
  HG_NO_TABLET: {
    errno: 9202,
    sqlState: '08S01',
    retryable: true,
    message: 'No serving tablet of the wanted type',
    advice: '`headgate ctl tablets` lists the tablets; add one of this type or use @primary.',
  },
  HG_TABLET_LOST: {
    errno: 9203,
    sqlState: '08S01',
    retryable: false,
    message: 'The connection to the tablet was lost',
    advice: 'A write may or may not have been applied: look before repeating it. Reads can be repeated.',
  },
  HG_TRANSACTION_LOST: {
    errno: 9204,
    sqlState: '40001',
    retryable: true,
    message: 'The transaction was rolled back because its tablet is no longer the primary or was lost',
    advice: 'Send ROLLBACK, then run the transaction again.',
  },
  HG_SESSION_STATE_LOST: {
    errno: 9205,
    sqlState: '08S01',
    retryable: true,
    message: 'Session state was lost with its tablet',
    advice: 'User variables, temporary tables and locks are gone. Set them up again or reconnect.',
  },
  HG_POOL_TIMEOUT: {
    errno: 9206,
    sqlState: '08004',
    retryable: true,
    message: 'No connection to the tablet became free in time',
    advice: 'Raise pool.connectionsMax (and max_connections of MySQL), or find what holds the connections.',
  },
  HG_PARTIAL_COMMIT: {
    errno: 9209,
    sqlState: 'HY000',
    retryable: false,
    message: 'The transaction was committed on a part of its shards only',
    advice: 'The message names them. Repair the rest by hand; do not repeat the whole transaction.',
  },
  HG_NO_TOPOLOGY: {
    errno: 9207,
    sqlState: '08S01',
    retryable: true,
    message: 'The topology is not known yet',
    advice: 'The router has not reached etcd since it started. Check topology.etcd and that etcd runs.',
  },
  HG_TABLET_MISCONFIGURED: {
    errno: 9208,
    sqlState: 'HY000',
    retryable: false,
    message: 'The tablet refused the router',
    advice: 'Check gateway.user and its password, its grants, and max_connections on the tablet.',
  },
  HG_NO_SCHEMA: {
    errno: 9210,
    sqlState: '08S01',
    retryable: true,
    message: 'The tables of the keyspace are not known',
    advice:
      'The router reads them from the primary of each shard. The message says what is in the way; docs/schema.md tells which rights it needs.',
  },
  HG_ROUTER_SILENT: {
    errno: 9211,
    sqlState: '08S01',
    retryable: true,
    message: 'Another router of the cluster could not be asked',
    advice: 'KILL and the process list reach the sessions of other routers through etcd. Check both.',
  },
  HG_CLUSTER_SCOPE: {
    errno: 9301,
    sqlState: '42000',
    retryable: false,
    message: 'GLOBAL and PERSIST variables belong to a server, not to the cluster',
    advice: 'Set the variable on the tablets themselves.',
  },
  HG_CONFIG: {
    errno: 9401,
    sqlState: 'HY000',
    retryable: false,
    message: 'Configuration error',
    advice: 'docs/configuration.md lists every key.',
  },
  HG_TOPOLOGY: {
    errno: 9402,
    sqlState: 'HY000',
    retryable: true,
    message: 'Topology error',
    advice: 'Check that etcd is reachable and that nobody else changed the record meanwhile.',
  },
  HG_LOCAL: {
    errno: 9403,
    sqlState: 'HY000',
    retryable: false,
    message: 'The local cluster could not do this',
    advice: 'The message says what is in the way. `docker compose up` needs nothing but Docker.',
  },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof catalogue;
