/** Plays cases to the reference, its twin and every cluster, and gathers what was equal, refused and different. */
import type { Case, Statement } from './case.ts';
import { compare, sameRows, sameWarnings, type Verdict } from './compare.ts';
import { bareName, keyspaces, SHARDED } from './definitions.ts';
import { alignNumbers } from './numbering.ts';
import { type PlayedStatement, Player } from './play.ts';
import type { Stage } from './stage.ts';
import { StoredRows } from './stored-rows.ts';

/** How one cluster fared with a case. */
export type ClusterResult = Readonly<{
  shards: number;
  verdict: Verdict;
  /** Place of the statement that decided it, from 0; past the last one for the tables. */
  statement: number;
}>;

export type CaseResult = Readonly<{
  case: Case;
  clusters: readonly ClusterResult[];
  /** Why the reference's twin answered otherwise: the case says nothing then. */
  unstable?: string;
  /** The reference refused one of its statements. */
  failed: boolean;
}>;

/** One session with each server. */
type Lane = Readonly<{
  reference: Player;
  twin: Player;
  /** With the tables without keys. */
  bare: Player;
  clusters: readonly Player[];
}>;

const LANES = 4;

export class Comparison {
  readonly #stage: Stage;
  readonly #lanes: readonly Lane[];
  readonly #stored: readonly StoredRows[];
  /** `database`: what the sessions with the routers select; the keyspace, or one of its shards. */
  constructor(stage: Stage, database: string = SHARDED) {
    this.#stage = stage;
    this.#stored = stage.clusters.map((cluster) => new StoredRows(stage.reference, cluster));
    this.#lanes = Array.from({ length: LANES }, () => ({
      reference: new Player(stage.reference),
      twin: new Player(stage.twin),
      bare: new Player(stage.twin),
      clusters: stage.clusters.map(({ endpoint }) => new Player(endpoint, database)),
    }));
  }

  /** Plays all cases, reads side by side, writes one at a time; the results come in the cases' order. */
  async play(cases: Iterable<Case>, each: (result: CaseResult) => void): Promise<void> {
    let reads: Case[] = [];
    for (const next of cases) {
      if (!next.writes) {
        reads.push(next);
        if (reads.length < LANES * 16) continue;
      }
      await this.#playReads(reads, each);
      reads = [];
      if (next.writes) each(await this.#playWrite(next));
    }
    await this.#playReads(reads, each);
  }

  close(): void {
    for (const { reference, twin, bare, clusters } of this.#lanes)
      for (const player of [reference, twin, bare, ...clusters]) player.close();
    for (const stored of this.#stored) stored.close();
  }

  async #playReads(cases: readonly Case[], each: (result: CaseResult) => void): Promise<void> {
    const results: CaseResult[] = [];
    let next = 0;
    const work = async (lane: Lane): Promise<void> => {
      while (next < cases.length) {
        const at = next++;
        results[at] = await this.#playOn(lane, cases[at]!);
      }
    };
    await Promise.all(this.#lanes.map(work));
    for (const result of results) each(result);
  }

  async #playWrite(next: Case): Promise<CaseResult> {
    // Sessions of their own, so that nothing of this shows in the sessions that are compared.
    const { reference, twin, clusters } = this.#lanes[1]!;
    await alignNumbers([reference, twin, ...clusters]);
    await this.#stage.restore();
    return this.#playOn(this.#lanes[0]!, next);
  }

  async #playOn(lane: Lane, next: Case): Promise<CaseResult> {
    const [reference, twin, ...clusters] = await Promise.all(
      [lane.reference, lane.twin, ...lane.clusters].map((player) => player.play(next)),
    );
    const gone = reference!.find(({ failure }) => failure !== undefined);
    if (gone) throw new Error(`the reference has failed (${gone.failure}): ${next.statements.at(-1)?.sql}`);
    const doubt = decide(next, reference!, twin!);
    const unstable =
      doubt.verdict.kind === 'differs'
        ? `${next.statements[doubt.statement]?.sql}: ${doubt.verdict.what}`
        : undefined;
    // One after the other: they share the lane's sessions.
    let turn = Promise.resolve(false);
    const excused = (only: 'rows' | 'warnings', played: readonly PlayedStatement[], at: number) => {
      turn = turn.then(async () => {
        const same = only === 'rows' ? sameRows : sameWarnings;
        if (await foundOnPath(lane, next, played, at, same)) return true;
        return only === 'rows' && losesRows(lane.twin, next, reference!, at);
      });
      return turn;
    };
    const results = clusters.map(async (played, at): Promise<ClusterResult> => {
      const cluster = this.#stage.clusters[at]!;
      const decided = { shards: cluster.shards, ...decide(next, reference!, played) };
      const only = decided.verdict.kind === 'differs' && !next.writes ? decided.verdict.only : undefined;
      if (only !== undefined && (await excused(only, played, decided.statement)))
        return { ...decided, verdict: { kind: 'equal', allowed: ['accessPath'] } };
      if (!next.writes || decided.verdict.kind !== 'equal' || decided.cut) return decided;
      const what = await this.#stored[at]!.compare();
      return what === undefined ? decided : { ...decided, verdict: { kind: 'differs', what } };
    });
    return {
      case: next,
      clusters: unstable === undefined ? await Promise.all(results) : [],
      unstable,
      failed: reference!.some(({ error }) => error !== undefined),
    };
  }
}

/** What tells where it runs. */
const PLACE = /\b(?:database|schema)\s*\(|\b(?:show|describe|explain|information_schema)\b/i;

const names: ReadonlySet<string> = new Set(keyspaces.map(({ name }) => name));

const moveNames = (sql: string): string =>
  sql.replaceAll(/\b(\w+)(`?)\./g, (whole, name: string, quote: string) =>
    names.has(name) ? `${bareName(name)}${quote}.` : whole,
  );

/** What else than the rows depends on keys: which columns follow from others. */
const LENIENT = "SET sql_mode = REPLACE(@@sql_mode, 'ONLY_FULL_GROUP_BY', '')";

/**
 * Ways to find rows, some of which MySQL 9.7 answers wrongly: subqueries within outer joins, constants of a derived table
 * within one, numbers of several types as the key of a hash.
 */
const ways = [
  'default',
  "'materialization=off'",
  "'firstmatch=off,duplicateweedout=off,loosescan=off'",
  "'derived_merge=off'",
  "'block_nested_loop=off'",
];

const plain = (sql: string): Statement => ({ sql, order: 'any' });

/** What the reference's tables answer to a case's statement in each of the ways, with keys and without. */
async function* inOtherWays({ bare, twin }: Lane, played: Case, at: number): AsyncGenerator<PlayedStatement> {
  const { statements, database = SHARDED } = played;
  if (PLACE.test(statements[at]!.sql)) return;
  const moved = statements.map((each) => ({ ...each, sql: moveNames(each.sql) }));
  for (const way of ways) {
    const set = [plain(LENIENT), plain(`SET optimizer_switch = ${way}`)];
    const others = await Promise.all([
      bare.play({ ...played, database: bareName(database), statements: [...set, ...moved] }),
      twin.play({ ...played, statements: [...set, ...statements] }),
    ]);
    for (const other of others) if (other[at + set.length]?.ok) yield other[at + set.length]!;
  }
}

/**
 * Whether the reference itself, in the same tables without keys or in another way, finds the cluster’s rows, or complains of what it
 * complains of (`accessPath`).
 */
async function foundOnPath(
  lane: Lane,
  played: Case,
  cluster: readonly PlayedStatement[],
  at: number,
  same: typeof sameRows,
): Promise<boolean> {
  for await (const other of inOtherWays(lane, played, at))
    if (same(played.statements[at]!, other, cluster[at]!)) return true;
  return false;
}

const LIMIT = /\sLIMIT (\d+)(?: OFFSET (\d+))?$/;

/**
 * Whether the reference’s LIMIT gives other rows than the first of the whole order: MySQL 9.7 sorts the table before a
 * JSON_TABLE no further than LIMIT says, and loses what follows a constant in an ORDER BY (`accessPath`).
 */
async function losesRows(
  twin: Player,
  played: Case,
  reference: readonly PlayedStatement[],
  at: number,
): Promise<boolean> {
  const statement = played.statements[at]!;
  const limit = LIMIT.exec(statement.sql);
  if (limit === null || statement.order !== 'total') return false;
  const whole = { ...statement, sql: statement.sql.slice(0, limit.index) };
  const others = await twin.play({ ...played, statements: [...played.statements.slice(0, at), whole] });
  const [left, right] = [reference[at], others[at]];
  if (!left?.ok || !right?.ok) return false;
  const skipped = Number(limit[2] ?? 0);
  const rows = right.rows.slice(skipped, skipped + Number(limit[1]));
  return !sameRows(statement, left, { ...right, rows });
}

/** INSERTs that take numbers (`gaps`). */
const NUMBERED = /^\s*INSERT\b.*\b(?:w_auto|w_child)\b/is;

/** The first statement that was refused or differs; else all the differences that were allowed. */
function decide(
  { statements }: Case,
  reference: readonly PlayedStatement[],
  other: readonly PlayedStatement[],
): { verdict: Verdict; statement: number; cut?: boolean } {
  const allowed = new Set<Extract<Verdict, { kind: 'equal' }>['allowed'][number]>();
  for (const [index, statement] of statements.entries()) {
    const [left, right] = [reference[index], other[index]];
    if (left === undefined || right === undefined) {
      if (left === right) break;
      return { verdict: { kind: 'differs', what: 'one side ended early' }, statement: index };
    }
    const doubtful =
      reference.slice(0, index).some(({ error }) => error) && /last_insert_id\(\)/i.test(statement.sql);
    if (doubtful) allowed.add('insertIdAfterError');
    const verdict = compare(doubtful ? { ...statement, order: 'count' } : statement, left, right);
    if (verdict.kind !== 'equal') return { verdict, statement: index };
    for (const name of verdict.allowed) allowed.add(name);
    if (left.error && NUMBERED.test(statement.sql)) {
      allowed.add('gaps');
      return { verdict: { kind: 'equal', allowed: [...allowed] }, statement: index, cut: true };
    }
  }
  return { verdict: { kind: 'equal', allowed: [...allowed] }, statement: statements.length };
}
