/** LOAD DATA and LOAD XML, before they go to a tablet. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability } from '../mysql/protocol.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';

/**
 * Raises ER_CLIENT_LOCAL_FILES_DISABLED, as MySQL does before it looks at the table: towards tablets the router always says that it
 * has files, and a client that has not said so would not understand the request for one.
 */
export function requireLocalFiles(session: Session, { source, scan }: Statement): undefined {
  if ((session.port.capabilities & capability.localFiles) !== 0) return undefined;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'load' && parsed.local) throw new HeadgateError('ER_CLIENT_LOCAL_FILES_DISABLED');
  return undefined;
}
