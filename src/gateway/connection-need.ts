import { collationById } from '../mysql/collations.ts';
import { capability } from '../mysql/protocol.ts';

/** Capabilities of a client that change what a tablet answers; they are fixed when a connection is made. */
export const answerCapabilities =
  capability.foundRows |
  capability.ignoreSpace |
  capability.deprecateEof |
  capability.multiResults |
  capability.psMultiResults |
  capability.interactive;

/** What a session needs of a connection so that its answers are the session's. Replaced as a whole when one part changes. */
export type ConnectionNeed = Readonly<{
  /** Equal keys mean equal needs. */
  key: string;
  /** The client's share of `answerCapabilities`. */
  capabilities: number;
  /** Collation id of the client's handshake. */
  collationId: number;
  /** Default database, '' for none. */
  database: string;
  /** Assignments for one SET statement, in the order in which they were made: `@@session.sql_mode='ANSI'`, `NAMES latin1`. */
  settings: readonly string[];
}>;

/** The setting of sessions without autocommit. */
export const AUTOCOMMIT_OFF = '@@session.autocommit=0';

export function connectionNeed(need: Omit<ConnectionNeed, 'key'>): ConnectionNeed {
  const key = `${need.capabilities}/${need.collationId}/${need.database}/${need.settings.join(',')}`;
  // The key last: a need made from another one brings that one's.
  return Object.freeze({ ...need, key });
}

const COLLATION_ID_MAX_OF_LOGIN = 255;

/** The login has one byte for the collation; those with larger ids are set afterwards. */
export const loginCollationId = (need: ConnectionNeed): number =>
  Math.min(need.collationId, COLLATION_ID_MAX_OF_LOGIN);

/** The SET statement that brings a connection in its server's default state to `need`; undefined when nothing is to be set. */
export function settingsStatement(
  need: ConnectionNeed,
  connectedCollationId: number | undefined,
): string | undefined {
  const parts = [...need.settings];
  const collation = collationById(need.collationId);
  if (collation !== undefined && connectedCollationId !== need.collationId) {
    parts.unshift(`NAMES ${collation.charset} COLLATE ${collation.name}`);
  }
  return parts.length === 0 ? undefined : `SET ${parts.join(', ')}`;
}
