<?php
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function connect(array $options = []): mysqli {
  $db = mysqli_init();
  if ($options['infile'] ?? false) $db->options(MYSQLI_OPT_LOCAL_INFILE, true);
  if ($options['native'] ?? false) $db->options(MYSQLI_OPT_INT_AND_FLOAT_NATIVE, 1);
  $flags = 0;
  if ($options['tls'] ?? false) {
    $db->ssl_set(null, null, env('CA'), null, null);
    $flags |= MYSQLI_CLIENT_SSL;
  }
  if ($options['found'] ?? false) $flags |= MYSQLI_CLIENT_FOUND_ROWS;
  if ($options['compress'] ?? false) $flags |= MYSQLI_CLIENT_COMPRESS;
  $host = (($options['persistent'] ?? false) ? 'p:' : '') . env('HOST');
  $db->real_connect($host, $options['user'] ?? env('USER'), $options['password'] ?? env('PASSWORD'), $options['database'] ?? env('DATABASE'), (int) env('PORT'), null, $flags);
  $db->set_charset('utf8mb4');
  return $db;
}

function leave(mysqli $db): void { $db->close(); }

function begin(mysqli $db): void { $db->begin_transaction(); }

function result(mysqli $db, mixed $result): array {
  if ($result instanceof mysqli_result) {
    $fields = array_map(fn ($field) => [$field->name, $field->orgname, $field->table, $field->length, $field->flags, $field->type, $field->decimals, $field->charsetnr], $result->fetch_fields());
    return ['fields' => $fields, 'rows' => $result->fetch_all(MYSQLI_NUM), 'count' => $result->num_rows];
  }
  return ['affected' => $db->affected_rows, 'info' => $db->info, 'warnings' => $db->warning_count];
}

function ask(string $sql, array $parameters = [], bool $prepared = false, ?mysqli $on = null): array {
  $on ??= $GLOBALS['db'];
  if (!$prepared) return result($on, $on->query($sql));
  $statement = $on->prepare($sql);
  $statement->execute($parameters ?: null);
  $found = $statement->get_result();
  $answer = $found === false ? ['affected' => $statement->affected_rows] : result($on, $found);
  $statement->close();
  return $answer;
}

function again(string $sql, array $all): array {
  $statement = $GLOBALS['db']->prepare($sql);
  return array_map(function ($parameters) use ($statement) {
    $statement->execute($parameters);
    return $statement->get_result()->fetch_all();
  }, $all);
}

function insert(string $name, string $price): int {
  ask('INSERT INTO check_item (name, price) VALUES (?, ?)', [$name, $price], true);
  return $GLOBALS['db']->insert_id;
}

function stream(string $sql): array {
  $result = $GLOBALS['db']->query($sql, MYSQLI_USE_RESULT);
  [$rows, $sum] = [0, 0];
  while ($row = $result->fetch_row()) {
    $rows++;
    $sum += $row[0];
  }
  return [$rows, $sum];
}

function several(string $sql): array {
  $db = $GLOBALS['db'];
  $db->multi_query($sql);
  $found = [];
  do {
    $found[] = result($db, $db->store_result());
  } while ($db->more_results() && $db->next_result());
  return $found;
}

function more(): void {
  check('ping', fn () => $GLOBALS['db']->ping());
  check('another database', fn () => [$GLOBALS['db']->select_db('information_schema'), ask('SELECT DATABASE()'), $GLOBALS['db']->select_db(env('DATABASE'))]);
  check('change of the user', function () {
    $db = connect();
    ask('SET @a = 1', [], false, $db);
    $db->change_user('other', env('PASSWORD'), env('DATABASE'));
    return ask('SELECT @a, USER(), DATABASE()', [], false, $db);
  });
  check('statistics', fn () => array_map(fn ($part) => explode(':', $part)[0], explode('  ', $GLOBALS['db']->stat())));
  check('kill by command', function () {
    $victim = connect();
    return [$GLOBALS['db']->query('KILL ' . $victim->thread_id), refused(fn () => ask('SELECT 1', [], false, $victim))['code']];
  });
  check('server version', fn () => [$GLOBALS['db']->server_info, $GLOBALS['db']->server_version, $GLOBALS['db']->protocol_version]);
  check('character set by command', fn () => [$GLOBALS['db']->set_charset('latin1'), ask('SELECT @@character_set_client, la FROM check_types WHERE id = 3'), $GLOBALS['db']->character_set_name(), $GLOBALS['db']->set_charset('utf8mb4')]);
  check('native numbers', fn () => ask('SELECT ti, bu, fl, dbl, de FROM check_types WHERE id = 1', [], false, connect(['native' => true])));
  check('warnings by command', function () {
    ask('SELECT 1/0');
    $found = [];
    for ($warning = $GLOBALS['db']->get_warnings(); $warning; ) {
      $found[] = [$warning->errno, $warning->sqlstate, $warning->message];
      if (!$warning->next()) break;
    }
    return $found;
  });
  check('error list', fn () => [refused(fn () => ask('SELECT nope FROM check_types')), $GLOBALS['db']->error_list]);
  check('data sent in pieces', function () {
    ask('DELETE FROM check_big WHERE id = 5');
    $statement = $GLOBALS['db']->prepare('INSERT INTO check_big VALUES (5, ?, NULL)');
    $none = null;
    $statement->bind_param('b', $none);
    foreach (['one ', 'two ', 'three'] as $piece) $statement->send_long_data(0, $piece);
    $statement->execute();
    return ask('SELECT body FROM check_big WHERE id = 5');
  });
  check('bound columns', function () {
    $statement = $GLOBALS['db']->prepare('SELECT id, vc, de, dt FROM check_types WHERE id < ? ORDER BY id');
    $limit = 4;
    $statement->bind_param('i', $limit);
    $statement->execute();
    $statement->bind_result($id, $vc, $de, $dt);
    $found = [];
    while ($statement->fetch()) $found[] = [$id, $vc, $de, $dt];
    return $found;
  });
  check('a cursor', function () {
    $statement = $GLOBALS['db']->prepare('SELECT id, vc FROM check_types ORDER BY id');
    $statement->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
    $statement->execute();
    $statement->bind_result($id, $vc);
    $found = [];
    while ($statement->fetch()) $found[] = [$id, $vc];
    return $found;
  });
  check('an asynchronous query', function () {
    $GLOBALS['db']->query('SELECT SLEEP(0.1), 5 AS five', MYSQLI_ASYNC);
    $read = $error = $reject = [$GLOBALS['db']];
    $ready = mysqli_poll($read, $error, $reject, 5);
    return [$ready, result($GLOBALS['db'], $GLOBALS['db']->reap_async_query())];
  });
  check('transaction with options', function () {
    $db = connect();
    $db->begin_transaction(MYSQLI_TRANS_START_READ_ONLY, 'named');
    $error = refused(fn () => ask("INSERT INTO check_item (name) VALUES ('never')", [], false, $db));
    $db->rollback();
    return [$error, $db->autocommit(false), $db->savepoint('a'), $db->release_savepoint('a'), $db->commit()];
  });
}
