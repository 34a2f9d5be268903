/** One client process's share of a load: its connections, each with one statement under way. */
import { AnswerReader } from './answer-reader.ts';
import { Connection } from './connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadFigures, LoadJob } from './load-job.ts';
import { openScript, type Script } from './workloads.ts';

const rowsDefault = 1_000_000;
const connectingMax = 32;
/** A statement that is under way when the time is over may take this long before it counts as lost. */
const graceSecondsMax = 120;

type Lane = { connection: Connection; script: Script; reader: AnswerReader; startedMs: number };

export class LoadRun {
  readonly histogram = new LatencyHistogram();
  readonly #job: LoadJob;
  #lanes: Lane[] = [];
  #operations = 0;
  #started = 0;
  #statements = 0;
  #retries = 0;
  #busy = 0;
  #endMs = 0;
  #settle: { resolve: () => void; reject: (cause: Error) => void } | undefined;

  private constructor(job: LoadJob) {
    this.#job = job;
  }

  /** Connects everything; nothing is asked before `run`. */
  static async open(job: LoadJob): Promise<LoadRun> {
    const run = new LoadRun(job);
    const indexes = Array.from({ length: job.connections }, (_, index) => index);
    while (indexes.length > 0) {
      await Promise.all(indexes.splice(0, connectingMax).map((index) => run.#openLane(index)));
    }
    return run;
  }

  async #openLane(index: number): Promise<void> {
    const { endpoint, workload, seed, resultRows = rowsDefault, fresh = false } = this.#job;
    const connection = await Connection.open(endpoint);
    const script = await openScript(workload, connection, seed * 1000 + index, {
      rows: resultRows,
      fresh,
    });
    const lane = { connection, script, startedMs: 0 } as Lane;
    lane.reader = new AnswerReader(script.tokenAt, () => this.#answered(lane));
    connection.reader = lane.reader;
    connection.onFailure = (cause) => this.#settle?.reject(cause);
    this.#lanes.push(lane);
  }

  async run(): Promise<LoadFigures> {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    this.#endMs = startMs + this.#job.secondsMax * 1000;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.#busy} connections still wait for an answer`)),
        (this.#job.secondsMax + graceSecondsMax) * 1000,
      );
      this.#settle = { resolve, reject };
      this.#busy = this.#lanes.length;
      for (const lane of this.#lanes) this.#begin(lane, performance.now());
      timer.unref();
    });
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      operations: this.#operations,
      statements: this.#statements,
      retries: this.#retries,
      bytes: this.#lanes.reduce((sum, lane) => sum + lane.reader.bytes, 0),
      seconds,
      clientCpuSeconds: (user + system) / 1e6,
    };
  }

  close(): void {
    this.#settle = undefined;
    for (const lane of this.#lanes) lane.connection.close();
    this.#lanes = [];
  }

  /** Starts a lane's next operation, or retires the lane when the run is over. */
  #begin(lane: Lane, nowMs: number): void {
    if (nowMs >= this.#endMs || this.#started >= (this.#job.operationsMax ?? Number.POSITIVE_INFINITY)) {
      if (--this.#busy === 0) this.#settle?.resolve();
      return;
    }
    this.#started++;
    lane.startedMs = nowMs;
    lane.connection.socket.write(lane.script.next());
  }

  #answered(lane: Lane): void {
    const verdict = lane.script.accept(lane.reader);
    this.#statements++;
    if (verdict === 'operation') {
      const nowMs = performance.now();
      this.histogram.record((nowMs - lane.startedMs) * 1000);
      this.#operations++;
      this.#begin(lane, nowMs);
    } else if (verdict === 'wrong') {
      throw new Error(`wrong answer: ${describe(lane.reader)}`);
    } else {
      if (verdict === 'retried') this.#retries++;
      lane.connection.socket.write(lane.script.next());
    }
  }
}

function describe(answer: AnswerReader): string {
  if (answer.kind === 'error') return `error ${answer.errno}: ${answer.errorText}`;
  if (answer.kind === 'rows') return `${answer.rows} rows, the last one's token ${answer.token}`;
  return `OK, ${answer.affectedRows} rows affected`;
}
