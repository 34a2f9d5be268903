/** What becomes of statements that have no plan: where they go, for EXPLAIN FORMAT=HEADGATE. MySQL explains none of them. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { refusedNode, relayNode } from '../../planner/describe-plan.ts';
import type { PlanNode } from '../../planner/plan-node.ts';
import type { StatementKind } from '../../sql/statement.ts';
import { isPlanned } from '../planned.ts';
import { scanIn } from '../read-statement.ts';
import type { Session } from '../session.ts';
import { placeOf } from '../statement-place.ts';

const OWN = 'the router does this for the session; tablets hear of it with the statements that need it';
/** Of what is no tablet's to answer alone. */
export const BUILT = 'the router makes the answer, of what it knows and of what it asks tablets';

/** Statements that go to no tablet as they came. */
const answered: Partial<Record<StatementKind, string>> = {
  set: OWN,
  use: OWN,
  begin: OWN,
  commit: OWN,
  rollback: OWN,
  savepoint: OWN,
  rollbackTo: OWN,
  release: OWN,
  prepare: OWN,
  execute: OWN,
  deallocate: OWN,
  kill: BUILT,
  show: BUILT,
  describe: BUILT,
};

/** Undefined for statements that MySQL explains, and for what is no statement at all. */
export function otherNode(session: Session, text: Buffer): PlanNode | undefined {
  const scan = scanIn(session, text, 0);
  const sql = text.toString('utf8', scan.start, scan.end);
  const note = answered[scan.kind];
  if (note !== undefined) return { operator: 'Session', note, sql };
  const { plans, gateway } = session.services;
  switch (scan.kind) {
    case 'ddl':
      if (isPlanned(session, scan)) {
        const [named] = scan.qualifiers.filter((name) => gateway.keyspaces.has(name));
        const { keyspace, names } = plans.shardMap(named ?? session.state.target.keyspace);
        return { operator: 'Definition', keyspace, shards: [...names], note: FIRST, sql };
      }
      break;
    case 'load':
      if (isPlanned(session, scan)) return { operator: 'Load rows', note: CUT, sql };
      break;
    case 'unknown':
    case 'empty':
    case 'select':
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
    case 'values':
    case 'table':
    case 'explain':
      return undefined;
    default:
  }
  try {
    const { shard } = placeOf(scan, session.state.target, gateway, text);
    return relayNode(shard.keyspace, shard.shard, sql);
  } catch (error) {
    if (error instanceof HeadgateError) return refusedNode(error);
    throw error;
  }
}

const FIRST = 'the first shard first; if that refuses, none has changed';
const CUT = "the client's file is cut into rows, which go to their shards";
