/**
 * The counters of one router process. Counting happens in plain typed arrays and allocates nothing; labels, names and
 * text come into being when somebody asks (`text`, `snapshot`).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Exposition, type Labels } from './exposition.ts';
import {
  COARSE_BUCKETS,
  coarseBoundsUs,
  coarseBucket,
  FINE_BUCKETS,
  fineBucket,
  percentileUs,
} from './latency.ts';
import { addProcessFacts } from './process-facts.ts';
import { queryKinds } from './query-kinds.ts';
import { RateWindow } from './rate-window.ts';

/** Sets the value of a gauge (or, where its name ends in `_total`, of a counter) for this scrape. */
export type SetMetric = (name: string, labels: Labels, value: number) => void;

/** Why a client connection was refused. */
export const refusalReasons = ['limit', 'handshake', 'authentication', 'tls', 'shutdown'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** What the status page shows. Rates are of the last 10 s, percentiles of the last minute. */
export type MetricsSnapshot = Readonly<{
  queries: Readonly<{
    total: number;
    failed: number;
    perSecond: number;
    /** Statements per second in each of the last 60 s, oldest first. */
    history: readonly number[];
    byKind: readonly Readonly<{ kind: string; total: number; perSecond: number }>[];
  }>;
  /** Undefined until there was a statement in the last minute. */
  latency: Readonly<{ p50Us: number; p99Us: number }> | undefined;
  errors: Readonly<{
    total: number;
    perSecond: number;
    /** Most frequent first; errno 0 stands for all that were not counted apart. */
    byErrno: readonly Readonly<{ errno: number; total: number }>[];
  }>;
  connections: Readonly<{ open: number; total: number; refused: Readonly<Record<RefusalReason, number>> }>;
  bytes: Readonly<{ clientIn: number; clientOut: number; tabletIn: number; tabletOut: number }>;
  eventLoopDelay: Readonly<{ p50Ms: number; p99Ms: number; maxMs: number }>;
}>;

const ERRNOS_MAX = 256;
const OTHER_ERRNO = 0;
const TICK_MS = 1000;
const RATE_SECONDS = 10;
const WINDOW_SECONDS = 60;
const EVENT_LOOP_RESOLUTION_MS = 20;

/** Places in the window's vector: statements by kind, all statements, error packets, the fine latency buckets. */
const KINDS = queryKinds.length;
const ALL_AT = KINDS;
const ERRORS_AT = KINDS + 1;
const FINE_AT = KINDS + 2;

export class Metrics {
  /** Pass as tablet type for statements that the router answers itself. */
  readonly noTablet: number;

  readonly #tabletTypes: readonly string[];
  readonly #counts: Float64Array;
  readonly #failures: Float64Array;
  readonly #sumsUs: Float64Array;
  readonly #buckets: Float64Array;
  readonly #fine = new Float64Array(FINE_BUCKETS);
  readonly #errnos = new Map<number, number>();
  #errors = 0;

  #clientIn = 0;
  #clientOut = 0;
  #tabletIn = 0;
  #tabletOut = 0;
  #open = 0;
  #opened = 0;
  readonly #refused: Record<RefusalReason, number> = {
    limit: 0,
    handshake: 0,
    authentication: 0,
    tls: 0,
    shutdown: 0,
  };

  readonly #collectors = new Map<(set: SetMetric) => void, Readonly<Record<string, string>>>();
  readonly #window: RateWindow;
  readonly #eventLoop: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;
  #delay = { p50Ms: 0, p99Ms: 0, maxMs: 0 };

  /** `tabletTypes` names the indexes that `query` is given. */
  constructor(tabletTypes: readonly string[]) {
    this.#tabletTypes = [...tabletTypes, 'none'];
    this.noTablet = tabletTypes.length;
    const series = KINDS * this.#tabletTypes.length;
    this.#counts = new Float64Array(series);
    this.#failures = new Float64Array(series);
    this.#sumsUs = new Float64Array(series);
    this.#buckets = new Float64Array(series * COARSE_BUCKETS);
    this.#window = new RateWindow(FINE_AT + FINE_BUCKETS, WINDOW_SECONDS + 1, performance.now());
    this.#eventLoop = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
    this.#eventLoop.enable();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** A statement has ended. `kind` is an index of `queryKinds`, `tabletType` one of the constructor's. */
  query(kind: number, tabletType: number, durationUs: number, failed: boolean): void {
    const series = kind * this.#tabletTypes.length + tabletType;
    this.#counts[series]! += 1;
    this.#sumsUs[series]! += durationUs;
    this.#buckets[series * COARSE_BUCKETS + coarseBucket(durationUs)]! += 1;
    this.#fine[fineBucket(durationUs)]! += 1;
    if (failed) this.#failures[series]! += 1;
  }

  /** An error packet goes to a client. */
  error(errno: number): void {
    this.#errors++;
    const known = this.#errnos.get(errno);
    if (known !== undefined) this.#errnos.set(errno, known + 1);
    else if (this.#errnos.size < ERRNOS_MAX) this.#errnos.set(errno, 1);
    else this.#errnos.set(OTHER_ERRNO, (this.#errnos.get(OTHER_ERRNO) ?? 0) + 1);
  }

  clientIn(bytes: number): void {
    this.#clientIn += bytes;
  }

  clientOut(bytes: number): void {
    this.#clientOut += bytes;
  }

  tabletIn(bytes: number): void {
    this.#tabletIn += bytes;
  }

  tabletOut(bytes: number): void {
    this.#tabletOut += bytes;
  }

  connectionOpened(): void {
    this.#open++;
    this.#opened++;
  }

  connectionClosed(): void {
    this.#open--;
  }

  connectionRefused(reason: RefusalReason): void {
    this.#refused[reason]++;
  }

  /** `collect` is called for each scrape and sets what it knows; `help` explains the names. Returns the way to stop. */
  onCollect(collect: (set: SetMetric) => void, help: Readonly<Record<string, string>> = {}): () => void {
    this.#collectors.set(collect, help);
    return () => this.#collectors.delete(collect);
  }

  /** Everything in the text format of Prometheus. */
  text(): Promise<string> {
    const out = new Exposition();
    this.#addQueries(out);
    this.#addConnections(out);
    for (const [collect, help] of this.#collectors) {
      collect((name, labels, value) => {
        const type = name.endsWith('_total') ? 'counter' : 'gauge';
        out.add(name, type, help[name] ?? name.replaceAll('_', ' '), labels, value);
      });
    }
    for (const [quantile, ms] of Object.entries({
      0.5: this.#delay.p50Ms,
      0.99: this.#delay.p99Ms,
      1: this.#delay.maxMs,
    })) {
      const help = 'How late the event loop ran timers, over 10 s; quantile 1 is the longest delay.';
      out.add('headgate_event_loop_delay_seconds', 'gauge', help, { quantile }, ms / 1000);
    }
    addProcessFacts(out);
    return out.text();
  }

  /** The same in short, for people. */
  snapshot(): MetricsSnapshot {
    const vector = this.#vector();
    const nowMs = performance.now();
    const rate = this.#window.added(vector, RATE_SECONDS, nowMs);
    const perSecond = (added: number): number => (rate.seconds > 0 ? added / rate.seconds : 0);
    const recent = rate.added.subarray(0, KINDS);
    const fine = this.#window.added(vector, WINDOW_SECONDS, nowMs).added.subarray(FINE_AT);
    const [p50Us, p99Us] = [percentileUs(fine, 0.5), percentileUs(fine, 0.99)];
    return {
      queries: {
        total: sum(this.#counts),
        failed: sum(this.#failures),
        perSecond: perSecond(rate.added[ALL_AT]!),
        history: this.#window.history(ALL_AT),
        byKind: queryKinds
          .map((kind, index) => ({ kind, total: vector[index]!, perSecond: perSecond(recent[index]!) }))
          .filter(({ total }) => total > 0),
      },
      latency: p50Us === undefined || p99Us === undefined ? undefined : { p50Us, p99Us },
      errors: {
        total: this.#errors,
        perSecond: perSecond(rate.added[ERRORS_AT]!),
        byErrno: [...this.#errnos]
          .map(([errno, total]) => ({ errno, total }))
          .sort((a, b) => b.total - a.total),
      },
      connections: { open: this.#open, total: this.#opened, refused: { ...this.#refused } },
      bytes: {
        clientIn: this.#clientIn,
        clientOut: this.#clientOut,
        tabletIn: this.#tabletIn,
        tabletOut: this.#tabletOut,
      },
      eventLoopDelay: { ...this.#delay },
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#eventLoop.disable();
  }

  #tick(): void {
    this.#window.record(this.#vector(), performance.now());
    this.#ticks++;
    if (this.#ticks % RATE_SECONDS !== 0) return;
    // The monitor records the time between two of its timers, which is the resolution where nothing is late.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - EVENT_LOOP_RESOLUTION_MS);
    this.#delay = {
      p50Ms: late(this.#eventLoop.percentile(50)),
      p99Ms: late(this.#eventLoop.percentile(99)),
      maxMs: late(this.#eventLoop.max),
    };
    this.#eventLoop.reset();
  }

  #vector(): Float64Array {
    const vector = new Float64Array(FINE_AT + FINE_BUCKETS);
    const types = this.#tabletTypes.length;
    for (let series = 0; series < this.#counts.length; series++) {
      vector[Math.floor(series / types)]! += this.#counts[series]!;
    }
    vector[ALL_AT] = sum(this.#counts);
    vector[ERRORS_AT] = this.#errors;
    vector.set(this.#fine, FINE_AT);
    return vector;
  }

  #addQueries(out: Exposition): void {
    const types = this.#tabletTypes.length;
    for (let series = 0; series < this.#counts.length; series++) {
      const count = this.#counts[series]!;
      if (count === 0) continue;
      const failed = this.#failures[series]!;
      const labels = {
        kind: queryKinds[Math.floor(series / types)]!,
        tablet_type: this.#tabletTypes[series % types]!,
      };
      const help = 'Statements that have ended.';
      out.add('headgate_queries_total', 'counter', help, { ...labels, result: 'ok' }, count - failed);
      out.add('headgate_queries_total', 'counter', help, { ...labels, result: 'error' }, failed);
      this.#addDurations(out, series, labels);
    }
    for (const [errno, total] of this.#errnos) {
      const label = { errno: errno === OTHER_ERRNO ? 'other' : errno };
      out.add('headgate_errors_total', 'counter', 'Error packets sent to clients, by number.', label, total);
    }
  }

  #addDurations(out: Exposition, series: number, labels: Labels): void {
    const name = 'headgate_query_duration_seconds';
    const help = 'Time from a command of a client to the end of its answer.';
    let upTo = 0;
    for (let bucket = 0; bucket < COARSE_BUCKETS; bucket++) {
      upTo += this.#buckets[series * COARSE_BUCKETS + bucket]!;
      const bound = coarseBoundsUs[bucket];
      const le = bound === undefined ? '+Inf' : bound / 1e6;
      out.add(name, 'histogram', help, { ...labels, le }, upTo, `${name}_bucket`);
    }
    out.add(name, 'histogram', help, labels, this.#sumsUs[series]! / 1e6, `${name}_sum`);
    out.add(name, 'histogram', help, labels, upTo, `${name}_count`);
  }

  #addConnections(out: Exposition): void {
    out.add('headgate_client_connections', 'gauge', 'Open client connections.', {}, this.#open);
    const opened = 'Client connections accepted since the start.';
    out.add('headgate_client_connections_opened_total', 'counter', opened, {}, this.#opened);
    for (const reason of refusalReasons) {
      const help = 'Client connections refused.';
      out.add(
        'headgate_client_connections_refused_total',
        'counter',
        help,
        { reason },
        this.#refused[reason],
      );
    }
    const bytes = (name: string, help: string, received: number, sent: number): void => {
      out.add(name, 'counter', help, { direction: 'in' }, received);
      out.add(name, 'counter', help, { direction: 'out' }, sent);
    };
    bytes(
      'headgate_client_bytes_total',
      'Bytes from (in) and to (out) clients.',
      this.#clientIn,
      this.#clientOut,
    );
    bytes(
      'headgate_tablet_bytes_total',
      'Bytes from (in) and to (out) tablets.',
      this.#tabletIn,
      this.#tabletOut,
    );
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
