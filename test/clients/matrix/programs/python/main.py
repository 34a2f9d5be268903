"""One client for Python: the argument names it. With `version` it only says which there is."""
import sys
import warnings

from checks import end
from suite import Suite

warnings.simplefilter("ignore")


def driver(name):
    import drivers
    if name == "PyMySQL":
        return drivers.PyMySQL()
    if name == "mysqlclient":
        return drivers.MySQLdb()
    if name.startswith("mysql-connector-python"):
        return drivers.Connector(pure=name.endswith("(pure)"))
    import async_drivers
    return async_drivers.Async(name)


Suite(driver(sys.argv[1])).all()
end()
