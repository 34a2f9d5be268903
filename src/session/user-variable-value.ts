/**
 * What a user variable holds, as SQL that makes another connection's variable the same: value, type, sign, character set,
 * collation. A tablet is asked for it after a statement that may have changed it, since a literal does not say it all:
 * `SET @a = CONCAT(…)` takes its collation from the expression.
 */
import { type ColumnFacts, columnFlag, readColumnFacts } from '../engine/rows/column-kind.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { CollectedAnswer } from '../gateway/answer-collector.ts';
import { collationByName } from '../mysql/collations.ts';
import { columnType } from '../mysql/protocol.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import { readTextRow } from '../wire/packets.ts';

/** The value of a user variable that was set. */
export type UserVariable = Readonly<{
  /** An expression that is the value, of ASCII characters only, whatever sql_mode and character sets are. */
  sql: string;
  /** The same for the planner. */
  value: LiteralValue;
}>;

/** Titles, parameters and names in other character sets are not worth the doubt: such names keep their connection. */
const plainName = /^[a-z0-9_.$]{1,64}$/;

export const isPlainName = (name: string): boolean => plainName.test(name);

const COLUMNS_PER_NAME = 3;

/**
 * Asks for variables; there is no row if their values are longer than `bytesMax` together. By itself a value would come in
 * the character set of results, and a double as binary text would lose digits.
 */
export function valuesQuestion(names: readonly string[], bytesMax: number): string {
  const columns = names.map(
    (name) => `@\`${name}\`, CAST(COLLATION(@\`${name}\`) AS BINARY), CAST(@\`${name}\` AS BINARY)`,
  );
  const lengths = names.map((name) => `IFNULL(LENGTH(@\`${name}\`), 0)`);
  return `SELECT ${columns.join(', ')} FROM DUAL WHERE ${lengths.join(' + ')} <= ${bytesMax} LIMIT 1`;
}

/** The answer to `valuesQuestion` (with a row), by name; undefined for a variable that was never set. */
export function valuesIn(
  answer: CollectedAnswer,
  names: readonly string[],
): ReadonlyMap<string, UserVariable | undefined> {
  const cells = readTextRow(answer.rows[0]!, answer.definitions.length);
  return new Map(
    names.map((name, at) => {
      const first = at * COLUMNS_PER_NAME;
      const facts = readColumnFacts(answer.definitions[first]!);
      const collation = cells[first + 1]?.toString('latin1') ?? 'binary';
      return [name, variableOf(facts, collation, cells[first]!, cells[first + 2]!)];
    }),
  );
}

function variableOf(
  facts: ColumnFacts,
  collation: string,
  text: Buffer | null,
  bytes: Buffer | null,
): UserVariable | undefined {
  switch (facts.type) {
    case columnType.varString:
      return undefined;
    case columnType.longlong:
      return integerVariable(bytes, (facts.flags & columnFlag.unsigned) !== 0);
    case columnType.newDecimal:
      return decimalVariable(bytes);
    case columnType.double:
      return doubleVariable(text);
    default:
      return textVariable(bytes, collation);
  }
}

const nullValue: LiteralValue = Object.freeze({ kind: 'null' });

function integerVariable(digits: Buffer | null, unsigned: boolean): UserVariable {
  if (digits === null) return { sql: 'CAST(NULL AS SIGNED)', value: nullValue };
  const text = digits.toString('latin1');
  return {
    sql: unsigned ? `CAST(${text} AS UNSIGNED)` : text,
    value: { kind: 'integer', value: BigInt(text) },
  };
}

function decimalVariable(digits: Buffer | null): UserVariable {
  if (digits === null) return { sql: 'CAST(NULL AS DECIMAL)', value: nullValue };
  const text = digits.toString('latin1');
  // The point makes it a DECIMAL.
  const sql = text.includes('.') ? text : `${text}.`;
  return { sql, value: { kind: 'decimal', text: sql } };
}

function doubleVariable(digits: Buffer | null): UserVariable {
  if (digits === null) return { sql: 'NULL + 0e0', value: nullValue };
  const text = digits.toString('latin1');
  const sql = text.includes('e') ? text : `${text}e0`;
  return { sql, value: { kind: 'float', text: sql } };
}

function textVariable(bytes: Buffer | null, collation: string): UserVariable {
  const known = collationByName(collation);
  // Its name goes into SQL: none that nobody knows.
  if (known === undefined)
    throw new HeadgateError('HG_INTERNAL', { detail: `unknown collation ${collation}` });
  const { charset, name } = known;
  const collate = charset === 'binary' ? '' : ` COLLATE ${name}`;
  if (bytes === null) {
    const sql = charset === 'binary' ? 'NULL' : `CONVERT(NULL USING ${charset})${collate}`;
    return { sql, value: nullValue };
  }
  const content = bytes.length === 0 ? "''" : `0x${bytes.toString('hex')}`;
  return {
    sql: `_${charset} ${content}${collate}`,
    value: { kind: 'binary', bytes, charset, collation: name },
  };
}
