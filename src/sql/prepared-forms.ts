/** PREPARE, EXECUTE and DEALLOCATE as they stand in a statement's text. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { nameText, stringBytes } from './literals.ts';
import { userVariableName } from './user-variables.ts';
import { wordId } from './words.ts';

/** Where PREPARE has its text from: a literal, in the client's character set, or a user variable. */
export type PreparedSource =
  | Readonly<{ kind: 'literal'; text: Buffer }>
  | Readonly<{ kind: 'variable'; name: string }>;

export type PreparedForm =
  | Readonly<{ kind: 'prepare'; name: string; source: PreparedSource }>
  | Readonly<{ kind: 'execute'; name: string; variables: readonly string[] }>
  | Readonly<{ kind: 'deallocate'; name: string }>;

const word = {
  prepare: wordId('prepare'),
  execute: wordId('execute'),
  deallocate: wordId('deallocate'),
  drop: wordId('drop'),
  from: wordId('from'),
  using: wordId('using'),
};

const COMMA = 0x2c;
const MARKER = 0x3f;

/** The statement from `start` to `end`; undefined for anything that is not exactly of one of the forms. */
export function preparedForm(
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
): PreparedForm | undefined {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  lexer.next();
  switch (lexer.kind === token.word ? lexer.word : 0) {
    case word.prepare:
      return prepareForm(lexer, mode);
    case word.execute:
      return executeForm(lexer, mode);
    case word.deallocate:
    case word.drop:
      return deallocateForm(lexer, mode);
    default:
      return undefined;
  }
}

/** How many parameter markers a statement has. */
export function markerCount(text: Buffer, mode: LexMode): number {
  const lexer = new Lexer(text, 0, mode);
  let count = 0;
  while (lexer.next() !== token.end) if (lexer.kind === MARKER) count++;
  return count;
}

function nextName(lexer: Lexer, mode: LexMode): string | undefined {
  const kind = lexer.next();
  if (kind !== token.word && kind !== token.quotedName) return undefined;
  return nameText(lexer.text, lexer.start, lexer.end, mode);
}

const isNext = (lexer: Lexer, wanted: number): boolean =>
  lexer.next() === token.word && lexer.word === wanted;

function prepareForm(lexer: Lexer, mode: LexMode): PreparedForm | undefined {
  const name = nextName(lexer, mode);
  if (name === undefined || !isNext(lexer, word.from)) return undefined;
  const kind = lexer.next();
  const { text, start, end } = lexer;
  if (kind !== token.string && kind !== token.userVariable) return undefined;
  if (lexer.next() !== token.end) return undefined;
  const source: PreparedSource =
    kind === token.string
      ? { kind: 'literal', text: stringBytes(text, start, end, mode) }
      : { kind: 'variable', name: userVariableName(text, start, end, mode) };
  return { kind: 'prepare', name, source };
}

function executeForm(lexer: Lexer, mode: LexMode): PreparedForm | undefined {
  const name = nextName(lexer, mode);
  if (name === undefined) return undefined;
  const variables: string[] = [];
  if (lexer.next() === token.end) return { kind: 'execute', name, variables };
  if (lexer.kind !== token.word || lexer.word !== word.using) return undefined;
  do {
    if (lexer.next() !== token.userVariable) return undefined;
    variables.push(userVariableName(lexer.text, lexer.start, lexer.end, mode));
  } while (lexer.next() === COMMA);
  return lexer.kind === token.end ? { kind: 'execute', name, variables } : undefined;
}

function deallocateForm(lexer: Lexer, mode: LexMode): PreparedForm | undefined {
  if (!isNext(lexer, word.prepare)) return undefined;
  const name = nextName(lexer, mode);
  return name === undefined || lexer.next() !== token.end ? undefined : { kind: 'deallocate', name };
}
