/** Room for prepared statements on a tablet, made where nobody is at work. */
import { command } from '../mysql/protocol.ts';
import type { BackendConnection } from './backend-connection.ts';
import { demand } from './prepare-connection.ts';
import type { TabletPool } from './tablet-pool.ts';

/** Closes all statements that a connection keeps. */
export function closeAllOnTablet(connection: BackendConnection): void {
  while (connection.prepared.size > 0) connection.closeStatement(connection.prepared.evict());
}

/**
 * Has idle connections close their statements, those first that were used longest ago, until `isEnough`. Resolves when the tablet has
 * done so, with how many connections were emptied.
 */
export async function makeStatementRoom(pool: TabletPool, isEnough: () => boolean): Promise<number> {
  const idle = [...pool.connections]
    .filter(({ leased, busy, closed, pending, prepared }) => {
      return !leased && !busy && !closed && pending === 0 && prepared.size > 0;
    })
    .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
  const emptied: Promise<void>[] = [];
  for (const connection of idle) {
    if (isEnough()) break;
    connection.leased = true;
    closeAllOnTablet(connection);
    emptied.push(
      // The answer to a ping proves that the tablet has read what came before it.
      demand(connection.ask(command.ping)).then(
        () => pool.release(connection),
        () => connection.close(),
      ),
    );
  }
  await Promise.all(emptied);
  return emptied.length;
}
