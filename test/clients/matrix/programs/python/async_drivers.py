"""aiomysql and asyncmy behind the face of a plain driver: their loop runs in a thread of its own."""
import asyncio
import ssl
import threading

from checks import ACCOUNT, CA, check
from drivers import Driver

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def wait(awaitable):
    async def run():
        return await awaitable
    return asyncio.run_coroutine_threadsafe(run(), loop).result()


class Cursor:
    def __init__(self, cursor):
        self.cursor = cursor

    def __getattr__(self, name):
        found = getattr(self.cursor, name)
        if name not in ("execute", "executemany", "fetchall", "fetchone", "nextset", "callproc", "close"):
            return found
        return lambda *args: wait(found(*args))


class Connection:
    def __init__(self, connection):
        self.connection = connection

    def cursor(self, *args):
        async def made():
            found = self.connection.cursor(*args)
            return await found if hasattr(found, "__await__") else found
        return Cursor(wait(made()))

    def close(self):
        async def closed():
            self.connection.close()
        wait(closed())

    def __getattr__(self, name):
        return lambda *args, **options: wait(getattr(self.connection, name)(*args, **options))


class Async(Driver):
    def __init__(self, name):
        import importlib
        self.module = importlib.import_module(name)
        self.cursors = importlib.import_module(f"{name}.cursors")

    def settings(self, tls="off", found_rows=False, infile=False, multi=False, compress=False, autocommit=True, database=None, **account):
        return dict(**account, db=database, charset="utf8mb4", autocommit=autocommit, local_infile=infile,
                    client_flag=(2 if found_rows else 0) | (1 << 16 if multi else 0),
                    **({"ssl": ssl.create_default_context(cafile=CA)} if tls == "ca" else {}))

    def connect(self, **options):
        async def connected():
            return await self.module.connect(**self.settings(**options))
        return Connection(wait(connected()))

    def stream_cursor(self, connection):
        return connection.cursor(self.cursors.SSCursor)

    def commands(self):
        def transaction(suite, connection):
            connection.begin()
            suite.rows("INSERT INTO check_item (name) VALUES ('begun')", connection=connection)
            connection.rollback()
            return suite.rows("SELECT COUNT(*) FROM check_item WHERE name = 'begun'")
        def dictionaries(suite, connection):
            cursor = connection.cursor(self.cursors.DictCursor)
            cursor.execute("SELECT id, vc FROM check_types WHERE id = 1")
            return cursor.fetchall()
        return {
            "ping": lambda suite, connection: connection.ping() and None,
            "another database": lambda suite, connection: [connection.select_db("information_schema"), suite.rows("SELECT DATABASE()", connection=connection)],
            "begin and rollback": transaction,
            "dictionaries": dictionaries,
            "warnings of the connection": lambda suite, connection: [suite.rows("SELECT 1/0", connection=connection), connection.show_warnings()],
        }

    def more(self, suite):
        def several():
            with suite.other(multi=True) as connection:
                return self.several(suite, connection)
        def pool():
            async def work():
                pool = await self.module.create_pool(minsize=1, maxsize=3, **self.settings(**ACCOUNT))
                async def one(at):
                    async with pool.acquire() as connection, connection.cursor() as cursor:
                        await cursor.execute("SELECT %s AS at, id FROM check_types WHERE id = 1", (at,))
                        return await cursor.fetchall()
                found = await asyncio.gather(*(one(at) for at in range(20)))
                pool.close()
                await pool.wait_closed()
                return found
            return wait(work())
        check("several statements at once", several)
        check("pool", pool)
