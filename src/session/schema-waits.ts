/** When a statement has to wait until the tables of its keyspaces are known. */
import { effect, type StatementScan } from '../sql/statement.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';

/** Until the tables of the keyspaces named are known, or known again after a change of this session's. */
export function schemasToWaitFor(session: Session, scan: StatementScan): Promise<unknown> | undefined {
  const { gateway } = session.services;
  const { schemaChanging } = session;
  const { keyspace } = session.state.target;
  const { qualifiers } = scan;
  // Of one unsharded keyspace nothing has to be known.
  const several = qualifiers.some((name) => name !== keyspace);
  const isMissing = (name: string): boolean => {
    const known = gateway.topology?.keyspaces.get(name);
    return known !== undefined && (known.sharded || several) && gateway.schema(name) === undefined;
  };
  const isKnown = keyspace === '' || !isMissing(keyspace);
  if (isKnown && (qualifiers.length === 0 || !qualifiers.some(isMissing))) return schemaChanging;
  const missing = [keyspace, ...qualifiers].filter(isMissing);
  const { activity } = session;
  const ready = [schemaChanging, ...missing.map((name) => gateway.schemaReady(name, activity.signal))];
  return activity.during(`waiting for the tables of ${missing.join(', ')}`, Promise.all(ready));
}

/** Tables of one shard were changed by its name, or of a keyspace beside others: the next plan waits until they are known. */
export function followDefinition(session: Session, { effects }: StatementScan, { shard }: Place): void {
  const { gateway } = session.services;
  const keyspaces = gateway.topology?.keyspaces;
  const isPlanned = keyspaces?.get(shard.keyspace)?.sharded === true || (keyspaces?.size ?? 0) > 1;
  if (isPlanned && (effects & effect.temporaryTable) === 0)
    followSchema(session, gateway.schemaChanged(shard.keyspace));
}

/** Tables that the session has changed are being read anew: its next plan waits until they are known. */
export function followSchema(session: Session, known: Promise<void>): void {
  const before = session.schemaChanging;
  const both = before === undefined ? known : Promise.all([before.catch(() => {}), known]).then(() => {});
  session.schemaChanging = both;
  const done = () => {
    if (session.schemaChanging === both) session.schemaChanging = undefined;
  };
  // What went wrong is told to the next statement that waits.
  both.then(done, () => {});
}
