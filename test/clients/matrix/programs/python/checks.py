"""What the programs in Python share: checks as lines of JSON, and the texts of `sql/`."""
import datetime
import decimal
import hashlib
import json
import os
import sys
import threading

ACCOUNT = dict(
    host=os.environ["CLIENT_HOST"],
    port=int(os.environ["CLIENT_PORT"]),
    user=os.environ["CLIENT_USER"],
    password=os.environ["CLIENT_PASSWORD"],
    database=os.environ["CLIENT_DATABASE"],
)
CA = os.environ["CLIENT_CA"]
FOLDER = os.environ["CLIENT_TEMP"]
SECONDS_MAX = 20


def lines_of(file):
    with open(os.path.join(os.environ["CLIENT_SQL"], file), encoding="utf8") as text:
        return [line.rstrip("\n") for line in text if line.strip()]


def statements(file):
    """(name, sql) of each line of a file."""
    return [tuple(line.split(": ", 1)) for line in lines_of(file)]


def plain(value):
    """A value as JSON can carry it, with its type where that would be lost."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (str, bytes, bytearray)) and len(value) >= 10_000:
        data = value.encode("utf8") if isinstance(value, str) else bytes(value)
        return {"length": len(value), "digest": hashlib.sha1(data).hexdigest()}
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, decimal.Decimal):
        return {"decimal": str(value)}
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return {type(value).__name__: str(value)}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(plain(each) for each in value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return {type(value).__name__: str(value)}


def error_facts(error):
    facts = {"class": type(error).__name__, "args": [plain(each) for each in error.args]}
    for name in ("errno", "sqlstate", "msg"):
        if hasattr(error, name):
            facts[name] = plain(getattr(error, name))
    return facts


def refused(work):
    """The error that is expected, as a value; that there was none is a failure."""
    try:
        work()
    except Exception as error:
        return error_facts(error)
    raise AssertionError("there was no error")


def check(name, work, recover=None):
    """Runs a check and prints what it gave. One that never ends is a failure too."""
    line = {}

    def run():
        try:
            line.update(outcome="ok", value=plain(work()))
        except BaseException as error:
            line.update(outcome="error", value=error_facts(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS_MAX)
    if not line:
        line.update(outcome="error", value="no answer")
    if line["outcome"] == "error" and recover is not None:
        recover()
    print(json.dumps({"name": name, **line}, ensure_ascii=False), flush=True)


def at_once(work):
    """Starts a piece of work; calling the result waits for its value, an error is one as well."""
    found = []

    def run():
        try:
            found.append(plain(work()))
        except Exception as error:
            found.append(error_facts(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait():
        thread.join(SECONDS_MAX)
        return found[0] if found else "no answer"

    return wait


def end():
    sys.stdout.flush()
    os._exit(0)
