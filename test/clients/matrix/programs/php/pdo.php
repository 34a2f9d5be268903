<?php
function connect(array $options = []): PDO {
  $class = class_exists('Pdo\Mysql') ? 'Pdo\Mysql::ATTR_' : 'PDO::MYSQL_ATTR_';
  $of = fn (string $name) => constant($class . $name);
  $settings = [
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_EMULATE_PREPARES => $GLOBALS['kind'] === 'pdo',
    $of('MULTI_STATEMENTS') => true,
  ];
  if ($options['tls'] ?? false) $settings[$of('SSL_CA')] = env('CA');
  if ($options['infile'] ?? false) $settings[$of('LOCAL_INFILE')] = true;
  if ($options['found'] ?? false) $settings[$of('FOUND_ROWS')] = true;
  if ($options['compress'] ?? false) $settings[$of('COMPRESS')] = true;
  if ($options['persistent'] ?? false) $settings[PDO::ATTR_PERSISTENT] = true;
  $database = $options['database'] ?? env('DATABASE');
  return new PDO('mysql:host=' . env('HOST') . ';port=' . env('PORT') . ($database === '' ? '' : ";dbname=$database") . ';charset=utf8mb4', $options['user'] ?? env('USER'), $options['password'] ?? env('PASSWORD'), $settings);
}

function leave(PDO $db): void {}

function begin(PDO $db): void { $db->beginTransaction(); }

function result(PDOStatement $statement): array {
  $fields = [];
  for ($at = 0; $at < $statement->columnCount(); $at++) $fields[] = $statement->getColumnMeta($at);
  return $fields === [] ? ['affected' => $statement->rowCount()] : ['fields' => $fields, 'rows' => $statement->fetchAll(PDO::FETCH_NUM), 'count' => $statement->rowCount()];
}

function ask(string $sql, array $parameters = [], bool $prepared = false, ?PDO $on = null): array {
  $on ??= $GLOBALS['db'];
  if (!$prepared) return result($on->query($sql));
  $statement = $on->prepare($sql);
  $statement->execute($parameters);
  return result($statement);
}

function again(string $sql, array $all): array {
  $statement = $GLOBALS['db']->prepare($sql);
  return array_map(function ($parameters) use ($statement) {
    $statement->execute($parameters);
    return $statement->fetchAll(PDO::FETCH_NUM);
  }, $all);
}

function insert(string $name, string $price): int {
  ask('INSERT INTO check_item (name, price) VALUES (?, ?)', [$name, $price], true);
  return (int) $GLOBALS['db']->lastInsertId();
}

function stream(string $sql): array {
  $db = connect();
  $db->setAttribute(constant(class_exists('Pdo\Mysql') ? 'Pdo\Mysql::ATTR_USE_BUFFERED_QUERY' : 'PDO::MYSQL_ATTR_USE_BUFFERED_QUERY'), false);
  $statement = $db->query($sql);
  [$rows, $sum] = [0, 0];
  while ($row = $statement->fetch(PDO::FETCH_NUM)) {
    $rows++;
    $sum += $row[0];
  }
  return [$rows, $sum];
}

function several(string $sql): array {
  $statement = $GLOBALS['db']->query($sql);
  $found = [];
  do {
    $found[] = result($statement);
  } while ($statement->nextRowset());
  return $found;
}

function more(): void {
  check('objects', fn () => $GLOBALS['db']->query('SELECT id, vc FROM check_types WHERE id = 1')->fetchAll(PDO::FETCH_OBJ));
  check('pairs', fn () => $GLOBALS['db']->query('SELECT id, vc FROM check_types ORDER BY id')->fetchAll(PDO::FETCH_KEY_PAIR));
  check('named parameters', function () {
    $statement = $GLOBALS['db']->prepare('SELECT vc FROM check_types WHERE id = :id AND ti = :ti');
    $statement->bindValue(':id', 1, PDO::PARAM_INT);
    $statement->bindValue(':ti', 1, PDO::PARAM_INT);
    $statement->execute();
    return $statement->fetchAll();
  });
  check('quoting', fn () => $GLOBALS['db']->quote("it's \\ \" \n \0"));
  check('attributes', fn () => [$GLOBALS['db']->getAttribute(PDO::ATTR_SERVER_VERSION), explode(':', $GLOBALS['db']->getAttribute(PDO::ATTR_SERVER_INFO))[0], $GLOBALS['db']->getAttribute(PDO::ATTR_AUTOCOMMIT)]);
  check('in a transaction', function () {
    $db = connect();
    $db->beginTransaction();
    $before = $db->inTransaction();
    $db->exec('CREATE TABLE IF NOT EXISTS check_made (id BIGINT PRIMARY KEY)');
    $after = $db->inTransaction();
    $db->exec('DROP TABLE check_made');
    return [$before, $after];
  });
  check('autocommit off', function () {
    $db = connect();
    $db->setAttribute(PDO::ATTR_AUTOCOMMIT, 0);
    $db->exec("INSERT INTO check_item (name) VALUES ('held')");
    $seen = ask("SELECT COUNT(*) FROM check_item WHERE name = 'held'");
    $db->rollBack();
    return [$seen, ask("SELECT COUNT(*) FROM check_item WHERE name = 'held'")];
  });
}
