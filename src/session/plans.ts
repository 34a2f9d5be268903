/**
 * The plans of all sessions: which statements need one, the cache, and the VSchema and shards on which plans rest. A plan is used
 * only while the VSchema and the schema of its keyspace are the very objects that it was made from.
 */
import type { Gateway } from '../gateway/gateway.ts';
import { ContextIds } from '../planner/context-ids.ts';
import type { GatherPlan } from '../planner/gather/gather-plan.ts';
import type { LoadPlan } from '../planner/load.ts';
import { keyspacesOf, type Plan, planKind, type QueryPlan } from '../planner/plan.ts';
import { PlanCache, type PlanCacheFigures } from '../planner/plan-cache.ts';
import { type PlannerInput, planLoadStatement, planStatement } from '../planner/plan-statement.ts';
import { buildShardMap, type ShardMap } from '../planner/shard-map.ts';
import type { KeyspaceSchema } from '../schema/schema.ts';
import type { ParsedStatement, SyntaxProblem } from '../sql/ast/statement.ts';
import { digestOf } from '../sql/digest.ts';
import { Fingerprint } from '../sql/fingerprint.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import { rebaseScan, reusableScan } from '../sql/reusable-scan.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { Log } from '../telemetry/log.ts';
import type { KeyspaceState, Topology } from '../topology/topology.ts';
import { buildVSchema } from '../vschema/build-vschema.ts';
import { isError, problemText } from '../vschema/problem.ts';
import { shareUnchanged } from '../vschema/share-unchanged.ts';
import { EMPTY_VSCHEMA, type KeyspaceVSchema, type RoutingRules, type VSchema } from '../vschema/vschema.ts';
import { isSystemSchema, type Target } from './target.ts';

/** What the cache holds of a statement. */
type Entry = Readonly<{
  /** Undefined: no plan is needed, the statement goes the way of any other. */
  plan: Plan | undefined;
  /** For statements with the same key, where it may be used for them. */
  scan: StatementScan | undefined;
  /** On what the plan rests. */
  rests: readonly Basis[];
  rules: RoutingRules;
  /** Where no keyspace is selected a name is looked for in all of them; undefined elsewhere. */
  whole: VSchema | undefined;
  /** The statement without its literals, cut. */
  digest: string;
}>;

/** A keyspace as it was when a plan was made. */
type Basis = Readonly<{
  keyspace: string;
  vschema: KeyspaceVSchema | undefined;
  schema: KeyspaceSchema | undefined;
}>;

/** One plan of the cache; `text` is its statement without literals. */
export type PlanFacts = Readonly<{
  keyspace: string;
  kind: string;
  hits: number;
  bytes: number;
  text: string;
}>;

/** A statement's plan; `syntaxProblem` where our parser does not understand it. */
export type Planned = Plan | SyntaxProblem | undefined;

/** About what a plan takes in memory beside its text. */
const PLAN_BYTES = 3_000;
/** Of a statement, in the list of plans. */
const DIGEST_CHARACTERS_MAX = 500;
const SHOWN_MAX = 10_000;

export class Plans {
  vschema: VSchema = EMPTY_VSCHEMA;
  /** Whether a table can be found without a keyspace. */
  hasGlobalTables = false;
  /** Whether the statement planned last has a fingerprint. */
  hasFingerprint = false;
  /** The statement read last: its literals stay valid until the next one is read. */
  readonly fingerprint = new Fingerprint();
  readonly #gateway: Gateway;
  readonly #log: Log;
  readonly #cache: PlanCache<Entry>;
  readonly #contexts = new ContextIds();
  /** Statements that MySQL accepts and our parser does not. */
  #parserGaps = 0;
  #planningMs = 0;
  /** What `knownScan` has just read and found, until `plan` asks for the same or the next statement is read. */
  #readSource: Buffer | undefined;
  #readMode: LexMode | undefined;
  #readContext = 0;
  #readEntry: Entry | undefined;
  readonly #maps = new WeakMap<KeyspaceState['shards'], ShardMap>();
  #topology: Topology | undefined;

  constructor(gateway: Gateway, cacheBytesMax: number, log: Log) {
    this.#gateway = gateway;
    this.#log = log;
    this.#cache = new PlanCache(cacheBytesMax);
  }

  get figures(): PlanCacheFigures & { parserGaps: number; planningUs: number } {
    const [parserGaps, planningUs] = [this.#parserGaps, this.#planningMs * 1000];
    return { ...this.#cache.figures, parserGaps, planningUs };
  }

  /** What is kept, the one used last first. */
  kept(): PlanFacts[] {
    const facts: PlanFacts[] = [];
    for (const { value, hits, bytes } of this.#cache.entries()) {
      const { plan, digest } = value;
      const kind = plan === undefined ? 'relay' : planKind(plan);
      facts.push({ keyspace: plan?.keyspace ?? '', kind, hits, bytes, text: digest });
      if (facts.length === SHOWN_MAX) break;
    }
    return facts;
  }

  /** Brings the VSchema in step with the topology. */
  refresh(): void {
    const { topology } = this.#gateway;
    if (topology === undefined || topology === this.#topology) return;
    const before = this.#topology;
    this.#topology = topology;
    if (before !== undefined && saysTheSame(before, topology)) return;
    const { vschema, problems } = buildVSchema(topology.keyspaces.values(), topology.routingRules);
    this.vschema = shareUnchanged(vschema, this.vschema);
    const keyspaces = [...this.vschema.keyspaces.values()];
    this.hasGlobalTables = keyspaces.some(
      ({ requireExplicitRouting, tableNames }) => !requireExplicitRouting && tableNames.size > 0,
    );
    for (const problem of problems)
      this.#log[isError(problem) ? 'error' : 'warn'](
        { keyspace: problem.keyspace },
        `VSchema: ${problemText(problem)}`,
      );
  }

  /** The shards of a keyspace as they are now. */
  shardMap(keyspace: string): ShardMap {
    const shards = this.#gateway.topology?.keyspaces.get(keyspace)?.shards ?? noShards;
    let map = this.#maps.get(shards);
    if (map === undefined) {
      map = buildShardMap(keyspace, shards.keys());
      this.#maps.set(shards, map);
    }
    return map;
  }

  /** Whether the session's unqualified names are those of a sharded keyspace as a whole. */
  isSharded({ keyspace, shard }: Target): boolean {
    return shard === undefined && this.#gateway.topology?.keyspaces.get(keyspace)?.sharded === true;
  }

  /** The number under which plans for a session's settings are kept. */
  contextId(target: Target, sqlMode: string, mode: LexMode, collation: string): number {
    return this.#contexts.idOf({
      target: `${target.keyspace}/${target.shard ?? ''}@${target.type}/${target.systemSchema ?? ''}`,
      sqlMode,
      ignoreSpace: mode.ignoreSpace,
      charset: mode.charset,
      collation,
      serverVersion: mode.serverVersion,
      directives: '',
      transactionMode: '',
      vschemaVersion: 0,
      schemaVersion: 0,
    });
  }

  /** The scan of a statement whose like is in the cache; undefined: it has to be made. The fingerprint is then that of the statement. */
  knownScan(source: Buffer, start: number, mode: LexMode, context: number): StatementScan | undefined {
    const { fingerprint } = this;
    this.#readSource = undefined;
    if (!fingerprint.read(source, start, mode)) return undefined;
    const entry = this.#cache.get(fingerprint.key, context);
    this.#readSource = source;
    this.#readMode = mode;
    this.#readContext = context;
    this.#readEntry = entry;
    const scan = entry?.scan;
    return scan === undefined
      ? undefined
      : rebaseScan(scan, fingerprint.start, fingerprint.end, fingerprint.next);
  }

  /**
   * The plan of a statement, from the cache or made now; on return the fingerprint is that of the statement, if it has one
   * (`hasFingerprint`). Raises what `planStatement` raises.
   */
  plan(source: Buffer, scan: StatementScan, mode: LexMode, context: number, target: Target): Planned {
    const { fingerprint } = this;
    const isRead =
      this.#readSource === source &&
      this.#readMode === mode &&
      this.#readContext === context &&
      fingerprint.start === scan.start;
    // Once: by the next time somebody may have written another statement into the buffer.
    this.#readSource = undefined;
    this.hasFingerprint =
      (isRead || fingerprint.read(source, scan.start, mode)) && fingerprint.end === scan.end;
    if (this.hasFingerprint) {
      const entry = isRead ? this.#readEntry : this.#cache.get(fingerprint.key, context);
      if (entry !== undefined && this.#holds(entry)) return entry.plan;
    }
    const begunMs = performance.now();
    const statement = parseStatement(source, scan.start, scan.end, mode);
    if (statement.kind === 'syntaxProblem') return statement;
    const plan = this.#make(statement, source, scan, mode, target);
    this.#planningMs += performance.now() - begunMs;
    if (this.hasFingerprint) {
      const entry: Entry = {
        plan,
        scan: reusableScan(scan) ? scan : undefined,
        rests: plan === undefined ? [] : keyspacesOf(plan).map((keyspace) => this.#basis(keyspace)),
        rules: this.vschema.routingRules,
        whole: target.keyspace === '' ? this.vschema : undefined,
        digest: digestOf(source, scan.start, scan.end, mode, DIGEST_CHARACTERS_MAX).text,
      };
      this.#cache.set(fingerprint.key, context, entry, PLAN_BYTES + scan.end - scan.start);
    }
    return plan;
  }

  /** A statement's plan, which is not kept. As `plan` otherwise; what is not understood has none. */
  planOnce(source: Buffer, scan: StatementScan, mode: LexMode, target: Target): Plan | undefined {
    const { fingerprint } = this;
    this.#readSource = undefined;
    this.hasFingerprint = fingerprint.read(source, scan.start, mode) && fingerprint.end === scan.end;
    const statement = parseStatement(source, scan.start, scan.end, mode);
    return statement.kind === 'syntaxProblem' ? undefined : this.#make(statement, source, scan, mode, target);
  }

  /**
   * A plan in which one tablet sees all of a statement's tables, for its description, or a cursor; it is not kept. Undefined where there is none.
   * The fingerprint is then that of the statement. Raises what `planStatement` raises.
   */
  gatherPlan(source: Buffer, scan: StatementScan, mode: LexMode, target: Target): GatherPlan | undefined {
    const { fingerprint } = this;
    this.#readSource = undefined;
    this.hasFingerprint = fingerprint.read(source, scan.start, mode) && fingerprint.end === scan.end;
    const statement = parseStatement(source, scan.start, scan.end, mode);
    if (statement.kind === 'syntaxProblem') return undefined;
    const input = { ...this.#input(source, scan, mode, target), isGathered: true };
    const planned = planStatement(statement, input);
    const plan = planned?.kind === 'query' ? planned.scatter : planned;
    return plan !== undefined && 'kind' in plan && plan.kind === 'gather' ? plan : undefined;
  }

  /** The plan of a LOAD, which is not kept: the file takes longer. Undefined where no plan is needed. Raises what `planLoad` raises. */
  loadPlan(
    source: Buffer,
    scan: StatementScan,
    mode: LexMode,
    target: Target,
  ): LoadPlan | QueryPlan | SyntaxProblem | undefined {
    this.hasFingerprint = false;
    const statement = parseStatement(source, scan.start, scan.end, mode);
    if (statement.kind === 'syntaxProblem') return statement;
    if (statement.kind !== 'load') return undefined;
    return planLoadStatement(statement, this.#input(source, scan, mode, target));
  }

  #make(
    statement: Exclude<ParsedStatement, SyntaxProblem>,
    source: Buffer,
    scan: StatementScan,
    mode: LexMode,
    target: Target,
  ): Plan | undefined {
    return planStatement(statement, this.#input(source, scan, mode, target));
  }

  #input(source: Buffer, scan: StatementScan, mode: LexMode, target: Target): PlannerInput {
    return {
      text: source,
      start: scan.start,
      end: scan.end,
      mode,
      literals: this.hasFingerprint ? this.fingerprint.literals : undefined,
      vschema: this.vschema,
      schemaOf: (keyspace) => this.#gateway.schema(keyspace),
      keyspace: target.systemSchema === undefined && target.keyspace !== '' ? target.keyspace : undefined,
      tabletType: target.type,
      isSystemSchema,
    };
  }

  #holds({ plan, rests, rules, whole }: Entry): boolean {
    if (rules !== this.vschema.routingRules || (whole !== undefined && whole !== this.vschema)) return false;
    if (plan === undefined) return false;
    for (const { keyspace, vschema, schema } of rests)
      if (vschema !== this.vschema.keyspaces.get(keyspace) || schema !== this.#gateway.schema(keyspace))
        return false;
    return true;
  }

  #basis(keyspace: string): Basis {
    return {
      keyspace,
      vschema: this.vschema.keyspaces.get(keyspace),
      schema: this.#gateway.schema(keyspace),
    };
  }

  /** Our parser refused what MySQL accepts; `digest` is the statement without its literals. */
  noteGap(digest: string, { message, at }: SyntaxProblem): void {
    this.#parserGaps++;
    this.#log.warn({ digest, at, reason: message }, 'the parser has a gap');
  }
}

const noShards: KeyspaceState['shards'] = new Map();

/** Shards and primaries come and go without a word about tables. */
function saysTheSame(before: Topology, after: Topology): boolean {
  if (before.routingRules !== after.routingRules || before.keyspaces.size !== after.keyspaces.size)
    return false;
  for (const [name, { vschema, sharded }] of after.keyspaces) {
    const known = before.keyspaces.get(name);
    if (known === undefined || known.vschema !== vschema || known.sharded !== sharded) return false;
  }
  return true;
}
