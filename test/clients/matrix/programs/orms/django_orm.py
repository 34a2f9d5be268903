"""Django over PyMySQL (as mysqlclient): migrations made from models, then the models."""
import datetime
import decimal
import sys
import types

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/python")

import pymysql

pymysql.version_info = (2, 2, 8, "final", 0)
pymysql.install_as_MySQLdb()

import django
from django.conf import settings

from checks import ACCOUNT, check, end, error_facts, refused

sys.modules["orm"] = types.ModuleType("orm")
sys.modules["orm"].__path__ = [__file__.rsplit("/", 1)[0]]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.mysql", "NAME": ACCOUNT["database"], "USER": ACCOUNT["user"], "PASSWORD": ACCOUNT["password"], "HOST": ACCOUNT["host"], "PORT": ACCOUNT["port"],
                           "OPTIONS": {"charset": "utf8mb4"}, "DISABLE_SERVER_SIDE_CURSORS": False}},
    INSTALLED_APPS=["orm"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.paginator import Paginator
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder


class Author(models.Model):
    name = models.CharField(max_length=80)
    born = models.DateField(null=True)
    facts = models.JSONField(null=True)

    class Meta:
        app_label = "orm"
        db_table = "orm_author"


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    title = models.CharField(max_length=120, db_index=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    pages = models.IntegerField(default=1)
    sold = models.DateTimeField(null=True)

    class Meta:
        app_label = "orm"
        db_table = "orm_book"


key = ("id", models.BigAutoField(primary_key=True))


class First(migrations.Migration):
    atomic = False
    operations = [
        migrations.CreateModel("Author", [key, ("name", models.CharField(max_length=80)), ("born", models.DateField(null=True))], {"db_table": "orm_author"}),
        migrations.CreateModel("Book", [key, ("author", models.ForeignKey("orm.Author", models.CASCADE, related_name="books")), ("title", models.CharField(max_length=120)),
                                        ("price", models.DecimalField(max_digits=10, decimal_places=2, null=True))], {"db_table": "orm_book"}),
    ]


class Second(migrations.Migration):
    atomic = False
    operations = [
        migrations.AddField("Author", "facts", models.JSONField(null=True)),
        migrations.AddField("Book", "pages", models.SmallIntegerField(default=1)),
        migrations.AlterField("Book", "pages", models.IntegerField(default=1)),
        migrations.AlterField("Book", "title", models.CharField(max_length=120, db_index=True)),
        migrations.AddField("Book", "sold", models.DateTimeField(null=True)),
    ]


steps = [First("0001_first", "orm"), Second("0002_second", "orm")]


def migrate(forward):
    from django.db.migrations.state import ProjectState
    state = ProjectState()
    with connection.schema_editor(atomic=False) as editor:
        if forward:
            for step in steps:
                state = step.apply(state, editor)
        else:
            states = [ProjectState()]
            for step in steps:
                states.append(step.mutate_state(states[-1], preserve=True))
            for at in (1, 0):
                steps[at].unapply(states[at], editor)


def recorder():
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    recorder.record_applied("orm", "0001_first")
    return sorted(map(list, recorder.applied_migrations()))


def gone():
    with connection.cursor() as cursor:
        for name in ("orm_book", "orm_author", "django_migrations"):
            cursor.execute(f"DROP TABLE IF EXISTS {name}")


def introspect(what):
    with connection.cursor() as cursor:
        return what(connection.introspection, cursor)


def save():
    author = Author.objects.create(name="Ada", born=datetime.date(1815, 12, 10), facts={"a": [1, None]})
    found = Author.objects.get(pk=author.pk)
    return [found.name, found.born, found.facts]


fox = "Zażółć 🦊"


def children():
    author = Author.objects.create(name=fox)
    author.books.create(title="One", price=decimal.Decimal("9.99"), pages=10, sold=datetime.datetime(2024, 2, 29, 10, 11, 12, 123456, datetime.timezone.utc))
    author.books.create(title="Two", price=1, pages=20)
    return author.books.count()


def in_transaction():
    with transaction.atomic():
        Book.objects.create(title="Kept", author=Author.objects.create(name="Kept"))
    try:
        with transaction.atomic():
            Author.objects.create(name="Undone")
            raise ValueError
    except ValueError:
        pass
    return [Author.objects.filter(name="Kept").count(), Author.objects.filter(name="Undone").count()]


def nested():
    with transaction.atomic():
        Author.objects.create(name="Outer")
        try:
            with transaction.atomic():
                Author.objects.create(name="Inner")
                raise ValueError
        except ValueError:
            pass
    return list(Author.objects.filter(name__in=["Outer", "Inner"]).values_list("name", flat=True))


def locked(**options):
    with transaction.atomic():
        return Author.objects.select_for_update(**options).get(name="Kept").name


def foreign():
    try:
        with transaction.atomic():
            Book.objects.create(title="lost", author_id=999_999_999)
    except IntegrityError as error:
        return error_facts(error)


def update():
    book = Book.objects.get(title="One")
    book.pages = models.F("pages") + 5
    book.save()
    book.refresh_from_db()
    return [Author.objects.filter(name__startswith="Many").update(born=datetime.date(2000, 1, 1)), book.pages]


def upsert():
    author = Author.objects.get(name="Ada")
    Author.objects.bulk_create([Author(pk=author.pk, name="Ada again")], update_conflicts=True, update_fields=["name"])
    return [Author.objects.get(pk=author.pk).name, Author.objects.update_or_create(name="Fresh", defaults={"facts": 1})[1], Author.objects.get_or_create(name="Fresh")[1]]


def pages():
    paginator = Paginator(Author.objects.order_by("name"), 4)
    return [paginator.count, paginator.num_pages, [author.name for author in paginator.page(2)]]


ordered = lambda query: list(query.order_by("name").values_list("name", flat=True))
for name, work in {
    "connect": lambda: connection.ensure_connection(),
    "server version": lambda: [list(connection.mysql_version), connection.mysql_is_mariadb, connection.features.has_select_for_update, connection.features.supports_transactions],
    "no tables are left": gone,
    "migrations forward": lambda: migrate(True),
    "migrations are recorded": recorder,
    "introspection: tables": lambda: sorted(name for name in connection.introspection.table_names() if name.startswith("orm_")),
    "introspection: columns": lambda: introspect(lambda on, cursor: [[each.name, str(each.type_code), each.null_ok, each.extra] for each in on.get_table_description(cursor, "orm_book")]),
    "introspection: constraints": lambda: introspect(lambda on, cursor: sorted((each["columns"], each["primary_key"], each["unique"], each["foreign_key"], each["index"]) for each in on.get_constraints(cursor, "orm_book").values())),
    "introspection: relations": lambda: introspect(lambda on, cursor: on.get_relations(cursor, "orm_book")),
    "introspection: sequences": lambda: introspect(lambda on, cursor: on.get_sequences(cursor, "orm_book")),
    "create": save,
    "create with children": children,
    "bulk create": lambda: len(Author.objects.bulk_create([Author(name=f"Many {at}") for at in range(10)])),
    "filter": lambda: list(Author.objects.filter(name__startswith="Many").order_by("-name").values_list("name", flat=True)[1:4]),
    "filter without regard to case": lambda: ordered(Author.objects.filter(name__iexact="ADA")),
    "lazy relation": lambda: [book.title for book in Author.objects.get(name=fox).books.order_by("title")],
    "select_related": lambda: [(book.title, book.author.name) for book in Book.objects.select_related("author").order_by("title")],
    "prefetch_related": lambda: [(author.name, author.books.count()) for author in Author.objects.prefetch_related("books").order_by("name")[:4]],
    "a filter over a relation": lambda: ordered(Author.objects.filter(books__pages__gt=15)),
    "annotate": lambda: list(Author.objects.annotate(n=models.Count("books")).order_by("name").values_list("name", "n")),
    "aggregate": lambda: Book.objects.aggregate(models.Sum("pages"), models.Max("price"), models.Count("id"), models.Avg("pages")),
    "count of distinct values": lambda: Book.objects.aggregate(n=models.Count("author", distinct=True)),
    "distinct": lambda: list(Author.objects.order_by("born").values_list("born", flat=True).distinct()),
    "subquery": lambda: ordered(Author.objects.filter(pk__in=Book.objects.filter(pages__gt=15).values("author"))),
    "Exists": lambda: ordered(Author.objects.filter(models.Exists(Book.objects.filter(author=models.OuterRef("pk"), pages__gt=15)))),
    "exists": lambda: [Author.objects.filter(name="Ada").exists(), Author.objects.filter(name="none").exists()],
    "union": lambda: sorted(Author.objects.filter(name="Ada").values_list("name", flat=True).union(Author.objects.filter(name=fox).values_list("name", flat=True))),
    "dates": lambda: [list(Book.objects.dates("sold", "month")), list(Book.objects.filter(sold__year=2024).values_list("title", flat=True)), Book.objects.get(title="One").sold],
    "JSON": lambda: ordered(Author.objects.filter(facts__a__0=1)),
    "pagination": pages,
    "iterator": lambda: [author.name for author in Author.objects.order_by("name").iterator(chunk_size=3)],
    "update": update,
    "upsert": upsert,
    "update by hand": lambda: Author.objects.filter(name__in=["Ada", "Ada again"]).update(name="Ada again") and None,
    "bulk update": lambda: Author.objects.bulk_update([Author(pk=author.pk, name=author.name, facts={"n": 1}) for author in Author.objects.filter(name__startswith="Many")], ["facts"]),
    "transaction": in_transaction,
    "nested transaction": nested,
    "a lock of rows": locked,
    "a lock of rows that skips": lambda: locked(skip_locked=True),
    "raw query": lambda: [author.name for author in Author.objects.raw("SELECT * FROM orm_author WHERE name = %s", ["Kept"])],
    "error: foreign key": foreign,
    "explain": lambda: len(Author.objects.filter(pk=1).explain()) > 10,
    "delete with children": lambda: Author.objects.get(name=fox).delete(),
    "delete": lambda: Author.objects.filter(name__startswith="Many").delete(),
    "migrations backward": lambda: migrate(False),
    "no tables are left at the end": gone,
}.items():
    check(name, work)
end()
