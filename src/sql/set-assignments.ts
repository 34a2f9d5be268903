/** The assignments of a SET statement. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { nameText, stringText } from './literals.ts';
import { char } from './scan-state.ts';
import type { Assignment, AssignmentTarget } from './statement.ts';
import { userVariableName } from './user-variables.ts';
import { wordId } from './words.ts';

const word = {
  set: wordId('set'),
  global: wordId('global'),
  session: wordId('session'),
  local: wordId('local'),
  persist: wordId('persist'),
  persistOnly: wordId('persist_only'),
  names: wordId('names'),
  character: wordId('character'),
  char: wordId('char'),
  charset: wordId('charset'),
  collate: wordId('collate'),
  transaction: wordId('transaction'),
  isolation: wordId('isolation'),
  level: wordId('level'),
  read: wordId('read'),
  only: wordId('only'),
  write: wordId('write'),
  password: wordId('password'),
  default: wordId('default'),
  role: wordId('role'),
  resource: wordId('resource'),
} as const;

const scopeTargets = new Map<number, AssignmentTarget>([
  [word.global, 'global'],
  [word.session, 'session'],
  [word.local, 'session'],
  [word.persist, 'persist'],
  [word.persistOnly, 'persistOnly'],
]);

/** Reads assignments with one token of sight; what it cannot read becomes an assignment `other`. */
class AssignmentReader {
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #lexer: Lexer;
  readonly #end: number;
  readonly assignments: Assignment[] = [];
  /** A scope's word holds for the plain names behind it too, until the next one; `@@` names are apart from that. */
  #scope: AssignmentTarget = 'session';

  constructor(text: Buffer, start: number, end: number, mode: LexMode) {
    this.#text = text.subarray(0, end);
    this.#mode = mode;
    this.#end = end;
    this.#lexer = new Lexer(this.#text, start, mode);
    // SET
    this.#lexer.next();
    this.#lexer.next();
  }

  read(): void {
    const lexer = this.#lexer;
    while (lexer.kind !== token.end) {
      const count = this.assignments.length;
      if (!this.#readOne()) {
        this.assignments.length = count;
        this.#addOther(lexer.start);
        return;
      }
      if (lexer.kind !== char.comma) break;
      lexer.next();
    }
    if (lexer.kind !== token.end) this.#addOther(lexer.start);
  }

  #addOther(start: number): void {
    this.#add('other', '', start, this.#end, 'expression', undefined);
  }

  #add(
    target: AssignmentTarget,
    name: string,
    valueStart: number,
    valueEnd: number,
    valueKind: Assignment['valueKind'],
    value: string | undefined,
    collate?: string,
  ): void {
    this.assignments.push(Object.freeze({ target, name, valueStart, valueEnd, valueKind, value, collate }));
  }

  /** False if the text is nothing that SET takes. */
  #readOne(): boolean {
    const lexer = this.#lexer;
    if (lexer.kind === token.userVariable) return this.#readUserVariable();
    if (lexer.kind === token.systemVariable) return this.#readSystemVariable();
    if (lexer.kind !== token.word && lexer.kind !== token.quotedName) return false;
    const { word: id, start, end } = lexer;
    const name = nameText(this.#text, start, end, this.#mode).toLowerCase();
    lexer.next();
    if (this.#isAssign()) return this.#readValueOf(this.#scope, name);
    if (lexer.kind === char.dot) return this.#readDotted(this.#scope, name);
    return this.#readSpecial(id, start);
  }

  /** What begins with a word that no `=` follows. */
  #readSpecial(id: number, start: number): boolean {
    const lexer = this.#lexer;
    const scope = scopeTargets.get(id);
    if (scope !== undefined) return this.#readScoped(scope);
    switch (id) {
      case word.names:
        return this.#readNames();
      case word.charset:
        return this.#readCharset();
      case word.character:
      case word.char:
        if (lexer.word !== word.set) return false;
        lexer.next();
        return this.#readCharset();
      case word.transaction:
        return this.#readTransaction('nextTransaction');
      case word.password:
        return this.#readRest('password', start);
      case word.role:
        return this.#readRest('role', start);
      case word.default:
        return lexer.word === word.role && this.#readRest('role', start);
      case word.resource:
        return this.#readRest('resourceGroup', start);
      default:
        return false;
    }
  }

  #isAssign(): boolean {
    return this.#lexer.kind === char.equal || this.#lexer.kind === token.assign;
  }

  /** GLOBAL x = …, SESSION TRANSACTION …. */
  #readScoped(target: AssignmentTarget): boolean {
    const lexer = this.#lexer;
    if (lexer.kind !== token.word && lexer.kind !== token.quotedName) return false;
    const isTransaction = lexer.word === word.transaction;
    const name = nameText(this.#text, lexer.start, lexer.end, this.#mode).toLowerCase();
    lexer.next();
    if (!isTransaction || this.#isAssign()) this.#scope = target;
    if (this.#isAssign()) return this.#readValueOf(target, name);
    if (lexer.kind === char.dot) return this.#readDotted(target, name);
    return isTransaction && this.#readTransaction(target);
  }

  /** `keycache.key_buffer_size`, `component.variable`. */
  #readDotted(target: AssignmentTarget, first: string): boolean {
    const lexer = this.#lexer;
    let name = first;
    while (lexer.kind === char.dot) {
      lexer.next();
      if (lexer.kind !== token.word && lexer.kind !== token.quotedName) return false;
      name += `.${nameText(this.#text, lexer.start, lexer.end, this.#mode).toLowerCase()}`;
      lexer.next();
    }
    return this.#isAssign() && this.#readValueOf(target, name);
  }

  #readSystemVariable(): boolean {
    const lexer = this.#lexer;
    const first = nameText(this.#text, lexer.start + 2, lexer.end, this.#mode).toLowerCase();
    const scope = scopeTargets.get(lexer.word);
    lexer.next();
    if (scope !== undefined && lexer.kind === char.dot) {
      lexer.next();
      const name = nameText(this.#text, lexer.start, lexer.end, this.#mode).toLowerCase();
      if (lexer.kind !== token.word && lexer.kind !== token.quotedName) return false;
      lexer.next();
      if (lexer.kind === char.dot) return this.#readDotted(scope, name);
      return this.#isAssign() && this.#readValueOf(scope, name);
    }
    if (lexer.kind === char.dot) return this.#readDotted('session', first);
    if (!this.#isAssign()) return false;
    // `SET @@transaction_isolation` holds for the next transaction only, unlike `SET transaction_isolation`.
    const isNext = first === 'transaction_isolation' || first === 'transaction_read_only';
    return this.#readValueOf(isNext ? 'nextTransaction' : 'session', first);
  }

  #readUserVariable(): boolean {
    const lexer = this.#lexer;
    const name = userVariableName(this.#text, lexer.start, lexer.end, this.#mode);
    lexer.next();
    return this.#isAssign() && this.#readValueOf('userVariable', name);
  }

  #readValueOf(target: AssignmentTarget, name: string): boolean {
    this.#lexer.next();
    return this.#readValue(target, name);
  }

  /** A value up to the comma behind it. */
  #readValue(target: AssignmentTarget, name: string): boolean {
    const lexer = this.#lexer;
    const { kind, start, word: id } = lexer;
    let { end } = lexer;
    if (kind === token.end || kind === char.comma) return false;
    let isMinus = false;
    let count = 0;
    let depth = 0;
    for (; lexer.kind !== token.end && (depth > 0 || lexer.kind !== char.comma); lexer.next()) {
      if (lexer.kind === token.error) return false;
      if (lexer.kind === char.open) depth++;
      if (lexer.kind === char.close) depth--;
      if (count === 1) isMinus = kind === 0x2d && isNumber(lexer.kind);
      end = lexer.end;
      count++;
    }
    const isSingle = count === 1;
    if (isSingle && kind === token.string) {
      this.#add(target, name, start, end, 'literal', stringText(this.#text, start, end, this.#mode));
    } else if ((isSingle && isNumber(kind)) || (count === 2 && isMinus)) {
      const digits = this.#text.toString('latin1', start, end).replace(/^-\s+/, '-');
      this.#add(target, name, start, end, 'literal', digits);
    } else if (isSingle && kind === token.word && id === word.default) {
      this.#add(target, name, start, end, 'default', undefined);
    } else if (isSingle && (kind === token.word || kind === token.quotedName)) {
      this.#add(target, name, start, end, 'word', nameText(this.#text, start, end, this.#mode));
    } else {
      this.#add(target, name, start, end, 'expression', undefined);
    }
    return true;
  }

  #readNames(): boolean {
    const lexer = this.#lexer;
    const charset = this.#readCharsetName();
    if (charset === undefined) return false;
    let { end } = charset;
    let collate: string | undefined;
    if (lexer.kind === token.word && lexer.word === word.collate) {
      lexer.next();
      const name = this.#readCharsetName();
      if (name === undefined) return false;
      collate = name.value?.toLowerCase();
      end = name.end;
    }
    this.#add('names', 'names', charset.start, end, charset.kind, charset.value, collate);
    return true;
  }

  #readCharset(): boolean {
    const name = this.#readCharsetName();
    if (name === undefined) return false;
    this.#add('charset', 'charset', name.start, name.end, name.kind, name.value);
    return true;
  }

  #readCharsetName():
    | { start: number; end: number; kind: Assignment['valueKind']; value: string | undefined }
    | undefined {
    const lexer = this.#lexer;
    const { kind, start, end, word: id } = lexer;
    if (kind !== token.word && kind !== token.quotedName && kind !== token.string) return undefined;
    lexer.next();
    if (kind === token.word && id === word.default) return { start, end, kind: 'default', value: undefined };
    const read = kind === token.string ? stringText : nameText;
    const value = read(this.#text, start, end, this.#mode);
    return { start, end, kind: kind === token.string ? 'literal' : 'word', value };
  }

  /** The characteristics behind TRANSACTION. */
  #readTransaction(target: AssignmentTarget): boolean {
    const lexer = this.#lexer;
    for (;;) {
      const { word: id, start } = lexer;
      lexer.next();
      if (id === word.isolation) {
        if (lexer.word !== word.level) return false;
        lexer.next();
        if (!this.#readLevel(target)) return false;
      } else if (id === word.read && (lexer.word === word.only || lexer.word === word.write)) {
        const value = lexer.word === word.only ? '1' : '0';
        this.#add(target, 'transaction_read_only', start, lexer.end, 'literal', value);
        lexer.next();
      } else {
        return false;
      }
      if (lexer.kind !== char.comma) return true;
      lexer.next();
    }
  }

  #readLevel(target: AssignmentTarget): boolean {
    const lexer = this.#lexer;
    const { start } = lexer;
    const names: string[] = [];
    let { end } = lexer;
    while (lexer.kind === token.word) {
      names.push(this.#text.toString('latin1', lexer.start, lexer.end).toUpperCase());
      end = lexer.end;
      lexer.next();
    }
    const level = names.join('-');
    if (!['READ-UNCOMMITTED', 'READ-COMMITTED', 'REPEATABLE-READ', 'SERIALIZABLE'].includes(level))
      return false;
    this.#add(target, 'transaction_isolation', start, end, 'literal', level);
    return true;
  }

  /** Statements of their own that begin with SET: no list follows. */
  #readRest(target: AssignmentTarget, start: number): boolean {
    const lexer = this.#lexer;
    while (lexer.kind !== token.end) lexer.next();
    this.#add(target, '', start, this.#end, 'expression', undefined);
    return true;
  }
}

const isNumber = (kind: number): boolean =>
  kind === token.integer || kind === token.decimal || kind === token.float;

/** The assignments of the SET statement in `start` to `end`, in their order. */
export function assignmentsOf(
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
): readonly Assignment[] {
  const reader = new AssignmentReader(text, start, end, mode);
  reader.read();
  return Object.freeze(reader.assignments);
}
