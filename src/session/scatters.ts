/**
 * Statements that look for rows on all shards of a keyspace, since no condition says where they are: what the keyspace's policy says of them,
 * and how many there were. Statements for one shard, reference tables and lists of vindex values are none of them.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Operands } from '../planner/operands.ts';
import { keyspacesOf, type Plan } from '../planner/plan.ts';
import { keyspacesScattered, type Unrouted, unroutedIn, unroutedText } from '../planner/unrouted.ts';
import { digestOf } from '../sql/digest.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { Log } from '../telemetry/log.ts';
import type { ScatterPolicy } from '../topology/topology.ts';
import { buildTextRow } from '../wire/packets.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session } from './session.ts';

/** ER_UNKNOWN_ERROR: what MySQL gives to warnings of no other number. */
const ERRNO_WARNING = 1105;
/** Of a statement, in the log. */
const DIGEST_CHARACTERS_MAX = 500;
/** At most one line per keyspace in so long. */
const LOG_EVERY_MS = 1000;

type Counts = { allowed: number; warned: number; denied: number; loggedAtMs: number };

export class Scatters {
  readonly #gateway: Gateway;
  readonly #byDefault: ScatterPolicy;
  readonly #log: Log;
  readonly #counts = new Map<string, Counts>();

  constructor(gateway: Gateway, byDefault: ScatterPolicy, log: Log) {
    this.#gateway = gateway;
    this.#byDefault = byDefault;
    this.#log = log;
  }

  policyOf(keyspace: string): ScatterPolicy {
    return this.#gateway.topology?.keyspaces.get(keyspace)?.scatterPolicy ?? this.#byDefault;
  }

  /** Statements by keyspace and by what was done. */
  get figures(): ReadonlyMap<string, Readonly<Counts>> {
    return this.#counts;
  }

  count(keyspace: string, what: 'allowed' | 'warned' | 'denied'): Counts {
    let counts = this.#counts.get(keyspace);
    if (counts === undefined) {
      counts = { allowed: 0, warned: 0, denied: 0, loggedAtMs: Number.NEGATIVE_INFINITY };
      this.#counts.set(keyspace, counts);
    }
    counts[what]++;
    return counts;
  }

  warn(unrouted: Unrouted, nowMs: number, digest: () => string): void {
    const counts = this.count(unrouted.keyspace, 'warned');
    if (nowMs - counts.loggedAtMs < LOG_EVERY_MS) return;
    counts.loggedAtMs = nowMs;
    const { keyspace, shardCount } = unrouted;
    this.#log.warn(
      { keyspace, shards: shardCount, reason: unroutedText(unrouted), digest: digest() },
      'a statement goes to all shards',
    );
  }
}

/** The error of a denied statement. */
export const scatterDenied = (unrouted: Unrouted): HeadgateError =>
  new HeadgateError('HG_SCATTER_DENIED', {
    keyspace: unrouted.keyspace,
    detail: `${unroutedText(unrouted)} (keyspace ${unrouted.keyspace}, ${unrouted.shardCount} shards)`,
  });

/** What the policies of a plan's keyspaces say of it. */
export type ScatterVerdict = Readonly<{
  policy: ScatterPolicy;
  /** Allowed by the statement's directive. */
  overridden: boolean;
  unrouted: readonly Unrouted[];
}>;

const strictness: Readonly<Record<ScatterPolicy, number>> = { allow: 0, warn: 1, deny: 2 };

/** The strictest policy of those that concern the plan. The operands are those of its statement. */
export function scatterVerdict(
  { services }: Session,
  { directives }: StatementScan,
  plan: Plan,
  operands: Operands,
): ScatterVerdict {
  const { plans, scatters } = services;
  const unrouted = unroutedIn(plan, operands, (keyspace) => plans.shardMap(keyspace));
  let policy: ScatterPolicy = 'allow';
  for (const { keyspace } of unrouted) {
    const own = scatters.policyOf(keyspace);
    if (strictness[own] > strictness[policy]) policy = own;
  }
  return { policy, overridden: directives?.allowsScatter === true, unrouted };
}

/** Called before a statement goes to several shards. Raises HG_SCATTER_DENIED; what is only warned of is noted for SHOW WARNINGS. */
export function requireScatter(
  session: Session,
  scan: StatementScan,
  source: Buffer,
  plan: Plan,
  operands: Operands,
): void {
  const { scatters, plans } = session.services;
  const mapOf = (keyspace: string) => plans.shardMap(keyspace);
  const isAllowed =
    scan.directives?.allowsScatter === true ||
    keyspacesOf(plan).every((keyspace) => scatters.policyOf(keyspace) === 'allow');
  if (isAllowed) {
    for (const keyspace of keyspacesScattered(plan, mapOf)) scatters.count(keyspace, 'allowed');
    return;
  }
  for (const each of unroutedIn(plan, operands, mapOf)) {
    const policy = scatters.policyOf(each.keyspace);
    switch (policy) {
      case 'deny':
        scatters.count(each.keyspace, 'denied');
        throw scatterDenied(each);
      case 'warn':
        scatters.warn(each, performance.now(), () => digestIn(session, source, scan));
        session.diagnostics.warnBeside(warningRow(each));
        break;
      default:
        scatters.count(each.keyspace, 'allowed');
    }
  }
}

const digestIn = (session: Session, source: Buffer, { start, end }: StatementScan): string =>
  digestOf(source, start, end, lexModeIn(session), DIGEST_CHARACTERS_MAX).text;

function warningRow(unrouted: Unrouted): Buffer {
  const { keyspace, shardCount } = unrouted;
  const text = `The statement goes to all ${shardCount} shards of ${keyspace}: ${unroutedText(unrouted)}`;
  return buildTextRow(['Warning', String(ERRNO_WARNING), text]);
}
