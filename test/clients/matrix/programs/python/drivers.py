"""The drivers for Python as adapters of one shape."""
from checks import ACCOUNT, CA, check, error_facts, refused


class Driver:
    prepares = False
    compresses = False

    def commands(self):
        return {}

    def more(self, suite):
        pass

    def several(self, suite, connection):
        """Every result of a text of several statements."""
        cursor = connection.cursor()
        cursor.execute("SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b")
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
        cursor.close()
        return found

    def call(self, suite, connection):
        cursor = connection.cursor()
        cursor.callproc("check_py", (20, 0))
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
        cursor.execute("SELECT @_check_py_0, @_check_py_1")
        found.append(cursor.fetchall())
        cursor.close()
        return found


class PyMySQL(Driver):
    def __init__(self):
        import pymysql
        import pymysql.cursors
        self.module = pymysql

    def connect(self, *, tls=None, found_rows=False, infile=False, multi=False, compress=False, autocommit=True, **account):
        flags = self.module.constants.CLIENT
        return self.module.connect(
            **account, charset="utf8mb4", autocommit=autocommit, local_infile=infile,
            client_flag=(flags.FOUND_ROWS if found_rows else 0) | (flags.MULTI_STATEMENTS if multi else 0),
            **{"ca": {"ssl": {"ca": CA, "check_hostname": True}}, "off": {"ssl_disabled": True}, None: {}}[tls])

    def stream_cursor(self, connection):
        return connection.cursor(self.module.cursors.SSCursor)

    def commands(self):
        return {
            "ping": lambda suite, connection: connection.ping(reconnect=False),
            "another database": lambda suite, connection: [connection.select_db("information_schema"), suite.rows("SELECT DATABASE()", connection=connection)],
            "autocommit": lambda suite, connection: [connection.get_autocommit(), connection.autocommit(False), connection.get_autocommit()],
            "dictionaries": lambda suite, connection: self.dictionaries(connection),
            "character set of the connection": lambda suite, connection: [connection.set_character_set("latin1"), suite.rows("SELECT @@character_set_client", connection=connection)],
            "begin and rollback": lambda suite, connection: [connection.begin(), suite.rows("INSERT INTO check_item (name) VALUES ('begun')", connection=connection),
                                                             connection.rollback(), suite.rows("SELECT COUNT(*) FROM check_item WHERE name = 'begun'")],
            "warnings of the connection": lambda suite, connection: [suite.rows("SELECT 1/0", connection=connection), connection.show_warnings()],
            "kill by command": lambda suite, connection: self.kill_by_command(suite, connection),
            "reconnect": lambda suite, connection: [connection.close(), connection.ping(reconnect=True), suite.rows("SELECT DATABASE()", connection=connection)],
        }

    def kill_by_command(self, suite, connection):
        with suite.other() as victim:
            connection.kill(victim.thread_id())
            return refused(lambda: suite.rows("SELECT 1", connection=victim))

    def dictionaries(self, connection):
        cursor = connection.cursor(self.module.cursors.DictCursor)
        cursor.execute("SELECT id, vc, a.id FROM check_types a WHERE id = 1")
        return cursor.fetchall()

    def more(self, suite):
        def several():
            with suite.other(multi=True) as connection:
                return [self.several(suite, connection), refused(lambda: suite.rows("SELECT 1; SELEC 2", connection=connection) or suite.rows("SELECT 3", connection=connection))]
        check("several statements at once", several)


class MySQLdb(Driver):
    compresses = True

    def __init__(self):
        import MySQLdb
        import MySQLdb.cursors
        self.module = MySQLdb

    def connect(self, *, tls=None, found_rows=False, infile=False, multi=False, compress=False, autocommit=True, database=None, **account):
        from MySQLdb.constants import CLIENT
        more = {"ca": {"ssl": {"ca": CA}}, "off": {"ssl_mode": "DISABLED"}, None: {}}[tls]
        if database is not None:
            more["database"] = database
        if compress:
            more["compress"] = True
        connection = self.module.connect(
            **account, **more, charset="utf8mb4", autocommit=autocommit, local_infile=int(infile),
            client_flag=(CLIENT.FOUND_ROWS if found_rows else 0) | (CLIENT.MULTI_STATEMENTS if multi else 0))
        return connection

    def stream_cursor(self, connection):
        return connection.cursor(self.module.cursors.SSCursor)

    def commands(self):
        def change_user(suite, connection):
            suite.rows("SET @a = 1", connection=connection)
            connection.change_user("other", ACCOUNT["password"], ACCOUNT["database"])
            return [suite.rows("SELECT @a", connection=connection), suite.rows("SELECT USER()", connection=connection)]
        def warnings(suite, connection):
            cursor = connection.cursor()
            cursor.execute("SELECT 1/0")
            return [connection.warning_count(), connection.show_warnings()]
        return {
            "ping": lambda suite, connection: connection.ping(),
            "another database": lambda suite, connection: [connection.select_db("information_schema"), suite.rows("SELECT DATABASE()", connection=connection)],
            "change of the user": change_user,
            "dictionaries": lambda suite, connection: self.dictionaries(connection),
            "warning count": warnings,
            "info": lambda suite, connection: [suite.rows("UPDATE check_types SET si = si WHERE id = 1", connection=connection), connection.info()],
            "statistics": lambda suite, connection: sorted(part.split(":")[0].strip() for part in connection.stat().split("  ")),
            "character set of the connection": lambda suite, connection: [connection.set_character_set("latin1"), connection.character_set_name(), suite.rows("SELECT @@character_set_client", connection=connection)],
            "kill by command": lambda suite, connection: PyMySQL.kill_by_command(self, suite, connection),
        }

    def dictionaries(self, connection):
        cursor = connection.cursor(self.module.cursors.DictCursor)
        cursor.execute("SELECT id, vc, a.id FROM check_types a WHERE id = 1")
        return cursor.fetchall()

    def more(self, suite):
        PyMySQL.more(self, suite)


class Connector(Driver):
    """mysql-connector-python; PURE says which of its two implementations."""
    prepares = True
    compresses = True

    def __init__(self, pure):
        import mysql.connector
        import mysql.connector.pooling
        if not pure and not mysql.connector.HAVE_CEXT:
            raise ImportError("mysql.connector has no C extension here")
        self.module = mysql.connector
        self.pure = pure

    def settings(self, tls, found_rows, infile, compress, autocommit, account):
        from mysql.connector.constants import ClientFlag
        more = {"ca": {"ssl_ca": CA, "ssl_verify_cert": True, "ssl_verify_identity": True}, "off": {"ssl_disabled": True}, None: {}}[tls]
        account = {name: value for name, value in account.items() if value is not None}
        flags = [ClientFlag.FOUND_ROWS] if found_rows else [-ClientFlag.FOUND_ROWS]
        return dict(**account, **more, use_pure=self.pure, autocommit=autocommit, allow_local_infile=infile, compress=compress, client_flags=flags, charset="utf8mb4", time_zone="+00:00")

    def connect(self, *, tls=None, found_rows=False, infile=False, multi=False, compress=False, autocommit=True, **account):
        return self.module.connect(**self.settings(tls, found_rows, infile, compress, autocommit, account))

    def prepared_cursor(self, connection):
        return connection.cursor(prepared=True)

    def stream_cursor(self, connection):
        return connection.cursor(buffered=False)

    def call(self, suite, connection):
        cursor = connection.cursor()
        answer = cursor.callproc("check_py", (20, 0))
        return [answer, [each.fetchall() for each in cursor.stored_results()]]

    def commands(self):
        def change_user(suite, connection):
            suite.rows("SET @a = 1", connection=connection)
            connection.cmd_change_user("other", ACCOUNT["password"], ACCOUNT["database"])
            return [suite.rows("SELECT @a", connection=connection), suite.rows("SELECT USER()", connection=connection), suite.rows("SELECT DATABASE()", connection=connection)]
        def reset(suite, connection):
            suite.rows("SET @a = 1, time_zone = '+05:00'", connection=connection)
            connection.reset_session(user_variables={"b": 2}, session_variables={"wait_timeout": 77})
            return suite.rows("SELECT @a, @b, @@wait_timeout, @@time_zone = @@global.time_zone", connection=connection)
        def kinds(**options):
            def work(suite, connection):
                cursor = connection.cursor(**options)
                cursor.execute("SELECT id, vc, d6, bl FROM check_types WHERE id = 1")
                row = cursor.fetchone()
                cursor.fetchall()
                return row
            return work
        def warnings(suite, connection):
            connection.get_warnings = True
            cursor = connection.cursor()
            cursor.execute("SELECT 1/0")
            rows = cursor.fetchall()
            return [rows, cursor.warnings, cursor.warning_count]
        def attributes(suite, connection):
            cursor = connection.cursor()
            cursor.add_attribute("trace", "abc")
            cursor.add_attribute("number", 7)
            cursor.execute("SELECT id FROM check_types WHERE id = 1")
            return cursor.fetchall()
        def transaction(suite, connection):
            connection.start_transaction(consistent_snapshot=False, isolation_level="READ COMMITTED", readonly=False)
            inside = connection.in_transaction
            suite.rows("INSERT INTO check_item (name) VALUES ('begun')", connection=connection)
            connection.rollback()
            return [inside, connection.in_transaction, suite.rows("SELECT COUNT(*) FROM check_item WHERE name = 'begun'")]
        def kill(suite, connection):
            with suite.other() as victim:
                connection.cmd_process_kill(victim.connection_id)
                return refused(lambda: suite.rows("SELECT 1", connection=victim))["errno"] in (2006, 2013, 2055)
        return {
            "ping": lambda suite, connection: connection.ping(),
            "another database": lambda suite, connection: [connection.cmd_init_db("information_schema"), suite.rows("SELECT DATABASE()", connection=connection)] [1],
            "change of the user": change_user,
            "reset of a session": reset,
            "dictionaries": kinds(dictionary=True),
            "raw values": kinds(raw=True),
            "prepared, dictionaries": kinds(prepared=True, dictionary=True),
            "buffered": kinds(buffered=True),
            "warnings of a cursor": warnings,
            "query attributes": attributes,
            "statistics": lambda suite, connection: sorted(connection.cmd_statistics()),
            "start_transaction": transaction,
            "server version": lambda suite, connection: connection.server_info if hasattr(connection, "server_info") else connection.get_server_info(),
            "kill by command": kill,
            "reconnect": lambda suite, connection: [connection.disconnect(), connection.reconnect(), suite.rows("SELECT DATABASE()", connection=connection)],
        }

    def more(self, suite):
        def several():
            with suite.other() as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b", **({} if hasattr(cursor, "nextset") else {"multi": True}))
                found = [cursor.fetchall()]
                while cursor.nextset():
                    found.append(cursor.fetchall())
                return found
        def pool():
            found = []
            settings = self.settings(None, False, False, False, True, ACCOUNT)
            connections = self.module.pooling.MySQLConnectionPool(pool_name="checks", pool_size=2, **settings)
            for _ in range(6):
                connection = connections.get_connection()
                found.append(suite.rows("SELECT @left, id FROM check_types WHERE id = 1", connection=connection))
                suite.rows("SET @left = 1", connection=connection)
                connection.close()
            return found
        check("several statements at once", several)
        check("pool", pool)
