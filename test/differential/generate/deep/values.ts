/** Expressions over columns, and aggregates. */
import { columnType } from '../../../../src/mysql/protocol.ts';
import { longlong, text as textParameter } from '../../../support/parameters.ts';
import type { Random } from '../../../support/random.ts';
import { type Fragment, literal, sql } from '../../fragment.ts';
import { literalBytes } from '../../placement.ts';
import { type Col, chosen, comparable, type Item, isNumeric, type Kind, type Value } from './model.ts';

/** A value of the pool, sent as a parameter where the case is prepared. */
export function literalOf(random: Random, { pool, kind }: Value): Fragment {
  const stored = random.pick(pool);
  if (/^-?\d+$/.test(stored) && isNumeric({ kind } as Value)) {
    const number = BigInt(stored);
    return literal(stored, longlong(number, number > 2n ** 63n - 1n));
  }
  const bytes = literalBytes(stored);
  if (bytes === undefined) return literal(stored);
  if (kind === 'decimal') return literal(stored, textParameter(stored, columnType.newDecimal));
  if (kind === 'text' || kind === 'date' || kind === 'datetime' || kind === 'time')
    return literal(stored, textParameter(bytes));
  return literal(stored);
}

export const itemOf = (column: Col): Item => ({ ...column, text: sql`${column.ref}`, fuzzy: false });

const NUMBERS = ['0', '1', '2', '3', '5', '20'];

const made = (kind: Kind, text: Fragment, more: Partial<Value> = {}): Item => ({
  kind,
  collation: undefined,
  loose: kind === 'float',
  unsure: false,
  pool: NUMBERS,
  fuzzy: false,
  ...more,
  text,
});

/** A function of columns that are certain. */
export function computed(random: Random, columns: readonly Col[]): Item {
  const column = random.pick(columns);
  if (column.unsure) return made('number', sql`${column.ref} IS NULL`);
  const like = columns.filter((each) => !each.unsure && comparable(column, each));
  const other = random.pick(like.length > 0 ? like : [column]);
  const { ref } = column;
  switch (column.kind) {
    case 'number':
      return numberOf(random, column, other);
    case 'wide':
      return random.pick<() => Item>([
        () => made('number', sql`${ref} % 7`),
        () => made('number', sql`${ref} > ${literalOf(random, column)}`),
        () => ({ ...itemOf(column), text: sql`IFNULL(${ref}, 0)` }),
      ])();
    case 'decimal':
      return random.pick<() => Item>([
        () => made('decimal', sql`${ref} + 1`),
        () => made('decimal', sql`ROUND(${ref}, 1)`),
        () => made('number', sql`${ref} < ${literalOf(random, column)}`),
        () => made('decimal', sql`COALESCE(${ref}, ${other.ref}, 0)`),
        () => made('decimal', sql`-${ref}`),
      ])();
    case 'float':
      return random.pick<() => Item>([
        () => made('float', sql`IFNULL(${ref}, 0)`),
        () => made('number', sql`${ref} IS NULL`),
        () => made('float', sql`${ref} * 2`),
      ])();
    case 'text':
      return textOf(random, column, other);
    case 'date':
    case 'datetime':
      return random.pick<() => Item>([
        () => made('number', sql`YEAR(${ref})`, { pool: ['2000', '2024', '1999'] }),
        () => made('number', sql`DATEDIFF(${ref}, '2000-01-01')`),
        () => ({ ...itemOf(column), kind: 'date', text: sql`DATE(${ref})` }),
        () => made('number', sql`${ref} >= ${literalOf(random, column)}`),
        () =>
          made('text', sql`DATE_FORMAT(${ref}, '%d.%m.%Y')`, {
            collation: 'utf8mb4_0900_ai_ci',
            loose: true,
            pool: ["'29.02.2000'"],
          }),
      ])();
    case 'time':
      return made('number', sql`TIME_TO_SEC(${ref})`);
    case 'json':
      return random.pick<() => Item>([
        () => made('number', sql`JSON_LENGTH(${ref})`),
        () => made('other', sql`JSON_TYPE(${ref})`),
        () => made('other', sql`JSON_UNQUOTE(JSON_EXTRACT(${ref}, '$.a'))`),
      ])();
    case 'binary':
      return random.chance(0.5) ? made('other', sql`HEX(${ref})`) : made('number', sql`LENGTH(${ref})`);
    case 'other':
      return random.chance(0.5) ? made('number', sql`${ref} + 0`) : made('other', sql`CONCAT(${ref})`);
  }
}

function numberOf(random: Random, column: Col, other: Col): Item {
  const { ref, pool } = column;
  const plain = other.kind === 'number' ? other.ref : ref;
  return random.pick<() => Item>([
    () => made('number', sql`${ref} + ${random.between(1, 3)}`, { pool }),
    () => made('number', sql`${ref} % 3`),
    () => made('number', sql`${ref} * 2 - ${plain}`, { pool }),
    () => made('number', sql`IFNULL(${ref}, 0)`, { pool }),
    () => made('number', sql`COALESCE(${ref}, ${plain}, -1)`, { pool }),
    () =>
      made(
        'number',
        sql`CASE WHEN ${ref} > ${literalOf(random, column)} THEN 1 WHEN ${plain} IS NULL THEN 2 ELSE 0 END`,
      ),
    () => made('decimal', sql`${ref} / 3`),
    () => made('number', sql`${ref} IN (1, 5, 20)`),
    () => made('number', sql`NULLIF(${ref}, ${literalOf(random, column)})`, { pool }),
    () => made('number', sql`GREATEST(${ref}, ${plain})`, { pool }),
    () =>
      made('text', sql`CONCAT('n', ${ref})`, {
        collation: 'utf8mb4_0900_ai_ci',
        loose: true,
        pool: ["'n1'", "'n20'"],
      }),
    () => made('number', sql`ABS(${ref})`, { pool }),
  ])();
}

function textOf(random: Random, column: Col, other: Col): Item {
  const { ref } = column;
  const same = (text: Fragment): Item => ({ ...itemOf(column), text });
  return random.pick<() => Item>([
    () => same(sql`UPPER(${ref})`),
    () => same(sql`CONCAT(${ref}, '-', ${other.ref})`),
    () => same(sql`LEFT(${ref}, 2)`),
    () => same(sql`IFNULL(${ref}, 'none')`),
    () => made('number', sql`CHAR_LENGTH(${ref})`),
    () => made('number', sql`${ref} = ${literalOf(random, column)}`),
    () => made('number', sql`${ref} LIKE '%a%'`),
    () => same(sql`REPLACE(${ref}, 'a', 'o')`),
    () => same(sql`IF(${ref} < ${other.ref}, ${ref}, ${other.ref})`),
  ])();
}

/** An expression, of a kind like `want` where that is given. */
export function expressionOf(random: Random, columns: readonly Col[], want?: Value): Item {
  if (want === undefined) {
    if (random.chance(0.6)) return itemOf(random.pick(columns));
    return random.chance(0.15)
      ? made('number', literalOf(random, made('number', sql``)))
      : computed(random, columns);
  }
  const fitting = columns.filter((each) => comparable(want, each));
  if (fitting.length > 0 && random.chance(0.9)) return itemOf(random.pick(fitting));
  return { ...want, text: literalOf(random, want), fuzzy: false, unsure: false, loose: want.loose };
}

/** An aggregate; those with parts that depend on the rows' order are sorted within. `unique` makes a total order. */
export function aggregateOf(random: Random, columns: readonly Col[], unique: readonly string[]): Item {
  const column = random.pick(columns);
  const { ref } = column;
  const isJson = column.kind === 'json';
  const numbers = columns.filter((each) => isNumeric(each) && each.kind !== 'float');
  const number = numbers.length > 0 ? random.pick(numbers) : undefined;
  const distinct = random.chance(0.25) ? 'DISTINCT ' : '';
  const at = random.below(16);
  if (at < 3) return made('number', sql`COUNT(*)`);
  if (at < 5) return made('number', sql`COUNT(${isJson ? '' : distinct}${ref})`);
  if (at < 7 && !isJson) return { ...chosen(itemOf(column)), text: sql`MIN(${distinct}${ref})` };
  if (at < 9 && !isJson) return { ...chosen(itemOf(column)), text: sql`MAX(${distinct}${ref})` };
  if (number === undefined) return made('number', sql`COUNT(*)`);
  if (at < 11) return made('decimal', sql`SUM(${distinct}${number.ref})`);
  if (at < 12) return made('decimal', sql`AVG(${distinct}${number.ref})`);
  if (at < 13)
    return made(
      'other',
      sql`${random.pick(['BIT_OR', 'BIT_AND', 'BIT_XOR'])}(${number.kind === 'decimal' ? `FLOOR(${number.ref}) % 100` : number.ref})`,
    );
  if (at < 14)
    return {
      ...made('float', sql`${random.pick(['STD', 'VAR_SAMP', 'VARIANCE'])}(${number.ref})`),
      fuzzy: true,
    };
  if (at < 15 && !column.unsure && !isJson && column.kind !== 'float') {
    const by = distinct === '' ? [ref, ...unique] : [ref];
    const text = sql`GROUP_CONCAT(${distinct}${ref} ORDER BY ${by.join(', ')}${random.chance(0.3) ? " SEPARATOR '|'" : ''})`;
    return made('text', text, { unsure: true, loose: true, collation: 'none' });
  }
  const key = columns.find((each) => each.kind === 'number');
  return key === undefined
    ? made('number', sql`COUNT(*) + 1`)
    : made('number', sql`JSON_LENGTH(JSON_ARRAYAGG(${key.ref}))`);
}
