/** One statement through the parser, the printer and the second opinion. */
import sqlParser from 'node-sql-parser/build/mysql.js';
import { type LexMode, lexModeOf } from '../../src/sql/lex-mode.ts';
import { parseStatement } from '../../src/sql/parser/statement.ts';
import { printBytes } from '../../src/sql/printer/print.ts';
import { findMisplaced } from './positions.ts';
import type { Reference } from './reference.ts';

/** What statements are read under: a new session's settings on the server that is asked. */
export const corpusMode = (serverVersion: number, sqlMode = ''): LexMode =>
  lexModeOf(sqlMode, 'utf8mb4', serverVersion, false);

export type Measured = Readonly<{
  accepted: boolean;
  /** Why not. */
  message: string | undefined;
  /** Printed, parsed and printed again gives the same text; undefined where nothing was parsed. */
  isFixed: boolean | undefined;
  /** Nodes whose positions are wrong. */
  misplaced: readonly string[];
  /** What was printed. */
  printed: Buffer | undefined;
}>;

/** `gap`: MySQL accepts, we refuse. `lenience`: we accept, MySQL refuses. */
export type Outcome = 'accepted' | 'refused' | 'gap' | 'lenience' | 'undecided';

/** Parses and prints; `mode` as the server would have it. */
export function measure(statement: Buffer, mode: LexMode): Measured {
  const first = parseStatement(statement, 0, statement.length, mode);
  if (first.kind === 'syntaxProblem') {
    return { accepted: false, message: first.message, isFixed: undefined, misplaced: [], printed: undefined };
  }
  const printed = printBytes(first, statement, mode);
  const second = parseStatement(printed, 0, printed.length, mode);
  const isFixed = second.kind !== 'syntaxProblem' && printBytes(second, printed, mode).equals(printed);
  const message = second.kind === 'syntaxProblem' ? second.message : undefined;
  const misplaced = findMisplaced(first, statement, mode);
  return { accepted: true, message, isFixed, misplaced, printed };
}

/** Whether ours and MySQL's opinion agree. */
export function outcomeOf(measured: Measured, reference: Reference): Outcome {
  if (reference.verdict === 'undecided') return measured.accepted ? 'accepted' : 'undecided';
  if (reference.verdict === 'accepted') return measured.accepted ? 'accepted' : 'gap';
  return measured.accepted ? 'lenience' : 'refused';
}

const second = new sqlParser.Parser();

/** Whether node-sql-parser takes the statement. */
export function secondOpinion(statement: Buffer): boolean {
  try {
    second.astify(statement.toString('utf8'), { database: 'MySQL' });
    return true;
  } catch {
    return false;
  }
}
