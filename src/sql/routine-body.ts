/**
 * Follows the blocks of a stored routine's body, so that a `;` inside a block is not taken for the end of
 * the statement. Where it loses its way, the rest of the text counts as one statement and MySQL decides.
 */
import { token } from './lexer.ts';
import { wordCount, wordId } from './words.ts';

const BEGIN = wordId('begin');
const CASE = wordId('case');
const END = wordId('end');
const IF = wordId('if');
const LOOP = wordId('loop');
const REPEAT = wordId('repeat');
const WHILE = wordId('while');
const UNTIL = wordId('until');

const SEMICOLON = 0x3b;
const COLON = 0x3a;

/** Words behind which a statement of the body can begin. */
const beforeStatement = new Uint8Array(wordCount);
for (const name of 'begin then else do loop repeat sqlexception sqlwarning found'.split(' ')) {
  beforeStatement[wordId(name)] = 1;
}

/** Words that begin a body which is a single plain statement. */
const plainStatements = new Uint8Array(wordCount);
for (const name of 'select insert update delete replace set return call with values table signal'.split(
  ' ',
)) {
  plainStatements[wordId(name)] = 1;
}
/** Words that take such a word from its meaning: `BEFORE INSERT`, `CHARACTER SET`; `PROCEDURE IF NOT EXISTS`. */
const beforeOther = new Uint8Array(wordCount);
for (const name of 'before after character procedure function trigger event'.split(' ')) {
  beforeOther[wordId(name)] = 1;
}

type Block = 'block' | 'caseExpression' | 'caseStatement' | 'repeat';

export class RoutineBody {
  readonly #blocks: Block[] = [];
  #lost = false;
  #untilSeen = false;
  #previousKind: number = token.end;
  #previousWord = 0;
  #bodySeen = false;

  /** Whether a `;` here ends the whole statement. */
  get isClosed(): boolean {
    return !this.#lost && this.#blocks.length === 0;
  }

  /** Takes each token behind CREATE or ALTER, in order. */
  take(kind: number, word: number): void {
    if (kind === token.word && word !== 0) this.#takeWord(word);
    this.#previousKind = kind;
    this.#previousWord = kind === token.word ? word : 0;
  }

  #takeWord(word: number): void {
    if (this.#previousWord === END && this.#isBlockWord(word)) return;
    const top = this.#blocks.at(-1);
    const starts = this.#startsStatement(top);
    if (plainStatements[word] === 1 && beforeOther[this.#previousWord] === 0) this.#bodySeen = true;
    switch (word) {
      case BEGIN:
        // It may stand behind a handler's condition of any shape; a column of that name only ends the splitting.
        this.#open('block');
        return;
      case CASE:
        this.#open(starts ? 'caseStatement' : 'caseExpression');
        return;
      case IF:
      case LOOP:
      case WHILE:
        if (starts) this.#open('block');
        return;
      case REPEAT:
        if (starts) this.#open('repeat');
        return;
      case UNTIL:
        this.#untilSeen = true;
        return;
      case END:
        this.#close(top, starts);
        return;
    }
  }

  #isBlockWord(word: number): boolean {
    return word === IF || word === CASE || word === LOOP || word === WHILE || word === REPEAT;
  }

  #startsStatement(top: Block | undefined): boolean {
    if (this.#previousKind === SEMICOLON) return true;
    if (top === 'caseExpression') return false;
    if (!this.#bodySeen) return beforeOther[this.#previousWord] === 0;
    if (this.#previousKind === COLON) return true;
    return this.#previousKind === token.word && beforeStatement[this.#previousWord] === 1;
  }

  #open(block: Block): void {
    this.#bodySeen = true;
    this.#blocks.push(block);
  }

  #close(top: Block | undefined, starts: boolean): void {
    if (top === undefined) {
      this.#lost = this.#bodySeen && starts;
    } else if (top === 'caseExpression' || starts || (top === 'repeat' && this.#untilSeen)) {
      if (top === 'repeat') this.#untilSeen = false;
      this.#blocks.pop();
    }
  }
}
