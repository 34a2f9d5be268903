import type { StatementScan } from '../../sql/statement.ts';
import type { Session } from '../session.ts';
import { type Place, placeOf } from '../statement-place.ts';
import type { Target } from '../target.ts';

/** The statement as one that names no table. */
const withoutNames = (scan: StatementScan): StatementScan => ({
  ...scan,
  qualifiers: [],
  schemaLiterals: [],
  hasUnqualifiedTable: false,
  databaseName: undefined,
});

/** Where the session is: where a statement goes that could go anywhere. */
export const homePlace = ({ services }: Session, scan: StatementScan, target: Target): Place =>
  placeOf(withoutNames(scan), target, services.gateway);
