/** Random joins of the stage's tables, each with an order of all its rows. */
import type { Random } from '../support/random.ts';
import { keyColumns } from './stage.ts';

const names = Object.keys(keyColumns);
const tables = ['a', 'b', 'a', 'b', 'main.a', 'main.b'];

/** A condition on one table alone. */
function ownCondition(random: Random, alias: string): string {
  const number = random.below(45);
  return random.pick([
    `${alias}.id > ${number}`,
    `${alias}.id <= ${number}`,
    `${alias}.i = ${random.pick([0, 1, 7, 42])}`,
    `${alias}.t LIKE 'a%'`,
    `${alias}.note <> 'row ${number}'`,
    `${alias}.id IN (${number}, 3, 5, 8, 13, 21, 34)`,
    `(${alias}.u = 7 OR ${alias}.id < ${number})`,
    `${alias}.l IS NOT NULL`,
    `${alias}.id = ${number}`,
  ]);
}

/** `x.t = y.t`, now and then of two columns. */
function equality(random: Random, a: string, b: string): string {
  const key = random.pick(names);
  const one = random.chance(0.5) ? `${a}.${key} = ${b}.${key}` : `${b}.${key} = ${a}.${key}`;
  if (random.chance(0.8)) return one;
  const other = random.pick(names);
  return random.chance(0.5)
    ? `${one} AND ${a}.${other} = ${b}.${other}`
    : `(${a}.${key}, ${a}.${other}) = (${b}.${key}, ${b}.${other})`;
}

function membership(random: Random, alias: string): string {
  const table = random.pick(['b', 'many', 'main.b']);
  const key = table === 'many' ? random.pick(['i', 'id', 'u']) : random.pick(names);
  const own = table === 'many' && key === 'id' ? 'id' : key;
  const where = random.chance(0.5) ? ` AND ${ownCondition(random, 's')}` : '';
  const not = random.chance(0.3) ? 'NOT ' : '';
  if (random.chance(0.5))
    return `${not}EXISTS (SELECT 1 FROM ${table} s WHERE s.${key} = ${alias}.${own}${where})`;
  const isNot = not !== '' && key === 'id' ? 'NOT ' : '';
  return `${alias}.${own} ${isNot}IN (SELECT s.${key} FROM ${table} s WHERE s.id > 0${where})`;
}

export function randomJoin(random: Random): string {
  const count = random.pick([2, 2, 3]);
  const aliases = ['x', 'y', 'z'].slice(0, count);
  let from = `${random.pick(tables)} x`;
  for (const [at, alias] of aliases.entries()) {
    if (at === 0) continue;
    const other = random.pick(aliases.slice(0, at));
    const type = random.pick([
      'JOIN',
      'JOIN',
      'LEFT JOIN',
      'LEFT JOIN',
      at === 1 ? 'RIGHT JOIN' : 'STRAIGHT_JOIN',
    ]);
    const own = random.chance(0.3) ? ` AND ${ownCondition(random, alias)}` : '';
    from += ` ${type} ${random.pick(tables)} ${alias} ON ${equality(random, other, alias)}${own}`;
  }
  const conditions = aliases.filter(() => random.chance(0.3)).map((alias) => ownCondition(random, alias));
  if (random.chance(0.2)) conditions.push(`${random.pick(aliases)}.id IS NULL`);
  if (random.chance(0.3)) conditions.push(membership(random, random.pick(aliases)));
  const ids = aliases.map((alias) => `${alias}.id`);
  const columns = [...ids, ...aliases.map((alias) => `${alias}.${random.pick([...names, 'note'])}`)];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const first = random.chance(0.4) ? [`${random.pick(aliases)}.${random.pick(['i', 'u', 'd', 'vb'])}`] : [];
  const order = [...first, ...(random.chance(0.5) ? ids : ids.toReversed())].map((by) =>
    random.chance(0.3) ? `${by} DESC` : by,
  );
  const limit = random.chance(0.3)
    ? ` LIMIT ${random.below(20)}${random.chance(0.3) ? ' OFFSET 3' : ''}`
    : '';
  const distinct = random.chance(0.1) ? 'DISTINCT ' : '';
  const shown = distinct === '' ? columns : [...ids, ...first];
  return `SELECT ${distinct}${shown.join(', ')} FROM ${from}${where} ORDER BY ${order.join(', ')}${limit}`;
}
