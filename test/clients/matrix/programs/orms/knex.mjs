// Knex over mysql2: its migrations, then its query builder; Objection's models on top.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { account, check, refused } from '../checks.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const makeKnex = require('knex');

const db = makeKnex({
  client: 'mysql2',
  connection: { ...account, supportBigNumbers: true },
  pool: { min: 0, max: 3 },
});

const steps = {
  '1_tables': {
    up: async (knex) => {
      await knex.schema.createTable('orm_author', (table) => {
        table.bigIncrements('id', { primaryKey: true });
        table.string('name', 80).notNullable();
        table.date('born');
        table.json('facts');
      });
      await knex.schema.createTable('orm_book', (table) => {
        table.bigIncrements('id');
        table.bigInteger('author_id').unsigned().notNullable();
        table.string('title', 120).index('by_title');
        table.decimal('price', 10, 2);
        table.foreign('author_id', 'written_by').references('orm_author.id');
      });
    },
    down: async (knex) => {
      await knex.schema.dropTable('orm_book');
      await knex.schema.dropTable('orm_author');
    },
  },
  '2_pages': {
    up: (knex) => knex.schema.alterTable('orm_book', (table) => table.integer('pages').defaultTo(1)),
    down: (knex) => knex.schema.alterTable('orm_book', (table) => table.dropColumn('pages')),
  },
};
const migrationSource = {
  getMigrations: async () => Object.keys(steps),
  getMigrationName: (name) => name,
  getMigration: async (name) => steps[name],
};
const migrations = { migrationSource, tableName: 'orm_migrations' };
const byName = (prefix) => db('orm_author').where('name', 'like', `${prefix}%`);

await check('no tables are left', async () => {
  for (const name of ['orm_book', 'orm_author', 'orm_migrations', 'orm_migrations_lock'])
    await db.schema.dropTableIfExists(name);
});
await check('migrations forward', async () => (await db.migrate.latest(migrations))[1]);
await check('migrations that were made', async () =>
  (await db.migrate.list(migrations)).map((each) => each.length),
);
await check('introspection: a table', async () => [
  await db.schema.hasTable('orm_author'),
  await db.schema.hasTable('orm_nothing'),
  await db.schema.hasColumn('orm_book', 'pages'),
]);
await check('introspection: columns', async () => Object.entries(await db('orm_book').columnInfo()).sort());
await check('insert', async () => {
  const [id] = await db('orm_author').insert({
    name: 'Ada',
    born: '1815-12-10',
    facts: JSON.stringify({ a: 1 }),
  });
  return db('orm_author').where({ id }).select('name', 'facts');
});
await check(
  'insert of many',
  async () =>
    (await db('orm_author').insert(Array.from({ length: 10 }, (_, at) => ({ name: `Many ${at}` })))).length,
);
await check('batch insert', async () => {
  const { id } = await db('orm_author').where({ name: 'Ada' }).first('id');
  const ids = await db.batchInsert(
    'orm_book',
    Array.from({ length: 7 }, (_, at) => ({ author_id: id, title: `Book ${at}`, price: at, pages: at * 10 })),
    3,
  );
  return ids.length;
});
await check('select with conditions', () =>
  byName('Many').select('name').orderBy('name', 'desc').limit(3).offset(1),
);
await check('join on the sharding column', () =>
  db('orm_author')
    .join('orm_book', 'orm_book.author_id', 'orm_author.id')
    .where('orm_author.name', 'Ada')
    .select('name', 'title')
    .orderBy('title'),
);
await check('left join with groups', () =>
  db('orm_author')
    .leftJoin('orm_book', 'orm_book.author_id', 'orm_author.id')
    .groupBy('orm_author.id', 'orm_author.name')
    .count({ n: 'orm_book.id' })
    .select('name')
    .orderBy('name'),
);
await check('subquery', () =>
  db('orm_author')
    .whereIn('id', db('orm_book').where('pages', '>', 20).select('author_id'))
    .select('name'),
);
await check('whereExists', () =>
  db('orm_author').whereExists(db('orm_book').whereRaw('orm_book.author_id = orm_author.id')).select('name'),
);
await check('common table', () =>
  db
    .with('long', db('orm_book').where('pages', '>', 30))
    .select('title')
    .from('long')
    .orderBy('title'),
);
await check('union', () =>
  db('orm_author')
    .where({ name: 'Ada' })
    .select('name')
    .union(db('orm_author').where({ name: 'Many 1' }).select('name')),
);
await check('aggregates', () =>
  db('orm_book').sum({ s: 'pages' }).max({ m: 'price' }).count({ n: '*' }).avg({ a: 'pages' }),
);
await check('count distinct', () => db('orm_book').countDistinct({ n: 'author_id' }));
await check('pagination', async () => [
  (await byName('').count({ n: '*' }))[0].n,
  (await byName('').orderBy('name').limit(4).offset(4)).map(({ name }) => name),
]);
await check('update', async () => [
  await byName('Many').update({ born: '2000-01-01' }),
  await db('orm_book').where({ title: 'Book 1' }).increment('pages', 5),
]);
await check('upsert', async () => {
  const { id } = await db('orm_author').where({ name: 'Ada' }).first('id');
  await db('orm_author').insert({ id, name: 'Ada again' }).onConflict('id').merge();
  return db('orm_author').where({ id }).select('name');
});
await db('orm_author').where({ name: 'Ada' }).update({ name: 'Ada again' });
await check('insert or ignore', async () => {
  const { id } = await db('orm_author').where({ name: 'Ada again' }).first('id');
  await db('orm_author').insert({ id, name: 'Nobody' }).onConflict('id').ignore();
  return db('orm_author').where({ id }).select('name');
});
await check('transaction', async () => {
  await db.transaction(async (trx) => {
    const [id] = await trx('orm_author').insert({ name: 'Kept' });
    await trx('orm_book').insert({ author_id: id, title: 'Kept' });
  });
  await db
    .transaction(async (trx) => {
      await trx('orm_author').insert({ name: 'Undone' });
      throw new Error('back');
    })
    .catch(() => {});
  return [await byName('Kept').count({ n: '*' }), await byName('Undone').count({ n: '*' })];
});
await check('nested transaction', () =>
  db.transaction(async (outer) => {
    await outer('orm_author').insert({ name: 'Outer' });
    await outer.transaction((inner) => inner('orm_author').insert({ name: 'Inner' }));
    return outer('orm_author').whereIn('name', ['Outer', 'Inner']).count({ n: '*' });
  }),
);
await check('transaction with an isolation level', () =>
  db.transaction((trx) => trx('orm_author').count({ n: '*' }), { isolationLevel: 'read committed' }),
);
await check('a lock of rows', () =>
  db.transaction((trx) => trx('orm_author').where({ name: 'Kept' }).forUpdate().select('name')),
);
await check('stream', async () => {
  const found = [];
  for await (const row of db('orm_author').orderBy('name').select('name').stream()) found.push(row.name);
  return found;
});
await check(
  'raw',
  async () => (await db.raw('SELECT ?? FROM orm_author WHERE name = ?', ['name', 'Kept']))[0],
);
await check(
  'error: foreign key',
  async () => (await refused(() => db('orm_book').insert({ author_id: 999_999_999, title: 'lost' }))).errno,
);
const { Model } = require('objection');
class Book extends Model {
  static tableName = 'orm_book';
}
class Author extends Model {
  static tableName = 'orm_author';
  static relationMappings = {
    books: {
      relation: Model.HasManyRelation,
      modelClass: Book,
      join: { from: 'orm_author.id', to: 'orm_book.author_id' },
    },
  };
}
Model.knex(db);
await check('Objection: eager by queries', async () =>
  (await Author.query().where('name', 'Ada again').withGraphFetched('books')).map(({ name, books }) => ({
    name,
    books: books.map(({ title }) => title).sort(),
  })),
);
await check('Objection: eager by a join', async () =>
  (await Author.query().where('name', 'Ada again').withGraphJoined('books')).map(({ name, books }) => ({
    name,
    books: books.map(({ title }) => title).sort(),
  })),
);
await check(
  'Objection: a graph is inserted',
  async () =>
    (await Author.query().insertGraph({ name: 'Graph', books: [{ title: 'G1' }, { title: 'G2' }] })).books
      .length,
);
await check('Objection: pages', async () => {
  const { total, results } = await Author.query().orderBy('name').page(1, 3);
  return { total, names: results.map(({ name }) => name) };
});
await check('delete', async () => [await db('orm_book').del(), await byName('Many').del()]);
await check('migrations back', async () => {
  await db.migrate.rollback(migrations, true);
  return db.schema.hasTable('orm_book');
});
await db.destroy();
process.exit(0);
