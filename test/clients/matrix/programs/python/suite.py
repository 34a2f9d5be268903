"""The checks of the clients for Python. A driver is an adapter of drivers.py; what it lacks is left out."""
import contextlib
import datetime
import decimal
import os
import time

import checks
from checks import ACCOUNT, FOLDER, at_once, lines_of, plain, refused, statements

ITEM = "INSERT INTO check_item (name, price) VALUES (%s, %s)"


# After a check that ended in an error the connection may be out of step: the next check gets another.
suites = []


def check(name, work):
    checks.check(name, work, lambda: suites[0].renew())


class Suite:
    def __init__(self, driver):
        self.driver = driver
        self.connection = driver.connect(**ACCOUNT)
        suites.append(self)

    def renew(self):
        with contextlib.suppress(Exception):
            self.connection.close()
        self.connection = self.driver.connect(**ACCOUNT)

    @contextlib.contextmanager
    def other(self, **options):
        connection = self.driver.connect(**{**ACCOUNT, **options})
        try:
            yield connection
        finally:
            with contextlib.suppress(Exception):
                connection.close()

    def rows(self, sql, parameters=None, connection=None):
        cursor = (connection or self.connection).cursor()
        cursor.execute(sql, parameters) if parameters is not None else cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
        cursor.close()
        return rows

    def run(self, sql, parameters=None, connection=None, prepared=False):
        """Everything that a cursor says after a statement."""
        cursor = self.driver.prepared_cursor(connection or self.connection) if prepared else (connection or self.connection).cursor()
        try:
            cursor.execute(sql, parameters) if parameters is not None else cursor.execute(sql)
            facts = {"description": [list(each) for each in cursor.description] if cursor.description else None}
            if cursor.description:
                facts["rows"] = cursor.fetchall()
            return plain({**facts, "rowcount": cursor.rowcount})
        finally:
            with contextlib.suppress(Exception):
                cursor.close()

    def all(self):
        check("tables are made and filled", lambda: [self.rows(sql) for sql in lines_of("setup.txt")] and None)
        self.logins()
        self.statements()
        self.writes()
        self.transactions()
        self.large_things()
        self.sessions()
        self.driver.more(self)

    def logins(self):
        who = "SELECT DATABASE()"
        user = "SELECT USER()"

        def login(**options):
            with self.other(**options) as connection:
                return [self.rows(who, connection=connection), self.rows(user, connection=connection)]

        def cipher():
            with self.other(tls="ca") as connection:
                return len(self.rows("SHOW STATUS LIKE 'Ssl_cipher'", connection=connection)[0][1]) > 5

        check("login: password, plain text", lambda: login(user="freshrsa", tls="off"))
        check("login: password, TLS", lambda: login(user="freshtls", tls="ca"))
        check("login: password again, plain text", lambda: login(user="freshrsa", tls="off"))
        check("login: without a password", lambda: login(user="root", password=""))
        check("login: wrong password", lambda: refused(lambda: login(password="wrong")))
        check("login: unknown user", lambda: refused(lambda: login(user="nobody_here")))
        check("login: unknown database", lambda: refused(lambda: login(database="nowhere_at_all")))
        check("login: no database", lambda: login(database=None))
        check("TLS with a verified certificate", cipher)
        for name, work in self.driver.commands().items():
            def command():
                with self.other() as connection:
                    return work(self, connection)
            check(name, command)

    def statements(self):
        ways = [("text", "error", False)] + ([("prepared", "prepared error", True)] if self.driver.prepares else [])
        for read, error, prepared in ways:
            for name, sql in statements("queries.txt"):
                check(f"{read}: {name}", lambda: self.run(sql, prepared=prepared))
            for name, sql in statements("errors.txt"):
                check(f"{error}: {name}", lambda: refused(lambda: self.run(sql, prepared=prepared)))
            check(f"{read}: parameters", lambda: self.run(
                "SELECT %s AS a, %s AS b, %s AS c, %s AS d, %s AS e, %s AS f, %s AS g, %s AS h, %s AS i, %s AS j, %s AS k, %s AS l",
                (1, -1, 1.5, 2**63, 2**64 - 1, "zażółć 🦊", "", None, True, b"\x00\xff'\\",
                 datetime.datetime(2024, 2, 29, 10, 11, 12, 345678), decimal.Decimal("12.3400")), prepared=prepared))
            check(f"{read}: parameters of time", lambda: self.run(
                "SELECT %s AS a, %s AS b, %s AS c",
                (datetime.date(2024, 2, 29), datetime.timedelta(hours=-3, microseconds=7), datetime.time(1, 2, 3, 4)), prepared=prepared))
            check(f"{read}: a percent sign", lambda: self.run(
                "SELECT id FROM check_types WHERE vc LIKE %s", ("var%",), prepared=prepared))
        if self.driver.prepares:
            def again():
                cursor = self.driver.prepared_cursor(self.connection)
                found = []
                for value in (1, "two", None, 3.5, 4):
                    cursor.execute("SELECT %s AS v, id FROM check_types WHERE id = %s", (value, 2))
                    found.append(cursor.fetchall())
                cursor.close()
                return found
            check("a prepared statement again with other types", again)

    def writes(self):
        def insert(prepared, name, price):
            cursor = self.driver.prepared_cursor(self.connection) if prepared else self.connection.cursor()
            cursor.execute(ITEM, (name, price))
            id = cursor.lastrowid
            cursor.close()
            return id

        for prepared in [False, True] if self.driver.prepares else [False]:
            title = lambda text: f"{text}, prepared" if prepared else text

            def ids():
                first, second = insert(prepared, "one", "1.10"), insert(prepared, "two", decimal.Decimal("2.20"))
                return [second - first, self.rows("SELECT name, price FROM check_item WHERE id = %s", (second,))]

            def last():
                id = insert(prepared, "three", 3)
                return self.rows("SELECT LAST_INSERT_ID() = %s AS same", (id,))

            def counts():
                update = "UPDATE check_item SET stock = 8 WHERE name = 'one'"
                return [self.run(sql, prepared=prepared)["rowcount"] for sql in
                        (update, update, "DELETE FROM check_item WHERE name IN ('one', 'two')")]

            def many():
                cursor = self.driver.prepared_cursor(self.connection) if prepared else self.connection.cursor()
                cursor.executemany("INSERT INTO check_item (name, price) VALUES (%s, %s)", [("many", at) for at in range(40)])
                found = cursor.rowcount
                cursor.close()
                return [found, self.rows("SELECT COUNT(*), SUM(price) FROM check_item WHERE name = 'many'"),
                        self.run("DELETE FROM check_item WHERE name = 'many'", prepared=prepared)["rowcount"]]

            def row():
                self.run("DELETE FROM check_item WHERE name = %s", ("full",), prepared=prepared)
                self.run("INSERT INTO check_item (name, price, made, note) VALUES (%s, %s, %s, %s)",
                         ("full", decimal.Decimal("9.99"), datetime.datetime(2024, 2, 29, 10, 11, 12, 123456), "zażółć 🦊"), prepared=prepared)
                return self.run("SELECT name, price, made, stock, note FROM check_item WHERE name = %s", ("full",), prepared=prepared)

            for name, work in (("insert id", ids), ("LAST_INSERT_ID()", last), ("rows affected", counts),
                               ("executemany", many), ("a row written and read", row)):
                check(title(name), work)

        def found_rows():
            with self.other(found_rows=True) as connection:
                update = "UPDATE check_types SET vc = 'varchar' WHERE id = 1"
                return [self.run(update, connection=connection)["rowcount"], self.run(update, connection=connection)["rowcount"]]

        def warnings():
            with self.other() as connection:
                self.rows("SET SESSION sql_mode = ''", connection=connection)
                self.rows("INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')", connection=connection)
                found = self.rows("SHOW WARNINGS", connection=connection)
                self.rows("DELETE FROM check_types WHERE id = 60", connection=connection)
                return found

        check("rows found", found_rows)
        check("warnings", warnings)

    def transactions(self):
        def count(name):
            return self.rows("SELECT COUNT(*) AS n FROM check_item WHERE name = %s", (name,))

        def commit():
            with self.other(autocommit=False) as connection:
                for _ in range(2):
                    self.rows(ITEM, ("kept", 1), connection)
                before = count("kept")
                connection.commit()
                return [before, count("kept")]

        def rollback():
            with self.other(autocommit=False) as connection:
                for _ in range(2):
                    self.rows(ITEM, ("undone", 1), connection)
                inside = self.rows("SELECT COUNT(*) FROM check_item WHERE name = 'undone'", connection=connection)
                connection.rollback()
                return [inside, count("undone")]

        def savepoints():
            with self.other() as connection:
                for sql in ("START TRANSACTION", "SAVEPOINT a", "INSERT INTO check_item (name) VALUES ('saved')", "SAVEPOINT b",
                            "INSERT INTO check_item (name) VALUES ('saved')", "ROLLBACK TO SAVEPOINT b", "RELEASE SAVEPOINT a", "COMMIT"):
                    self.rows(sql, connection=connection)
            return count("saved")

        def lock_wait():
            with self.other() as one, self.other() as two:
                for sql in ("START TRANSACTION", "UPDATE check_types SET i = i + 1 WHERE id = 1"):
                    self.rows(sql, connection=one)
                self.rows("SET SESSION innodb_lock_wait_timeout = 1", connection=two)
                error = refused(lambda: self.rows("UPDATE check_types SET i = 7 WHERE id = 1", connection=two))
                self.rows("ROLLBACK", connection=one)
                return error

        def deadlock():
            with self.other() as one, self.other() as two:
                for connection in (one, two):
                    self.rows("START TRANSACTION", connection=connection)
                self.rows("UPDATE check_types SET si = 1, vc = 'more' WHERE id = 2", connection=one)
                self.rows("UPDATE check_types SET i = 1 WHERE id = 1", connection=two)
                waits = at_once(lambda: self.rows("UPDATE check_types SET i = 2 WHERE id = 1", connection=one))
                time.sleep(0.3)
                error = refused(lambda: self.rows("UPDATE check_types SET si = 2 WHERE id = 2", connection=two))
                first = waits()
                for connection in (one, two):
                    self.rows("ROLLBACK", connection=connection)
                return [error, first]

        for name, work in (("commit", commit), ("rollback", rollback), ("savepoints", savepoints),
                           ("lock wait timeout", lock_wait), ("deadlock", deadlock)):
            check(name, work)

    def large_things(self):
        body, raw = "zażółć 🦊 " * 80_000, b"\xa5\x00\x5c" * 1_000_000
        for prepared in [False, True] if self.driver.prepares else [False]:
            def big():
                self.rows("DELETE FROM check_big")
                self.run("INSERT INTO check_big VALUES (%s, %s, %s)", (1, body, raw), prepared=prepared)
                return self.run("SELECT body, raw FROM check_big WHERE id = 1", prepared=prepared)
            check("a row of megabytes, prepared" if prepared else "a row of megabytes", big)
        check("a value of 17 MB", lambda: self.rows("SELECT REPEAT('x', 17825792) AS big"))
        check("a statement of 17 MB", lambda: self.rows("SELECT LENGTH('" + "y" * 17_825_792 + "') AS size"))

        def stream():
            cursor = self.driver.stream_cursor(self.connection)
            cursor.execute("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) "
                           "SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t")
            rows, total = 0, 0
            while (row := cursor.fetchone()) is not None:
                rows += 1
                total += row[0]
            cursor.close()
            return [rows, total]

        check("rows one by one", stream)
        if self.driver.compresses:
            def compressed():
                with self.other(compress=True) as connection:
                    return [self.rows("SELECT REPEAT('x', 500000) AS big, @@autocommit", connection=connection),
                            self.rows("SHOW STATUS LIKE 'Compression'", connection=connection)]
            check("compression", compressed)

        def load():
            file = os.path.join(FOLDER, "rows.csv")
            with open(file, "w", encoding="utf8") as text:
                text.write('101,first,1\n102,"zażółć 🦊",2\n103,third,\\N\n')
            with self.other(infile=True) as connection:
                self.rows("DELETE FROM check_load", connection=connection)
                written = self.run(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE check_load CHARACTER SET utf8mb4 "
                                   "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'", connection=connection)
                return [written, self.rows("SELECT * FROM check_load ORDER BY id", connection=connection)]

        check("LOAD DATA LOCAL", load)

    def sessions(self):
        def session(*sqls):
            def work():
                with self.other() as connection:
                    return [self.run(sql, connection=connection) for sql in sqls]
            return work

        for name, *sqls in (
            ("time zone", "SET time_zone = '+05:30'", "SELECT ts, CAST(ts AS CHAR), @@time_zone FROM check_types WHERE id = 1"),
            ("character set", "SET NAMES latin1", "SELECT @@character_set_client, @@character_set_results, HEX(la) FROM check_types WHERE id = 1"),
            ("user variables", "SET @a = 1, @b = 'zwei'", "SELECT @a, @b, @c, @a := @a + 1"),
            ("temporary table", "CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)", "INSERT INTO check_gone VALUES (1, 2), (2, 3)", "SELECT SUM(v) FROM check_gone"),
            ("session variables", "SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20, wait_timeout = 100", 'SELECT @@sql_mode, @@group_concat_max_len, @@wait_timeout, "id" FROM check_types WHERE id = 1'),
            ("isolation level", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT @@transaction_isolation"),
            ("read only transaction", "START TRANSACTION READ ONLY", "SELECT id FROM check_types WHERE id = 1", "COMMIT"),
            ("locking functions", "SELECT GET_LOCK('check_lock', 1)", "SELECT IS_USED_LOCK('check_lock') = CONNECTION_ID()", "SELECT RELEASE_LOCK('check_lock')"),
            ("FOUND_ROWS()", "SELECT SQL_CALC_FOUND_ROWS id FROM check_types WHERE id = 1 LIMIT 1", "SELECT FOUND_ROWS()"),
            ("ROW_COUNT()", "UPDATE check_types SET si = si + 1 WHERE id = 1", "SELECT ROW_COUNT()"),
            ("CREATE, ALTER and DROP TABLE", "DROP TABLE IF EXISTS check_made", "CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)",
             "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)", "INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)",
             "SELECT * FROM check_made ORDER BY id", "TRUNCATE TABLE check_made", "SHOW COLUMNS FROM check_made", "DROP TABLE check_made"),
        ):
            check(name, session(*sqls))

        def killed(statement):
            def work():
                with self.other() as one, self.other() as two:
                    id = self.rows("SELECT CONNECTION_ID()", connection=one)[0][0]
                    sleeping = at_once(lambda: self.rows("SELECT SLEEP(15)", connection=one))
                    time.sleep(0.4)
                    self.rows(f"{statement} {id}", connection=two)
                    ended = sleeping()
                    if statement == "KILL":
                        return ended
                    return [ended, self.rows("SELECT 1", connection=one)]
            return work

        check("KILL QUERY", killed("KILL QUERY"))
        check("KILL", killed("KILL"))

        def procedure():
            with self.other() as connection:
                self.rows("DROP PROCEDURE IF EXISTS check_py", connection=connection)
                self.rows("CREATE PROCEDURE check_py(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END", connection=connection)
                return self.driver.call(self, connection)

        check("procedure with results and OUT", procedure)
