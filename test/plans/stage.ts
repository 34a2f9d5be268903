/**
 * The cases of `*.json` in this folder: a VSchema and tables as data, a statement, and the plan that it gets. Nothing here asks a server.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadgateError } from '../../src/errors/headgate-error.ts';
import { describePlan, refusedNode } from '../../src/planner/describe-plan.ts';
import type { ValueContext } from '../../src/planner/literal-value.ts';
import { Operands } from '../../src/planner/operands.ts';
import type { Plan } from '../../src/planner/plan.ts';
import type { PlanNode } from '../../src/planner/plan-node.ts';
import { planStatement } from '../../src/planner/plan-statement.ts';
import { buildShardMap, type ShardMap } from '../../src/planner/shard-map.ts';
import type { KeyspaceSchema } from '../../src/schema/schema.ts';
import { Fingerprint } from '../../src/sql/fingerprint.ts';
import { lexModeOf } from '../../src/sql/lex-mode.ts';
import type { Literals } from '../../src/sql/literals-found.ts';
import { parseStatement } from '../../src/sql/parser/statement.ts';
import { buildVSchema } from '../../src/vschema/build-vschema.ts';
import { isError, problemText } from '../../src/vschema/problem.ts';
import type { VSchema } from '../../src/vschema/vschema.ts';
import { keyspaceSchema, type TablesFile } from './tables.ts';
import { variantOf } from './variant.ts';

/** One case as it is in a file; `plan` is rewritten by `npm run plans:update`. */
export type PlanCase = Readonly<{
  name: string;
  query: string;
  /** The selected keyspace; '' for none. Left out: that of the file. */
  database?: string;
  tabletType?: string;
  sqlMode?: string;
  plan?: PlanNode;
}>;

/** One file. */
export type PlanFile = Readonly<{
  /** Name of a file in `vschemas/`, without its ending. */
  vschema: string;
  database: string;
  cases: readonly PlanCase[];
}>;

/** A file of `vschemas/`: all keyspaces of a cluster, with their VSchema as Vitess writes it and their tables. */
export type ClusterFile = Readonly<{
  keyspaces: Readonly<
    Record<string, { shards: readonly string[]; vschema: Record<string, unknown>; tables: TablesFile }>
  >;
  routingRules?: unknown;
}>;

export type Cluster = Readonly<{
  vschema: VSchema;
  schemas: ReadonlyMap<string, KeyspaceSchema>;
  maps: ReadonlyMap<string, ShardMap>;
}>;

const folder = import.meta.dirname;
const SERVER_VERSION = 90704;
const SQL_MODE = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES';
const systemSchemas = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

export const planFiles = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();

export const pathOf = (file: string): string => join(folder, file);

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

const clusters = new Map<string, Cluster>();

/** Raises if the VSchema has errors: a case must not pass because of one. */
export function clusterOf(name: string): Cluster {
  const known = clusters.get(name);
  if (known !== undefined) return known;
  const { keyspaces, routingRules } = readJson<ClusterFile>(join(folder, 'vschemas', `${name}.json`));
  const inputs = Object.entries(keyspaces).map(([keyspace, { vschema }]) => ({
    name: keyspace,
    sharded: vschema.sharded === true,
    vschema,
  }));
  const { vschema, problems } = buildVSchema(inputs, routingRules);
  const errors = problems.filter(isError).map(problemText);
  if (errors.length > 0) throw new Error(`${name}: ${errors.join('; ')}`);
  const schemas = new Map(
    Object.entries(keyspaces).map(([keyspace, { tables }]) => [keyspace, keyspaceSchema(keyspace, tables)]),
  );
  const maps = new Map(
    Object.entries(keyspaces).map(([keyspace, { shards }]) => [keyspace, buildShardMap(keyspace, shards)]),
  );
  const cluster = { vschema, schemas, maps };
  clusters.set(name, cluster);
  return cluster;
}

/** A text read for planning. */
type Read = Readonly<{ text: Buffer; end: number; literals: Literals | undefined; key: string | undefined }>;

/** Plans and runs as sessions do: with the fingerprint's literals, or without. */
export class CasePlanner {
  readonly #case: PlanCase;
  readonly #file: PlanFile;
  readonly #cluster: Cluster;
  readonly #sqlMode: string;

  constructor(file: PlanFile, one: PlanCase) {
    this.#file = file;
    this.#case = one;
    this.#cluster = clusterOf(file.vschema);
    this.#sqlMode = one.sqlMode ?? SQL_MODE;
  }

  /** The plan as a session would make and run it, described. */
  describe(sql: string): PlanNode {
    return this.#refusedOr(() => {
      const read = this.#read(sql, true);
      return this.#describe(this.#plan(read), read);
    });
  }

  /** The plan that no cache could have given. */
  describeAlone(sql: string): PlanNode {
    return this.#refusedOr(() => {
      const read = this.#read(sql, false);
      return this.#describe(this.#plan(read), read);
    });
  }

  /** The plan of `first`, run with the values of `second`; undefined where the two would not share one. */
  describeCached(first: string, second: string): PlanNode | undefined {
    const made = this.#read(first, true);
    const run = this.#read(second, true);
    if (made.key === undefined || made.key !== run.key) return undefined;
    return this.#refusedOr(() => this.#describe(this.#plan(made), run));
  }

  /** A statement that gets its plan from the cache once this one is there; undefined where there is no other. */
  variant(sql: string): string | undefined {
    return variantOf(sql, this.#mode);
  }

  /** The plan without values. */
  template(sql: string): PlanNode {
    return this.#refusedOr(() => {
      const plan = this.#plan(this.#read(sql, true));
      return plan === undefined ? { operator: 'Unplanned' } : describePlan(plan);
    });
  }

  #refusedOr(describe: () => PlanNode): PlanNode {
    try {
      return describe();
    } catch (error) {
      if (error instanceof HeadgateError) return refusedNode(error);
      throw error;
    }
  }

  get #mode() {
    return lexModeOf(this.#sqlMode, 'utf8mb4', SERVER_VERSION, false);
  }

  #read(sql: string, withFingerprint: boolean): Read {
    const text = Buffer.from(sql);
    const fingerprint = new Fingerprint();
    const has = withFingerprint && fingerprint.read(text, 0, this.#mode) && fingerprint.end === text.length;
    const { key } = fingerprint;
    return {
      text,
      end: text.length,
      literals: has ? fingerprint.literals : undefined,
      key: has
        ? Buffer.from(key.words.buffer, key.words.byteOffset, key.length).toString('latin1')
        : undefined,
    };
  }

  #plan({ text, end, literals }: Read): Plan | undefined {
    const statement = parseStatement(text, 0, end, this.#mode);
    if (statement.kind === 'syntaxProblem')
      throw new Error(`not understood at ${statement.at}: ${statement.message}`);
    const { vschema, schemas } = this.#cluster;
    const database = this.#case.database ?? this.#file.database;
    return planStatement(statement, {
      text,
      start: 0,
      end,
      mode: this.#mode,
      literals,
      vschema,
      schemaOf: (keyspace) => schemas.get(keyspace),
      keyspace: database === '' ? undefined : database,
      tabletType: this.#case.tabletType ?? 'primary',
      isSystemSchema: (name) => systemSchemas.has(name.toLowerCase()),
    });
  }

  #describe(plan: Plan | undefined, { text, literals }: Read): PlanNode {
    if (plan === undefined) return { operator: 'Unplanned' };
    const mapOf = (keyspace: string): ShardMap => {
      const map = this.#cluster.maps.get(keyspace);
      if (map === undefined) throw new Error(`no shards of ${keyspace}`);
      return map;
    };
    const operands = new Operands(text, this.#mode, literals, [], this.#context);
    return describePlan(plan, { sql: text.toString('utf8'), text, operands, mapOf });
  }

  get #context(): ValueContext {
    return {
      sqlMode: new Set(this.#sqlMode.split(',')),
      charset: 'utf8mb4',
      collation: 'utf8mb4_0900_ai_ci',
      timeZone: undefined,
    };
  }
}
