import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.util.List;

/** What tools and ORMs ask a JDBC driver about a database. */
final class Metadata {
  interface Ask {
    ResultSet ask(DatabaseMetaData meta) throws Exception;
  }

  static void check(Connection connection, String name, Ask ask) {
    Checks.check("metadata: " + name, () -> {
      try (ResultSet rows = ask.ask(connection.getMetaData())) {
        return Checks.rows(rows);
      }
    });
  }

  static void checks(Connection connection) {
    String here = Checks.env("DATABASE");
    check(connection, "getTables", meta -> meta.getTables(here, null, "check\\_%", new String[] {"TABLE"}));
    check(connection, "getTables of all kinds", meta -> meta.getTables(here, null, "check%", null));
    check(connection, "getColumns", meta -> meta.getColumns(here, null, "check_types", "%"));
    check(connection, "getColumns of one name", meta -> meta.getColumns(here, null, "check_item", "na%"));
    check(connection, "getPrimaryKeys", meta -> meta.getPrimaryKeys(here, null, "check_line"));
    check(connection, "getImportedKeys", meta -> meta.getImportedKeys(here, null, "check_line"));
    check(connection, "getExportedKeys", meta -> meta.getExportedKeys(here, null, "check_item"));
    check(connection, "getCrossReference", meta -> meta.getCrossReference(here, null, "check_item", here, null, "check_line"));
    check(connection, "getIndexInfo", meta -> meta.getIndexInfo(here, null, "check_item", true, true));
    check(connection, "getBestRowIdentifier", meta -> meta.getBestRowIdentifier(here, null, "check_item", 2, true));
    check(connection, "getTypeInfo", DatabaseMetaData::getTypeInfo);
    check(connection, "getTableTypes", DatabaseMetaData::getTableTypes);
    check(connection, "getSchemas", DatabaseMetaData::getSchemas);
    check(connection, "getProcedures", meta -> meta.getProcedures(here, null, "no_such%"));
    check(connection, "getColumnPrivileges", meta -> meta.getColumnPrivileges(here, null, "check_item", "%"));
    check(connection, "getVersionColumns", meta -> meta.getVersionColumns(here, null, "check_types"));
    check(connection, "getClientInfoProperties", DatabaseMetaData::getClientInfoProperties);
    Checks.check("metadata: getCatalogs has the database", () -> {
      try (ResultSet rows = connection.getMetaData().getCatalogs()) {
        return Checks.values(rows).contains(List.of(here));
      }
    });
    Checks.check("metadata: facts", () -> {
      DatabaseMetaData meta = connection.getMetaData();
      return List.of(meta.getDatabaseProductName(), meta.getDatabaseProductVersion(), meta.getDatabaseMajorVersion(), meta.getUserName(), meta.isReadOnly(), meta.getSQLKeywords().length() > 100,
          meta.storesLowerCaseIdentifiers(), meta.supportsTransactions(), meta.getIdentifierQuoteString(), meta.getDefaultTransactionIsolation());
    });
  }
}
