/**
 * LOAD DATA LOCAL into a table of several shards: one LOAD on each, and the client's file cut into rows between them. All of it or
 * nothing, as any write over shards.
 */
import { FileDistributor } from '../engine/load/file-distributor.ts';
import { RowNumbers } from '../engine/load/row-numbers.ts';
import { RowPlacement } from '../engine/load/row-placement.ts';
import type { RowFormat } from '../engine/load/row-splitter.ts';
import { textValues } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { FileUpload } from '../gateway/file-upload.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { textOf } from '../planner/bind.ts';
import { type LoadPlan, privateVariable } from '../planner/load.ts';
import type { Operands } from '../planner/operands.ts';
import type { ShardMap } from '../planner/shard-map.ts';
import { effect } from '../sql/statement.ts';
import { placeAt, requireSeveral, valuesOf } from './planned.ts';
import type { Session, Statement } from './session.ts';
import { ShardLoad } from './shard-load.ts';
import {
  addedInfo,
  notOverShards,
  type Part,
  type PartsRunner,
  type Ran,
  type ShardStatement,
  writeOnShards,
} from './shard-writes.ts';
import { takeVariables } from './user-variables.ts';

/** What is known of the numbers of rows: about as many bytes as rows. */
const NUMBERS_BYTES_MAX = 64 * 1024 * 1024;
/** A shard that gets no rows for a while must not take the client for gone. */
const READ_SECONDS_MAX = 31_536_000;
const WATCH_MS = 250;

const singleByte: ReadonlySet<string> = new Set(
  (
    'armscii8 ascii binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u ' +
    'latin1 latin2 latin5 latin7 macce macroman swe7 tis620'
  ).split(' '),
);

export async function loadOnShards(
  session: Session,
  statement: Statement,
  plan: LoadPlan,
  operands: Operands,
): Promise<void> {
  const scan = { ...statement.scan, effects: statement.scan.effects & ~effect.writesUserVariable };
  requireSeveral(session, scan);
  const { services } = session;
  const map = services.plans.shardMap(plan.keyspace);
  const text = textOf(plan.shardText, valuesOf(statement.source, operands));
  const numbers = map.names.map(() => new RowNumbers(Math.floor(NUMBERS_BYTES_MAX / map.names.length)));
  const statements = map.names.map(
    (_, at): ShardStatement => ({
      place: placeAt(session, plan.keyspace, map, at),
      text,
      rowNumbers: numbers[at],
      parameters: undefined,
    }),
  );
  const load = new Load(session, plan, map, numbers);
  const outcome = await writeOnShards(session, { ...statement, scan }, statements, load);
  const { affectedRows, warnings, warningRows, parts } = outcome;
  session.diagnostics.noteSeveral({ rows: undefined, affectedRows, warnings, warningRows });
  if (load.firstValue !== undefined) await session.diagnostics.noteInsertId(load.firstValue);
  const statusFlags = session.statusFlags | outcome.status;
  session.okWith({ affectedRows, statusFlags, warnings, info: addedInfo(parts.map(({ info }) => info)) });
}

class Load implements PartsRunner {
  /** The first value that the sequence gave. */
  firstValue: bigint | undefined;
  readonly #session: Session;
  readonly #plan: LoadPlan;
  /** Who has the last row. */
  #lastShard: number | undefined;
  readonly #map: ShardMap;
  readonly #numbers: readonly RowNumbers[];

  constructor(session: Session, plan: LoadPlan, map: ShardMap, numbers: readonly RowNumbers[]) {
    this.#session = session;
    this.#plan = plan;
    this.#map = map;
    this.#numbers = numbers;
  }

  async run(_session: Session, parts: readonly Part[]): Promise<PromiseSettledResult<Ran>[]> {
    const { databaseCharset, readSeconds } = await askFirst(parts[0]!.connection);
    const charset = this.#plan.charset ?? databaseCharset;
    const format = formatOf(this.#plan, charset);
    const now = (Date.now() / 1000).toFixed(6);
    await Promise.all(parts.map(({ connection }) => prepareConnection(connection, now)));
    const loads = parts.map(({ connection, statement }) => new ShardLoad(connection, statement.text));
    await Promise.all(loads.map(({ started }) => started));
    const uploads = loads.flatMap(({ upload }) => upload ?? []);
    // Where one shard refuses the statement, the client is not asked for its file.
    const failure =
      uploads.length < loads.length
        ? undefined
        : await this.#distribute(loads[0]!.request, uploads, { format, charset, readSeconds });
    for (const upload of uploads) upload.end(0);
    const answers = await Promise.allSettled(loads.map(({ ran }) => ran));
    if (answers.every(isSuccess)) {
      if (failure !== undefined) throw failure;
    } else this.#lastShard = undefined;
    return answers;
  }

  /** Asks the client for its file and gives each shard its rows; what it returns is why some were not. */
  async #distribute(
    request: Buffer,
    uploads: readonly FileUpload[],
    { format, charset, readSeconds }: FileFacts,
  ): Promise<unknown> {
    const session = this.#session;
    const plan = this.#plan;
    const { services, state, activity } = session;
    const { keyspace, table } = plan.sequence ?? {};
    session.sendPayload(request);
    const file = new FileDistributor(session.sequence, {
      format,
      fieldCount: plan.fieldCount,
      // Lines without an end of their own are not left out.
      ignoredLines: format.lineEnd.length === 0 ? 0 : plan.ignoredLines,
      placement: new RowPlacement(plan, this.#map, state.valueContext, charset),
      rowBytesMax: services.statementBytesMax,
      uploads,
      numbers: this.#numbers,
      takeValues: (count) =>
        activity.during(
          `waiting for a block of sequence ${keyspace}.${table}`,
          services.sequences.take(keyspace!, table!, count, activity.signal),
        ),
    });
    session.port.sendFile(file);
    // The shards would wait, and hold locks, for as long as a client that is stuck stays connected.
    const watch = setInterval(() => {
      if (file.silentMs > readSeconds * 1000) session.port.end();
    }, WATCH_MS);
    session.sequence = await file.done;
    clearInterval(watch);
    this.firstValue = file.firstValue;
    this.#lastShard = file.lastShard;
    return file.failure;
  }

  async clean(parts: readonly Part[]): Promise<void> {
    const last = this.#lastShard === undefined ? undefined : parts[this.#lastShard]!.connection;
    const names = this.#plan.variables;
    if (last !== undefined && names.length > 0) {
      const wanted = names.map((name, at) => [name, privateVariable(at)] as const);
      await takeVariables(this.#session, new Map(wanted), last);
    }
    await Promise.all(
      parts.map(async ({ connection }) => {
        if (connection.closed) return;
        const own = ownSettings(connection, [TIMESTAMP, READ_TIMEOUT]);
        const settings = [TIMESTAMP, READ_TIMEOUT].map((name) => own.get(name) ?? `${name}DEFAULT`);
        await demand(connection.query(`SET ${settings.join(', ')}`)).catch(() => connection.close());
      }),
    );
  }
}

const TIMESTAMP = '@@session.timestamp=';
const READ_TIMEOUT = '@@session.net_read_timeout=';

/** One moment for all shards, unless the client has set it, and time to wait for rows. */
function prepareConnection(connection: BackendConnection, now: string): Promise<unknown> {
  const moment = ownSettings(connection, [TIMESTAMP]).get(TIMESTAMP) ?? `${TIMESTAMP}${now}`;
  return demand(connection.query(`SET ${moment}, ${READ_TIMEOUT}${READ_SECONDS_MAX}`));
}

/** What the session itself has set of some variables, as assignments. */
function ownSettings({ need }: BackendConnection, names: readonly string[]): Map<string, string> {
  const own = new Map<string, string>();
  for (const name of names) {
    const setting = need?.settings.find((each) => each.startsWith(name));
    if (setting !== undefined) own.set(name, setting);
  }
  return own;
}

const isSuccess = (answer: PromiseSettledResult<Ran>): boolean =>
  answer.status === 'fulfilled' && answer.value.answer.error === undefined;

type FileFacts = Readonly<{
  format: RowFormat;
  charset: string;
  /** How long a client may send nothing. */
  readSeconds: number;
}>;

/** What only the session's connection knows: the charset of files where the statement does not say it, and net_read_timeout. */
async function askFirst(
  connection: BackendConnection,
): Promise<Readonly<{ databaseCharset: string; readSeconds: number }>> {
  const answer = await demand(connection.query('SELECT @@character_set_database, @@net_read_timeout'));
  const [databaseCharset, readSeconds] = textValues(answer, 0);
  return { databaseCharset: databaseCharset ?? '', readSeconds: Number(readSeconds) };
}

const TAB = Buffer.from('\t');
const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
const BACKSLASH = 0x5c;

/** Raises HG_SHARDED_NOT_PLANNED. */
function formatOf({ fields, lines }: LoadPlan, charset: string): RowFormat {
  const fieldEnd = fields.terminated ?? TAB;
  const lineEnd = lines.terminated ?? NEWLINE;
  return {
    fieldEnd,
    // The same for both: rows are told apart by the number of their fields.
    lineEnd: lineEnd.equals(fieldEnd) ? NOTHING : lineEnd,
    lineStart: lines.starting ?? NOTHING,
    quote: fields.enclosed?.[0] ?? -1,
    escapeByte: fields.escaped === undefined ? BACKSLASH : (fields.escaped[0] ?? -1),
    charset: charsetKind(charset),
  };
}

function charsetKind(charset: string): RowFormat['charset'] {
  if (charset === 'utf8mb4') return 'utf8mb4';
  if (charset === 'utf8mb3' || charset === 'utf8') return 'utf8mb3';
  if (singleByte.has(charset)) return 'single';
  throw notOverShards(`LOAD DATA of a file in ${charset}`);
}
