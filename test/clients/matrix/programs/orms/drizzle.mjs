// Drizzle over mysql2: its migrator with files, then its queries.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { account, check, errorFacts, folder } from '../checks.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const mysql = require('mysql2/promise');
const { drizzle } = require('drizzle-orm/mysql2');
const { migrate } = require('drizzle-orm/mysql2/migrator');
const { mysqlTable, bigint, varchar, date, json, decimal, int } = require('drizzle-orm/mysql-core');
const { relations, eq, like, sql, count, sum, max, desc, asc, inArray } = require('drizzle-orm');

const author = mysqlTable('orm_author', {
  id: bigint({ mode: 'number' }).primaryKey().autoincrement(),
  name: varchar({ length: 80 }).notNull(),
  born: date({ mode: 'string' }),
  facts: json(),
});
const book = mysqlTable('orm_book', {
  id: bigint({ mode: 'number' }).primaryKey().autoincrement(),
  authorId: bigint('author_id', { mode: 'number' }).notNull(),
  title: varchar({ length: 120 }),
  price: decimal({ precision: 10, scale: 2 }),
  pages: int().default(1),
});
const authorRelations = relations(author, ({ many }) => ({ books: many(book) }));
const bookRelations = relations(book, ({ one }) => ({
  author: one(author, { fields: [book.authorId], references: [author.id] }),
}));
const schema = { author, book, authorRelations, bookRelations };
const pool = mysql.createPool({ ...account, connectionLimit: 3 });
const db = drizzle(pool, { schema, mode: 'default' });

const files = join(folder, 'drizzle');
mkdirSync(join(files, 'meta'), { recursive: true });
const migrations = {
  '0000_tables':
    'CREATE TABLE `orm_author` (`id` bigint AUTO_INCREMENT NOT NULL, `name` varchar(80) NOT NULL, `born` date, CONSTRAINT `author_id` PRIMARY KEY(`id`));\n--> statement-breakpoint\nCREATE TABLE `orm_book` (`id` bigint AUTO_INCREMENT NOT NULL, `author_id` bigint NOT NULL, `title` varchar(120), `price` decimal(10,2), CONSTRAINT `book_id` PRIMARY KEY(`id`));',
  '0001_more':
    'ALTER TABLE `orm_author` ADD `facts` json;\n--> statement-breakpoint\nALTER TABLE `orm_book` ADD `pages` int DEFAULT 1;\n--> statement-breakpoint\nCREATE INDEX `by_title` ON `orm_book` (`title`);',
};
for (const [tag, text] of Object.entries(migrations)) writeFileSync(join(files, `${tag}.sql`), text);
const entries = Object.keys(migrations).map((tag, idx) => ({
  idx,
  version: '5',
  when: 1_700_000_000_000 + idx,
  tag,
  breakpoints: true,
}));
writeFileSync(join(files, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'mysql', entries }));
const reason = (work) =>
  work().then(
    () => 'none',
    (error) => errorFacts(error.cause ?? error).errno,
  );

await check('no tables are left', async () => {
  for (const name of ['orm_book', 'orm_author', 'orm_migrations'])
    await pool.query(`DROP TABLE IF EXISTS ${name}`);
});
await check('migrations forward', () =>
  migrate(db, { migrationsFolder: files, migrationsTable: 'orm_migrations' }),
);
await check('migrations again', () =>
  migrate(db, { migrationsFolder: files, migrationsTable: 'orm_migrations' }),
);
await check('insert', async () => {
  const [{ id }] = await db
    .insert(author)
    .values({ name: 'Ada', born: '1815-12-10', facts: { a: 1 } })
    .$returningId();
  return db
    .select({ name: author.name, born: author.born, facts: author.facts })
    .from(author)
    .where(eq(author.id, id));
});
await check(
  'insert of many',
  async () =>
    (await db.insert(author).values(Array.from({ length: 10 }, (_, at) => ({ name: `Many ${at}` }))))[0]
      .affectedRows,
);
await check('children', async () => {
  const [{ id }] = await db.select({ id: author.id }).from(author).where(eq(author.name, 'Ada'));
  return (
    await db
      .insert(book)
      .values(
        [1, 2, 3].map((at) => ({ authorId: id, title: `Book ${at}`, price: `${at}.50`, pages: at * 10 })),
      )
  )[0].affectedRows;
});
await check('select', () =>
  db
    .select({ name: author.name })
    .from(author)
    .where(like(author.name, 'Many%'))
    .orderBy(desc(author.name))
    .limit(3)
    .offset(1),
);
await check('join', () =>
  db
    .select({ name: author.name, title: book.title })
    .from(author)
    .innerJoin(book, eq(book.authorId, author.id))
    .orderBy(asc(book.title)),
);
await check('left join with groups', () =>
  db
    .select({ name: author.name, n: count(book.id) })
    .from(author)
    .leftJoin(book, eq(book.authorId, author.id))
    .groupBy(author.id, author.name)
    .orderBy(author.name),
);
await check('relational query', async () =>
  (
    await db.query.author.findMany({
      where: eq(author.name, 'Ada'),
      with: { books: { columns: { title: true } } },
      columns: { name: true },
    })
  ).map(({ name, books }) => ({ name, titles: books.map(({ title }) => title).sort() })),
);
await check(
  'relational query, parent',
  async () =>
    await db.query.book.findFirst({
      where: eq(book.title, 'Book 2'),
      with: { author: { columns: { name: true } } },
      columns: { title: true },
    }),
);
await check('aggregates', () => db.select({ s: sum(book.pages), m: max(book.price), n: count() }).from(book));
await check('subquery', () =>
  db
    .select({ name: author.name })
    .from(author)
    .where(inArray(author.id, db.select({ id: book.authorId }).from(book).where(sql`${book.pages} > 15`))),
);
await check('prepared query', async () => {
  const prepared = db
    .select({ name: author.name })
    .from(author)
    .where(eq(author.name, sql.placeholder('name')))
    .prepare();
  return [await prepared.execute({ name: 'Ada' }), await prepared.execute({ name: 'none' })];
});
await check('pagination', async () => [
  await db.$count(author),
  await db.select({ name: author.name }).from(author).orderBy(author.name).limit(4).offset(4),
]);
await check(
  'update',
  async () =>
    (await db.update(author).set({ born: '2000-01-01' }).where(like(author.name, 'Many%')))[0].affectedRows,
);
await check('upsert', async () => {
  const [{ id }] = await db.select({ id: author.id }).from(author).where(eq(author.name, 'Ada'));
  await db
    .insert(author)
    .values({ id, name: 'Ada' })
    .onDuplicateKeyUpdate({ set: { name: 'Ada again' } });
  return db.select({ name: author.name }).from(author).where(eq(author.id, id));
});
await check('transaction', async () => {
  await db.transaction(async (tx) => {
    await tx.insert(author).values({ name: 'Kept' });
    await tx.transaction((inner) => inner.insert(author).values({ name: 'Kept inside' }));
  });
  await db
    .transaction(async (tx) => {
      await tx.insert(author).values({ name: 'Undone' });
      tx.rollback();
    })
    .catch(() => {});
  return [
    await db.$count(author, like(author.name, 'Kept%')),
    await db.$count(author, eq(author.name, 'Undone')),
  ];
});
await check('transaction with an isolation level', () =>
  db.transaction((tx) => tx.$count(author), { isolationLevel: 'read committed' }),
);
await check('a lock of rows', () =>
  db.transaction((tx) =>
    tx.select({ name: author.name }).from(author).where(eq(author.name, 'Kept')).for('update'),
  ),
);
await check('error: missing value', () => reason(() => db.insert(author).values({ name: null })));
await check('union', async () => {
  const { union } = require('drizzle-orm/mysql-core');
  return union(
    db.select({ name: author.name }).from(author).where(eq(author.name, 'Kept')),
    db.select({ name: author.name }).from(author).where(eq(author.name, 'Many 1')),
  );
});
await check('delete', async () => [
  (await db.delete(book))[0].affectedRows,
  (await db.delete(author).where(like(author.name, 'Many%')))[0].affectedRows,
]);
for (const name of ['orm_book', 'orm_author', 'orm_migrations'])
  await pool.query(`DROP TABLE IF EXISTS ${name}`).catch(() => {});
process.exit(0);
