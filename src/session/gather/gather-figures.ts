import type { SetMetric } from '../../telemetry/metrics.ts';

/** What all gathered queries of a router have been together. */
export class GatherFigures {
  statements = 0;
  rows = 0;
  bytes = 0;
  /** Ended by the limits. */
  refused = 0;

  collect(set: SetMetric): void {
    set('headgate_gather_statements_total', {}, this.statements);
    set('headgate_gather_rows_total', {}, this.rows);
    set('headgate_gather_bytes_total', {}, this.bytes);
    set('headgate_gather_refused_total', {}, this.refused);
  }
}

export const gatherHelp: Readonly<Record<string, string>> = {
  headgate_gather_statements_total: 'Queries whose rows were brought together in temporary tables.',
  headgate_gather_rows_total: 'Rows brought into temporary tables.',
  headgate_gather_bytes_total: 'Bytes of the rows brought into temporary tables.',
  headgate_gather_refused_total:
    'Queries ended by engine.gatherRowsMax or engine.gatherBytesMax (error 9128).',
  headgate_scratch_connections: 'Connections to a tablet for temporary tables of the router.',
};
