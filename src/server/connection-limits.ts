/** How many connections there may be at a time, in all and of one user; with MySQL's errors beyond. */
import type { UserEntry } from '../config/users.ts';
import { HeadgateError } from '../errors/headgate-error.ts';

export type ConnectionLimitsOptions = Readonly<{
  connectionsMax: number;
  /** Of one user, where the user's entry does not say; 0: no limit. */
  userConnectionsMax: number;
}>;

export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #byUser = new Map<string, number>();
  /** Connections that have not logged in yet count, too. */
  #open = 0;

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** A client connects. False: refuse it. One place more than the limit is there, for an administrator to log in to. */
  open(): boolean {
    if (this.#open > this.#options.connectionsMax) return false;
    this.#open++;
    return true;
  }

  /** `user` is the name that `admit` has let in, if any. */
  close(user: string | undefined): void {
    this.#open--;
    if (user !== undefined) this.leave(user);
  }

  /** The connection's user is known. Raises ER_CON_COUNT_ERROR, ER_USER_LIMIT_REACHED or ER_TOO_MANY_USER_CONNECTIONS. */
  admit({ name, admin, connectionsMax }: UserEntry): void {
    if (this.#open > this.#options.connectionsMax && !admin) throw new HeadgateError('ER_CON_COUNT_ERROR');
    const count = this.#byUser.get(name) ?? 0;
    const { userConnectionsMax } = this.#options;
    if (connectionsMax > 0 && count >= connectionsMax) {
      throw new HeadgateError('ER_USER_LIMIT_REACHED', {
        message: `User '${name}' has exceeded the 'max_user_connections' resource (current value: ${connectionsMax})`,
      });
    }
    if (connectionsMax === 0 && userConnectionsMax > 0 && count >= userConnectionsMax) {
      throw new HeadgateError('ER_TOO_MANY_USER_CONNECTIONS', {
        message: `User ${name} already has more than 'max_user_connections' active connections`,
      });
    }
    this.#byUser.set(name, count + 1);
  }

  /** The connection gets another user, or ends. */
  leave(name: string): void {
    const count = (this.#byUser.get(name) ?? 1) - 1;
    if (count === 0) this.#byUser.delete(name);
    else this.#byUser.set(name, count);
  }
}
