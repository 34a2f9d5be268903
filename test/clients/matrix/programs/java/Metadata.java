import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.util.List;

/** What tools and ORMs ask a JDBC driver about a database. */
final class Metadata {
  interface Ask {
    ResultSet ask(DatabaseMetaData meta) throws Exception;
  }

  static void check(String name, Ask ask) {
    Checks.check("metadata: " + name, () -> {
      try (ResultSet rows = ask.ask(Main.connection.getMetaData())) {
        return Checks.rows(rows);
      }
    });
  }

  static void checks() {
    String here = Checks.env("DATABASE");
    check("getTables", meta -> meta.getTables(here, null, "check\\_%", new String[] {"TABLE"}));
    check("getTables of all kinds", meta -> meta.getTables(here, null, "check%", null));
    check("getColumns", meta -> meta.getColumns(here, null, "check_types", "%"));
    check("getColumns of one name", meta -> meta.getColumns(here, null, "check_item", "na%"));
    check("getPrimaryKeys", meta -> meta.getPrimaryKeys(here, null, "check_line"));
    check("getImportedKeys", meta -> meta.getImportedKeys(here, null, "check_line"));
    check("getExportedKeys", meta -> meta.getExportedKeys(here, null, "check_item"));
    check("getCrossReference", meta -> meta.getCrossReference(here, null, "check_item", here, null, "check_line"));
    check("getIndexInfo", meta -> meta.getIndexInfo(here, null, "check_item", true, true));
    check("getBestRowIdentifier", meta -> meta.getBestRowIdentifier(here, null, "check_item", 2, true));
    check("getTypeInfo", DatabaseMetaData::getTypeInfo);
    check("getTableTypes", DatabaseMetaData::getTableTypes);
    check("getSchemas", DatabaseMetaData::getSchemas);
    check("getProcedures", meta -> meta.getProcedures(here, null, "no_such%"));
    check("getColumnPrivileges", meta -> meta.getColumnPrivileges(here, null, "check_item", "%"));
    check("getVersionColumns", meta -> meta.getVersionColumns(here, null, "check_types"));
    check("getClientInfoProperties", DatabaseMetaData::getClientInfoProperties);
    Checks.check("metadata: getCatalogs has the database", () -> {
      try (ResultSet rows = Main.connection.getMetaData().getCatalogs()) {
        return Checks.values(rows).contains(List.of(here));
      }
    });
    Checks.check("metadata: facts", () -> {
      DatabaseMetaData meta = Main.connection.getMetaData();
      return List.of(meta.getDatabaseProductName(), meta.getDatabaseProductVersion(), meta.getDatabaseMajorVersion(), meta.getUserName(), meta.isReadOnly(), meta.getSQLKeywords().length() > 100,
          meta.storesLowerCaseIdentifiers(), meta.supportsTransactions(), meta.getIdentifierQuoteString(), meta.getDefaultTransactionIsolation());
    });
  }
}
