/** What is made of files whose content may change while the router runs: certificates, keys, users. */
import { readFileSync } from 'node:fs';
import { type WatchedFile, watchFile } from '../config/watch-file.ts';
import type { Log } from '../telemetry/log.ts';

/** A certificate and its key are replaced one after the other: they are read when both have had the time. */
const SETTLE_MS = 100;

/** A value that is made anew whenever one of its files changes. A change that is wrong leaves the old value in force. */
export class FromFiles<T> {
  current: T;
  readonly #what: string;
  readonly #make: () => T;
  readonly #log: Log;
  readonly #watched: WatchedFile[];
  #timer: NodeJS.Timeout | undefined;

  /** Throws what `make` throws. `what` names the files in the log. */
  constructor(what: string, paths: readonly (string | undefined)[], make: () => T, log: Log) {
    this.#what = what;
    this.#make = make;
    this.#log = log;
    this.current = make();
    this.#watched = paths
      .filter((path) => path !== undefined)
      .map((path) =>
        watchFile(path, readFileSync(path, 'utf8'), {
          changed: () => this.#makeSoon(),
          lost: (reason) =>
            log.error({ path, reason }, `${what}: a file is gone; the old content stays in force`),
        }),
      );
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watched of this.#watched) watched.close();
  }

  #makeSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      try {
        this.current = this.#make();
        this.#log.info(`${this.#what} read again`);
      } catch (error) {
        this.#log.error(
          { err: error },
          `${this.#what}: the changed files are wrong; the old content stays in force`,
        );
      }
    }, SETTLE_MS).unref();
  }
}
