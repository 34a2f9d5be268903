import type { BackendConnection, ConnectionOwner } from './backend-connection.ts';
import { isFree } from './connection-fit.ts';
import type { ConnectionNeed } from './connection-need.ts';

/** A pool's connections by the need for which they were last ready. Some are at work again, or closed: these are dropped when met. */
export class IdleConnections {
  readonly #byKey = new Map<string, BackendConnection[]>();

  /** One that is ready as it is, the one used last first; it is no longer listed. */
  take(need: ConnectionNeed, owner: ConnectionOwner): BackendConnection | undefined {
    const ready = this.#byKey.get(need.key);
    if (ready === undefined) return undefined;
    for (let at = ready.length - 1; at >= 0; at--) {
      const connection = ready[at]!;
      const isReady = isFree(connection, need, owner);
      const isStale = connection.leased || connection.closed || connection.need?.key !== need.key;
      if (!isReady && !isStale) continue;
      ready.splice(at, 1);
      connection.listedFor = undefined;
      if (isReady) return connection;
    }
    return undefined;
  }

  /** Lists it for its present need, and for that alone. */
  add(connection: BackendConnection): void {
    const { key } = connection.need!;
    const before = connection.listedFor;
    if (before === key) return;
    if (before !== undefined) this.#drop(connection, before);
    connection.listedFor = key;
    const ready = this.#byKey.get(key);
    if (ready === undefined) this.#byKey.set(key, [connection]);
    else ready.push(connection);
  }

  /** Forgets needs for which all connections are closed. */
  sweep(): void {
    for (const [key, ready] of this.#byKey) {
      if (ready.every((connection) => connection.closed)) this.#byKey.delete(key);
    }
  }

  #drop(connection: BackendConnection, key: string): void {
    const ready = this.#byKey.get(key);
    const at = ready?.indexOf(connection) ?? -1;
    if (at >= 0) ready!.splice(at, 1);
  }
}
