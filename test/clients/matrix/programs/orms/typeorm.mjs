// TypeORM over mysql2: migrations, entities by schema, repositories, query builder.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { account, check, refused } from '../checks.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const {
  DataSource,
  EntitySchema,
  Like,
  In,
  Table,
  TableColumn,
  TableIndex,
  TableForeignKey,
} = require('typeorm');

const id = { type: 'bigint', primary: true, generated: 'increment' };
const Author = new EntitySchema({
  name: 'Author',
  tableName: 'orm_author',
  columns: {
    id,
    name: { type: 'varchar', length: 80 },
    born: { type: 'date', nullable: true },
    facts: { type: 'json', nullable: true },
  },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author', cascade: true } },
});
const Book = new EntitySchema({
  name: 'Book',
  tableName: 'orm_book',
  columns: {
    id,
    title: { type: 'varchar', length: 120 },
    price: { type: 'decimal', precision: 10, scale: 2, nullable: true },
    pages: { type: 'int', default: 1 },
  },
  relations: {
    author: {
      type: 'many-to-one',
      target: 'Author',
      joinColumn: { name: 'author_id', foreignKeyConstraintName: 'written_by' },
      inverseSide: 'books',
      nullable: false,
    },
  },
});
class Tables1700000000001 {
  async up(runner) {
    const key = {
      name: 'id',
      type: 'bigint',
      isPrimary: true,
      isGenerated: true,
      generationStrategy: 'increment',
    };
    await runner.createTable(
      new Table({
        name: 'orm_author',
        columns: [
          key,
          { name: 'name', type: 'varchar', length: '80' },
          { name: 'born', type: 'date', isNullable: true },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'orm_book',
        columns: [
          key,
          { name: 'author_id', type: 'bigint' },
          { name: 'title', type: 'varchar', length: '120' },
          { name: 'price', type: 'decimal', precision: 10, scale: 2, isNullable: true },
        ],
      }),
    );
  }
  async down(runner) {
    await runner.dropTable('orm_book');
    await runner.dropTable('orm_author');
  }
}
class More1700000000002 {
  async up(runner) {
    await runner.addColumn('orm_author', new TableColumn({ name: 'facts', type: 'json', isNullable: true }));
    await runner.addColumn('orm_book', new TableColumn({ name: 'pages', type: 'int', default: 1 }));
    await runner.createIndex('orm_book', new TableIndex({ name: 'by_title', columnNames: ['title'] }));
    await runner.createForeignKey(
      'orm_book',
      new TableForeignKey({
        name: 'written_by',
        columnNames: ['author_id'],
        referencedTableName: 'orm_author',
        referencedColumnNames: ['id'],
      }),
    );
  }
  async down(runner) {
    await runner.dropForeignKey('orm_book', 'written_by');
    await runner.dropIndex('orm_book', 'by_title');
    await runner.dropColumn('orm_book', 'pages');
    await runner.dropColumn('orm_author', 'facts');
  }
}
const { user, ...rest } = account;
const db = new DataSource({
  type: 'mysql',
  ...rest,
  username: user,
  driver: require('mysql2'),
  entities: [Author, Book],
  migrations: [Tables1700000000001, More1700000000002],
  migrationsTableName: 'orm_migrations',
  migrationsTransactionMode: 'each',
  poolSize: 3,
  supportBigNumbers: true,
});
await check('initialize', () => db.initialize().then(() => null));
const [authors, books] = [db.getRepository(Author), db.getRepository(Book)];
await check('no tables are left', async () => {
  for (const name of ['orm_book', 'orm_author', 'orm_migrations'])
    await db.query(`DROP TABLE IF EXISTS ${name}`);
});
await check('migrations forward', async () => (await db.runMigrations()).map(({ name }) => name));
await check('migrations to come', () => db.showMigrations());
await check('introspection: a table', async () => {
  const runner = db.createQueryRunner();
  const table = await runner.getTable('orm_book');
  await runner.release();
  return {
    columns: [...table.columns]
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ name, type, isNullable, default: value, length }) => ({
        name,
        type,
        isNullable,
        value,
        length,
      })),
    indices: table.indices.map(({ name }) => name),
    keys: table.foreignKeys.map(({ name }) => name),
  };
});
await check('schema differs from the entities in', async () =>
  (await db.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query),
);
await check('save', async () => {
  const saved = await authors.save({ name: 'Ada', born: '1815-12-10', facts: { a: [1, 2] } });
  const { name, born, facts } = await authors.findOneByOrFail({ id: saved.id });
  return { name, born, facts };
});
await check('save with children', async () => {
  const saved = await authors.save({
    name: 'Zażółć 🦊',
    books: [
      { title: 'One', price: '9.99', pages: 10 },
      { title: 'Two', price: '1', pages: 20 },
    ],
  });
  return [saved.books.length, await books.countBy({ author: { id: saved.id } })];
});
await check(
  'insert of many',
  async () =>
    (await authors.insert(Array.from({ length: 10 }, (_, at) => ({ name: `Many ${at}` })))).identifiers
      .length,
);
await check('find', async () =>
  (await authors.find({ where: { name: Like('Many%') }, order: { name: 'DESC' }, take: 3, skip: 1 })).map(
    ({ name }) => name,
  ),
);
await check('eager relation', async () =>
  (
    await authors.find({
      where: { name: 'Zażółć 🦊' },
      relations: { books: true },
      order: { books: { title: 'ASC' } },
    })
  ).map(({ name, books: all }) => ({ name, titles: all.map(({ title, price }) => [title, price]) })),
);
await check('eager relation by queries', async () =>
  (
    await authors.find({
      where: { name: 'Zażółć 🦊' },
      relations: { books: true },
      relationLoadStrategy: 'query',
    })
  ).map(({ books: all }) => all.map(({ title }) => title).sort()),
);
await check('eager relation with pages', async () =>
  (await authors.find({ relations: { books: true }, order: { name: 'ASC' }, take: 3 })).map(
    ({ name, books: all }) => [name, all.length],
  ),
);
await check(
  'parent of a child',
  async () =>
    (await books.findOneOrFail({ where: { title: 'One' }, relations: { author: true } })).author.name,
);
await check('find and count', async () => {
  const [rows, count] = await authors.findAndCount({ order: { name: 'ASC' }, take: 4, skip: 2 });
  return [rows.map(({ name }) => name), count];
});
await check('query builder with a join', async () =>
  (
    await db
      .createQueryBuilder(Author, 'a')
      .leftJoinAndSelect('a.books', 'b')
      .where('a.name IN (:...names)', { names: ['Ada', 'Zażółć 🦊'] })
      .orderBy('a.name')
      .addOrderBy('b.title')
      .getMany()
  ).map(({ name, books: all }) => [name, all.length]),
);
await check('aggregates', () =>
  db
    .createQueryBuilder(Book, 'b')
    .select('SUM(b.pages)', 'sum')
    .addSelect('MAX(b.price)', 'max')
    .addSelect('COUNT(*)', 'n')
    .getRawOne(),
);
await check('groups', () =>
  db
    .createQueryBuilder(Author, 'a')
    .leftJoin('a.books', 'b')
    .select('a.name', 'name')
    .addSelect('COUNT(b.id)', 'n')
    .groupBy('a.id')
    .addGroupBy('a.name')
    .orderBy('a.name')
    .getRawMany(),
);
await check('update', async () => [
  (await authors.update({ name: Like('Many%') }, { born: '2000-01-01' })).affected,
  (await books.increment({ title: 'One' }, 'pages', 5)).affected,
]);
await check('upsert', async () => {
  const { id: key } = await authors.findOneByOrFail({ name: 'Ada' });
  await authors.upsert({ id: key, name: 'Ada again' }, ['id']);
  return (await authors.findOneBy({ id: key })).name;
});
await authors.update({ name: 'Ada' }, { name: 'Ada again' });
await check('transaction', async () => {
  await db.transaction(async (manager) => {
    const author = await manager.save(Author, { name: 'Kept' });
    await manager.save(Book, { title: 'Kept', author });
  });
  await db
    .transaction(async (manager) => {
      await manager.save(Author, { name: 'Undone' });
      throw new Error('back');
    })
    .catch(() => {});
  return [await authors.countBy({ name: 'Kept' }), await authors.countBy({ name: 'Undone' })];
});
await check('transaction with an isolation level', () =>
  db.transaction('READ COMMITTED', (manager) => manager.count(Author)),
);
await check('nested transaction', () =>
  db.transaction(async (outer) => {
    await outer.save(Author, { name: 'Outer' });
    await outer.transaction((inner) => inner.save(Author, { name: 'Inner' }));
    return outer.countBy(Author, { name: In(['Outer', 'Inner']) });
  }),
);
await check('a lock of rows', () =>
  db.transaction(
    async (manager) =>
      (await manager.findOne(Author, { where: { name: 'Kept' }, lock: { mode: 'pessimistic_write' } })).name,
  ),
);
await check('stream', async () => {
  const stream = await db.createQueryBuilder(Author, 'a').select('a.name', 'name').orderBy('a.name').stream();
  const found = [];
  for await (const row of stream) found.push(row.name);
  return found;
});
await check(
  'error: foreign key',
  async () => (await refused(() => books.insert({ title: 'lost', author: { id: 999_999_999 } }))).errno,
);
await check(
  'remove',
  async () => (await authors.remove(await authors.findBy({ name: Like('Many%') }))).length,
);
await check('delete', async () => (await books.createQueryBuilder().delete().execute()).affected);
await check('migrations back', async () => {
  await db.undoLastMigration();
  await db.undoLastMigration();
  return db.createQueryRunner().hasTable('orm_book');
});
await check('synchronize', async () => {
  await db.synchronize();
  return db.createQueryRunner().hasTable('orm_book');
});
for (const name of ['orm_book', 'orm_author', 'orm_migrations'])
  await db.query(`DROP TABLE IF EXISTS ${name}`).catch(() => {});
process.exit(0);
