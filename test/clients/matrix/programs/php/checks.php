<?php
// The checks of mysqli or PDO (both over mysqlnd). Argument: mysqli, pdo (emulated prepares) or pdo-native.
error_reporting(E_ALL & ~E_WARNING & ~E_DEPRECATED);
ini_set('memory_limit', '512M');
ini_set('mysqli.allow_local_infile', '1');
$kind = $argv[1];

function env(string $name): string { return getenv("CLIENT_$name"); }

function lines(string $file): array { return file(env('SQL') . "/$file", FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES); }

function statements(string $file): array { return array_map(fn ($line) => explode(': ', $line, 2), lines($file)); }

function plain(mixed $value): mixed {
  if (is_array($value)) return array_map('plain', $value);
  if (is_object($value)) return array_map('plain', get_object_vars($value));
  if (is_float($value)) return ['float' => var_export($value, true)];
  if (!is_string($value)) return $value;
  if (strlen($value) > 10000) return ['length' => strlen($value), 'digest' => sha1($value)];
  return preg_match('//u', $value) ? $value : ['bytes' => bin2hex($value)];
}

function facts(Throwable $error): array {
  $facts = ['class' => get_class($error), 'code' => $error->getCode(), 'message' => $error->getMessage()];
  if ($error instanceof mysqli_sql_exception) $facts['state'] = $error->getSqlState();
  if ($error instanceof PDOException) $facts['info'] = $error->errorInfo;
  return $facts;
}

function check(string $name, callable $work): void {
  $line = ['name' => $name, 'outcome' => 'ok'];
  try {
    $line['value'] = plain($work());
  } catch (Throwable $error) {
    $line = ['name' => $name, 'outcome' => 'error', 'value' => plain(facts($error))];
    $GLOBALS['db'] = connect();
  }
  echo json_encode($line, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function refused(callable $work): array {
  try {
    $work();
  } catch (Throwable $error) {
    return facts($error);
  }
  throw new Exception('there was no error');
}

require __DIR__ . ($kind === 'mysqli' ? '/mysqli.php' : '/pdo.php');
$db = connect();

function all(string ...$texts): callable {
  return function () use ($texts) {
    $other = connect();
    $found = array_map(fn ($text) => ask($text, [], false, $other), $texts);
    leave($other);
    return $found;
  };
}

check('tables are made and filled', function () { foreach (lines('setup.txt') as $sql) ask($sql); });
$who = fn (array $options) => function () use ($options) {
  $other = connect($options);
  $found = [ask('SELECT DATABASE(), USER()', [], false, $other)];
  leave($other);
  return $found;
};
check('login: password, plain text', $who(['user' => 'freshrsa']));
check('login: password, TLS', $who(['user' => 'freshtls', 'tls' => true]));
check('login: password again, plain text', $who(['user' => 'freshrsa']));
check('login: without a password', $who(['user' => 'root', 'password' => '']));
check('login: wrong password', fn () => refused($who(['password' => 'wrong'])));
check('login: unknown user', fn () => refused($who(['user' => 'nobody_here'])));
check('login: unknown database', fn () => refused($who(['database' => 'nowhere_at_all'])));
check('login: no database', $who(['database' => '']));
check('TLS with a verified certificate', fn () => strlen(ask("SHOW STATUS LIKE 'Ssl_cipher'", [], false, connect(['tls' => true]))['rows'][0][1]) > 5);
check('compression', fn () => [ask("SELECT REPEAT('x', 500000) AS big", [], false, $on = connect(['compress' => true])), ask("SHOW STATUS LIKE 'Compression'", [], false, $on)]);
check('a lasting connection', function () {
  $found = [];
  for ($at = 0; $at < 3; $at++) {
    $on = connect(['persistent' => true]);
    $found[] = ask('SELECT @left IS NULL OR @left = 1, DATABASE()', [], false, $on);
    ask('SET @left = 1', [], false, $on);
    leave($on);
  }
  return $found;
});

foreach (statements('queries.txt') as [$name, $sql]) {
  check("text: $name", fn () => ask($sql));
  check("prepared: $name", fn () => ask($sql, [], true));
}
foreach (statements('errors.txt') as [$name, $sql]) {
  check("error: $name", fn () => refused(fn () => ask($sql)));
  check("prepared error: $name", fn () => refused(fn () => ask($sql, [], true)));
}
check('parameters', fn () => ask('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g', [1, -1.5, 'zażółć 🦊', '', null, "\x00\xff'\\", "it's \" \n"], true));
check('a prepared statement again', fn () => again('SELECT ? AS v, id FROM check_types WHERE id = ?', [[1, 2], ['two', 2], [null, 1], [3.5, 99]]));
check('insert id', function () {
  $first = insert('one', '1.10');
  $second = insert('two', '2.20');
  return [$second - $first, ask('SELECT name, price FROM check_item WHERE id = ?', [$second], true), ask('SELECT LAST_INSERT_ID() = ' . $second . ' AS same')];
});
check('rows affected', fn () => array_map(fn ($sql) => ask($sql), ["UPDATE check_item SET stock = 8 WHERE name = 'one'", "UPDATE check_item SET stock = 8 WHERE name = 'one'", "DELETE FROM check_item WHERE name IN ('one', 'two')"]));
check('rows found', fn () => ask("UPDATE check_types SET vc = 'varchar' WHERE id = 1", [], false, connect(['found' => true])));
check('many rows at once', fn () => ask('INSERT INTO check_item (name, price) VALUES ' . implode(', ', array_map(fn ($at) => "('many', $at)", range(1, 50)))));
check('a row written and read', fn () => [ask('INSERT INTO check_item (name, price, made, note) VALUES (?, ?, ?, ?)', ['full', '9.99', '2024-02-29 10:11:12.123456', 'zażółć 🦊'], true), ask("SELECT name, price, made, stock, note FROM check_item WHERE name = 'full'")]);
check('warnings', all("SET SESSION sql_mode = ''", "INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')", 'SHOW WARNINGS', 'DELETE FROM check_types WHERE id = 60'));
foreach (['commit', 'rollback'] as $end) {
  check($end, function () use ($end) {
    $other = connect();
    begin($other);
    ask("INSERT INTO check_item (name) VALUES ('$end')", [], false, $other);
    ask("INSERT INTO check_item (name) VALUES ('$end')", [], false, $other);
    $inside = ask("SELECT COUNT(*) FROM check_item WHERE name = '$end'", [], false, $other);
    $other->$end();
    return [$inside, ask("SELECT COUNT(*) FROM check_item WHERE name = '$end'")];
  });
}
check('savepoints', all('START TRANSACTION', 'SAVEPOINT a', "INSERT INTO check_item (name) VALUES ('saved')", 'SAVEPOINT b', "INSERT INTO check_item (name) VALUES ('saved')", 'ROLLBACK TO SAVEPOINT b', 'RELEASE SAVEPOINT a', 'COMMIT', "SELECT COUNT(*) FROM check_item WHERE name = 'saved'"));
check('lock wait timeout', function () {
  $holder = connect();
  ask('START TRANSACTION', [], false, $holder);
  ask('UPDATE check_types SET i = i + 1 WHERE id = 1', [], false, $holder);
  $waiter = connect();
  ask('SET SESSION innodb_lock_wait_timeout = 1', [], false, $waiter);
  $error = refused(fn () => ask('UPDATE check_types SET i = 3 WHERE id = 1', [], false, $waiter));
  ask('ROLLBACK', [], false, $holder);
  return $error;
});
check('a row of megabytes', fn () => [ask('INSERT INTO check_big VALUES (?, ?, ?)', [1, str_repeat('zażółć 🦊 ', 80000), str_repeat("\xa5\x00\\", 1000000)], true), ask('SELECT body, raw FROM check_big WHERE id = 1'), ask('SELECT body, raw FROM check_big WHERE id = 1', [], true)]);
check('a value of 17 MB', fn () => ask("SELECT REPEAT('x', 17825792) AS big"));
check('a statement of 17 MB', fn () => ask("SELECT LENGTH('" . str_repeat('y', 17825792) . "') AS size"));
check('rows one by one', fn () => stream('WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT(\'z\', 200) AS fill FROM t'));
check('LOAD DATA LOCAL', function () {
  $file = env('TEMP') . '/rows.csv';
  file_put_contents($file, "101,first,1\n102,\"zażółć 🦊\",2\n103,third,\\N\n");
  ask('DELETE FROM check_load');
  $on = connect(['infile' => true]);
  return [ask("LOAD DATA LOCAL INFILE '$file' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'", [], false, $on), ask('SELECT * FROM check_load ORDER BY id')];
});
check('time zone', all("SET time_zone = '+05:30'", 'SELECT ts, CAST(ts AS CHAR), @@time_zone FROM check_types WHERE id = 1'));
check('character set', all('SET NAMES latin1', 'SELECT @@character_set_client, @@character_set_results, la FROM check_types WHERE id = 1'));
check('user variables', all("SET @a = 1, @b = 'zwei'", 'SELECT @a, @b, @c'));
check('temporary table', all('CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)', 'INSERT INTO check_gone VALUES (1, 2), (2, 3)', 'SELECT SUM(v) FROM check_gone'));
check('session variables', all("SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20", 'SELECT @@sql_mode, @@group_concat_max_len, "id" FROM check_types WHERE id = 1'));
check('locking functions', all("SELECT GET_LOCK('check_lock_php', 1)", "SELECT RELEASE_LOCK('check_lock_php')"));
check('CREATE, ALTER and DROP TABLE', all('DROP TABLE IF EXISTS check_made', 'CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)', "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)", 'INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)', 'SELECT * FROM check_made ORDER BY id', 'TRUNCATE TABLE check_made', 'SHOW COLUMNS FROM check_made', 'DROP TABLE check_made'));
check('KILL', function () {
  $victim = connect();
  $id = ask('SELECT CONNECTION_ID()', [], false, $victim)['rows'][0][0];
  ask("KILL $id");
  return refused(fn () => ask('SELECT 1', [], false, $victim))['code'];
});
check('statement with a time limit', fn () => ask('SELECT /*+ MAX_EXECUTION_TIME(150) */ SLEEP(5), id FROM check_types WHERE id = 1'));
check('several statements at once', fn () => several('SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT \'x\' AS b'));
check('procedure with results and OUT', function () {
  ask('DROP PROCEDURE IF EXISTS check_php');
  ask('CREATE PROCEDURE check_php(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END');
  return [several('CALL check_php(20, @doubled)'), ask('SELECT @doubled')];
});
more();
