/** What the statement scan remembers while it reads; its parts (verbs, tables, calls) are functions over this. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import type { RoutineBody } from './routine-body.ts';
import type { StatementKind } from './statement.ts';
import type { Classified } from './statement-kind.ts';
import { wordId } from './words.ts';

const codes = {
  open: 0x28,
  close: 0x29,
  star: 0x2a,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  semicolon: 0x3b,
  equal: 0x3d,
  backtick: 0x60,
  brace: 0x7b,
};

/** Codes of the characters that the scan looks at. */
export const char: Readonly<typeof codes> = codes;

/** What a comma means at a depth of parentheses. */
export const list = {
  none: 0,
  /** FROM a, b: a table follows. */
  tables: 1,
  /** DELETE a, b FROM: names that stand again behind FROM. */
  deleteTargets: 2,
  /** DELETE FROM a, b: tables, or targets if USING follows. */
  deleteFrom: 3,
  /** TRIM(x FROM y): FROM is no clause. */
  arguments: 4,
  ctes: 5,
  recursiveCtes: 6,
} as const;

/** What the next name is. */
export const expecting = { nothing: 0, table: 1, cte: 2 } as const;

/** Where the main verb is looked for. */
export const verb = { found: 0, first: 1, behindWith: 2, behindExplain: 3 } as const;

/** Words that several parts of the scan compare with. */
export const word = {
  as: wordId('as'),
  charset: wordId('charset'),
  for: wordId('for'),
  in: wordId('in'),
  into: wordId('into'),
  lastInsertId: wordId('last_insert_id'),
  oj: wordId('oj'),
  quick: wordId('quick'),
  recursive: wordId('recursive'),
  rename: wordId('rename'),
  rollup: wordId('rollup'),
  set: wordId('set'),
  straightJoin: wordId('straight_join'),
  table: wordId('table'),
  values: wordId('values'),
  with: wordId('with'),
} as const;

/** Deeper nesting than MySQL's own parser takes is an error. */
export const DEPTH_MAX = 4_096;

/** A name from WITH: it hides a table from its definition's end on (if recursive, from its start). */
export type Cte = { readonly name: string; readonly depth: number; visible: boolean };

const NOTHING = Buffer.alloc(0);

export class ScanState {
  readonly lexer: Lexer;
  mode: LexMode;
  text: Buffer = NOTHING;

  kind: StatementKind = 'empty';
  classified: Classified | undefined = undefined;
  /** The kind of the statement inside EXPLAIN. */
  explained: StatementKind | undefined = undefined;
  effects = 0;
  verb: number = verb.first;
  verbDepth = 0;
  body: RoutineBody | undefined = undefined;

  readonly lists = new Uint8Array(DEPTH_MAX);
  depth = 0;
  expect: number = expecting.nothing;
  qualifiers: string[] | undefined = undefined;
  hasUnqualifiedTable = false;
  /** `hasUnqualifiedTable` before DELETE's targets. */
  hadUnqualifiedTable = false;
  ctes: Cte[] | undefined = undefined;
  /** FROM and its like introduce tables here. */
  hasTables = false;
  /** A name before `(` is a call here. */
  hasCalls = true;
  /** Names taken as tables (or as the defined object) so far. */
  tableCount = 0;
  selectCount = 0;
  /** A clause other than LIMIT at the outermost level: more than a select list. */
  hasClause = false;
  intoSeen = false;
  /** `LAST_INSERT_ID(` was the token before. */
  lastInsertIdOpen = false;

  previousKind: number = token.end;
  previousWord = 0;
  previousStart = 0;
  previousEnd = 0;
  /** The token before is a table's or CTE's name: a `(` behind it begins columns. */
  previousIsTable = false;
  /** The token before the token before. */
  beforeKind: number = token.end;
  beforeWord = 0;
  /** The lexer already stands on the next token. */
  isAhead = false;

  constructor(mode: LexMode) {
    this.mode = mode;
    this.lexer = new Lexer(NOTHING, 0, mode);
  }

  reset(text: Buffer, from: number, mode: LexMode): void {
    this.lexer.reset(text, from, mode);
    this.mode = mode;
    this.text = text;
    this.kind = 'empty';
    this.classified = undefined;
    this.explained = undefined;
    this.effects = 0;
    this.verb = verb.first;
    this.verbDepth = 0;
    this.body = undefined;
    this.lists[0] = list.none;
    this.depth = 0;
    this.expect = expecting.nothing;
    this.qualifiers = undefined;
    this.hasUnqualifiedTable = false;
    this.hadUnqualifiedTable = false;
    this.ctes = undefined;
    this.hasTables = false;
    this.hasCalls = true;
    this.tableCount = 0;
    this.selectCount = 0;
    this.hasClause = false;
    this.intoSeen = false;
    this.lastInsertIdOpen = false;
    this.previousKind = token.end;
    this.previousWord = 0;
    this.previousStart = 0;
    this.previousEnd = 0;
    this.previousIsTable = false;
    this.beforeKind = token.end;
    this.beforeWord = 0;
    this.isAhead = false;
  }

  /** Makes the lexer's token the previous one. */
  shift(): void {
    const { lexer } = this;
    this.push(lexer.kind, lexer.word, lexer.start, lexer.end);
  }

  push(kind: number, id: number, start: number, end: number): void {
    this.beforeKind = this.previousKind;
    this.beforeWord = this.previousWord;
    this.previousKind = kind;
    this.previousWord = id;
    this.previousStart = start;
    this.previousEnd = end;
    this.previousIsTable = false;
  }

  /** The words of WITH at this depth are defined: they hide tables from here on. */
  showCtes(): void {
    if (this.ctes === undefined) return;
    for (const cte of this.ctes) if (cte.depth === this.depth) cte.visible = true;
  }

  /** The outermost list of tables at this depth ends: another clause begins. */
  endList(): void {
    this.lists[this.depth] = list.none;
    if (this.depth === 0) this.hasClause = true;
  }

  startQuery(): void {
    this.showCtes();
    this.lists[this.depth] = list.none;
    this.hasTables = true;
    this.hasCalls = true;
  }
}
