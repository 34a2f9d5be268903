/** SHOW of what MySQL does not have: Vitess' words for shards, tablets and the VSchema, and SHOW HEADGATE. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { nameText, stringText } from './literals.ts';

/** What follows SHOW, lower case with single blanks. */
const forms = [
  'keyspaces',
  'vitess_keyspaces',
  'vitess_shards',
  'vitess_tablets',
  'vitess_target',
  'vitess_replication_status',
  'vitess_metadata variables',
  'vitess_migrations',
  'vitess_migration',
  'vitess_throttled_apps',
  'vitess_throttler status',
  'vschema tables',
  'vschema keyspaces',
  'vschema vindexes',
  'headgate sessions',
  'headgate pins',
  'headgate pools',
  'headgate plans',
  'headgate shards',
  'headgate tablets',
  'headgate routers',
  'headgate status',
] as const;
export type OwnShowForm = (typeof forms)[number];

const first = new Set(forms.map((form) => form.split(' ')[0]!));

export type OwnShow = Readonly<{
  form: OwnShowForm;
  /** FROM keyspace, or the one before the dot in ON. */
  keyspace: string | undefined;
  /** ON table. */
  table: string | undefined;
  filter: OwnShowFilter | undefined;
}>;

/** A pattern, or a condition's place in the text. */
export type OwnShowFilter =
  | Readonly<{ kind: 'like'; pattern: string; start: number; end: number }>
  | Readonly<{ kind: 'where'; start: number; end: number }>;

/** What may follow SHOW HEADGATE. Lower case. */
export const headgateWords = forms
  .filter((form) => form.startsWith('headgate '))
  .map((form) => form.slice(9));

/** Whether a word behind SHOW begins one of these. Lower case. */
export const beginsOwnShow = (word: string): boolean => first.has(word);

/** Reads a whole statement; undefined for what is none of these, and for what does not fit behind it. */
export function readOwnShow(text: Buffer, start: number, end: number, mode: LexMode): OwnShow | undefined {
  return new OwnShowReader(text.subarray(0, end), start, mode).read(end);
}

class OwnShowReader {
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #lexer: Lexer;

  constructor(text: Buffer, start: number, mode: LexMode) {
    this.#text = text;
    this.#mode = mode;
    this.#lexer = new Lexer(text, start, mode);
    this.#lexer.next();
  }

  read(end: number): OwnShow | undefined {
    if (!this.#takeWord('show')) return undefined;
    const form = this.#form();
    if (form === undefined) return undefined;
    let keyspace = this.#takeWord('from') || this.#takeWord('in') ? this.#name() : undefined;
    let table: string | undefined;
    if (form === 'vschema vindexes' && this.#takeWord('on')) {
      table = this.#name();
      if (this.#lexer.kind === DOT) {
        this.#lexer.next();
        keyspace = table;
        table = this.#name();
      }
      if (table === undefined) return undefined;
    }
    // What is not there anyway may be asked for in any form.
    if (form.startsWith('vitess_migration')) return { form, keyspace, table, filter: undefined };
    const filter = this.#filter(end);
    return filter === 'wrong' ? undefined : { form, keyspace, table, filter };
  }

  #form(): OwnShowForm | undefined {
    const word = this.#word();
    this.#lexer.next();
    const single = forms.find((form) => form === word);
    if (single !== undefined) return single;
    const both = `${word} ${this.#word()}`;
    const double = forms.find((form) => form === both);
    if (double !== undefined) this.#lexer.next();
    return double;
  }

  #filter(end: number): OwnShowFilter | 'wrong' | undefined {
    const lexer = this.#lexer;
    if (lexer.kind === token.end) return undefined;
    if (this.#takeWord('like')) {
      const { kind, start, end: behind } = lexer;
      const isWhole = kind === token.string && lexer.next() === token.end;
      if (!isWhole) return 'wrong';
      return { kind: 'like', pattern: stringText(this.#text, start, behind, this.#mode), start, end: behind };
    }
    if (!this.#takeWord('where')) return 'wrong';
    return { kind: 'where', start: lexer.start, end };
  }

  #word(): string {
    const { kind, start, end } = this.#lexer;
    return kind === token.word ? this.#text.toString('latin1', start, end).toLowerCase() : '';
  }

  #takeWord(word: string): boolean {
    if (this.#word() !== word) return false;
    this.#lexer.next();
    return true;
  }

  #name(): string | undefined {
    const { kind, start, end } = this.#lexer;
    if (kind !== token.word && kind !== token.quotedName) return undefined;
    this.#lexer.next();
    return nameText(this.#text, start, end, this.#mode);
  }
}

const DOT = 0x2e;
