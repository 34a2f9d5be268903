import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The checks of a JDBC driver. Arguments: the driver's name in the matrix, and one of the modes below. */
public final class Main {
  static final String ITEM = "INSERT INTO check_item (name, price) VALUES (?, ?)";
  static boolean maria;
  static String options;
  static Connection connection;

  static final Map<String, String> mysqlModes = Map.of(
      "text", "",
      "prepared", "useServerPrepStmts=true&cachePrepStmts=true",
      "cursors", "useServerPrepStmts=true&useCursorFetch=true&defaultFetchSize=2",
      "batches", "rewriteBatchedStatements=true&useInformationSchema=true&useAffectedRows=true&cacheServerConfiguration=true&useLocalSessionState=true&elideSetAutoCommits=true",
      "compressed", "useCompression=true");
  static final Map<String, String> mariaModes = Map.of("text", "", "prepared", "useServerPrepStmts=true", "compressed", "useCompression=true");

  interface Use {
    Object run(Connection connection) throws Exception;
  }

  static Properties account(String user, String password) {
    Properties found = new Properties();
    found.setProperty("user", user);
    found.setProperty("password", password);
    return found;
  }

  static Connection connect(Properties properties, String database, String more) throws SQLException {
    String url = (maria ? "jdbc:mariadb://" : "jdbc:mysql://") + Checks.env("HOST") + ":" + Checks.env("PORT") + "/" + database + "?" + options;
    if (!more.contains("ssl")) url += maria ? "&sslMode=trust" : "&sslMode=REQUIRED";
    url += maria ? "&allowLocalInfile=true" : "&allowLoadLocalInfile=true&connectionTimeZone=UTC";
    return DriverManager.getConnection(url + "&" + more, properties);
  }

  static Connection another(String more) throws SQLException {
    return connect(account(Checks.env("USER"), Checks.env("PASSWORD")), Checks.env("DATABASE"), more);
  }

  /** The next check gets a new connection. */
  static void renew() {
    try {
      connection.abort(Runnable::run);
      connection = another("");
    } catch (SQLException error) {
      System.err.println(error);
    }
  }

  static Object with(String more, Use use) throws Exception {
    try (Connection other = another(more)) {
      return use.run(other);
    }
  }

  static Object ask(Connection on, String sql) throws Exception {
    try (Statement statement = on.createStatement()) {
      return results(statement, statement.execute(sql));
    }
  }

  static Object results(Statement statement, boolean first) throws Exception {
    List<Object> found = new ArrayList<>();
    for (boolean rows = first;; rows = statement.getMoreResults()) {
      if (rows) found.add(Checks.rows(statement.getResultSet()));
      else if (statement.getUpdateCount() >= 0) found.add(statement.getUpdateCount());
      else return found;
    }
  }

  static Object asked(Connection on, String sql, Object... parameters) throws Exception {
    try (PreparedStatement statement = on.prepareStatement(sql)) {
      for (int at = 0; at < parameters.length; at++) statement.setObject(at + 1, parameters[at]);
      return results(statement, statement.execute());
    }
  }

  static Use all(String... texts) {
    return on -> {
      List<Object> found = new ArrayList<>();
      for (String text : texts) found.add(ask(on, text));
      return found;
    };
  }

  public static void main(String[] args) throws Exception {
    maria = args[0].startsWith("MariaDB");
    options = (maria ? mariaModes : mysqlModes).get(args[1]);
    connection = another("");
    Checks.check("tables are made and filled", () -> {
      try (Statement statement = connection.createStatement()) {
        for (String sql : Checks.lines("setup.txt")) statement.execute(sql);
      }
      return null;
    });
    logins();
    statements();
    writes();
    transactions();
    largeThings();
    sessions();
    Metadata.checks();
    System.exit(0);
  }

  static void logins() {
    String password = Checks.env("PASSWORD");
    String database = Checks.env("DATABASE");
    String plainText = maria ? "sslMode=disable&allowPublicKeyRetrieval=true" : "sslMode=DISABLED&allowPublicKeyRetrieval=true";
    String verified = maria ? "sslMode=verify-full&serverSslCert=" + Checks.env("CA") : "sslMode=REQUIRED";
    Use who = all("SELECT DATABASE(), USER()");
    Checks.check("login: password, plain text", () -> {
      try (Connection on = connect(account("freshrsa", password), database, plainText)) { return who.run(on); }
    });
    Checks.check("login: password, TLS", () -> {
      try (Connection on = connect(account("freshtls", password), database, verified)) { return who.run(on); }
    });
    Checks.check("login: password again, plain text", () -> {
      try (Connection on = connect(account("freshrsa", password), database, plainText)) { return who.run(on); }
    });
    Checks.check("login: without a password", () -> {
      try (Connection on = connect(account("root", ""), database, "")) { return who.run(on); }
    });
    Checks.check("login: wrong password", () -> Checks.refused(() -> connect(account("checker", "wrong"), database, "")));
    Checks.check("login: unknown user", () -> Checks.refused(() -> connect(account("nobody_here", password), database, "")));
    Checks.check("login: unknown database", () -> Checks.refused(() -> connect(account("checker", password), "nowhere_at_all", "")));
    Checks.check("login: no database", () -> {
      try (Connection on = connect(account("checker", password), "", "")) { return who.run(on); }
    });
    Checks.check("TLS", () -> with(verified, on -> {
      try (Statement statement = on.createStatement(); ResultSet rows = statement.executeQuery("SHOW STATUS LIKE 'Ssl_cipher'")) {
        rows.next();
        return rows.getString(2).length() > 5;
      }
    }));
    Checks.check("session variables of the URL", () -> with("sessionVariables=sql_mode='ANSI',wait_timeout=99", all("SELECT @@sql_mode, @@wait_timeout")));
    Checks.check("isValid", () -> with("", on -> on.isValid(5)));
    Checks.check("another database", () -> with("", on -> {
      on.setCatalog("information_schema");
      return List.of(on.getCatalog(), ask(on, "SELECT DATABASE()"));
    }));
    Checks.check("read only", () -> with("", on -> {
      on.setReadOnly(true);
      return List.of(on.isReadOnly(), Checks.refused(() -> asked(on, ITEM, "never", 1)));
    }));
    Checks.check("isolation", () -> with("", on -> {
      List<Object> found = new ArrayList<>();
      for (int level : new int[] {1, 2, 4, 8}) {
        on.setTransactionIsolation(level);
        found.add(ask(on, "SELECT @@session.transaction_isolation"));
        found.add(on.getTransactionIsolation());
      }
      return found;
    }));
  }

  static void statements() throws Exception {
    for (String[] each : Checks.statements("queries.txt")) {
      Checks.check("text: " + each[0], () -> ask(connection, each[1]));
      Checks.check("prepared: " + each[0], () -> asked(connection, each[1]));
    }
    for (String[] each : Checks.statements("errors.txt")) {
      Checks.check("error: " + each[0], () -> Checks.refused(() -> ask(connection, each[1])));
      Checks.check("prepared error: " + each[0], () -> Checks.refused(() -> asked(connection, each[1])));
    }
    Object[] parameters = {
      1, -1L, 1.5, new BigInteger("18446744073709551615"), new BigDecimal("12.3400"), "zażółć 🦊", "", null, true, new byte[] {0, -1, 39, 92},
      LocalDateTime.of(2024, 2, 29, 10, 11, 12, 345_678_000), LocalDate.of(2024, 2, 29), LocalTime.of(1, 2, 3), (short) 7, 2.5f, "it's \\ \" \n"
    };
    Checks.check("parameters", () -> asked(connection, "SELECT " + String.join(", ", Arrays.stream(parameters).map(each -> "?").toList()), parameters));
    Checks.check("a prepared statement again with other types", () -> {
      List<Object> found = new ArrayList<>();
      try (PreparedStatement statement = connection.prepareStatement("SELECT ? AS v, id FROM check_types WHERE id = ?")) {
        for (Object value : new Object[] {1, "two", null, 3.5, 4}) {
          statement.setObject(1, value);
          statement.setInt(2, 2);
          found.add(Checks.values(statement.executeQuery()));
        }
      }
      return found;
    });
    Checks.check("metadata of a prepared statement", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id, vc, de FROM check_types WHERE id = ? AND vc = ?")) {
        return List.of(statement.getParameterMetaData().getParameterCount(), statement.getMetaData() == null ? "none" : statement.getMetaData().getColumnCount());
      }
    });
    Checks.check("values by their types", () -> {
      try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT * FROM check_types WHERE id = 1")) {
        row.next();
        return List.of(row.getInt("ti"), String.valueOf(row.getLong("bi")), row.getBigDecimal("de").toString(), row.getBoolean("bo"), row.getString("js"), row.getDate("da").toString(),
            row.getTimestamp("d6").toString(), row.getTime("tm").toString(), row.getObject("d6", LocalDateTime.class).toString(), row.getBytes("bl").length, row.getString("en"), row.wasNull());
      }
    });
    Checks.check("maximum of rows", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.setMaxRows(2);
        return Checks.values(statement.executeQuery("SELECT id FROM check_types ORDER BY id"));
      }
    });
    Checks.check("an updatable result", () -> {
      try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_SENSITIVE, ResultSet.CONCUR_UPDATABLE);
          ResultSet row = statement.executeQuery("SELECT id, vc FROM check_types WHERE id = 2")) {
        row.next();
        row.updateString("vc", "changed");
        row.updateRow();
        return ask(connection, "SELECT vc FROM check_types WHERE id = 2");
      }
    });
  }

  static void writes() {
    Checks.check("generated keys", () -> {
      List<Object> found = new ArrayList<>();
      try (PreparedStatement statement = connection.prepareStatement(ITEM, Statement.RETURN_GENERATED_KEYS)) {
        long before = 0;
        for (String name : List.of("one", "two")) {
          statement.setString(1, name);
          statement.setBigDecimal(2, new BigDecimal("1.10"));
          found.add(statement.executeUpdate());
          ResultSet keys = statement.getGeneratedKeys();
          keys.next();
          long key = keys.getLong(1);
          if (before > 0) found.add((int) (key - before));
          found.add(asked(connection, "SELECT name, price FROM check_item WHERE id = ?", key));
          found.add(asked(connection, "SELECT LAST_INSERT_ID() = ? AS same", key));
          before = key;
        }
      }
      return found;
    });
    Checks.check("rows affected", () -> List.of(asked(connection, "UPDATE check_item SET stock = ? WHERE name = 'one'", 8), ask(connection, "UPDATE check_item SET stock = 8 WHERE name = 'one'"), ask(connection, "DELETE FROM check_item WHERE name IN ('one', 'two')")));
    Checks.check("batch", () -> {
      try (PreparedStatement statement = connection.prepareStatement(ITEM, Statement.RETURN_GENERATED_KEYS)) {
        for (int at = 0; at < 30; at++) {
          statement.setString(1, "batched");
          statement.setInt(2, at);
          statement.addBatch();
        }
        int[] counts = statement.executeBatch();
        ResultSet keys = statement.getGeneratedKeys();
        int many = 0;
        while (keys.next()) many++;
        return List.of(counts, many, ask(connection, "SELECT COUNT(*), SUM(price) FROM check_item WHERE name = 'batched'"));
      }
    });
    Checks.check("batch of updates", () -> {
      try (PreparedStatement statement = connection.prepareStatement("UPDATE check_types SET mi = ? WHERE id = ?")) {
        for (int id = 1; id <= 4; id++) {
          statement.setInt(1, id * 10);
          statement.setInt(2, id);
          statement.addBatch();
        }
        return List.of(statement.executeBatch(), ask(connection, "SELECT id, mi FROM check_types ORDER BY id"));
      }
    });
    Checks.check("batch of texts", () -> {
      try (Statement statement = connection.createStatement()) {
        for (int at = 0; at < 6; at++) statement.addBatch("INSERT INTO check_item (name, price) VALUES ('text', " + at + ")");
        statement.addBatch("DELETE FROM check_item WHERE name = 'text'");
        return statement.executeBatch();
      }
    });
    Checks.check("batch with an error", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO check_load (id, name) VALUES (?, 'x')")) {
        for (int id : new int[] {1, 2, 1, 3}) {
          statement.setInt(1, id);
          statement.addBatch();
        }
        return Checks.refused(statement::executeBatch);
      }
    });
    Checks.check("warnings", () -> with("", on -> {
      ask(on, "SET SESSION sql_mode = ''");
      try (Statement statement = on.createStatement()) {
        statement.executeUpdate("INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')");
        Object found = Checks.warnings(statement.getWarnings());
        statement.executeUpdate("DELETE FROM check_types WHERE id = 60");
        return found;
      }
    }));
    Checks.check("several statements at once", () -> with("allowMultiQueries=true", on -> List.of(
        ask(on, "SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; UPDATE check_types SET si = 3 WHERE id = 1; SELECT 'x' AS b"),
        Checks.refused(() -> ask(on, "SELECT 1; SELEC 2; SELECT 3")))));
    Checks.check("callable statement with results and OUT", () -> with("", on -> {
      ask(on, "DROP PROCEDURE IF EXISTS check_java");
      ask(on, "CREATE PROCEDURE check_java(IN n INT, OUT doubled INT, INOUT both_ways VARCHAR(20)) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; SET both_ways = CONCAT(both_ways, '!'); END");
      try (var call = on.prepareCall("{call check_java(?, ?, ?)}")) {
        call.setInt(1, 20);
        call.registerOutParameter(2, Types.INTEGER);
        call.setString(3, "hey");
        call.registerOutParameter(3, Types.VARCHAR);
        return List.of(results(call, call.execute()), call.getInt(2), call.getString(3));
      }
    }));
    Checks.check("callable function", () -> with("", on -> {
      ask(on, "DROP FUNCTION IF EXISTS check_java_twice");
      ask(on, "CREATE FUNCTION check_java_twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2");
      try (var call = on.prepareCall("{? = call check_java_twice(?)}")) {
        call.registerOutParameter(1, Types.INTEGER);
        call.setInt(2, 21);
        call.execute();
        return call.getInt(1);
      }
    }));
  }

  static void transactions() {
    Checks.check("commit", () -> with("", on -> {
      on.setAutoCommit(false);
      for (int at = 0; at < 3; at++) asked(on, ITEM, "kept", at);
      Object before = ask(connection, "SELECT COUNT(*) FROM check_item WHERE name = 'kept'");
      on.commit();
      on.setAutoCommit(true);
      return List.of(before, ask(connection, "SELECT COUNT(*) FROM check_item WHERE name = 'kept'"));
    }));
    Checks.check("rollback", () -> with("", on -> {
      on.setAutoCommit(false);
      for (int at = 0; at < 3; at++) asked(on, ITEM, "undone", at);
      Object inside = ask(on, "SELECT COUNT(*) FROM check_item WHERE name = 'undone'");
      on.rollback();
      return List.of(inside, ask(on, "SELECT COUNT(*) FROM check_item WHERE name = 'undone'"));
    }));
    Checks.check("savepoints", () -> with("", on -> {
      on.setAutoCommit(false);
      asked(on, ITEM, "saved", 1);
      var savepoint = on.setSavepoint("here");
      asked(on, ITEM, "saved", 2);
      var unnamed = on.setSavepoint();
      asked(on, ITEM, "saved", 3);
      on.rollback(unnamed);
      on.rollback(savepoint);
      on.releaseSavepoint(savepoint);
      on.commit();
      return ask(on, "SELECT COUNT(*), SUM(price) FROM check_item WHERE name = 'saved'");
    }));
    Checks.check("lock wait timeout", () -> with("", holder -> with("", waiter -> {
      all("START TRANSACTION", "UPDATE check_types SET i = i + 1 WHERE id = 1").run(holder);
      ask(waiter, "SET SESSION innodb_lock_wait_timeout = 1");
      return Checks.refused(() -> ask(waiter, "UPDATE check_types SET i = 3 WHERE id = 1"));
    })));
    Checks.check("deadlock", () -> with("", one -> with("", two -> {
      all("START TRANSACTION", "UPDATE check_types SET si = 1, tx = 'more' WHERE id = 2").run(one);
      all("START TRANSACTION", "UPDATE check_types SET i = 1 WHERE id = 1").run(two);
      var waits = Checks.threads.submit(() -> ask(one, "UPDATE check_types SET i = 2 WHERE id = 1"));
      Thread.sleep(300);
      Object error = Checks.refused(() -> ask(two, "UPDATE check_types SET si = 2 WHERE id = 2"));
      Object first = waits.get();
      ask(one, "ROLLBACK");
      return List.of(error, first);
    })));
  }

  static void largeThings() {
    Checks.check("a row of megabytes", () -> List.of(asked(connection, "INSERT INTO check_big VALUES (?, ?, ?)", 1, "zażółć 🦊 ".repeat(80_000), new byte[3_000_000]),
        asked(connection, "SELECT body, raw FROM check_big WHERE id = ?", 1)));
    Checks.check("values from streams", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO check_big VALUES (?, ?, ?)")) {
        statement.setInt(1, 2);
        statement.setCharacterStream(2, new java.io.StringReader("ü".repeat(50_000)));
        statement.setBinaryStream(3, new java.io.ByteArrayInputStream(new byte[70_000]));
        return List.of(statement.executeUpdate(), ask(connection, "SELECT body, raw FROM check_big WHERE id = 2"));
      }
    });
    Checks.check("a value of 17 MB", () -> ask(connection, "SELECT REPEAT('x', 17825792) AS big"));
    Checks.check("a statement of 17 MB", () -> ask(connection, "SELECT LENGTH('" + "y".repeat(17_825_792) + "') AS size"));
    Checks.check("rows one by one", () -> {
      try (Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
        statement.setFetchSize(maria ? 1 : Integer.MIN_VALUE);
        ResultSet rows = statement.executeQuery("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t");
        int count = 0;
        int sum = 0;
        while (rows.next()) {
          count++;
          sum += rows.getInt(1);
        }
        return List.of(count, sum);
      }
    });
    Checks.check("rows of a table in steps", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id, vc FROM check_types WHERE id < ? ORDER BY id")) {
        statement.setFetchSize(2);
        statement.setInt(1, 90);
        return Checks.values(statement.executeQuery());
      }
    });
    Checks.check("rows in steps and other statements between", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id FROM check_types WHERE id < ? ORDER BY id")) {
        statement.setInt(1, 90);
        ResultSet rows = statement.executeQuery();
        List<Object> found = new ArrayList<>();
        while (rows.next()) found.add(asked(connection, "SELECT id, ti FROM check_types WHERE id = ?", rows.getInt(1)));
        return found;
      }
    });
    Checks.check("compression", () -> with(options.contains("useCompression") ? "" : "useCompression=true", all("SELECT REPEAT('x', 500000) AS big", "SHOW STATUS LIKE 'Compression'")));
    Checks.check("LOAD DATA LOCAL", () -> with("", on -> {
      Path file = Path.of(Checks.env("TEMP"), "rows.csv");
      Files.writeString(file, "101,first,1\n102,\"zażółć 🦊\",2\n103,third,\\N\n");
      ask(on, "DELETE FROM check_load");
      return List.of(ask(on, "LOAD DATA LOCAL INFILE '" + file + "' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"),
          ask(on, "SELECT * FROM check_load ORDER BY id"));
    }));
  }

  static void sessions() {
    String[][] sessions = {
      {"time zone", "SET time_zone = '+05:30'", "SELECT CAST(ts AS CHAR), @@time_zone FROM check_types WHERE id = 1"},
      {"user variables", "SET @a = 1, @b = 'zwei'", "SELECT @a, @b, @c"},
      {"temporary table", "CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)", "INSERT INTO check_gone VALUES (1, 2), (2, 3)", "SELECT SUM(v) FROM check_gone"},
      {"session variables", "SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20", "SELECT @@sql_mode, @@group_concat_max_len, \"id\" FROM check_types WHERE id = 1"},
      {"locking functions", "SELECT GET_LOCK('check_lock_java', 1)", "SELECT RELEASE_LOCK('check_lock_java')"},
      {"CREATE, ALTER and DROP TABLE", "DROP TABLE IF EXISTS check_made", "CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)", "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)",
        "INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)", "SELECT * FROM check_made ORDER BY id", "TRUNCATE TABLE check_made", "SHOW COLUMNS FROM check_made", "DROP TABLE check_made"},
    };
    for (String[] each : sessions) Checks.check(each[0], () -> with("", all(Arrays.copyOfRange(each, 1, each.length))));
    Checks.check("query timeout", () -> with("", on -> {
      try (Statement statement = on.createStatement()) {
        statement.setQueryTimeout(1);
        Object error = Checks.refused(() -> {
          ResultSet slept = statement.executeQuery("SELECT id FROM check_types WHERE id = 1 AND SLEEP(10) = 0");
          return slept.next();
        });
        return List.of(error, ask(on, "SELECT 1"));
      }
    }));
    Checks.check("cancel", () -> with("", on -> {
      try (Statement statement = on.createStatement()) {
        var running = Checks.threads.submit(() -> {
          ResultSet slept = statement.executeQuery("SELECT SLEEP(10)");
          slept.next();
          return slept.getInt(1);
        });
        Thread.sleep(400);
        statement.cancel();
        Object ended;
        try {
          ended = running.get();
        } catch (Exception error) {
          ended = Checks.errorFacts(error.getCause());
        }
        return List.of(ended, ask(on, "SELECT 1"));
      }
    }));
    Checks.check("KILL", () -> with("", victim -> with("", killer -> {
      long id;
      try (ResultSet row = victim.createStatement().executeQuery("SELECT CONNECTION_ID()")) {
        row.next();
        id = row.getLong(1);
      }
      ask(killer, "KILL " + id);
      Thread.sleep(100);
      Checks.refused(() -> ask(victim, "SELECT 1"));
      return victim.isValid(2);
    })));
    Checks.check("pool", () -> {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl((maria ? "jdbc:mariadb://" : "jdbc:mysql://") + Checks.env("HOST") + ":" + Checks.env("PORT") + "/" + Checks.env("DATABASE") + "?" + options + (maria ? "&sslMode=trust" : "&sslMode=REQUIRED"));
      config.setUsername(Checks.env("USER"));
      config.setPassword(Checks.env("PASSWORD"));
      config.setMaximumPoolSize(3);
      try (HikariDataSource pool = new HikariDataSource(config)) {
        List<Object> found = new ArrayList<>();
        var running = new ArrayList<java.util.concurrent.Future<Object>>();
        for (int at = 0; at < 20; at++) {
          int n = at;
          running.add(Checks.threads.submit(() -> {
            try (Connection on = pool.getConnection()) { return asked(on, "SELECT ? + ti FROM check_types WHERE id = 1", n); }
          }));
        }
        for (var each : running) found.add(each.get());
        return found;
      }
    });
  }
}
