/** Plans statements over a cluster that is only described, as a router would over the real one. */
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { describePlan, refusedNode, relayNode } from '../../planner/describe-plan.ts';
import type { ValueContext } from '../../planner/literal-value.ts';
import { Operands } from '../../planner/operands.ts';
import type { Plan } from '../../planner/plan.ts';
import type { PlanNode } from '../../planner/plan-node.ts';
import { planStatement } from '../../planner/plan-statement.ts';
import type { ShardMap } from '../../planner/shard-map.ts';
import { type Unrouted, unroutedIn } from '../../planner/unrouted.ts';
import { requirePlannable, requireSeveral } from '../../session/planned.ts';
import { isSystemSchema } from '../../session/target.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { scanStatement } from '../../sql/statement-scan.ts';
import { inputError, type OfflineCluster } from './cluster-files.ts';

/** What a session would bring along. */
export type OfflineSession = Readonly<{ keyspace: string | undefined; sqlMode: string; mode: LexMode }>;

export type OfflinePlan = Readonly<{
  sql: string;
  /** Where it begins in its text; from 1. */
  line: number;
  plan: PlanNode;
  /** What of it goes to all shards, unless its directive allows that. */
  scatters: readonly Unrouted[];
}>;

/** The plans of all statements of a text, in their order. */
export function planOffline(text: Buffer, cluster: OfflineCluster, session: OfflineSession): OfflinePlan[] {
  const keyspaces = new Set(cluster.vschema.keyspaces.keys());
  const plans: OfflinePlan[] = [];
  for (let at = 0; at >= 0 && at < text.length; ) {
    const scan = scanStatement(text, at, session.mode, keyspaces);
    if (scan.end > scan.start) plans.push(new OfflineStatement(text, scan, cluster, session).planned());
    at = scan.next;
  }
  return plans;
}

class OfflineStatement {
  readonly #text: Buffer;
  readonly #scan: StatementScan;
  readonly #cluster: OfflineCluster;
  readonly #session: OfflineSession;

  constructor(text: Buffer, scan: StatementScan, cluster: OfflineCluster, session: OfflineSession) {
    this.#text = text;
    this.#scan = scan;
    this.#cluster = cluster;
    this.#session = session;
  }

  planned(): OfflinePlan {
    const sql = this.#text.toString('utf8', this.#scan.start, this.#scan.end);
    const before = this.#text.subarray(0, this.#scan.start);
    const line = before.toString('latin1').split('\n').length;
    try {
      return { sql, line, ...this.#plan(sql) };
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code === 'HG_VSCHEMA') throw error;
      return { sql, line, plan: refusedNode(this.#withSuggestion(error)), scatters: [] };
    }
  }

  #plan(sql: string): Pick<OfflinePlan, 'plan' | 'scatters'> {
    const { vschema, schemas, maps } = this.#cluster;
    const { keyspace, mode } = this.#session;
    const scan = this.#scan;
    const parsed = parseStatement(this.#text, scan.start, scan.end, mode);
    if (parsed.kind === 'syntaxProblem')
      throw new HeadgateError('HG_PARSER_GAP', { detail: `${parsed.message} (or MySQL does not either)` });
    requirePlannable(scan);
    const { start, end } = scan;
    const plan = planStatement(parsed, {
      text: this.#text,
      start,
      end,
      mode,
      literals: undefined,
      vschema,
      schemaOf: (name) => schemas.get(name),
      keyspace,
      tabletType: 'primary',
      isSystemSchema,
    });
    if (plan === undefined) return { plan: this.#relayed(sql), scatters: [] };
    const operands = new Operands(this.#text, mode, undefined, [], this.#context);
    const mapOf = (name: string): ShardMap => maps.get(name)!;
    const hasParameters = parsed.kind !== 'other' && 'parameterCount' in parsed && parsed.parameterCount > 0;
    if (hasParameters) return { plan: describePlan(plan), scatters: [] };
    const execution = { sql, text: this.#text, operands, mapOf, refusal: refusalOnSeveral(scan) };
    return {
      plan: describePlan(plan, execution),
      scatters: scan.directives?.allowsScatter === true ? [] : scattersOf(plan, operands, mapOf),
    };
  }

  /** A statement that is no query over a sharded keyspace. */
  #relayed(sql: string): PlanNode {
    const { maps } = this.#cluster;
    const [named = this.#session.keyspace] = this.#scan.qualifiers;
    const map = named === undefined ? undefined : maps.get(named);
    if (map === undefined)
      throw inputError('which keyspace is the statement for? Name it with --keyspace, or before the tables');
    const hasNoTable = this.#scan.qualifiers.length === 0 && !this.#scan.hasUnqualifiedTable;
    if (hasNoTable && this.#scan.kind === 'select')
      return { ...relayNode(map.keyspace, map.names[0]!, sql), note: 'it reads no table: any shard will do' };
    if (map.names.length === 1) return relayNode(map.keyspace, map.names[0]!, sql);
    return {
      operator: 'Unplanned',
      keyspace: map.keyspace,
      note: 'it is no SELECT, INSERT, REPLACE, UPDATE or DELETE',
      sql,
    };
  }

  get #context(): ValueContext {
    return {
      sqlMode: new Set(this.#session.sqlMode.split(',')),
      charset: 'utf8mb4',
      collation: 'utf8mb4_0900_ai_ci',
      timeZone: undefined,
    };
  }

  /** Where a table is missing, what may have been meant. */
  #withSuggestion(error: HeadgateError): HeadgateError {
    const [, keyspace, table] = /^Table '([^'.]*)\.([^']*)' doesn't exist/.exec(error.message) ?? [];
    if (keyspace === undefined || table === undefined) return error;
    const known = this.#cluster.schemas.get(keyspace)?.tables;
    const hint =
      known === undefined
        ? `; give the CREATE TABLE statements of ${keyspace} with --schema`
        : suggestion(table, [...known.keys()]);
    return new HeadgateError(error.code, { message: `${error.message}${hint}` });
  }
}

/** A statement that is refused anyway goes nowhere. */
function scattersOf(
  plan: Plan,
  operands: Operands,
  mapOf: (keyspace: string) => ShardMap,
): readonly Unrouted[] {
  try {
    return unroutedIn(plan, operands, mapOf);
  } catch (error) {
    if (error instanceof HeadgateError) return [];
    throw error;
  }
}

function refusalOnSeveral(scan: StatementScan): HeadgateError | undefined {
  try {
    requireSeveral({ state: { unmergeable: undefined } }, scan);
    return undefined;
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
}
