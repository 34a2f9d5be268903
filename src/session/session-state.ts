import { answerCapabilities, type ConnectionNeed, connectionNeed } from '../gateway/connection-need.ts';
import { collationById, collationByName, defaultCollation } from '../mysql/collations.ts';
import { capability, serverStatus } from '../mysql/protocol.ts';
import { type LexMode, lexModeOf } from '../sql/lex-mode.ts';
import { databaseOf, noTarget, type Target } from './target.ts';

const FALLBACK_COLLATION_ID = 255;

/**
 * What a session has set: character sets, variables, database. From it follow how its statements are read (`lexMode`) and
 * what a connection must be like to answer them (`need`).
 */
export class SessionState {
  readonly capabilities: number;
  readonly initialCollationId: number;
  /** May change with COM_SET_OPTION. */
  multiStatements: boolean;
  #collationId: number;
  #clientCharset: string;
  /** Set by the session; undefined means the tablets' default. */
  #sqlMode: string | undefined;
  #settings = new Map<string, string>();
  #target: Target = noTarget;
  #autocommit = true;
  #need: ConnectionNeed | undefined;
  #lexMode: LexMode | undefined;
  #assumedSqlMode = '';
  #serverVersion = 0;

  constructor(capabilities: number, collationId: number) {
    this.capabilities = capabilities;
    this.multiStatements = (capabilities & capability.multiStatements) !== 0;
    this.initialCollationId = collationById(collationId) === undefined ? FALLBACK_COLLATION_ID : collationId;
    this.#collationId = this.initialCollationId;
    this.#clientCharset = charsetOf(this.#collationId);
  }

  get target(): Target {
    return this.#target;
  }

  set target(target: Target) {
    this.#target = target;
    this.#need = undefined;
  }

  /** The session's autocommit mode. */
  get autocommit(): boolean {
    return this.#autocommit;
  }

  get collationId(): number {
    return this.#collationId;
  }

  get clientCharset(): string {
    return this.#clientCharset;
  }

  /** Whether OK packets carry the transaction's state: then BEGIN has to be answered by a tablet. */
  get tracksTransactions(): boolean {
    return (this.#settings.get('session_track_transaction_info') ?? 'OFF').search(/OFF|=0/i) < 0;
  }

  /** Status flags of answers that the router makes itself, without those of a transaction. */
  get statusFlags(): number {
    const noEscapes = this.#sqlMode?.toUpperCase().includes('NO_BACKSLASH_ESCAPES') === true;
    return (
      (this.#autocommit ? serverStatus.autocommit : 0) | (noEscapes ? serverStatus.noBackslashEscapes : 0)
    );
  }

  /** What connections to the target's own database must be like. */
  get need(): ConnectionNeed {
    this.#need ??= this.needFor(databaseOf(this.#target));
    return this.#need;
  }

  needFor(database: string): ConnectionNeed {
    return connectionNeed({
      capabilities: this.capabilities & answerCapabilities,
      collationId: this.#collationId,
      database,
      settings: [...this.#settings.values()],
    });
  }

  /** How statements are to be read, given the tablets' default sql_mode and version. */
  lexMode(tabletSqlMode: string, serverVersion: number): LexMode {
    if (
      this.#lexMode === undefined ||
      this.#assumedSqlMode !== tabletSqlMode ||
      this.#serverVersion !== serverVersion
    ) {
      const ignoreSpace = (this.capabilities & capability.ignoreSpace) !== 0;
      this.#assumedSqlMode = tabletSqlMode;
      this.#serverVersion = serverVersion;
      this.#lexMode = lexModeOf(
        this.#sqlMode ?? tabletSqlMode,
        this.#clientCharset,
        serverVersion,
        ignoreSpace,
      );
    }
    return this.#lexMode;
  }

  /** SET NAMES charset [COLLATE collation] has succeeded: as if the client had connected so. */
  setNames(charset: string, collationName: string | undefined): void {
    for (const name of [
      'character_set_client',
      'character_set_results',
      'character_set_connection',
      'collation_connection',
      'charset',
      'names',
    ]) {
      this.#settings.delete(name);
    }
    const collation =
      collationName === undefined ? defaultCollation(charset) : collationByName(collationName);
    if (collation === undefined) return;
    this.#collationId = collation.id;
    this.#clientCharset = collation.charset;
    this.#changed();
  }

  /** SET NAMES DEFAULT, SET CHARACTER SET x: kept as the statement that they are. */
  setCharsetStatement(kind: 'names' | 'charset', value: string, clientCharset: string): void {
    this.#settings.delete('names');
    this.#settings.delete('charset');
    this.#settings.set(kind, kind === 'names' ? `NAMES ${value}` : `CHARACTER SET ${value}`);
    this.#clientCharset = clientCharset;
    this.#changed();
  }

  /** A variable was set; `text` is its value as SQL, `value` the value itself where it is known. */
  setVariable(name: string, text: string, value: string | undefined): void {
    this.#settings.delete(name);
    if (name === 'autocommit') {
      this.#autocommit = !/^('?0'?|OFF|FALSE|'OFF')$/i.test(text);
      if (!this.#autocommit) this.#settings.set(name, '@@session.autocommit=0');
    } else if (text !== 'DEFAULT') {
      this.#settings.set(name, `@@session.${name}=${text}`);
    }
    if (name === 'sql_mode') this.#sqlMode = text === 'DEFAULT' ? undefined : (value ?? text);
    if (name === 'character_set_client') {
      this.#clientCharset =
        text === 'DEFAULT' ? 'utf8mb4' : (defaultCollation(value ?? text)?.charset ?? 'utf8mb4');
    }
    this.#changed();
  }

  /** COM_RESET_CONNECTION: the variables go, the database stays; character sets become the server's. */
  reset(): void {
    this.#settings.clear();
    this.#sqlMode = undefined;
    this.#autocommit = true;
    this.#collationId = FALLBACK_COLLATION_ID;
    this.#clientCharset = charsetOf(this.#collationId);
    this.#changed();
  }

  #changed(): void {
    this.#need = undefined;
    this.#lexMode = undefined;
  }
}

const charsetOf = (collationId: number): string => collationById(collationId)?.charset ?? 'utf8mb4';
