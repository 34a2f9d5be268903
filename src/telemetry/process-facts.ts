/** What every Prometheus client says about its process, under the usual names, read only when asked. */
import { readdirSync } from 'node:fs';
import type { Exposition } from './exposition.ts';

export function addProcessFacts(out: Exposition): void {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  const cpuHelp = 'CPU time used by the process.';
  out.add('process_cpu_seconds_total', 'counter', cpuHelp, {}, (cpu.user + cpu.system) / 1e6);
  out.add('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', {}, memory.rss);
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  out.add('process_start_time_seconds', 'gauge', 'Start of the process since the epoch.', {}, startedAt);
  const descriptors = openDescriptors();
  if (descriptors !== undefined) {
    out.add('process_open_fds', 'gauge', 'Open file descriptors.', {}, descriptors);
  }
  out.add('nodejs_heap_size_used_bytes', 'gauge', 'JavaScript heap in use.', {}, memory.heapUsed);
  out.add(
    'nodejs_external_memory_bytes',
    'gauge',
    'Memory of buffers outside the heap.',
    {},
    memory.external,
  );
}

/** Only Linux tells. */
function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
