/** Gives the shards, and the reference's twin, the tables, views and functions that a script has made on the reference. */
import { equalKeyRanges, keyRangeContains, parseKeyRange } from '../../../src/vschema/key-range.ts';
import { createVindex } from '../../../src/vschema/vindexes/registry.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type AnswersStage, TOUCHED } from './stage.ts';
import {
  askRows,
  type CopiedRow,
  describeTable,
  insertsOf,
  quoteName,
  readRows,
  type TableCopy,
  withoutKeys,
} from './tables.ts';

const ROWS_MAX = 5_000;
const VISIBLE_MS_MAX = 20_000;

type Copies = Map<string, Readonly<{ create: string; rows: string }>>;

/** One server that copies go to. */
type Holder = Readonly<{ client: RawClient; fits: (table: TableCopy, row: CopiedRow) => boolean }>;

/** What both kinds of copies have: which tables a server set has, and which of them may have changed. */
class Target {
  readonly holders: readonly Holder[];
  readonly has: Copies = new Map();
  readonly views = new Map<string, string>();
  /** Undefined: any may have changed. */
  changed: Set<string> | undefined;

  constructor(holders: readonly Holder[]) {
    this.holders = holders;
  }
}

export class TableCopies {
  readonly #stage: AnswersStage;
  readonly #reference: RawClient;
  readonly #router: RawClient;
  readonly #shards: Target;
  readonly #twin: Target;
  /** Tables and views that could not be copied, with the reason. */
  readonly missing = new Map<string, string>();
  #version = 0;
  readonly #spread: boolean;
  readonly #placings = new Map<string, TableCopy>();

  private constructor(stage: AnswersStage, clients: readonly RawClient[], spread: boolean) {
    this.#stage = stage;
    const [reference, router, twin, ...tablets] = clients;
    this.#reference = reference!;
    this.#router = router!;
    this.#spread = spread;
    const ranges = equalKeyRanges(tablets.length).map((name) => parseKeyRange(name)!);
    this.#shards = new Target(
      tablets.map((client, at) => ({
        client,
        fits: (table, row) => {
          if (this.#isAside(table.name)) return at === 0;
          const id = idOf(table, row);
          return id === undefined ? at === 0 : keyRangeContains(ranges[at]!, id);
        },
      })),
    );
    this.#twin = new Target([{ client: twin!, fits: () => true }]);
  }

  static async open(stage: AnswersStage, spread: boolean): Promise<TableCopies> {
    const reference = await connect(stage.reference, [
      'SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
    ]);
    const others = [stage.twin, ...stage.tablets].map((endpoint) => connect(endpoint, writing));
    const router = await RawClient.connect(stage.router, { database: 'test', timeoutMs: 60_000 });
    return new TableCopies(stage, [reference, router, ...(await Promise.all(others))], spread);
  }

  close(): void {
    const holders = [...this.#shards.holders, ...this.#twin.holders];
    for (const client of [this.#reference, this.#router, ...holders.map((holder) => holder.client)])
      client.destroy();
  }

  /** Whether a table of that name is on the shards. */
  has(name: string): boolean {
    return this.#shards.has.has(name);
  }

  /** Makes a table of the reference anew by the definition that it shows. */
  async rewrite(name: string): Promise<void> {
    const other = 'test.headgate_rewritten';
    try {
      const { create, columns } = await describeTable(this.#reference, name);
      const names = columns.filter(({ generated }) => !generated).map((column) => quoteName(column.name));
      await run(this.#reference, [
        ...writing,
        'USE test',
        create.replace(/^CREATE TABLE `(?:[^`]|``)*`/, `CREATE TABLE ${other}`),
        `INSERT INTO ${other} (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${quoteName(name)}`,
        `DROP TABLE ${quoteName(name)}`,
        `RENAME TABLE ${other} TO ${quoteName(name)}`,
      ]);
    } catch {
      // It stays as the script has made it.
      await run(this.#reference, [`DROP TABLE IF EXISTS ${other}`]);
    }
  }

  /** A statement was run on the reference: `text` undefined where it may have changed anything. */
  note(text: string | undefined): void {
    for (const target of [this.#shards, this.#twin]) {
      if (text === undefined) target.changed = undefined;
      else if (target.changed) for (const name of wordsOf(text)) target.changed.add(name);
    }
  }

  /** Empties all servers for the next script. */
  async reset(): Promise<void> {
    const databases = await askRows(this.#reference, 'SHOW DATABASES');
    const own = databases.flatMap(([name]) =>
      /^(?:mysql|sys|information_schema|performance_schema)$/.test(name!) ? [] : [name!],
    );
    await run(this.#reference, [
      'SET foreign_key_checks = 0',
      ...own.map((name) => `DROP DATABASE ${quoteName(name)}`),
      'CREATE DATABASE test',
    ]);
    this.missing.clear();
    this.note(undefined);
    await this.bring();
  }

  /** Brings what has changed to the shards. */
  async bring(): Promise<void> {
    const defined = await this.#bringTo(this.#shards, (create) => create);
    if (defined) await this.#announce();
  }

  async bringToTwin(): Promise<void> {
    await this.#bringTo(this.#twin, withoutKeys);
  }

  #isAside(name: string): boolean {
    return this.#spread && [...name].reduce((sum, character) => sum + character.charCodeAt(0), 0) % 2 === 0;
  }

  /** Whether definitions have changed. */
  async #bringTo(target: Target, defined: (create: string) => string): Promise<boolean> {
    if (target.changed?.size === 0) return false;
    const all = await askRows(this.#reference, 'SHOW FULL TABLES FROM test');
    const tables = all.filter(([, kind]) => kind === 'BASE TABLE').map(([name]) => name!);
    let isChanged = await dropGone(target, tables);
    for (const name of tables) {
      if (target.has.has(name) && target.changed && !target.changed.has(name.toLowerCase())) continue;
      try {
        const table = await describeTable(this.#reference, name);
        if (target === this.#shards) this.#placings.set(name, table);
        if (await this.#bringTable(target, table, defined)) isChanged = true;
        this.missing.delete(name);
      } catch (error) {
        this.missing.set(name, (error as Error).message);
        target.has.delete(name);
      }
    }
    if (
      await this.#bringViews(
        target,
        all.filter(([, kind]) => kind === 'VIEW').map(([name]) => name!),
      )
    )
      isChanged = true;
    target.changed = new Set();
    return isChanged;
  }

  async #bringTable(target: Target, table: TableCopy, defined: (create: string) => string): Promise<boolean> {
    const { name, create } = table;
    const isAside = target === this.#shards && this.#isAside(name);
    const rows = await readRows(this.#reference, table, ROWS_MAX);
    if (rows === undefined) throw new Error(`more than ${ROWS_MAX} rows`);
    const digest = rows.map(({ values }) => values).join();
    const known = target.has.get(name);
    const shape = create.replace(/ AUTO_INCREMENT=\d+/, '');
    if (known?.create === shape && known.rows === digest) return false;
    const isNew = known?.create !== shape;
    target.has.delete(name);
    await Promise.all(
      target.holders.map(async ({ client, fits }, at) => {
        if (isAside && at > 0) return;
        const own = rows.filter((row) => fits(table, row));
        const text = defined(shape);
        if (isNew) {
          await run(client, [`DROP TABLE IF EXISTS test.${quoteName(name)}, side.${quoteName(name)}`]);
          await run(client, [`USE ${isAside ? 'side' : 'test'}`]);
          await run(client, [text]).catch(() => run(client, [create]));
        } else await run(client, [`USE ${isAside ? 'side' : 'test'}`, `DELETE FROM ${quoteName(name)}`]);
        await run(client, insertsOf(table, target === this.#twin ? own.toReversed() : own));
        await run(client, [`ANALYZE TABLE ${quoteName(name)}`]);
      }),
    );
    target.has.set(name, { create: shape, rows: digest });
    return isNew;
  }

  /** Views rest on each other: what cannot be made yet is tried again while another one could. */
  async #bringViews(target: Target, names: readonly string[]): Promise<boolean> {
    const routines = await askRows(
      this.#reference,
      "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'test' AND ROUTINE_TYPE = 'FUNCTION'",
    );
    const wanted = new Map<string, string>();
    for (const [name] of routines) {
      const [shown] = await askRows(this.#reference, `SHOW CREATE FUNCTION test.${quoteName(name!)}`);
      if (shown?.[2])
        wanted.set(`FUNCTION ${quoteName(name!)}`, shown[2].replace(/^CREATE DEFINER=\S+/, 'CREATE'));
    }
    for (const name of names) {
      const [shown] = await askRows(this.#reference, `SHOW CREATE VIEW test.${quoteName(name)}`).catch(
        () => [],
      );
      if (shown) wanted.set(`VIEW ${quoteName(name)}`, shown[1]!);
    }
    const had = target.views;
    const isSame =
      had.size === wanted.size && [...wanted].every(([name, create]) => had.get(name) === create);
    if (isSame) return false;
    for (const name of had.keys())
      for (const { client } of target.holders)
        await run(client, ['USE test', `DROP ${name.replace(' ', ' IF EXISTS ')}`]);
    had.clear();
    const failed = await createAll(target, wanted);
    for (const [name, create] of wanted) if (!failed.has(name)) had.set(name, create);
    for (const [name, why] of failed) this.missing.set(name.replace(/^\w+ `(.*)`$/, '$1'), why);
    return true;
  }

  /** Writes the VSchema, has the router read the tables anew, and waits until it knows both. */
  async #announce(): Promise<void> {
    const version = `version_${++this.#version}`;
    const tables: Record<string, object> = { [TOUCHED]: { type: 'reference' } };
    const rules: { from_table: string; to_tables: string[] }[] = [];
    const vindexes: Record<string, object> = { [version]: { type: 'xxhash' } };
    for (const name of this.#shards.has.keys()) {
      if (this.#isAside(name)) rules.push({ from_table: `test.${name}`, to_tables: [`side.${name}`] });
      else {
        const placing = this.#placings.get(name)?.placing;
        if (placing) vindexes[placing.vindex] = { type: placing.vindex };
        tables[name] = placing
          ? { column_vindexes: [{ column: placing.column, name: placing.vindex }] }
          : { pinned: '00' };
      }
    }
    await this.#stage.store.putVschema({ keyspace: 'test', vschema: { sharded: true, vindexes, tables } });
    if (this.#spread) await this.#stage.store.putRoutingRules({ routingRules: { rules } });
    const giveUpAtMs = Date.now() + VISIBLE_MS_MAX;
    while (
      !(await askRows(this.#router, 'SHOW VSCHEMA VINDEXES FROM test')).some((row) => row.includes(version))
    )
      if (Date.now() > giveUpAtMs) throw new Error('the router does not see the VSchema');
    for (const keyspace of this.#spread ? ['side', 'test'] : ['test'])
      await run(this.#router, [`USE ${keyspace}`, `ALTER TABLE ${TOUCHED} COMMENT '${version}'`]);
  }
}

async function dropGone(target: Target, tables: readonly string[]): Promise<boolean> {
  const gone = [...target.has.keys()].filter((name) => !tables.includes(name));
  for (const name of gone) {
    for (const { client } of target.holders)
      await run(client, [`DROP TABLE IF EXISTS test.${quoteName(name)}, side.${quoteName(name)}`]);
    target.has.delete(name);
  }
  return gone.length > 0;
}

async function createAll(target: Target, wanted: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  let open = new Map<string, string>();
  for (const name of wanted.keys()) open.set(name, '');
  for (let before = open.size + 1; open.size > 0 && open.size < before; ) {
    before = open.size;
    const failed = new Map<string, string>();
    for (const name of open.keys()) {
      try {
        for (const { client } of target.holders) await run(client, ['USE test', wanted.get(name)!]);
      } catch (error) {
        failed.set(name, (error as Error).message);
      }
    }
    open = failed;
  }
  return open;
}

function idOf({ placing }: TableCopy, { place }: CopiedRow): Buffer | undefined {
  if (placing === undefined) return undefined;
  const value = place === null ? ({ kind: 'null' } as const) : { kind: placing.kind, bytes: place };
  const destination = createVindex(placing.vindex, {}).map([value]);
  return destination.kind === 'keyspaceId' ? destination.id : undefined;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\w$\x80-\xff]+/g) ?? [];

const writing = [
  "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0, unique_checks = 0, sql_log_bin = 0",
];

async function connect(endpoint: AnswersStage['reference'], settings: readonly string[]): Promise<RawClient> {
  const client = await RawClient.connect(endpoint, { timeoutMs: 60_000 });
  await run(client, ["SET time_zone = '+00:00', sql_select_limit = DEFAULT", ...settings]);
  return client;
}

async function run(client: RawClient, statements: Iterable<string>): Promise<void> {
  for (const sql of statements) await askRows(client, sql);
}
