/** A client process of the load generator; `load.ts` starts it and talks to it over IPC. */
import type { FromClient, ToClient } from './load-job.ts';
import { LoadRun } from './load-run.ts';

let run: LoadRun | undefined;

const tell = (message: FromClient): void => void process.send?.(message);

async function obey(message: ToClient): Promise<void> {
  switch (message.kind) {
    case 'open':
      run = await LoadRun.open(message.job);
      return tell({ kind: 'opened' });
    case 'go': {
      const figures = await run!.run();
      return tell({ kind: 'done', figures, histogram: [...run!.histogram.counts] });
    }
    case 'close':
      run?.close();
      run = undefined;
      return tell({ kind: 'closed' });
  }
}

process.on('message', (message: ToClient) => {
  obey(message).catch((cause: unknown) => {
    tell({ kind: 'failed', message: cause instanceof Error ? cause.message : String(cause) });
  });
});
// The parent is gone: nobody wants these figures any more.
process.on('disconnect', () => process.exit(0));
