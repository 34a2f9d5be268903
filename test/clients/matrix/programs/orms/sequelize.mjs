// Sequelize over mysql2: a migration by its query interface, then models.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { account, check, refused } from '../checks.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const { Sequelize, DataTypes, Op, Transaction } = require('sequelize');

const db = new Sequelize(account.database, account.user, account.password, {
  host: account.host,
  port: account.port,
  dialect: 'mysql',
  dialectModule: require('mysql2'),
  logging: false,
  pool: { max: 3 },
});

const plainRows = (rows) => JSON.parse(JSON.stringify(rows));
const query = db.getQueryInterface();

const Author = db.define(
  'Author',
  { name: { type: DataTypes.STRING(80), allowNull: false }, born: DataTypes.DATEONLY, facts: DataTypes.JSON },
  { tableName: 'orm_author', timestamps: false },
);
const Book = db.define(
  'Book',
  {
    title: { type: DataTypes.STRING(120), allowNull: false },
    price: DataTypes.DECIMAL(10, 2),
    pages: DataTypes.INTEGER,
    authorId: { type: DataTypes.BIGINT, field: 'author_id' },
  },
  { tableName: 'orm_book', timestamps: false },
);
Author.hasMany(Book, { as: 'books', foreignKey: 'authorId' });
Book.belongsTo(Author, { as: 'author', foreignKey: 'authorId' });

await check('authenticate', () => db.authenticate());
await check('migration: tables are made', async () => {
  await query.dropTable('orm_book');
  await query.dropTable('orm_author');
  const id = { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true };
  await query.createTable('orm_author', {
    id,
    name: { type: DataTypes.STRING(80), allowNull: false },
    born: DataTypes.DATEONLY,
  });
  await query.createTable('orm_book', {
    id,
    author_id: { type: DataTypes.BIGINT, allowNull: false },
    title: DataTypes.STRING(120),
    price: DataTypes.DECIMAL(10, 2),
  });
});
await check('migration: a column is added', () =>
  query.addColumn('orm_author', 'facts', { type: DataTypes.JSON }).then(() => null),
);
await check('migration: a column is added and changed', async () => {
  await query.addColumn('orm_book', 'pages', { type: DataTypes.SMALLINT, defaultValue: 1 });
  await query.changeColumn('orm_book', 'pages', { type: DataTypes.INTEGER, allowNull: true });
});
await check('migration: an index is added', () =>
  query.addIndex('orm_book', ['title'], { name: 'by_title' }).then(() => null),
);
await check('migration: a foreign key is added', () =>
  query
    .addConstraint('orm_book', {
      fields: ['author_id'],
      type: 'foreign key',
      name: 'written_by',
      references: { table: 'orm_author', field: 'id' },
    })
    .then(() => null),
);
await check('introspection: tables', async () =>
  (await query.showAllTables()).filter((name) => String(name).startsWith('orm_')).sort(),
);
await check('introspection: columns', () => query.describeTable('orm_book'));
await check('introspection: indexes', () => query.showIndex('orm_book'));
await check('introspection: foreign keys', () => query.getForeignKeyReferencesForTable('orm_book'));
await check('create', async () => {
  const author = await Author.create({ name: 'Ada', born: '1815-12-10', facts: { first: true } });
  return plainRows(await Author.findByPk(author.id));
});
await check('create with children', async () => {
  const author = await Author.create(
    {
      name: 'Zażółć 🦊',
      books: [
        { title: 'One', price: '9.99', pages: 10 },
        { title: 'Two', price: 1, pages: 20 },
      ],
    },
    { include: ['books'] },
  );
  return [author.books.length, await Book.count({ where: { authorId: author.id } })];
});
await check(
  'bulk create',
  async () =>
    (await Author.bulkCreate(Array.from({ length: 10 }, (_, at) => ({ name: `Many ${at}` })))).length,
);
await check('find with conditions', async () =>
  plainRows(
    await Author.findAll({
      where: { name: { [Op.like]: 'Many%' } },
      order: [['name', 'DESC']],
      limit: 3,
      offset: 1,
      attributes: ['name'],
    }),
  ),
);
await check('eager relation', async () =>
  plainRows(
    await Author.findAll({
      include: [{ model: Book, as: 'books', attributes: ['title', 'price'] }],
      where: { name: 'Zażółć 🦊' },
      attributes: ['id', 'name'],
      order: [[{ model: Book, as: 'books' }, 'title', 'ASC']],
    }),
  ).map(({ name, books }) => ({ name, books })),
);
await check('eager relation with a limit', async () =>
  plainRows(await Author.findAll({ include: ['books'], order: [['name', 'ASC']], limit: 2 })).map(
    ({ name, books }) => ({ name, books: books.length }),
  ),
);
await check('eager relation by a query of its own', async () =>
  plainRows(
    await Author.findAll({
      include: [{ model: Book, as: 'books', separate: true }],
      order: [['name', 'ASC']],
      limit: 3,
    }),
  ).map(({ name, books }) => ({ name, books: books.length })),
);
await check('lazy relation', async () =>
  (await (await Author.findOne({ where: { name: 'Zażółć 🦊' } })).getBooks({ order: ['title'] })).map(
    ({ title }) => title,
  ),
);
await check(
  'parent of a child',
  async () => (await (await Book.findOne({ where: { title: 'One' } })).getAuthor()).name,
);
await check('pagination with a count', async () => {
  const { count, rows } = await Author.findAndCountAll({ order: [['name', 'ASC']], limit: 4, offset: 2 });
  return { count, names: rows.map(({ name }) => name) };
});
await check('pagination with a count and relations', async () => {
  const { count, rows } = await Author.findAndCountAll({
    include: ['books'],
    distinct: true,
    order: [['name', 'ASC']],
    limit: 4,
  });
  return { count, names: rows.map(({ name }) => name) };
});
await check('aggregates', async () => [
  await Book.sum('pages'),
  await Book.max('price'),
  await Book.min('pages'),
  await Book.count(),
  await Book.findAll({
    attributes: ['authorId', [db.fn('COUNT', db.col('id')), 'n']],
    group: ['authorId'],
    raw: true,
  }).then((rows) => rows.map(({ n }) => n)),
]);
await check('update', async () => {
  const author = await Author.findOne({ where: { name: 'Ada' } });
  author.name = 'Ada L.';
  await author.save();
  const [changed] = await Author.update({ born: '2000-01-01' }, { where: { name: { [Op.like]: 'Many%' } } });
  return [(await author.reload()).name, changed];
});
await check('increment', async () => {
  const book = await Book.findOne({ where: { title: 'One' } });
  await book.increment('pages', { by: 5 });
  return (await book.reload()).pages;
});
await check('upsert', async () => {
  const { id } = await Author.findOne({ where: { name: 'Ada L.' } });
  await Author.upsert({ id, name: 'Ada again' });
  return (await Author.findByPk(id)).name;
});
await check('find or create', async () => [
  (await Author.findOrCreate({ where: { name: 'Fresh' } }))[1],
  (await Author.findOrCreate({ where: { name: 'Fresh' } }))[1],
]);
await check('transaction', async () => {
  await db.transaction(async (transaction) => {
    const author = await Author.create({ name: 'Kept' }, { transaction });
    await Book.create({ title: 'Kept', authorId: author.id }, { transaction });
  });
  await db
    .transaction(async (transaction) => {
      await Author.create({ name: 'Undone' }, { transaction });
      throw new Error('back');
    })
    .catch(() => {});
  return [await Author.count({ where: { name: 'Kept' } }), await Author.count({ where: { name: 'Undone' } })];
});
await check('transaction with an isolation level', () =>
  db.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED }, (transaction) =>
    Author.count({ transaction }),
  ),
);
await check('nested transaction', () =>
  db.transaction(async (transaction) => {
    await Author.create({ name: 'Outer' }, { transaction });
    await db.transaction({ transaction }, (inner) =>
      Author.create({ name: 'Inner' }, { transaction: inner }),
    );
    return Author.count({ where: { name: ['Outer', 'Inner'] }, transaction });
  }),
);
await check('a lock of rows', () =>
  db.transaction(
    async (transaction) =>
      (await Author.findOne({ where: { name: 'Kept' }, lock: transaction.LOCK.UPDATE, transaction })).name,
  ),
);
await check('raw query', () =>
  db.query('SELECT name FROM orm_author WHERE name = :name', {
    replacements: { name: 'Kept' },
    type: 'SELECT',
  }),
);
await check('raw query, bound', () =>
  db.query('SELECT name FROM orm_author WHERE name = $1', { bind: ['Kept'], type: 'SELECT' }),
);
await check(
  'error: foreign key',
  async () => (await refused(() => Book.create({ title: 'lost', authorId: 999_999_999 }))).message,
);
await check(
  'error: missing value',
  async () => (await refused(() => db.query('INSERT INTO orm_author (born) VALUES (NULL)'))).message,
);
await check('delete', async () => [
  await Book.destroy({ where: {} }),
  await Author.destroy({ where: { name: { [Op.like]: 'Many%' } } }),
]);
await check('migration: an index and a column are removed', async () => {
  await query.removeIndex('orm_book', 'by_title');
  await query.removeColumn('orm_book', 'pages');
});
await check('migration: a column is renamed', () =>
  query.renameColumn('orm_author', 'facts', 'data').then(() => null),
);
await check('migration: tables are removed', async () => {
  await query.dropTable('orm_book');
  await query.dropTable('orm_author');
});
await check('sync', async () => {
  await db.sync();
  return (await query.showAllTables()).filter((name) => String(name).startsWith('orm_')).sort();
});
await query.dropTable('orm_book').catch(() => {});
await query.dropTable('orm_author').catch(() => {});
process.exit(0);
