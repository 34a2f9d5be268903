import { binaryFormat } from './binary-row.ts';
import type { RowFormat } from './row-format.ts';
import { textFormat } from './text-row.ts';

/** The protocol of the shards' answers: text for COM_QUERY, binary for COM_STMT_EXECUTE. */
export type RowProtocol = 'text' | 'binary';

/** The format of rows that these definitions describe. */
export const formatOf = (protocol: RowProtocol, definitions: readonly Buffer[]): RowFormat =>
  protocol === 'text' ? textFormat(definitions.length) : binaryFormat(definitions);
