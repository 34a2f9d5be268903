/** One script's session with the reference, its twin and the router: which statements go where, and what came of them. */

import { capability, serverStatus } from '../../../src/mysql/protocol.ts';
import { lexModeOf } from '../../../src/sql/lex-mode.ts';
import { type StatementKind, scanStatement } from '../../../src/sql/statement-scan.ts';
import type { Verdict } from '../../differential/compare.ts';
import { type PlayedStatement, playBinary, playText } from '../../differential/play.ts';
import { readResults } from '../../support/decode.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { TableCopies } from './copies.ts';
import type { AnswersStage } from './stage.ts';
import { judge } from './verdict.ts';

export type Judged = Readonly<{
  number: number;
  line: number;
  sql: string;
  verdict: Verdict | Readonly<{ kind: 'skipped' | 'undetermined'; what: string }>;
  left?: PlayedStatement;
  right?: PlayedStatement;
}>;

export type SessionOptions = Readonly<{
  prepared: boolean;
  /** The only statement that is compared. */
  only: number | undefined;
  selectsMax: number;
}>;

/** What gives columns widths that no later definition says: widths of numbers, and queries. */
const WIDTHS =
  /\b(?:\w*int|integer|year|float|double|real)\s*\(\s*\d|\b(?:select|values|table)\b.*\b(?:select|values|table)\b|\bselect\b/is;
const ANSWER_MS_MAX = 40_000;
/** Functions whose answer is of writes, locks or time, and what would go to the server's files. */
const notAsked =
  /\b(?:last_insert_id|row_count|sleep|benchmark|get_lock|release_lock|release_all_locks|is_free_lock|is_used_lock|master_pos_wait|source_pos_wait|load_file|wait_for_executed_gtid_set)\s*\(|\binto\s+(?:out|dump)file\b|\bprocedure\s+analyse\b/i;
const foreign = /\b(?:information_schema|performance_schema|mysql|sys|mtr)\s*\.|\bdebug\b/i;
const notForSessions =
  /\b(?:global|persist|persist_only)\b|@@global\s*\.\s*\w+\s*(?::?=)|\b(?:password|role|resource\s+group|autocommit|transaction_read_only|tx_read_only|sql_log_bin|gtid_next|pseudo_\w+|original_\w+|binlog_\w+|debug\w*|completion_type|optimizer_trace\w*|rand_seed\d)\b/i;

export class ScriptSession {
  readonly #copies: TableCopies;
  readonly #options: SessionOptions;
  readonly #each: (judged: Judged) => void;
  #reference!: RawClient;
  #router!: RawClient;
  #twin!: RawClient;
  /** Texts that were prepared by name; undefined where none could be known. */
  readonly #prepared = new Map<string, string | undefined>();
  readonly #views = new Set<string>();
  readonly #temporary = new Set<string>();
  #database = 'test';
  #number = 0;
  #selects = 0;
  /** Why nothing more is compared. */
  #over: string | undefined;

  private constructor(copies: TableCopies, options: SessionOptions, each: (judged: Judged) => void) {
    this.#copies = copies;
    this.#options = options;
    this.#each = each;
  }

  static async open(
    stage: AnswersStage,
    copies: TableCopies,
    options: SessionOptions,
    each: (judged: Judged) => void,
  ): Promise<ScriptSession> {
    const session = new ScriptSession(copies, options, each);
    const open = (endpoint: AnswersStage['router']) =>
      RawClient.connect(endpoint, {
        database: 'test',
        timeoutMs: ANSWER_MS_MAX,
        without: capability.sessionTrack,
      });
    session.#reference = await open(stage.reference);
    session.#router = await open(stage.router);
    session.#twin = await open(stage.twin);
    return session;
  }

  /** Why the script was not played to its end. */
  get over(): string | undefined {
    return this.#over;
  }

  close(): void {
    for (const client of [this.#reference, this.#router, this.#twin]) client?.destroy();
  }

  readonly value = async (sql: string): Promise<string | undefined> => {
    if (foreign.test(sql) && !/information_schema/i.test(sql)) return undefined;
    const [result] = readResults(await this.#reference.query(Buffer.from(sql, 'latin1')));
    return result?.rows[0]?.[0] ?? undefined;
  };

  readonly statement = async (text: string, line: number): Promise<void> => {
    if (this.#over !== undefined) return;
    const sql = this.#asLasting(text);
    const bytes = Buffer.from(sql, 'latin1');
    const { kind } = scanStatement(bytes, 0, lexModeOf('', 'utf8mb4', 90_700, false), new Set());
    await this.#take(kind, sql, line);
  };

  /** A temporary table would be seen by one session alone; a lasting one of the same name does as well. */
  #asLasting(text: string): string {
    const made = /\bcreate\s+temporary\s+table\s+(?:if\s+not\s+exists\s+)?`?(\w+)/i.exec(text)?.[1];
    if (made !== undefined && !this.#copies.has(made)) {
      this.#temporary.add(made);
      return text.replace(/\bcreate\s+temporary\s+table\b/i, 'CREATE TABLE');
    }
    const dropped = /\bdrop\s+temporary\s+table\s+(?:if\s+exists\s+)?`?(\w+)/i.exec(text)?.[1];
    if (dropped === undefined || !this.#temporary.delete(dropped)) return text;
    return text.replace(/\bdrop\s+temporary\s+table\b/i, 'DROP TABLE');
  }

  async #take(kind: StatementKind, sql: string, line: number): Promise<void> {
    switch (kind) {
      case 'select':
      case 'values':
      case 'table':
        return this.#select(sql, line);
      case 'set':
        return notForSessions.test(sql) ? undefined : this.#setting(sql, line);
      case 'prepare':
      case 'execute':
      case 'deallocate':
        return this.#named(kind, sql, line);
      case 'use':
        this.#database = /^\s*use\s+`?(\w+)/i.exec(sql)?.[1] ?? '';
        return this.#change(sql, '');
      case 'begin':
      case 'savepoint':
      case 'release':
        return this.#change(sql, '');
      case 'commit':
        return this.#change(sql, '');
      case 'rollback':
      case 'rollbackTo':
      case 'call':
      case 'unknown':
      case 'handler':
        return this.#change(sql, undefined);
      case 'do':
      case 'insert':
      case 'replace':
      case 'update':
      case 'delete':
      case 'load':
        return this.#change(sql, this.#namesView(sql) ? undefined : sql);
      case 'ddl':
      case 'createRoutine':
        return this.#define(sql);
      default:
    }
  }

  /** Played to the reference alone; the text tells which tables it may have changed. */
  async #change(sql: string, concerned: string | undefined): Promise<void> {
    if (
      /\b(?:shutdown|restart|tablespace|logfile\s+group|server\s+option)\b/i.test(sql) &&
      !/^\s*(?:insert|update|delete)/i.test(sql)
    )
      return;
    await this.#ask(this.#reference, sql);
    this.#copies.note(this.#hasTriggers ? undefined : concerned);
  }

  #hasTriggers = false;

  #namesView(sql: string): boolean {
    return (sql.toLowerCase().match(/\w+/g) ?? []).some((name) => this.#views.has(name));
  }

  async #define(sql: string): Promise<void> {
    if (/\b(?:trigger|foreign\s+key|references|event)\b/i.test(sql)) this.#hasTriggers = true;
    const view = /^\s*create\b.*?\bview\s+(?:if\s+not\s+exists\s+)?(?:test\.)?`?(\w+)/is.exec(sql)?.[1];
    if (view) this.#views.add(view.toLowerCase());
    await this.#change(
      sql,
      /\b(?:rename|exchange|database|schema|function|cascade)\b/i.test(sql) ? undefined : sql,
    );
    const made = /^\s*(?:create|alter)\s+table\s+(?:if\s+not\s+exists\s+)?(?:test\.)?`?(\w+)/i.exec(sql)?.[1];
    if (made && WIDTHS.test(sql)) await this.#copies.rewrite(made);
  }

  async #ask(client: RawClient, sql: string): Promise<PlayedStatement | undefined> {
    try {
      return await playText(client, Buffer.from(sql, 'latin1'));
    } catch (error) {
      this.#over = (error as Error).message;
      return undefined;
    }
  }

  /** A setting goes to all; those who answer otherwise have the same error or none. */
  async #setting(sql: string, line: number): Promise<void> {
    if (notAsked.test(sql)) return;
    await this.#copies.bring();
    await this.#compared(sql, line, false);
    if (/\bselect\b/i.test(sql)) await this.#copies.bringToTwin();
    await this.#ask(this.#twin, sql);
  }

  async #named(kind: StatementKind, sql: string, line: number): Promise<void> {
    const name =
      /^\s*(?:prepare|execute|(?:deallocate|drop)\s+prepare)\s+`?(\w+)/i.exec(sql)?.[1]?.toLowerCase() ?? '';
    if (kind === 'prepare') {
      const text = /\bfrom\s+(?:'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.|"")*)")\s*$/is.exec(sql);
      this.#prepared.set(name, text?.[1] ?? text?.[2]);
    }
    const text = this.#prepared.get(name);
    if (text === undefined || !/^[\s(]*(?:select|with|values|table)\b/i.test(text))
      return this.#change(sql, undefined);
    await this.#select(sql, line, text);
    await this.#ask(this.#twin, sql);
  }

  async #select(sql: string, line: number, text = sql): Promise<void> {
    const number = ++this.#number;
    const why = this.#whyNot(text);
    if (why !== undefined) {
      await this.#ask(this.#reference, sql);
      this.#each({ number, line, sql, verdict: { kind: 'skipped', what: why } });
      return;
    }
    if (this.#options.only !== undefined && number !== this.#options.only) {
      // What it leaves in user variables is needed later.
      for (const client of /@|\bfound_rows\b|\bsql_calc_found_rows\b/i.test(sql) || sql !== text
        ? [this.#reference, this.#router]
        : [])
        await this.#ask(client, sql);
      return;
    }
    if (++this.#selects > this.#options.selectsMax) {
      this.#over = 'enough';
      return;
    }
    await this.#copies.bring();
    const unknown = [...this.#copies.missing].find(([name]) =>
      text.toLowerCase().includes(name.toLowerCase()),
    );
    if (unknown) {
      await this.#ask(this.#reference, sql);
      this.#each({
        number,
        line,
        sql,
        verdict: { kind: 'skipped', what: `not copied: ${unknown[1].slice(0, 200)}` },
      });
      return;
    }
    await this.#compared(sql, line, this.#options.prepared && sql === text, number);
  }

  #whyNot(sql: string): string | undefined {
    if (this.#database !== 'test') return 'another database';
    if (notAsked.test(sql)) return 'of writes, locks, time or files';
    return foreign.test(sql) ? 'system schemas' : undefined;
  }

  async #compared(sql: string, line: number, prepared: boolean, number = ++this.#number): Promise<void> {
    const bytes = Buffer.from(sql, 'latin1');
    const play = prepared ? playBinary : playText;
    try {
      const left = outsideTransactions(await play(this.#reference, bytes));
      const right = outsideTransactions(withoutSide(await play(this.#router, bytes)));
      let verdict: Judged['verdict'] = judge(sql, this.#views, left, right, prepared);
      if (
        verdict.kind === 'differs' &&
        verdict.only === 'rows' &&
        (await this.#isChoice(sql, bytes, left, play, prepared))
      )
        verdict = { kind: 'undetermined', what: verdict.what };
      this.#each({ number, line, sql, verdict, left, right });
      if (this.#router.closed || this.#reference.closed) this.#over = 'a connection was closed';
    } catch (error) {
      this.#over = (error as Error).message;
      this.#each({ number, line, sql, verdict: { kind: 'differs', what: `failure: ${this.#over}` } });
    }
  }

  /** Whether the same rows in another order and without keys give MySQL another answer. */
  async #isChoice(
    sql: string,
    bytes: Buffer,
    left: PlayedStatement,
    play: typeof playText,
    prepared: boolean,
  ): Promise<boolean> {
    await this.#copies.bringToTwin();
    const [mode] = readResults(await this.#twin.query('SELECT @@sql_mode'));
    await this.#twin.query("SET sql_mode = REPLACE(@@sql_mode, 'ONLY_FULL_GROUP_BY', '')");
    const other = outsideTransactions(await play(this.#twin, bytes));
    await this.#twin.query(`SET sql_mode = '${mode?.rows[0]?.[0] ?? ''}'`);
    if (!left.ok || !other.ok) return false;
    const verdict = judge(sql, this.#views, left, { ...other, columns: left.columns }, prepared);
    return verdict.kind === 'differs' && verdict.only === 'rows';
  }
}

/** The reference alone has been told of the script's transactions. */
function outsideTransactions(played: PlayedStatement): PlayedStatement {
  const { ok } = played;
  const flags = serverStatus.inTransaction | serverStatus.autocommit;
  return ok ? { ...played, ok: { ...ok, status: ok.status & ~flags } } : played;
}

/** Tables that lie in the keyspace beside it say so. */
function withoutSide(played: PlayedStatement): PlayedStatement {
  const renamed = (text: string): string => text.replaceAll(/\bside\./g, 'test.');
  return {
    ...played,
    columns: played.columns.map((column) =>
      column.schema === 'side' ? { ...column, schema: 'test' } : column,
    ),
    ...(played.error ? { error: { ...played.error, message: renamed(played.error.message) } } : {}),
    warnings: played.warnings.map((row) => row.map((cell) => cell && renamed(cell))),
  };
}
