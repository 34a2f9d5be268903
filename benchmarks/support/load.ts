/** The load generator: a few client processes that live through a whole benchmark, so that they are warm. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LatencyHistogram } from './latency-histogram.ts';
import type { FromClient, LoadFigures, LoadJob, ToClient } from './load-job.ts';

export type LoadResult = LoadFigures & { histogram: LatencyHistogram };

/** Told around the measured part, when all connections stand and none has been closed yet. */
export type LoadHooks = { started?: () => void; finished?: () => void };

const program = fileURLToPath(new URL('./client-process.ts', import.meta.url));

/** Fewer connections than this per process are not worth another process. */
const connectionsPerProcessMin = 8;

export class LoadGenerator {
  readonly #processes: ClientProcess[];

  constructor(processCount: number) {
    this.#processes = Array.from({ length: processCount }, () => new ClientProcess());
  }

  get pids(): number[] {
    return this.#processes.map((client) => client.pid);
  }

  /** Runs a job, spread over the processes; throws at the first wrong or missing answer. */
  async run(job: LoadJob, hooks: LoadHooks = {}): Promise<LoadResult> {
    const shares = this.#share(job);
    const clients = this.#processes.slice(0, shares.length);
    const all = (message: (index: number) => ToClient, answer: FromClient['kind']) =>
      Promise.all(clients.map((client, index) => client.ask(message(index), answer)));
    try {
      await all((index) => ({ kind: 'open', job: shares[index]! }), 'opened');
      hooks.started?.();
      const answers = await all(() => ({ kind: 'go' }), 'done');
      hooks.finished?.();
      return merge(answers);
    } finally {
      await all(() => ({ kind: 'close' }), 'closed');
    }
  }

  stop(): void {
    for (const client of this.#processes) client.stop();
  }

  #share(job: LoadJob): LoadJob[] {
    const wanted = Math.max(1, Math.floor(job.connections / connectionsPerProcessMin));
    const count = Math.min(this.#processes.length, wanted);
    const part = (total: number, index: number) => Math.floor((total + index) / count);
    return Array.from({ length: count }, (_, index) => ({
      ...job,
      connections: part(job.connections, index),
      ...(job.operationsMax === undefined ? {} : { operationsMax: part(job.operationsMax, index) }),
      seed: job.seed * 16 + index,
    }));
  }
}

function merge(answers: FromClient[]): LoadResult {
  const total: LoadResult = {
    operations: 0,
    statements: 0,
    retries: 0,
    bytes: 0,
    seconds: 0,
    clientCpuSeconds: 0,
    histogram: new LatencyHistogram(),
  };
  for (const answer of answers) {
    if (answer.kind !== 'done') continue;
    const { figures } = answer;
    total.operations += figures.operations;
    total.statements += figures.statements;
    total.retries += figures.retries;
    total.bytes += figures.bytes;
    total.seconds = Math.max(total.seconds, figures.seconds);
    total.clientCpuSeconds += figures.clientCpuSeconds;
    total.histogram.add(new LatencyHistogram(answer.histogram));
  }
  return total;
}

class ClientProcess {
  readonly #child: ChildProcess;
  #waiter:
    | { answer: FromClient['kind']; resolve: (message: FromClient) => void; reject: (cause: Error) => void }
    | undefined;

  constructor() {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: FromClient) => {
      if (message.kind === 'failed') this.#waiter?.reject(new Error(message.message));
      else if (message.kind === this.#waiter?.answer) this.#waiter.resolve(message);
    });
    this.#child.on('exit', (code) => this.#waiter?.reject(new Error(`a client process ended (${code})`)));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  ask(message: ToClient, answer: FromClient['kind']): Promise<FromClient> {
    return new Promise((resolve, reject) => {
      this.#waiter = { answer, resolve, reject };
      this.#child.send(message);
    });
  }

  stop(): void {
    this.#child.kill();
  }
}
