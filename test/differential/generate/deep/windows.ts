/** Window functions with one answer: where ties would leave a choice, the order is total. */
import type { Random } from '../../../support/random.ts';
import { type Fragment, sql } from '../../fragment.ts';
import { type Col, chosen, type Item, isNumeric, type Relation } from './model.ts';
import { itemOf } from './values.ts';

const numberItem = (text: Fragment): Item => ({
  kind: 'number',
  collation: undefined,
  loose: false,
  unsure: false,
  fuzzy: false,
  pool: ['1', '2', '3', '5'],
  text,
});

/** `clause`: the window, where it is named in WINDOW; else it stands in the item. */
export type Windowed = Readonly<{ item: Item; clause: Fragment | undefined }>;

const direction = (random: Random): string => random.pick(['', '', ' DESC']);

const FRAMES = [
  'ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  'ROWS UNBOUNDED PRECEDING',
  'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
  'ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING',
];

export function windowOf(random: Random, from: Relation): Windowed {
  const sortable = from.columns.filter(({ kind }) => kind !== 'json');
  const pick = (columns: readonly Col[]): Col => random.pick(columns.length > 0 ? columns : from.columns);
  const partition =
    random.chance(0.5) && sortable.length > 0 ? sql`PARTITION BY ${pick(sortable).ref} ` : sql``;
  const keys = sortable.length > 0 && random.chance(0.7) ? [`${pick(sortable).ref}${direction(random)}`] : [];
  const total = sql`${partition}ORDER BY ${[...keys, ...from.unique].join(', ')}`;
  const ties = keys.length > 0 ? sql`${partition}ORDER BY ${keys.join(', ')}` : total;
  const column = pick(sortable);
  const numbers = from.columns.filter((each) => isNumeric(each) && each.kind !== 'float');
  const number = numbers.length > 0 ? random.pick(numbers) : undefined;
  const over = (call: Fragment, item: Item, window: Fragment): Windowed =>
    random.chance(0.25)
      ? { item: { ...item, text: call }, clause: window }
      : { item: { ...item, text: sql`${call} OVER (${window})` }, clause: undefined };
  const count = (call: string, window: Fragment): Windowed => over(sql`${call}`, numberItem(sql``), window);
  const value = (call: string, window: Fragment): Windowed => over(sql`${call}`, itemOf(column), window);
  const { ref } = column;
  switch (random.below(12)) {
    case 0:
      return count('ROW_NUMBER()', total);
    case 1:
      return count(random.pick(['RANK()', 'DENSE_RANK()']), ties);
    case 2: {
      const made = count(random.pick(['PERCENT_RANK()', 'CUME_DIST()']), ties);
      return { ...made, item: { ...made.item, kind: 'float' } };
    }
    case 3:
      return count(`NTILE(${random.between(2, 5)})`, total);
    case 4:
      return value(`LAG(${ref}${random.chance(0.4) ? ', 2' : ''})`, total);
    case 5:
      return value(`LEAD(${ref})`, total);
    case 6:
      return value(`FIRST_VALUE(${ref})`, total);
    case 7:
      return value(`LAST_VALUE(${ref})`, sql`${total} ${random.pick(FRAMES)}`);
    case 8:
      return value(`NTH_VALUE(${ref}, 2)`, total);
    case 9:
      return count(`COUNT(${random.chance(0.5) ? '*' : ref})`, random.chance(0.5) ? ties : sql`${partition}`);
    case 10: {
      const made = over(sql`${random.pick(['MIN', 'MAX'])}(${ref})`, itemOf(column), ties);
      return { ...made, item: chosen(made.item) };
    }
    default: {
      if (number === undefined) return count('COUNT(*)', ties);
      const window = random.chance(0.5) ? ties : sql`${total} ${random.pick(FRAMES)}`;
      const made = over(sql`${random.pick(['SUM', 'AVG'])}(${number.ref})`, numberItem(sql``), window);
      return { ...made, item: { ...made.item, kind: 'decimal' } };
    }
  }
}
