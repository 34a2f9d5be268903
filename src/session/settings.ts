/**
 * Session variables that a session carries from connection to connection: which ones, and how a SET is written again.
 *
 * A variable stands here only if setting it on another connection gives the same session; everything else that is set keeps
 * its connection.
 */
import type { Assignment } from '../sql/statement.ts';

const carriedNames = `
  autocommit auto_increment_increment auto_increment_offset big_tables block_encryption_mode bulk_insert_buffer_size
  character_set_client character_set_connection character_set_filesystem character_set_results collation_connection
  connection_memory_limit cte_max_recursion_depth default_collation_for_utf8mb4 default_storage_engine
  default_tmp_storage_engine default_week_format div_precision_increment end_markers_in_json eq_range_index_dive_limit
  explain_format explain_json_format_version explicit_defaults_for_timestamp foreign_key_checks
  generated_random_password_length group_concat_max_len information_schema_stats_expiry innodb_ft_enable_stopword
  innodb_lock_wait_timeout innodb_strict_mode innodb_table_locks interactive_timeout join_buffer_size
  keep_files_on_create lc_messages lc_time_names lock_wait_timeout long_query_time low_priority_updates
  max_allowed_packet max_error_count max_execution_time max_heap_table_size max_join_size max_length_for_sort_data
  max_points_in_geometry max_seeks_for_key max_sort_length max_sp_recursion_depth min_examined_row_limit
  net_buffer_length net_read_timeout net_retry_count net_write_timeout new old_alter_table optimizer_prune_level
  optimizer_search_depth optimizer_switch optimizer_trace_max_mem_size parser_max_mem_size preload_buffer_size
  print_identified_with_as_hex query_alloc_block_size query_prealloc_size range_alloc_block_size
  range_optimizer_max_mem_size read_buffer_size read_rnd_buffer_size secondary_engine_cost_threshold
  select_into_buffer_size select_into_disk_sync select_into_disk_sync_delay session_track_gtids session_track_schema
  session_track_state_change session_track_system_variables session_track_transaction_info set_operations_buffer_size
  show_create_table_skip_secondary_engine show_create_table_verbosity show_gipk_in_create_table_and_information_schema
  sort_buffer_size sql_auto_is_null sql_big_selects sql_buffer_result sql_generate_invisible_primary_key sql_mode
  sql_notes sql_quote_show_create sql_require_primary_key sql_safe_updates sql_select_limit sql_warnings
  terminology_use_previous time_zone tmp_table_size transaction_alloc_block_size transaction_isolation
  transaction_prealloc_size transaction_read_only unique_checks updatable_views_with_limit
  use_secondary_engine wait_timeout windowing_use_high_precision xa_detach_on_prepare
`;

const carried = new Set(carriedNames.trim().split(/\s+/));

/** Old names under which clients still set them. */
const aliases: Readonly<Record<string, string>> = {
  tx_isolation: 'transaction_isolation',
  tx_read_only: 'transaction_read_only',
};

/** The variable's current name if it is carried over, else undefined. */
export function carriedVariable(name: string): string | undefined {
  const current = aliases[name] ?? name;
  return carried.has(current) ? current : undefined;
}

/** A value as SQL that means the same under every sql_mode and character set, as far as variables take such values. */
export function valueText(value: string | null): string {
  if (value === null) return 'NULL';
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(value)) return value;
  // A backslash or a character outside ASCII reads differently under other modes; its bytes do not.
  if (/[^ -[\]-~]/.test(value)) return `0x${Buffer.from(value).toString('hex')}`;
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * The value of an assignment as SQL, undefined where it has to be read back from the tablet after the SET.
 * Words (ON, ANSI, utf8mb4) stay words; a quoted number stays quoted.
 */
export function assignedText(assignment: Assignment, source: Buffer): string | undefined {
  const { valueKind, value, valueStart, valueEnd } = assignment;
  if (valueKind === 'default') return 'DEFAULT';
  if (valueKind === 'expression' || value === undefined) return undefined;
  const raw = source.toString('latin1', valueStart, valueEnd);
  if (/^[\w.+-]+$/.test(raw)) return raw;
  const quoted = /^['"]/.test(raw);
  // SET TRANSACTION READ ONLY is 1, a number; a quoted number stays a string.
  if (/^[0-9]+$/.test(value)) return quoted ? `'${value}'` : value;
  return valueText(value);
}
