/** Things to select: columns, functions of them, constants, and odd ways to write and to name them. */
import type { Random } from '../../support/random.ts';
import { type Fragment, literal, sql } from '../fragment.ts';
import { comparison } from './predicates.ts';
import type { ScopeColumn } from './sources.ts';

/** Functions per family; `@` stands for the column. Kept to those that cannot overflow on the tables' values. */
const functions: Readonly<Record<ScopeColumn['definition']['family'], readonly string[]>> = {
  integer: [
    '@ % 3',
    '@ DIV 2',
    '@ / 3',
    '@ IS NULL',
    'IFNULL(@, 0)',
    "COALESCE(@, 'x')",
    "CONCAT(@, '')",
    'HEX(@)',
    '@ = 5',
    'CAST(@ AS CHAR)',
    'GREATEST(@, 3)',
    '@ & 7',
    'SIGN(@)',
    'IF(@ > 2, @, NULL)',
    'CAST(@ AS DECIMAL(30,2))',
    'NOT @',
    'CASE WHEN @ > 5 THEN 1 ELSE 2.5 END',
    '@ + 0.0',
    '@ * 1e0',
    'NULLIF(@, 1)',
    'FORMAT(@, 2)',
    'LPAD(@, 5, 0)',
    '-@ / 2.0',
  ],
  unsigned: [
    '@ % 3',
    '@ DIV 2',
    '@ / 3',
    'HEX(@)',
    "CONCAT(@, '')",
    'IFNULL(@, 0)',
    'CAST(@ AS CHAR)',
    '@ + 0.0',
    'BIT_COUNT(@)',
  ],
  decimal: [
    '@ + 1',
    '@ * 2',
    'ROUND(@, 1)',
    'FLOOR(@)',
    'CEIL(@)',
    '-@',
    'ABS(@)',
    'TRUNCATE(@, 1)',
    "CONCAT(@, '')",
    '@ / 3',
  ],
  float: ['@ * 2', 'ROUND(@, 2)', 'FLOOR(@ / 1e90)', '-@', 'ABS(@)', 'CAST(@ AS CHAR)', 'IFNULL(@, 0)'],
  text: [
    'UPPER(@)',
    'LOWER(@)',
    'LENGTH(@)',
    'CHAR_LENGTH(@)',
    "CONCAT(@, '!')",
    'REVERSE(@)',
    'SUBSTRING(@, 1, 2)',
    'LEFT(@, 1)',
    'TRIM(@)',
    "LPAD(@, 5, '*')",
    "@ LIKE 'a%'",
    "@ = 'abc'",
    "REPLACE(@, 'a', 'o')",
    'HEX(@)',
    "COALESCE(@, 'none')",
    'MD5(@)',
    "IFNULL(@, '')",
    "FIELD(@, 'abc', 'b')",
    "STRCMP(@, 'b')",
    "@ IN ('a', 'B')",
    'COLLATION(@)',
    "INSTR(@, 'b')",
    '@ IS NULL',
    'ASCII(@)',
    'SUBSTRING(@ FROM 2 FOR 1)',
    'SOUNDEX(@)',
    "CASE @ WHEN 'a' THEN 1 WHEN 'b' THEN 2 END",
    'CAST(@ AS BINARY(3))',
  ],
  binary: ['HEX(@)', 'LENGTH(@)', 'MD5(@)', "CONCAT(@, 'x')", 'IFNULL(@, 0x41)', 'SUBSTRING(@, 1, 1)'],
  date: [
    'YEAR(@)',
    'MONTHNAME(@)',
    "DATE_FORMAT(@, '%d.%m.%Y')",
    '@ + INTERVAL 1 DAY',
    "DATEDIFF(@, '2020-01-01')",
    'TO_DAYS(@)',
    'LAST_DAY(@)',
    '@ + 0',
    "IFNULL(@, '')",
    'EXTRACT(YEAR_MONTH FROM @)',
  ],
  datetime: [
    'YEAR(@)',
    'DATE(@)',
    'TIME(@)',
    "DATE_FORMAT(@, '%H:%i')",
    'MICROSECOND(@)',
    '@ + 0',
    'IFNULL(@, 0)',
    'CAST(@ AS DATE)',
    "TIMESTAMPDIFF(DAY, @, '2020-01-01')",
  ],
  time: ['HOUR(@)', 'TIME_TO_SEC(@)', '@ + 0', "IFNULL(@, '')"],
  year: ['@ + 1', '@', "CONCAT(@, '')"],
  json: [
    "@->'$.a'",
    "@->>'$.a'",
    'JSON_TYPE(@)',
    'JSON_LENGTH(@)',
    'CAST(@ AS CHAR)',
    "JSON_EXTRACT(@, '$[0]')",
    "JSON_OBJECT('k', @)",
  ],
  enum: ['@ + 0', "CONCAT(@, '')", 'UPPER(@)', "@ = 'large'"],
  set: ['@ + 0', "FIND_IN_SET('b', @)", "CONCAT(@, '')"],
  bit: ['@ + 0', 'HEX(@)', 'BIN(@)', '@ & 1'],
};

const constants = [
  '1',
  "'x'",
  'NULL',
  '1 + 1',
  '0x41',
  'TRUE',
  '"str"',
  '1.50',
  '-1',
  "DATE'2020-01-01'",
  'PI()',
  'DATABASE()',
  "CONCAT('a', 'b')",
  '18446744073709551615',
  '1e3',
  "'a' 'b'",
  '(1)',
  '(SELECT 1)',
  "_binary'x'",
  "b'1'",
  "N'ä'",
  '1 = 1',
  "'it''s'",
  'CAST(1 AS JSON)',
];

/** A function of the column, in the text as it stands in the query. */
export const functionOf = (random: Random, { ref, definition }: ScopeColumn): string =>
  random.pick(functions[definition.family]).replaceAll('@', ref);

export type Selected = Readonly<{
  expression: Fragment;
  /** The column itself, where it is nothing more. */
  column?: ScopeColumn;
  /** A text that a collation may take for equal to another one. */
  loose: boolean;
}>;

export const plainColumn = (column: ScopeColumn): Selected => ({
  expression: sql`${column.ref}`,
  column,
  loose: column.definition.loose,
});

/** An expression over the scope. */
export function expression(random: Random, columns: readonly ScopeColumn[]): Selected {
  const column = random.pick(columns);
  const kind = random.below(20);
  if (kind < 9) return plainColumn(column);
  if (kind < 16) return { expression: sql`${functionOf(random, column)}`, loose: true };
  if (kind < 18) return { expression: literal(random.pick(constants)), loose: false };
  if (kind < 19) return { expression: sql`(${comparison(random, column)})`, loose: false };
  const other = random.pick(columns);
  return { expression: sql`CONCAT_WS('-', ${column.ref}, ${other.ref})`, loose: true };
}

/** With odd blanks, comments or parentheses, which show in the column's title. */
export function oddlySpelled(random: Random, { expression: fragment, ...rest }: Selected): Selected {
  switch (random.below(14)) {
    case 0:
      return { ...rest, expression: sql` ${fragment}  ` };
    case 1:
      return { ...rest, expression: sql`${fragment} /* note */` };
    case 2:
      return { ...rest, expression: sql`/* note */ ${fragment}` };
    case 3:
      return { ...rest, column: undefined, expression: sql`(${fragment})` };
    case 4:
      return { ...rest, column: undefined, expression: sql`( ( ${fragment} ) )` };
    case 5:
      return { ...rest, expression: sql`\n\t${fragment}\n` };
    default:
      return { ...rest, expression: fragment };
  }
}

const aliases = ['x1', '`odd name`', '`a.b`', 'Total', "'quoted'", '"dq"', '`ä`', 'cnt', 'k2', '`select`'];

/** An alias for the select list's place `at`, all different; undefined for none. */
export function aliasAt(random: Random, at: number): string | undefined {
  if (!random.chance(0.25)) return undefined;
  const alias = aliases[at];
  return alias;
}

export const withAlias = (random: Random, fragment: Fragment, alias: string | undefined): Fragment =>
  alias === undefined ? fragment : sql`${fragment}${random.pick([' AS ', ' as ', ' '])}${alias}`;
