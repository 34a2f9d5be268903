/**
 * A text file that is read again whenever it changes. Editors and deployment tools replace files in many ways (write in
 * place, rename over, swap a symbolic link, delete and write): the folder's events only hasten the look that a timer
 * takes anyway, and what counts is the content. A file that is gone or unreadable leaves the last content in force.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf } from '../errors/headgate-error.ts';

/** A file may be seen half-written: new content counts once it was read twice, this far apart. */
const SETTLE_MS = 20;

/** What a watched file tells its reader. */
export type WatchedFileListener = Readonly<{
  /** New content; never called twice in a row with the same text. */
  changed: (text: string) => void;
  /** The file cannot be read; said once until it can be read again. */
  lost: (reason: string) => void;
}>;

/** A running watch; `close` ends it, after which the listener hears nothing more. */
export type WatchedFile = Readonly<{ close: () => void }>;

class FileWatch {
  readonly #path: string;
  readonly #listener: WatchedFileListener;
  readonly #timer: NodeJS.Timeout;
  #events: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  #content: string;
  #candidate: string | undefined;
  #lost = false;
  #reading = false;
  #again = false;
  #closed = false;

  constructor(path: string, content: string, listener: WatchedFileListener, pollMs: number) {
    this.#path = path;
    this.#content = content;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#look(), pollMs).unref();
    this.#watchFolder();
    this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#settle);
    this.#events?.close();
  }

  /** The folder, not the file: a watch on a file stays with the old inode after a rename. */
  #watchFolder(): void {
    try {
      const name = basename(this.#path);
      this.#events = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        // A symbolic link's target changes under another name (Kubernetes swaps `..data`).
        if (changed === null || changed === name || changed.startsWith('..')) this.#lookSoon();
      });
      this.#events.on('error', () => this.#events?.close());
    } catch {
      // No events here (limit of inotify watches, folder missing): the timer alone finds changes.
    }
  }

  #lookSoon(): void {
    if (this.#closed) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#look(), SETTLE_MS).unref();
  }

  #look(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    readFile(this.#path, 'utf8').then(
      (text) => this.#looked(() => this.#found(text)),
      (cause: unknown) => this.#looked(() => this.#missed(messageOf(cause))),
    );
  }

  #looked(report: () => void): void {
    this.#reading = false;
    if (this.#closed) return;
    report();
    if (this.#again) {
      this.#again = false;
      this.#lookSoon();
    }
  }

  #found(text: string): void {
    this.#lost = false;
    const seenBefore = text === this.#candidate;
    this.#candidate = undefined;
    if (text === this.#content) return;
    if (!seenBefore) {
      this.#candidate = text;
      this.#lookSoon();
      return;
    }
    this.#content = text;
    this.#listener.changed(text);
  }

  #missed(reason: string): void {
    this.#candidate = undefined;
    if (this.#lost) return;
    this.#lost = true;
    this.#listener.lost(reason);
  }
}

/** Follows `path` from `content`, the text that the caller has already read. Does not keep the process alive. */
export function watchFile(
  path: string,
  content: string,
  listener: WatchedFileListener,
  { pollMs = 2000 }: { pollMs?: number } = {},
): WatchedFile {
  const running = new FileWatch(path, content, listener, pollMs);
  return { close: () => running.close() };
}
