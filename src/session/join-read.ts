/**
 * Joins on behalf of a session: the driving side is read, and each batch of its rows is looked up on connections of their own. What the session
 * holds (a transaction's connections) serves one after the other: then the driving side is taken into memory first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { singleGroup } from '../engine/join/joined-definitions.ts';
import { keyLists } from '../engine/join/key-lists.ts';
import {
  type JoinLimits,
  joinLimits,
  type LookupJoinOptions,
  lookupJoin,
} from '../engine/join/lookup-join.ts';
import type { LookupKeys } from '../engine/join/outer-batch.ts';
import { LateRows } from '../engine/late-rows.ts';
import { concatenate } from '../engine/operators/concatenate.ts';
import type { ShardRows } from '../engine/operators/inputs.ts';
import { interruptible } from '../engine/operators/interruptible.ts';
import type { MemoryBudget } from '../engine/operators/memory-budget.ts';
import { asRowsError } from '../engine/operators/operator.ts';
import { type Spool, spool } from '../engine/operators/spool.ts';
import { triedRows } from '../engine/operators/tried-rows.ts';
import type { RowProducer } from '../engine/row-stream.ts';
import type { RowProtocol } from '../engine/rows/formats.ts';
import { textOfBinary, underDefinitions } from '../engine/rows/text-of-binary.ts';
import { expectColumns, scatterRows, withSteps } from '../engine/run-scatter.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { toServerError } from '../gateway/tablet-refusal.ts';
import { shardsFor, textOf } from '../planner/bind.ts';
import type { JoinPlan, Lookup } from '../planner/join/join-plan.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import { isCombined, isRefusal, type Scatter, type Step } from '../planner/plan.ts';
import { everywhere, type RoutingKey, resolveRoute } from '../planner/route.ts';
import type { ShardMap, ShardSet } from '../planner/shard-map.ts';
import { isStable } from '../planner/template.ts';
import type { Asking } from './asking.ts';
import type { CombinedRun } from './combined.ts';
import { JoinCursor } from './join-cursor.ts';
import { limitsOf, memoryBudget, placeAt, requireSeveral } from './planned.ts';
import { isTabletLost, RowAnswer } from './row-answer.ts';
import { ownError } from './scatter-read.ts';
import { hasSelectLimit, stepsUnderSelectLimit } from './select-limit.ts';
import { type ShardQuestion, ShardReads, WARNINGS_KEPT_MAX } from './shard-reads.ts';

const REPEAT_MS = 20;
/** Statements with so many keys stay prepared, fewer are filled up with the first. Of more the PREPARE is not what takes the time. */
const keptSizes = [1, 4, 16, 64, 256];
/** The list without keys. */
const NULL = 'NULL';
/** So much of a driving side is kept, and so much of the statement's memory, before it is read by a cursor. */
const TRIED_BYTES_MAX = 2 * 1024 * 1024;
const TRIED_SHARE = 8;
/** A lookup that waits so long for connections may wait for those of its own statement. */
const DRAIN_MS = 50;
/** What the setting sql_select_limit must not cut off. */
const NO_LIMIT = ' LIMIT 18446744073709551615';
/** A first batch of fewer rows is not worth its lookup. */
const FIRST_ROWS_MIN = 32;

/** Sends the client the joined rows. A read whose tablet was lost before the client had anything is repeated once. */
export async function joinRead(run: CombinedRun, plan: JoinPlan): Promise<void> {
  requireSeveral(run.session, run.scan);
  const lost = await new JoinRead(run, plan).run(run.scan.readOnly);
  if (!lost) return;
  await sleep(REPEAT_MS);
  await new JoinRead(run, plan).run(false);
}

type LookupText = Readonly<{ head: Buffer; markers: readonly number[] }>;

class JoinRead {
  readonly #run: CombinedRun;
  readonly #plan: JoinPlan;
  readonly #protocol: RowProtocol;
  readonly #budget: MemoryBudget;
  readonly #steps: readonly Step[];
  /** Behind each text. */
  readonly #suffix: Buffer;
  /** Connections serve one after the other. */
  readonly #isExclusive: boolean;
  readonly #driving: ShardReads;
  /** Lookups that have connections, or wait for them. */
  readonly #underWay = new Set<Promise<void>>();
  /** What has been heard of lookups that are over. */
  #warningRows: readonly Buffer[] = [];
  #failedRows: readonly Buffer[] | undefined;
  #ranWith = 0;
  #wasHeld = false;
  #spool: Spool | undefined;
  #cursor: JoinCursor | undefined;
  #opening: Promise<void> | undefined;
  /** When the lookups before have given back their connections. */
  #turn: Promise<void> = Promise.resolve();

  constructor(run: CombinedRun, plan: JoinPlan) {
    const { session, scan, prepared } = run;
    this.#run = run;
    this.#plan = plan;
    this.#protocol = prepared === undefined ? 'text' : 'binary';
    this.#budget = memoryBudget(session, scan);
    const { holding, state } = session;
    this.#steps = stepsUnderSelectLimit(state, plan.steps, false);
    this.#suffix = Buffer.from(hasSelectLimit(state) ? NO_LIMIT : '');
    this.#isExclusive = holding.count > 0 || holding.inTransaction || !state.autocommit;
    this.#driving = new ShardReads(session, scan);
  }

  /** True: nothing was sent since a tablet was lost, and the query may be repeated. */
  async run(repeatable: boolean): Promise<boolean> {
    const { session, scan, source, operands } = this.#run;
    const driving = await this.#drivingRows();
    const limits = limitsOf({ steps: this.#steps }, operands);
    const { measured, answerRows } = this.#run;
    const stepRun = {
      measured,
      protocol: this.#protocol,
      budget: this.#budget,
      rowsWanted: (step: Extract<Step, { kind: 'limit' }>) => limits.get(step)!,
    };
    const joined = this.#plan.lookups.reduce((rows, lookup, at) => {
      const found = lookupJoin(rows, this.#joinOptions(lookup, at));
      return measured?.rows(lookup, '', found) ?? found;
    }, driving);
    const answer = new RowAnswer(session);
    const [group] = this.#steps;
    const isSingle = group?.kind === 'group' && group.always === true;
    const stepped = withSteps(isSingle ? singleGroup(joined) : joined, this.#steps, stepRun);
    const rows = interruptible(stepped, session.activity.signal);
    const ending = await answer.send(answerRows?.(rows) ?? rows, () => this.#driving.runStatus);
    this.#driving.stop();
    await this.#driving.freed();
    await this.#opening;
    await Promise.all(this.#underWay);
    if (this.#cursor === undefined) this.#note(this.#driving);
    else {
      await this.#cursor.close();
      this.#note({ ...this.#cursor.heard, failedRows: undefined, wasHeld: true });
    }
    if (session.closed) return false;
    const { summary } = ending;
    if (summary !== undefined) {
      const { warnings } = summary;
      answer.end({ warnings, warningRows: this.#warningRows, status: this.#ranWith });
      return false;
    }
    const original = answer.sent ? undefined : source.subarray(scan.start, scan.end);
    const single = this.#plan.keyspaces.length === 1 ? original : undefined;
    const error = await ownError(session, ending.error, this.#driving.places, single);
    if (isTabletLost(error) && repeatable && !answer.sent && !this.#wasHeld) return true;
    answer.fail(error, this.#failedRows);
    return false;
  }

  #note({
    warningRows,
    failedRows,
    ranWith,
    wasHeld,
  }: Pick<ShardReads, 'warningRows' | 'failedRows' | 'ranWith' | 'wasHeld'>): void {
    this.#warningRows = [...this.#warningRows, ...warningRows].slice(0, WARNINGS_KEPT_MAX);
    this.#failedRows ??= failedRows;
    this.#ranWith |= ranWith;
    this.#wasHeld ||= wasHeld;
  }

  async #drivingRows(): Promise<RowProducer> {
    const { session, operands, values, ask, askKept, askCursor } = this.#run;
    const { driving } = this.#plan;
    const { keyspace, groups, scatter } = driving;
    const map = session.services.plans.shardMap(keyspace);
    const shards = someShard(shardsFor(groups, operands, map, undefined));
    const own = values();
    const suffix = this.#plan.isLimited ? [] : [this.#suffix];
    const text = Buffer.concat([textOf(scatterOf(scatter).text, own), ...suffix]);
    const markers = own.markers();
    const questionsBy = (asking: Asking): readonly ShardQuestion[] => {
      const asked = asking(text, markers);
      return shards.map((at) => ({ place: placeAt(session, keyspace, map, at), ...asked }));
    };
    const isKept = askKept !== undefined && isStable(scatterOf(scatter).text);
    const questions = questionsBy(isKept ? (made) => askKept(made, markers, []) : ask);
    await this.#driving.lease(questions.map(({ place }) => place));
    const parts = questions.map((question) => ({
      name: question.place.shard.name,
      rows: this.#driving.rows(question),
    }));
    this.#driving.seal();
    const rows = this.#scattered(parts, this.#protocol);
    if (this.#isExclusive && askCursor !== undefined)
      return triedRows(rows, {
        budget: this.#budget,
        bytesMax: this.#triedBytes,
        again: (definitions) => this.#byCursor(questionsBy(askCursor), definitions),
      });
    return spool(rows, this.#budget, (given) => {
      this.#spool = given;
      if (this.#isExclusive) given.drain(true);
    });
  }

  get #triedBytes(): number {
    return Math.min(TRIED_BYTES_MAX, this.#budget.bytesMax / TRIED_SHARE);
  }

  /** The driving side's rows of those of its shards. */
  #scattered(parts: readonly ShardRows[], protocol: RowProtocol): RowProducer {
    const { measured } = this.#run;
    const { driving } = this.#plan;
    const scatter = scatterOf(driving.scatter);
    const run = { protocol, budget: this.#budget, measured, rowsWanted: () => nothing };
    const [only, ...others] = parts;
    if (others.length > 0) return scatterRows(scatter, parts, run);
    // One shard has sorted its rows itself.
    const { name, rows } = only!;
    const counted = measured?.rows(driving, name, rows) ?? rows;
    return scatterRows({ ...scatter, merge: undefined }, [{ name, rows: counted }], run);
  }

  /** Too many rows to keep them: read again, so that lookups have the connections between their parts. */
  #byCursor(questions: readonly ShardQuestion[], definitions: readonly Buffer[]): RowProducer {
    const { session, scan } = this.#run;
    return (sink) => {
      const late = new LateRows(sink);
      const open = async (): Promise<void> => {
        await this.#driving.freed();
        if (late.isCancelled) return;
        const cursor = await JoinCursor.lease(session, scan, questions, this.#triedBytes);
        this.#cursor = cursor;
        if (late.isCancelled) return;
        const rows = this.#scattered(cursor.rows, 'binary');
        const told = this.#protocol === 'text' ? textOfBinary : underDefinitions;
        late.start(spool(told(rows, definitions), this.#budget, () => {}));
      };
      this.#opening = open().catch((error: unknown) => late.fail(toServerError(error) ?? asRowsError(error)));
      return late;
    };
  }

  /** Where the first rows are enough, the first batch is small. */
  #limitsOf({ isIndexed }: Lookup): JoinLimits {
    const limits = joinLimits(this.#budget.bytesMax, isIndexed);
    const isFirst = this.#steps.every(({ kind }) => kind === 'limit' || kind === 'project');
    if (!isIndexed || !isFirst) return limits;
    for (const { offset, count } of limitsOf({ steps: this.#steps }, this.#run.operands).values())
      return { ...limits, firstRows: Math.max(FIRST_ROWS_MIN, offset + count) };
    return limits;
  }

  #joinOptions(lookup: Lookup, at: number): LookupJoinOptions {
    const { session, operands, values } = this.#run;
    const { kind, isNullable, keys, output, ordered, keyspace, groups } = lookup;
    const map = session.services.plans.shardMap(keyspace);
    const shards = someShard(shardsFor(groups, operands, map, undefined));
    const own = values();
    const head = textOf(lookup.text, own);
    const text: LookupText = { head, markers: own.markers() };
    return {
      protocol: this.#protocol,
      kind,
      outerKeys: keys.map(({ outer, weights }) =>
        weights === undefined
          ? { column: outer }
          : { column: outer, weight: { column: weights.outer, collationId: weights.collationId } },
      ),
      innerKeys: keys.map(({ inner, weights }) =>
        weights === undefined
          ? { column: inner }
          : { column: inner, weight: { column: weights.inner, collationId: weights.collationId } },
      ),
      output,
      isNullable,
      ordered,
      // Those behind it need connections while it waits.
      keeps: at < this.#plan.lookups.length - 1,
      budget: this.#budget,
      limits: this.#limitsOf(lookup),
      lookup: (found) => (sink) => {
        const rows = new LateRows(sink);
        this.#inTurn((before) =>
          this.#lookUp(rows, before, this.#questions(lookup, found, { map, shards, text }), lookup),
        ).catch((error: unknown) => rows.fail(toServerError(error) ?? asRowsError(error)));
        return rows;
      },
    };
  }

  /** Runs a lookup; `before` resolves when those before it have given back their connections. */
  #inTurn(work: (before: Promise<unknown>) => Promise<void>): Promise<void> {
    const running = work(Promise.allSettled([this.#turn, this.#driving.freed()]));
    const over = running.catch(() => {}).then(() => void this.#underWay.delete(over));
    this.#turn = over;
    this.#underWay.add(over);
    return running;
  }

  #questions(
    lookup: Lookup,
    keys: LookupKeys,
    { map, shards, text }: Readonly<{ map: ShardMap; shards: ShardSet; text: LookupText }>,
  ): readonly ShardQuestion[] {
    const lists = keyLists(keys, lookup, {
      protocol: this.#protocol,
      shards,
      shardsOf: (value) => this.#shardsOf(lookup.route!.by, value, map),
    });
    const { ask, askKept } = this.#run;
    const isKept =
      askKept !== undefined && lookup.keys.length === 1 && lookup.keys[0]!.form.kind === 'integer';
    return lists.map(({ shard, literals }) => {
      const place = placeAt(this.#run.session, lookup.keyspace, map, shard);
      const whole = (list: readonly string[]): Buffer =>
        Buffer.concat([text.head, Buffer.from(`${list.join(',')})${lookup.behind}`), this.#suffix]);
      const size = isKept ? keptSizes.find((each) => each >= literals.length) : undefined;
      if (size === undefined || literals[0] === NULL) return { place, ...ask(whole(literals), text.markers) };
      const integers = Array.from({ length: size }, (_, at) => BigInt(literals[at] ?? literals[0]!));
      return { place, ...askKept!(whole(integers.map(() => '?')), text.markers, integers) };
    });
  }

  async #lookUp(
    rows: LateRows,
    before: Promise<unknown>,
    questions: readonly ShardQuestion[],
    lookup: Lookup,
  ): Promise<void> {
    const { columns } = lookup;
    const { session, scan } = this.#run;
    const reads = new ShardReads(session, scan);
    const draining = setTimeout(() => this.#spool?.drain(false), DRAIN_MS);
    const cursor = this.#cursor;
    try {
      if (this.#isExclusive) await before;
      await cursor?.take();
      if (rows.isCancelled) return;
      await reads.lease(questions.map(({ place }) => place));
      clearTimeout(draining);
      const { measured } = this.#run;
      const parts = questions.map((question) => {
        const { name } = question.place.shard;
        const rows = expectColumns(reads.rows(question), { name, columns, titles: [] });
        return { name, rows: measured?.rows(lookup, name, rows) ?? rows };
      });
      reads.seal();
      if (rows.isCancelled) reads.stop();
      else rows.start(concatenate(parts, this.#protocol));
      await reads.freed();
      this.#note(reads);
    } finally {
      clearTimeout(draining);
      cursor?.release();
    }
  }

  #shardsOf(by: RoutingKey, value: LiteralValue, map: ShardMap): ShardSet {
    try {
      const route = { kind: 'equal', key: by, values: [{ kind: 'constant', value }] } as const;
      return resolveRoute(route, this.#run.operands, map);
    } catch (error) {
      // The vindex refuses a value that no row of its table can have.
      if (error instanceof HeadgateError && error.code === 'HG_VINDEX_VALUE')
        return resolveRoute(everywhere, this.#run.operands, map);
      throw error;
    }
  }
}

const nothing = { offset: 0, count: 0 };

const someShard = (shards: ShardSet): ShardSet => (shards.length === 0 ? [0] : shards);

function scatterOf(scatter: JoinPlan['driving']['scatter']): Scatter {
  if (isRefusal(scatter) || isCombined(scatter))
    throw new HeadgateError('HG_INTERNAL', { detail: 'a join whose driving side is no scatter' });
  return scatter;
}
