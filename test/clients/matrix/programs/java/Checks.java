import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What the checks share: lines of JSON, and the texts of `sql/`. */
final class Checks {
  interface Work {
    Object run() throws Exception;
  }

  static final ExecutorService threads = Executors.newCachedThreadPool(work -> {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  });

  static String env(String name) {
    return System.getenv("CLIENT_" + name);
  }

  static List<String> lines(String file) throws Exception {
    return Files.readAllLines(Path.of(env("SQL"), file)).stream().filter(line -> !line.isBlank()).toList();
  }

  /** [name, sql] of each line. */
  static List<String[]> statements(String file) throws Exception {
    return lines(file).stream().map(line -> line.split(": ", 2)).toList();
  }

  /** Runs a check and prints what it gave. One that never ends is a failure too. */
  static void check(String name, Work work) {
    String outcome = "ok";
    Object value;
    var running = threads.submit(() -> work.run());
    try {
      value = plain(running.get(20, TimeUnit.SECONDS));
    } catch (TimeoutException late) {
      outcome = "error";
      value = "no answer";
      running.cancel(true);
    } catch (Exception error) {
      outcome = "error";
      value = errorFacts(error.getCause() == null ? error : error.getCause());
    }
    // After an error the connection may be out of step.
    if (outcome.equals("error")) Main.renew();
    System.out.println("{\"name\":" + json(name) + ",\"outcome\":\"" + outcome + "\",\"value\":" + json(value) + "}");
    System.out.flush();
  }

  /** The error that is expected, as a value; that there was none is a failure. */
  static Object refused(Work work) throws Exception {
    try {
      work.run();
    } catch (Exception error) {
      return errorFacts(error);
    }
    throw new IllegalStateException("there was no error");
  }

  static Object errorFacts(Throwable error) {
    Map<String, Object> facts = new TreeMap<>();
    facts.put("class", error.getClass().getSimpleName());
    // Times, connection ids and the whole statement stand in some messages of the drivers.
    facts.put("message", String.valueOf(error.getMessage()).replaceAll("\\(conn=-?\\d+\\) ", "").replaceAll("[\\d,]+ milliseconds", "N milliseconds"));
    if (error instanceof SQLException sql) {
      facts.put("number", sql.getErrorCode());
      facts.put("state", sql.getSQLState());
    }
    return facts;
  }

  static Object rows(ResultSet set) throws Exception {
    ResultSetMetaData meta = set.getMetaData();
    List<Object> columns = new ArrayList<>();
    for (int at = 1; at <= meta.getColumnCount(); at++) {
      columns.add(List.of(meta.getColumnLabel(at), meta.getColumnName(at), meta.getTableName(at), meta.getColumnTypeName(at), meta.getColumnType(at),
          meta.getPrecision(at), meta.getScale(at), meta.isNullable(at), meta.isAutoIncrement(at), meta.isSigned(at), meta.getColumnDisplaySize(at), meta.getColumnClassName(at)));
    }
    return Map.of("columns", columns, "rows", values(set));
  }

  static List<Object> values(ResultSet set) throws Exception {
    List<Object> found = new ArrayList<>();
    int width = set.getMetaData().getColumnCount();
    while (set.next()) {
      List<Object> row = new ArrayList<>();
      for (int at = 1; at <= width; at++) {
        Object value;
        try {
          value = plain(set.getObject(at));
        } catch (SQLException error) {
          value = errorFacts(error);
        }
        row.add(value);
      }
      found.add(row);
    }
    return found;
  }

  static Object warnings(SQLWarning warning) {
    List<Object> found = new ArrayList<>();
    for (; warning != null; warning = warning.getNextWarning()) found.add(errorFacts(warning));
    return found;
  }

  static Object plain(Object value) throws Exception {
    if (value == null || value instanceof String || value instanceof Boolean || value instanceof Integer || value instanceof Map || value instanceof List) {
      return value instanceof String text && text.length() > 10_000 ? digest(text.getBytes(StandardCharsets.UTF_8)) : value;
    }
    if (value instanceof byte[] bytes) return bytes.length > 10_000 ? digest(bytes) : Map.of("bytes", new BigInteger(1, bytes).toString(16) + "/" + bytes.length);
    if (value instanceof int[] || value instanceof long[] || value instanceof Object[]) return json(value);
    return Map.of(value.getClass().getSimpleName(), value.toString());
  }

  static Object digest(byte[] bytes) throws Exception {
    return Map.of("length", bytes.length, "digest", new BigInteger(1, MessageDigest.getInstance("SHA-1").digest(bytes)).toString(16));
  }

  static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof Boolean || value instanceof Integer) return value.toString();
    if (value instanceof int[] all) return json(java.util.Arrays.stream(all).boxed().toList());
    if (value instanceof long[] all) return json(java.util.Arrays.stream(all).boxed().map(Object::toString).toList());
    if (value instanceof Object[] all) return json(List.of(all));
    if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(Checks::json).toList()) + "]";
    if (value instanceof Map<?, ?> map) {
      return "{" + String.join(",", new TreeMap<>(map).entrySet().stream().map(each -> json(String.valueOf(each.getKey())) + ":" + json(each.getValue())).toList()) + "}";
    }
    StringBuilder text = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c == '"' || c == '\\') text.append('\\').append(c);
      else if (c < ' ') text.append(String.format("\\u%04x", (int) c));
      else text.append(c);
    }
    return text.append('"').toString();
  }
}
