"""SQLAlchemy over PyMySQL with Alembic's migrations."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/python")

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload, subqueryload

from checks import ACCOUNT, check, end, error_facts

url = sa.URL.create("mysql+pymysql", ACCOUNT["user"], ACCOUNT["password"], ACCOUNT["host"], ACCOUNT["port"], ACCOUNT["database"], {"charset": "utf8mb4"})
engine = sa.create_engine(url, pool_size=3, pool_pre_ping=True)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "orm_author"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    born: Mapped[object] = mapped_column(sa.Date, nullable=True)
    facts: Mapped[object] = mapped_column(sa.JSON, nullable=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.title", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "orm_book"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("orm_author.id", name="written_by"))
    title: Mapped[str] = mapped_column(sa.String(120), index=True)
    price: Mapped[object] = mapped_column(sa.Numeric(10, 2), nullable=True)
    pages: Mapped[int] = mapped_column(sa.Integer, server_default="1")
    author: Mapped[Author] = relationship(back_populates="books")


def operations(work):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "orm_version"})
        found = work(Operations(context), context)
        connection.commit()
        return found


def forward(op, context):
    op.create_table("orm_author", sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True), sa.Column("name", sa.String(80), nullable=False), sa.Column("born", sa.Date))
    op.create_table("orm_book", sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True), sa.Column("author_id", sa.BigInteger, nullable=False), sa.Column("title", sa.String(120), nullable=False), sa.Column("price", sa.Numeric(10, 2)))
    op.add_column("orm_author", sa.Column("facts", sa.JSON))
    op.add_column("orm_book", sa.Column("pages", sa.SmallInteger, server_default="1", nullable=False))
    op.alter_column("orm_book", "pages", type_=sa.Integer, existing_type=sa.SmallInteger, existing_nullable=False, existing_server_default="1")
    op.create_index("ix_orm_book_title", "orm_book", ["title"])
    op.create_foreign_key("written_by", "orm_book", "orm_author", ["author_id"], ["id"])


def backward(op, context):
    op.drop_constraint("written_by", "orm_book", type_="foreignkey")
    op.drop_index("ix_orm_book_title", "orm_book")
    op.drop_column("orm_book", "pages")
    op.drop_table("orm_book")
    op.drop_table("orm_author")


def gone():
    with engine.begin() as connection:
        for name in ("orm_book", "orm_author", "orm_version"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))


def session(work):
    def run():
        with Session(engine) as found:
            answer = work(found)
            found.commit()
            return answer
    return run


def version(op, context):
    context._ensure_version_table()
    context.connection.execute(sa.text("INSERT INTO orm_version (version_num) VALUES ('abc')"))
    return context.get_current_heads()


def isolation():
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        return [connection.get_isolation_level(), connection.execute(sa.text("SELECT @@transaction_isolation")).scalar()]


def transaction(db):
    with Session(engine) as one, one.begin():
        one.add(Author(name="Kept", books=[Book(title="Kept")]))
    with Session(engine) as two:
        two.add(Author(name="Undone"))
        two.flush()
        two.rollback()
    count = lambda name: db.scalar(sa.select(sa.func.count()).select_from(Author).where(Author.name == name))
    return [count("Kept"), count("Undone")]


def nested(db):
    db.add(Author(name="Outer"))
    db.flush()
    inner = db.begin_nested()
    db.add(Author(name="Inner"))
    db.flush()
    inner.rollback()
    return [name for name in db.scalars(sa.select(Author.name).where(Author.name.in_(["Outer", "Inner"])))]


def stream(db):
    rows = db.execute(sa.select(Author.name).order_by(Author.name), execution_options={"stream_results": True, "yield_per": 2})
    return [row.name for row in rows]


def foreign(db):
    db.add(Book(title="lost", author_id=999_999_999))
    try:
        db.flush()
    except sa.exc.IntegrityError as error:
        db.rollback()
        return error_facts(error.orig)


def add(db):
    author = Author(name="Ada", facts={"a": [1, None]})
    db.add(author)
    db.flush()
    db.expire(author)
    return [author.name, author.facts]


def upsert(db):
    from sqlalchemy.dialects.mysql import insert
    id = db.scalar(sa.select(Author.id).where(Author.name == "Ada"))
    statement = insert(Author).values(id=id, name="Ada")
    db.execute(statement.on_duplicate_key_update(name="Ada again"))
    return db.scalar(sa.select(Author.name).where(Author.id == id))


def update(db):
    changed = db.execute(sa.update(Author).where(Author.name.like("Many%")).values(born=sa.func.current_date())).rowcount
    book = db.scalars(sa.select(Book).where(Book.title == "One")).one()
    book.pages += 5
    db.flush()
    db.refresh(book)
    return [changed, book.pages]


fox = "Zażółć 🦊"
inspected = lambda work: lambda: work(sa.inspect(engine))
for name, work in {
    "connect": lambda: engine.connect().close(),
    "server version": lambda: [list(engine.dialect.server_version_info), engine.dialect.is_mariadb],
    "no tables are left": gone,
    "migration forward": lambda: operations(forward),
    "migration: version table": lambda: operations(version),
    "introspection: tables": inspected(lambda on: sorted(name for name in on.get_table_names() if name.startswith("orm_"))),
    "introspection: columns": inspected(lambda on: on.get_columns("orm_book")),
    "introspection: indexes": inspected(lambda on: on.get_indexes("orm_book")),
    "introspection: foreign keys": inspected(lambda on: on.get_foreign_keys("orm_book")),
    "introspection: primary key": inspected(lambda on: on.get_pk_constraint("orm_author")),
    "introspection: a missing table": inspected(lambda on: [on.has_table("orm_nothing"), on.has_table("orm_book")]),
    "introspection: reflected": lambda: sorted(column.name for column in sa.Table("orm_book", sa.MetaData(), autoload_with=engine).columns),
    "autogenerate finds": lambda: operations(lambda op, context: [str(each) for each in compare_metadata(MigrationContext.configure(context.connection, opts={"include_name": lambda name, kind, parents: kind != "table" or name in ("orm_author", "orm_book")}), Base.metadata)]),
    "add": session(add),
    "add with children": session(lambda db: db.add(Author(name=fox, books=[Book(title="One", price="9.99", pages=10), Book(title="Two", price=1, pages=20)]))),
    "add many": session(lambda db: db.add_all([Author(name=f"Many {at}") for at in range(10)])),
    "insert of many": session(lambda db: db.execute(sa.insert(Author), [{"name": f"Many more {at}"} for at in range(5)]) and None),
    "select": session(lambda db: list(db.scalars(sa.select(Author.name).where(Author.name.like("Many%")).order_by(Author.name.desc()).limit(3).offset(1)))),
    "lazy relation": session(lambda db: [book.title for book in db.scalars(sa.select(Author).where(Author.name == fox)).one().books]),
    "eager relation by a join": session(lambda db: [(author.name, len(author.books)) for author in db.scalars(sa.select(Author).options(joinedload(Author.books)).order_by(Author.name)).unique()]),
    "eager relation by IN": session(lambda db: [(author.name, len(author.books)) for author in db.scalars(sa.select(Author).options(selectinload(Author.books)).order_by(Author.name).limit(4))]),
    "eager relation by a subquery": session(lambda db: [(author.name, len(author.books)) for author in db.scalars(sa.select(Author).options(subqueryload(Author.books)).order_by(Author.name))]),
    "parent of a child": session(lambda db: db.scalars(sa.select(Book).where(Book.title == "One")).one().author.name),
    "join": session(lambda db: [tuple(row) for row in db.execute(sa.select(Author.name, Book.title).join(Author.books).order_by(Book.title))]),
    "left join with groups": session(lambda db: [tuple(row) for row in db.execute(sa.select(Author.name, sa.func.count(Book.id)).outerjoin(Author.books).group_by(Author.id, Author.name).order_by(Author.name))]),
    "aggregates": session(lambda db: tuple(db.execute(sa.select(sa.func.sum(Book.pages), sa.func.max(Book.price), sa.func.count(), sa.func.avg(Book.pages))).one())),
    "count distinct": session(lambda db: db.scalar(sa.select(sa.func.count(sa.distinct(Book.author_id))))),
    "subquery": session(lambda db: list(db.scalars(sa.select(Author.name).where(Author.id.in_(sa.select(Book.author_id).where(Book.pages > 15)))))),
    "EXISTS": session(lambda db: list(db.scalars(sa.select(Author.name).where(Author.books.any(Book.pages > 15))))),
    "common table": session(lambda db: [tuple(row) for row in db.execute(sa.select(sa.select(Book.title).where(Book.pages > 5).cte("long")).order_by("title"))]),
    "window function": session(lambda db: [tuple(row) for row in db.execute(sa.select(Book.title, sa.func.row_number().over(order_by=Book.title)).order_by(Book.title))]),
    "union": session(lambda db: sorted(row[0] for row in db.execute(sa.union(sa.select(Author.name).where(Author.name == "Ada"), sa.select(Author.name).where(Author.name == fox))))),
    "pagination": session(lambda db: [db.scalar(sa.select(sa.func.count()).select_from(Author)), list(db.scalars(sa.select(Author.name).order_by(Author.name).limit(4).offset(4)))]),
    "update": session(update),
    "upsert": session(upsert),
    "update by hand": session(lambda db: db.execute(sa.update(Author).where(Author.name.in_(["Ada", "Ada again"])).values(name="Ada again")) and None),
    "transaction": session(transaction),
    "nested transaction": session(nested),
    "isolation level": isolation,
    "a lock of rows": session(lambda db: db.scalars(sa.select(Author).where(Author.name == "Kept").with_for_update()).one().name),
    "a lock of rows that skips": session(lambda db: db.scalars(sa.select(Author.name).where(Author.name == "Kept").with_for_update(skip_locked=True)).all()),
    "stream": session(stream),
    "error: foreign key": session(foreign),
    "delete with children": session(lambda db: db.delete(db.scalars(sa.select(Author).where(Author.name == fox)).one())),
    "delete": session(lambda db: db.execute(sa.delete(Author).where(Author.name.like("Many%"))).rowcount),
    "migration backward": lambda: operations(backward),
    "create all": lambda: [Base.metadata.create_all(engine), Base.metadata.drop_all(engine)] and None,
    "no tables are left at the end": gone,
}.items():
    check(name, work)
end()
