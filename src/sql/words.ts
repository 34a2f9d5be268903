/**
 * The words that MySQL's lexer and this one know, numbered, and found by the bytes of a text without
 * making a string. The lists come from `information_schema.keywords` and from asking a server for every
 * candidate name; a system test holds them against the server that runs it.
 */

/** Reserved in MySQL 9.7 or 8.4: never a name unless quoted or behind a dot. */
const reservedWords = `
  accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call
  cascade case change char character check collate column condition constraint continue convert create
  cross cube cume_dist current_date current_time current_timestamp current_user cursor database databases
  day_hour day_microsecond day_minute day_second dec decimal declare default delayed delete dense_rank
  desc describe deterministic distinct distinctrow div double drop dual each else elseif empty enclosed
  escaped except exists exit explain external false fetch first_value float float4 float8 for force
  foreign from fulltext function generated get grant group grouping groups having high_priority
  hour_microsecond hour_minute hour_second if ignore in index infile inner inout insensitive insert int
  int1 int2 int3 int4 int8 integer intersect interval into io_after_gtids io_before_gtids is iterate join
  json_table key keys kill lag last_value lateral lead leading leave left library like limit linear lines
  load localtime localtimestamp lock long longblob longtext loop low_priority match maxvalue mediumblob
  mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural no_write_to_binlog
  not nth_value ntile null numeric of on optimize optimizer_costs option optionally or order out outer
  outfile over partition percent_rank precision primary procedure purge qualify range rank read read_write
  reads real recursive references regexp release rename repeat replace require resignal restrict return
  revoke right rlike row row_number rows schema schemas second_microsecond select sensitive separator set
  show signal smallint spatial specific sql sql_big_result sql_calc_found_rows sql_small_result
  sqlexception sqlstate sqlwarning ssl starting stored straight_join system table tablesample terminated
  then tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage
  use using utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying virtual when
  where while window with write xor year_month zerofill`;

/** Keywords that can also be names. */
const plainWords = `
  absent account action active admin after against aggregate algorithm allow_missing_files always any
  array ascii assign_gtids_to_anonymous_transactions at attribute authentication auto auto_increment
  auto_refresh auto_refresh_source autoextend_size avg avg_row_length backup begin bernoulli binlog bit
  block bool boolean btree buckets bulk byte cache cascaded catalog_name chain challenge_response changed
  channel charset checksum cipher class_origin client clone close coalesce code collation column_format
  column_name columns comment commit committed compact completion component compressed compression
  concurrent connection consistent constraint_catalog constraint_name constraint_schema contains context
  cpu current cursor_name data datafile date datetime day deallocate default_auth definer definition
  delay_key_write description diagnostics directory disable discard disk do duality dumpfile duplicate
  dynamic enable encryption end ends enforced engine engine_attribute engines enum error errors escape
  event events every exchange exclude execute expansion expire export extended extent_size external_format
  factor failed_login_attempts fast faults fields file file_block_size file_format file_name file_pattern
  file_prefix files filter finish first fixed flush following follows format found full general generate
  geomcollection geometry geometrycollection get_format get_source_public_key global grants
  group_replication gtid_only gtids guided handler hash header help histogram history host hosts hour
  identified ignore_server_ids import inactive indexes initial initial_size initiate insert_method install
  instance invisible invoker io io_thread ipc isolation issuer json json_value key_block_size keyring
  language last leaves less level linestring list local locked locks log logfile logs manual masking
  master materialized max_connections_per_hour max_queries_per_hour max_rows max_size max_updates_per_hour
  max_user_connections medium member memory merge message_text microsecond migrate min_rows minute mode
  modify month multilinestring multipoint multipolygon mutex mysql_errno name names national nchar ndb
  ndbcluster nested network_namespace never new next no no_wait nodegroup none nowait nulls number
  nvarchar off offset oj old one only open optional options ordinality organization others owner pack_keys
  page parallel parameters parse_tree parser partial partitioning partitions password password_lock_time
  path persist persist_only phase plugin plugin_dir plugins point policy polygon port precedes preceding
  prepare preserve prev privilege_checks_user privileges process processlist profile profiles proxy
  quarter query quick random read_only rebuild recover redo_buffer_size redundant reference registration
  relational relay relay_log_file relay_log_pos relay_thread relaylog reload remove reorganize repair
  repeatable replica replicas replicate_do_db replicate_do_table replicate_ignore_db
  replicate_ignore_table replicate_rewrite_db replicate_wild_do_table replicate_wild_ignore_table
  replication require_row_format require_table_primary_key_check reset resource respect restart restore
  resume retain returned_sqlstate returning returns reuse reverse role rollback rollup rotate routine
  row_count row_format rtree s3 savepoint schedule schema_name second secondary secondary_engine
  secondary_engine_attribute secondary_load secondary_unload security serial serializable server session
  sets share shutdown signed simple skip slave slow snapshot socket some soname sounds source
  source_auto_position source_bind source_compression_algorithms source_connect_retry
  source_connection_auto_failover source_delay source_heartbeat_period source_host source_log_file
  source_log_pos source_password source_port source_public_key_path source_retry_count source_ssl
  source_ssl_ca source_ssl_capath source_ssl_cert source_ssl_cipher source_ssl_crl source_ssl_crlpath
  source_ssl_key source_ssl_verify_server_cert source_tls_ciphersuites source_tls_version source_user
  source_zstd_compression_level sql_after_gtids sql_after_mts_gaps sql_before_gtids sql_buffer_result
  sql_no_cache sql_thread sql_tsi_day sql_tsi_hour sql_tsi_minute sql_tsi_month sql_tsi_quarter
  sql_tsi_second sql_tsi_week sql_tsi_year srid stacked start starts stats_auto_recalc stats_persistent
  stats_sample_pages status stop storage stream strict_load string subclass_origin subject subpartition
  subpartitions super suspend swaps switches table_checksum table_name tables tablespace temporary
  temptable text than thread_priority ties time timestamp timestampadd timestampdiff tls transaction
  triggers truncate type types unbounded uncommitted undefined undo_buffer_size undofile unicode uninstall
  unknown unregister until upgrade uri url use_frm user user_resources validate validation value variables
  vcpu vector verify_key_constraints view visible wait warnings week weight_string without work wrapper
  x509 xa xid xml year zone`;

/** Keywords only with `(` behind them: directly, or after blanks under IGNORE_SPACE. Otherwise names. */
const parenFunctions = `
  adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat
  json_arrayagg json_duality_object json_objectagg max mid min now position session_user st_collect std
  stddev stddev_pop stddev_samp subdate substr substring sum sysdate system_user trim var_pop var_samp
  variance`;

/** Built-in functions found by name when it is called; the name may be quoted. */
const nativeFunctions = `
  abs acos addtime aes_decrypt aes_encrypt any_value asin atan atan2 benchmark bin bin_to_uuid bit_count
  bit_length ceil ceiling char_length character_length coercibility compress concat concat_ws
  connection_id conv convert_tz cos cot crc32 current_role date_format datediff dayname dayofmonth
  dayofweek dayofyear degrees elt exp export_set extractvalue field find_in_set floor format_bytes
  format_pico_time found_rows from_base64 from_days from_unixtime get_lock greatest gtid_subset
  gtid_subtract hex icu_version ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa instr is_free_lock
  is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_used_lock is_uuid isnull json_array json_array_append
  json_array_insert json_contains json_contains_path json_depth json_extract json_insert json_keys
  json_length json_merge json_merge_patch json_merge_preserve json_object json_overlaps json_pretty
  json_quote json_remove json_replace json_schema_valid json_schema_validation_report json_search json_set
  json_storage_free json_storage_size json_type json_unquote json_valid last_day last_insert_id lcase
  least length ln load_file locate log log10 log2 lower lpad ltrim make_set makedate maketime
  master_pos_wait mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps
  mbrtouches mbrwithin monthname name_const nullif oct octet_length ord period_add period_diff pi pow
  power ps_current_thread_id ps_thread_id quote radians rand random_bytes regexp_instr regexp_like
  regexp_replace regexp_substr release_all_locks release_lock reverse roles_graphml round rpad rtrim
  sec_to_time sha2 sign sin sleep soundex source_pos_wait space sqrt st_area st_asbinary st_asgeojson
  st_astext st_aswkb st_aswkt st_buffer st_buffer_strategy st_centroid st_contains st_convexhull
  st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope
  st_equals st_exteriorring st_frechetdistance st_geohash st_geomcollfromtext st_geomcollfromtxt
  st_geomcollfromwkb st_geometrycollectionfromtext st_geometrycollectionfromwkb st_geometryfromtext
  st_geometryfromwkb st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb
  st_hausdorffdistance st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_issimple
  st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext st_linefromwkb
  st_lineinterpolatepoint st_lineinterpolatepoints st_linestringfromtext st_linestringfromwkb
  st_longfromgeohash st_longitude st_makeenvelope st_mlinefromtext st_mlinefromwkb st_mpointfromtext
  st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb st_multilinestringfromtext st_multilinestringfromwkb
  st_multipointfromtext st_multipointfromwkb st_multipolygonfromtext st_multipolygonfromwkb
  st_numgeometries st_numinteriorring st_numinteriorrings st_numpoints st_overlaps st_pointatdistance
  st_pointfromgeohash st_pointfromtext st_pointfromwkb st_pointn st_polyfromtext st_polyfromwkb
  st_polygonfromtext st_polygonfromwkb st_simplify st_srid st_startpoint st_swapxy st_symdifference
  st_touches st_transform st_union st_validate st_within st_x st_y statement_digest statement_digest_text
  str_to_date strcmp substring_index subtime tan time_format time_to_sec timediff to_base64 to_days
  to_seconds ucase uncompress uncompressed_length unhex unix_timestamp updatexml upper uuid uuid_short
  uuid_to_bin validate_password_strength version wait_for_executed_gtid_set weekday weekofyear yearweek`;

/** Built-in functions that 8.4 does not have. */
const nativeFunctionsSince9 = `
  etag from_vector string_to_vector to_vector vector_dim vector_to_string`;

/** Built-in functions that became a component's loadable functions. */
const nativeFunctionsUntil96 = `
  md5 sha sha1`;

/** Keywords that 8.4 takes for names. */
const wordsSince9 = `
  absent allow_missing_files auto_refresh auto_refresh_source duality external external_format file_format
  file_name file_pattern file_prefix guided header json_duality_object library materialized no_wait
  parameters relational sets strict_load uri validate validation vector verify_key_constraints`;

/** Other names that the statement scan looks for (system variables, this router's own words). */
const otherNames = `
  error_count headgate identity insert_id keyspace last_insert_id pseudo_thread_id rand_seed1 rand_seed2
  vexplain vschema warning_count`;

/** What a word is; a word can be several of these. */
export const wordFlag = {
  keyword: 1,
  reserved: 2,
  /** A keyword only with `(` behind it. */
  parenFunction: 4,
  /** A built-in function that is looked up by name. */
  nativeFunction: 8,
  /** Known from 9.0 on; a plain name before. */
  since9: 16,
  /** A built-in function before 9.6; a plain name since. */
  until96: 32,
} as const;

const spellings: string[] = [''];
const idsByName = new Map<string, number>();
const flagsBuilder: number[] = [0];

function addWords(list: string, flags: number): void {
  for (const name of list.trim().split(/\s+/)) {
    let id = idsByName.get(name);
    if (id === undefined) {
      id = spellings.push(name) - 1;
      idsByName.set(name, id);
      flagsBuilder.push(0);
    }
    flagsBuilder[id]! |= flags;
  }
}

addWords(reservedWords, wordFlag.keyword | wordFlag.reserved);
addWords(plainWords, wordFlag.keyword);
addWords(parenFunctions, wordFlag.parenFunction);
addWords(nativeFunctions, wordFlag.nativeFunction);
addWords(nativeFunctionsSince9, wordFlag.nativeFunction | wordFlag.since9);
addWords(nativeFunctionsUntil96, wordFlag.nativeFunction | wordFlag.until96);
addWords(wordsSince9, wordFlag.since9);
addWords(otherNames, 0);

/** Flags of each word, by id; 0 is "no known word". */
export const wordFlags = Uint8Array.from(flagsBuilder);
export const wordCount = spellings.length;
/** The lower-case spelling of a word. */
export const wordName = (id: number): string => spellings[id]!;

/** The id of a word that is known to exist: for constants of the modules that compare ids. */
export function wordId(name: string): number {
  const id = idsByName.get(name);
  if (id === undefined) throw new Error(`'${name}' is missing in the list of words`);
  return id;
}

/** The id of a name in any letter case, or 0. */
export const findWordByName = (name: string): number => idsByName.get(name.toLowerCase()) ?? 0;

const SLOTS = 4096;
const LENGTH_MAX = Math.max(...spellings.map((name) => name.length));
const slots = new Uint16Array(SLOTS);
const lengths = Uint8Array.from(spellings, (name) => name.length);
const offsets = new Uint16Array(wordCount);
/** The spellings with bit 0x20 set in each byte: among the bytes of identifiers that is equality without letter case. */
const folded = Buffer.from(spellings.join(''), 'latin1').map((byte) => byte | 0x20);

const HASH_FACTOR = 0x01000193;
const slotOf = (hash: number): number => (hash ^ (hash >>> 13)) & (SLOTS - 1);

let offset = 0;
for (let id = 1; id < wordCount; id++) {
  offsets[id] = offset;
  let hash = 0;
  for (let i = 0; i < lengths[id]!; i++) hash = Math.imul(hash ^ folded[offset + i]!, HASH_FACTOR);
  offset += lengths[id]!;
  let slot = slotOf(hash);
  while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  slots[slot] = id;
}

/** The id of the word that the bytes spell, in any letter case, or 0. */
export function findWord(text: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LENGTH_MAX) return 0;
  let hash = 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (text[at]! | 0x20), HASH_FACTOR);
  let slot = slotOf(hash);
  for (;;) {
    const id = slots[slot]!;
    if (id === 0) return 0;
    if (lengths[id] === length) {
      let i = 0;
      const from = offsets[id]!;
      while (i < length && (text[start + i]! | 0x20) === folded[from + i]) i++;
      if (i === length) return id;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}
