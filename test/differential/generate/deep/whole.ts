/** Cases of whole queries: any construct in any place, over tables of four keyspaces. */
import type { Random } from '../../../support/random.ts';
import type { Case, RowOrder, Statement } from '../../case.ts';
import { MARKET } from '../../definitions.ts';
import { asPrepared, asText, type Fragment, joined, sql } from '../../fragment.ts';
import { loginOf, settings } from '../sessions.ts';
import { type Block, block } from './blocks.ts';
import { conditionOf } from './conditions.ts';
import type { Env, Item } from './model.ts';
import { setOperation, withHead } from './queries.ts';
import { source } from './sources.ts';

type Asked = Readonly<{ text: Fragment; order: RowOrder; loose: readonly number[] }>;

const placesOf = (items: readonly Item[], is: (item: Item) => boolean): number[] =>
  items.flatMap((item, at) => (is(item) ? [at] : []));

const isConstant = ({ text }: Item): boolean => text.length === 1 && typeof text[0] === 'object';

/** MySQL 9.7 may lose what follows a constant subquery in an ORDER BY with LIMIT: these come last. */
const isSubquery = ({ text }: Item): boolean => asText(text).startsWith('(SELECT');

const direction = (random: Random): string => random.pick(['', '', ' DESC']);

/** The block as a case sends it: unordered, by what makes the order total, or by all that it shows. */
function ordered(env: Env, made: Pick<Block, 'text' | 'items' | 'unique' | 'strict' | 'columns'>): Asked {
  const { random } = env;
  const { items } = made;
  const unsure = placesOf(items, (item) => item.unsure);
  const limit = random.chance(0.3)
    ? sql` LIMIT ${random.between(0, 20)}${random.chance(0.3) ? ` OFFSET ${random.between(1, 5)}` : ''}`
    : sql``;
  if (random.chance(0.3)) return { text: made.text, order: 'any', loose: unsure };
  if (made.unique.length > 0 && made.strict) {
    const keys = made.columns.filter(({ kind }) => kind !== 'json');
    const first =
      keys.length > 0
        ? Array.from({ length: random.below(3) }, () => sql`${random.pick(keys).ref}${direction(random)}`)
        : [];
    const by = joined([...first, ...made.unique.map((each) => sql`${each}`)], ', ');
    return { text: sql`${made.text} ORDER BY ${by}${limit}`, order: 'total', loose: unsure };
  }
  if (items.some(({ kind, fuzzy }) => kind === 'json' || fuzzy))
    return { text: made.text, order: 'any', loose: unsure };
  const places = items.flatMap((item, at) =>
    isConstant(item) || isSubquery(item) ? [] : [sql`${at + 1}${direction(random)}`],
  );
  if (places.length === 0) return { text: made.text, order: 'any', loose: unsure };
  const first = random.chance(0.5) ? places : [...places].reverse();
  const by = joined([...first, ...placesOf(items, isSubquery).map((at) => sql`${at + 1}`)], ', ');
  return {
    text: sql`${made.text} ORDER BY ${by}${limit}`,
    order: 'total',
    loose: placesOf(items, ({ loose }) => loose),
  };
}

/** `SELECT *` of a join. */
function starred(env: Env): Asked {
  const from = source(env);
  const where = env.random.chance(0.6) ? sql` WHERE ${conditionOf(env, from.columns, from.rows)}` : sql``;
  const text = sql`SELECT * FROM ${from.from}${where}`;
  const unsure = from.columns.some((each) => each.unsure) ? Array.from({ length: 60 }, (_, at) => at) : [];
  if (!from.strict || env.random.chance(0.4)) return { text, order: 'any', loose: unsure };
  return { text: sql`${text} ORDER BY ${from.unique.join(', ')}`, order: 'total', loose: unsure };
}

function asked(env: Env): Asked {
  const { random } = env;
  const kind = random.below(100);
  if (kind < 12) return starred(env);
  const wish = { count: random.between(1, 4), top: true };
  if (kind < 24) {
    const made = setOperation(env, { count: wish.count }, 'top');
    return ordered(env, { ...made, unique: [], strict: false, columns: [] });
  }
  if (kind < 36) {
    const [head, inner] = withHead(env);
    const made = block(inner, wish);
    return ordered(env, { ...made, text: sql`${head}${made.text}` });
  }
  return ordered(env, block(env, wish));
}

/** What a report counts by: the most telling thing that the query has. */
const TELLING = [
  'lock',
  'hint',
  'window',
  'rollup',
  'recursive',
  'lateral',
  'JSON_TABLE',
  'VALUES',
  'set',
  'dependent',
  'correlated',
  'subquery',
  'scalar subquery',
  'natural/using',
  'cte',
  'derived',
  'group',
  'aggregate',
  'distinct',
  'outer join',
  'join',
];

/** What goes on in the session before: settings, user variables. */
function before({ random }: Env): Statement[] {
  if (random.chance(0.85)) return [];
  return [{ sql: random.pick(settings), order: 'total' }];
}

function sent(random: Random, { text, order, loose }: Asked): Statement {
  if (random.chance(0.65)) return { sql: asText(text), order, loose };
  if (random.chance(0.3)) return { sql: asText(text), parameters: [], order, loose };
  return { ...asPrepared(text), order, loose };
}

/** Locks, hints, and answers into variables: what stands around a query. */
function dressed({ random, topics }: Env, asked: Asked): Asked {
  const [first, ...rest] = asked.text;
  if (random.chance(0.04) && typeof first === 'string' && first.startsWith('SELECT ')) {
    topics.add('hint');
    const hint = random.pick(HINTS);
    return { ...asked, text: [`SELECT ${hint} ${first.slice(7)}`, ...rest] };
  }
  if (random.chance(0.03) && !['set', 'cte', 'JSON_TABLE'].some((each) => topics.has(each))) {
    topics.add('lock');
    return {
      ...asked,
      text: sql`${asked.text} ${random.pick(['FOR UPDATE', 'FOR SHARE', 'LOCK IN SHARE MODE'])}`,
    };
  }
  return asked;
}

const HINTS = [
  '/*+ SET_VAR(sort_buffer_size = 262144) */',
  '/*+ MAX_EXECUTION_TIME(60000) */',
  '/*+ NO_SEMIJOIN() */',
  '/*+ JOIN_FIXED_ORDER() */',
  '/*+ NO_MERGE() */',
  'SQL_CALC_FOUND_ROWS',
];

const DEPTHS = [0, 1, 1, 2, 2, 3];

/** `depths`: of which one is how many queries may be nested. */
export function wholeCase(random: Random, name: string, depths: readonly number[] = DEPTHS): Case {
  const depth = random.pick(depths);
  const env: Env = { random, names: { next: 0 }, depth, outer: [], ctes: [], topics: new Set() };
  const query = dressed(env, asked(env));
  const topic = `whole: ${TELLING.find((each) => env.topics.has(each)) ?? 'one table'}`;
  const set = before(env);
  const limited = set.some(({ sql: text }) => text.includes('select_limit')) && query.order !== 'total';
  const statements = [...set, sent(random, limited ? { ...query, order: 'count' } : query)];
  const login = loginOf(random, false);
  return { name, topic, statements, writes: false, database: MARKET, login };
}
