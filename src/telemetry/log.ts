/** The process's log: JSON lines, or readable ones on a terminal. Passwords and their hashes never reach it. */
import { openSync } from 'node:fs';
import {
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino';
import { PinoPretty } from 'pino-pretty';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';

/** A logger; `log.child({ connection })` binds fields. Pass errors as `{ err }`. */
export type Log = Logger;

export type LogOptions = Readonly<{
  level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto`: readable lines when standard error is a terminal, JSON otherwise. */
  format?: 'auto' | 'json' | 'pretty';
  /** Appended to, instead of standard error. */
  file?: string | undefined;
  /** Where lines go instead of standard error and `file`; for tests. */
  destination?: DestinationStream;
}>;

const STANDARD_ERROR = 2;
/** Lines are dropped rather than kept without bound when whoever reads the log stands still. */
const PENDING_BYTES_MAX = 16 * 1024 * 1024;

const secretNames = ['password', 'passwordHash', 'authResponse', 'privateKey'];
const loggerOptions: LoggerOptions = {
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '(not shown)' },
};

/** Creates the log of a process. */
export function createLog({
  level = 'info',
  format = 'auto',
  file,
  destination: given,
}: LogOptions = {}): Log {
  const pretty =
    format === 'pretty' || (format === 'auto' && given === undefined && !file && process.stderr.isTTY);
  const sink = given ?? (pretty ? undefined : openSink(file));
  return pino({ ...loggerOptions, level }, pretty ? prettySink(given ?? openTarget(file)) : sink!);
}

function prettySink(target: DestinationStream | number): DestinationStream {
  return PinoPretty({
    colorize: target === STANDARD_ERROR && process.stderr.isTTY,
    destination: target as never,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
}

function openSink(file: string | undefined): DestinationStream {
  const sink = destination({ dest: openTarget(file), sync: false, maxLength: PENDING_BYTES_MAX });
  // A full disk must not end the process: the lines are lost, the next ones are tried again.
  sink.on('error', () => undefined);
  return sink;
}

/** Opened here and now, so that a wrong path is an error at the start and not a lost log later. */
function openTarget(file: string | undefined): number {
  if (file === undefined) return STANDARD_ERROR;
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new HeadgateError('HG_CONFIG', {
      detail: `log.file: cannot open ${file}: ${messageOf(cause)}`,
      cause,
    });
  }
}
