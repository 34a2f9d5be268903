import {
  AUTOCOMMIT_OFF,
  answerCapabilities,
  type ConnectionNeed,
  connectionNeed,
} from '../gateway/connection-need.ts';
import { type Collation, collationById, collationByName, defaultCollation } from '../mysql/collations.ts';
import { capability, serverStatus } from '../mysql/protocol.ts';
import type { ValueContext } from '../planner/literal-value.ts';
import { type LexMode, lexModeOf } from '../sql/lex-mode.ts';
import { valueText } from './settings.ts';
import { databaseOf, noTarget, type Target } from './target.ts';
import { UserVariableStore } from './user-variable-store.ts';
import { VitessSettings } from './vitess-settings.ts';

const ofDatabase = ['character_set_database', 'collation_database'] as const;
const FALLBACK_COLLATION_ID = 255;

/** Settings that SET NAMES makes anew. */
const charsetSettings: ReadonlySet<string> = new Set([
  'character_set_client',
  'character_set_results',
  'character_set_connection',
  'collation_connection',
  'charset',
  'names',
]);

/** What else changes what information_schema says. */
const asideSettings = [
  'time_zone',
  'information_schema_stats_expiry',
  'show_gipk_in_create_table_and_information_schema',
] as const;

/**
 * What a session has set: character sets, variables, database. From it follow how its statements are read (`lexMode`) and
 * what a connection must be like to answer them (`need`). The two must agree, or a client could write what is read as a
 * literal here and as code there: so sql_mode and character set are put onto every connection explicitly.
 */
export class SessionState {
  readonly capabilities: number;
  /** May change with COM_SET_OPTION. */
  multiStatements: boolean;
  #defaultSqlMode: string | undefined;
  /** In force: the tablets' default when the session began, then what it sets. */
  #sqlMode = '';
  #collationId: number;
  #clientCharset: string;
  #utf8mb4Collation: Collation | undefined;
  readonly #settings = new Map<string, string>();
  readonly variables = new UserVariableStore();
  readonly vitess = new VitessSettings();
  #target: Target = noTarget;
  #autocommit = true;
  #sendsAttributes = false;
  #need: ConnectionNeed | undefined;
  #lexMode: LexMode | undefined;
  #serverVersion = 0;
  #valueContext: ValueContext | undefined;
  /** The number of the session's plans, and the mode that it was asked for with; undefined after a change. */
  planContext: Readonly<{ mode: LexMode; id: number }> | undefined;

  constructor(capabilities: number, collationId: number) {
    this.capabilities = capabilities;
    this.multiStatements = (capabilities & capability.multiStatements) !== 0;
    this.#collationId = collationById(collationId) === undefined ? FALLBACK_COLLATION_ID : collationId;
    this.#clientCharset = charsetOf(this.#collationId);
  }

  /** Whether the tablets' default sql_mode is known, which the session then keeps as MySQL's sessions do. */
  get begun(): boolean {
    return this.#defaultSqlMode !== undefined;
  }

  begin(defaultSqlMode: string): void {
    this.#defaultSqlMode = defaultSqlMode;
    this.#sqlMode = this.#initialSqlMode();
    this.#changed();
  }

  /** CLIENT_IGNORE_SPACE adds to the mode with which a session begins; what the session sets later is taken as it is. */
  #initialSqlMode(): string {
    const names = (this.#defaultSqlMode ?? '').split(',');
    if ((this.capabilities & capability.ignoreSpace) !== 0) names.unshift('IGNORE_SPACE');
    return [...new Set(names)].filter((name) => name !== '').join(',');
  }

  get target(): Target {
    return this.#target;
  }

  set target(target: Target) {
    this.#target = target;
    // USE makes them what they are for the database.
    for (const name of ofDatabase) this.#settings.delete(name);
    this.#need = undefined;
    this.planContext = undefined;
  }

  get autocommit(): boolean {
    return this.#autocommit;
  }

  /** Whether OK packets carry the transaction's state: then BEGIN has to be answered by a tablet. */
  get tracksTransactions(): boolean {
    return (this.#settings.get('session_track_transaction_info') ?? 'OFF').search(/OFF|=0/i) < 0;
  }

  /** Whether a switch among the variables is on; `byDefault`: before the session has set it. */
  isOn(name: string, byDefault: boolean): boolean {
    const setting = this.#settings.get(name);
    return setting === undefined ? byDefault : !/='?(off|0|false)'?$/i.test(setting);
  }

  /** Status flags of answers that the router makes itself, without those of a transaction. */
  get statusFlags(): number {
    const noEscapes = this.#sqlMode.toUpperCase().includes('NO_BACKSLASH_ESCAPES');
    return (
      (this.#autocommit ? serverStatus.autocommit : 0) | (noEscapes ? serverStatus.noBackslashEscapes : 0)
    );
  }

  /** What connections to the target's own database must be like. */
  get need(): ConnectionNeed {
    this.#need ??= this.needFor(databaseOf(this.#target));
    return this.#need;
  }

  /** The client has sent query attributes: from now on its connections take them. */
  sendAttributes(): void {
    if (this.#sendsAttributes) return;
    this.#sendsAttributes = true;
    this.#need = undefined;
  }

  /** What a connection must be like for the router's own questions on the session's behalf: its view of definitions, in utf8mb4. */
  asideNeed(database: string): ConnectionNeed {
    return connectionNeed({
      capabilities: 0,
      collationId: FALLBACK_COLLATION_ID,
      database,
      settings: [
        '@@session.sql_mode=DEFAULT',
        ...asideSettings.flatMap((name) => this.#settings.get(name) ?? []),
      ],
    });
  }

  needFor(database: string): ConnectionNeed {
    return connectionNeed({
      capabilities:
        (this.vitess.capabilities(this.capabilities) & answerCapabilities) |
        (this.#sendsAttributes ? capability.queryAttributes : 0),
      collationId: this.#collationId,
      database,
      settings: [`@@session.sql_mode=${valueText(this.#sqlMode)}`, ...this.#settings.values()],
    });
  }

  /** How statements are to be read by a server of the version (as in version comments). */
  lexMode(serverVersion: number): LexMode {
    if (this.#lexMode === undefined || this.#serverVersion !== serverVersion) {
      this.#serverVersion = serverVersion;
      this.#lexMode = lexModeOf(this.#sqlMode, this.#clientCharset, serverVersion, false);
    }
    return this.#lexMode;
  }

  /** A variable that is set and would mean something else on several shards: each would keep to it for itself. */
  get unmergeable(): string | undefined {
    return this.#settings.has('max_sort_length') ? 'max_sort_length' : undefined;
  }

  /** The assignment that sets a variable (`names` and `charset`: their statement) as part of a SET; undefined where it is not set. */
  assignment(name: string): string | undefined {
    return this.#settings.get(name);
  }

  /** The value of a variable that is set and carried, where it is a number. */
  number(name: string): number | undefined {
    const setting = this.#settings.get(name);
    const value = setting === undefined ? Number.NaN : Number(setting.slice(setting.indexOf('=') + 1));
    return Number.isFinite(value) ? value : undefined;
  }

  get sqlMode(): string {
    return this.#sqlMode;
  }

  /** What decides how literals are compared and stored. */
  get valueContext(): ValueContext {
    this.#valueContext ??= Object.freeze({
      sqlMode: new Set(this.#sqlMode.toUpperCase().split(',')),
      charset: this.#clientCharset,
      // Variables of their own may say something else: then nothing is known.
      collation: this.#changesCollation ? '' : (collationById(this.#collationId)?.name ?? ''),
      timeZone: this.#settings.get('time_zone'),
      timestamp: this.number('timestamp'),
      variables: this.variables,
    });
    return this.#valueContext;
  }

  get #changesCollation(): boolean {
    return [...charsetSettings].some((name) => this.#settings.has(name));
  }

  /** Assignments under which a statement that is prepared now is read, then and whenever it is prepared again. */
  get parseSettings(): string {
    const charsets = [...this.#settings]
      .filter(([name]) => charsetSettings.has(name))
      .map(([, text]) => text);
    const { charset, name } = collationById(this.#collationId)!;
    return [
      `NAMES ${charset} COLLATE ${name}`,
      ...charsets,
      `@@session.sql_mode=${valueText(this.#sqlMode)}`,
    ].join(', ');
  }

  /** SET NAMES charset [COLLATE collation] has succeeded: as if the client had connected so. */
  setNames(charset: string, collationName: string | undefined): void {
    const configured = charset.toLowerCase() === 'utf8mb4' ? this.#utf8mb4Collation : undefined;
    const implied = configured ?? defaultCollation(charset);
    const collation = collationName === undefined ? implied : collationByName(collationName);
    if (collation === undefined) return;
    for (const setting of charsetSettings) this.#settings.delete(setting);
    this.#collationId = collation.id;
    this.#clientCharset = collation.charset;
    this.#changed();
  }

  /** SET NAMES DEFAULT, SET CHARACTER SET x: kept as the statement that they are. */
  setCharsetStatement(kind: 'names' | 'charset', value: string, clientCharset: string): void {
    for (const setting of charsetSettings) this.#settings.delete(setting);
    this.#settings.set(kind, kind === 'names' ? `NAMES ${value}` : `CHARACTER SET ${value}`);
    this.#clientCharset = clientCharset;
    this.#changed();
  }

  /** Autocommit as the tablet's status flags say after a SET. */
  setAutocommit(on: boolean): void {
    this.#autocommit = on;
    if (on) this.#settings.delete('autocommit');
    else this.#settings.set('autocommit', AUTOCOMMIT_OFF);
    this.#changed();
  }

  /** A variable was set; `text` is its value as SQL, `value` the value itself where it is known. */
  setVariable(name: string, text: string, value: string | undefined): void {
    const byDefault = text === 'DEFAULT';
    this.#settings.delete(name);
    if (name === 'sql_mode') this.#sqlMode = byDefault ? (this.#defaultSqlMode ?? '') : (value ?? text);
    else if (!byDefault) this.#settings.set(name, `@@session.${name}=${text}`);
    if (name === 'character_set_client') {
      const charset = byDefault ? undefined : defaultCollation(value ?? text);
      this.#clientCharset = charset?.charset ?? 'utf8mb4';
      // The default has to be said: without it the connection would have the character set of NAMES.
      if (byDefault) this.#settings.set(name, '@@session.character_set_client=DEFAULT');
    }
    if (name === 'default_collation_for_utf8mb4') this.#utf8mb4Collation = collationByName(value ?? text);
    this.#changed();
  }

  /** One of Vitess' variables was set; `value` as `vitessValue` gives it. */
  setVitess(name: string, value: string): void {
    this.vitess.set(name, value);
    this.#changed();
  }

  /** COM_RESET_CONNECTION: the variables go, the database stays; character sets become the server's. */
  reset(): void {
    this.#settings.clear();
    this.variables.clear();
    this.vitess.clear();
    this.#sqlMode = this.#initialSqlMode();
    this.#autocommit = true;
    this.#utf8mb4Collation = undefined;
    this.#collationId = FALLBACK_COLLATION_ID;
    this.#clientCharset = charsetOf(this.#collationId);
    this.#changed();
  }

  #changed(): void {
    this.#need = undefined;
    this.#lexMode = undefined;
    this.#valueContext = undefined;
    this.planContext = undefined;
  }
}

const charsetOf = (collationId: number): string => collationById(collationId)?.charset ?? 'utf8mb4';
