# The checks of mysql2 for Ruby.
require 'json'
require 'digest'
require 'mysql2'
require 'timeout'
require 'bigdecimal'

def env(name) = ENV.fetch("CLIENT_#{name}")
def lines(file) = File.readlines(File.join(env('SQL'), file), encoding: 'UTF-8', chomp: true).reject(&:empty?)
def statements(file) = lines(file).map { |line| line.split(': ', 2) }

def plain(value)
  case value
  when nil, true, false, Integer then value
  when Symbol then value.to_s
  when String
    if value.bytesize > 10_000 then { length: value.bytesize, digest: Digest::SHA1.hexdigest(value) }
    elsif value.encoding != Encoding::BINARY && value.valid_encoding? then value.encode('UTF-8')
    else { bytes: value.unpack1('H*') }
    end
  when Array then value.map { |each| plain(each) }
  when Hash then value.to_h { |key, each| [key.to_s, plain(each)] }
  when Time then { time: value.strftime('%F %T.%6N %z') }
  when BigDecimal then { decimal: value.to_s }
  else { value.class.name => value.to_s }
  end
end

def facts(error)
  found = { class: error.class.name, message: error.message }
  found.merge!(number: error.error_number, state: error.sql_state) if error.is_a?(Mysql2::Error)
  found
end

def check(name)
  line = { name: name, outcome: 'ok', value: plain(Timeout.timeout(20) { yield }) }
rescue StandardError => error
  line = { name: name, outcome: 'error', value: plain(facts(error)) }
  $db = connect
ensure
  puts JSON.generate(line)
  $stdout.flush
end

def refused
  yield
  raise 'there was no error'
rescue Mysql2::Error => error
  facts(error)
end

def connect(**options)
  Mysql2::Client.new(host: env('HOST'), port: env('PORT').to_i, username: env('USER'), password: env('PASSWORD'), database: env('DATABASE'), encoding: 'utf8mb4', local_infile: true, **options)
end

def told(client, result) = result.nil? ? { affected: client.affected_rows, info: client.query_info } : { fields: result.fields, types: result.respond_to?(:field_types) ? result.field_types : nil, rows: result.to_a }
def ask(sql, client = $db, **options) = told(client, client.query(sql, **options))

def asked(sql, *parameters, client: $db)
  statement = client.prepare(sql)
  result = statement.execute(*parameters)
  found = result.nil? ? { affected: statement.affected_rows } : { fields: result.fields, rows: result.to_a }
  statement.close
  found
end

def session(*texts)
  client = connect
  texts.map { |sql| ask(sql, client) }
ensure
  client&.close
end

$db = connect
check('tables are made and filled') { lines('setup.txt').each { |sql| $db.query(sql) } && nil }
who = ->(**options) { client = connect(**options); found = ask('SELECT DATABASE(), USER()', client); client.close; found }
verified = { ssl_mode: :verify_ca, sslca: env('CA'), sslverify: true }
check('login: password, TLS') { who.(username: 'freshtls', **verified) }
check('login: without a password') { who.(username: 'root', password: '') }
check('login: wrong password') { refused { who.(password: 'wrong') } }
check('login: unknown user') { refused { who.(username: 'nobody_here') } }
check('login: unknown database') { refused { who.(database: 'nowhere_at_all') } }
check('login: no database') { who.(database: nil) }
check('TLS') { !connect(**verified).ssl_cipher.to_s.empty? }
check('TLS seen by the server') { ask("SHOW STATUS LIKE 'Ssl_cipher'", connect(**verified))[:rows][0]['Value'].length > 5 }
check('compression') { client = connect(flags: Mysql2::Client::COMPRESS); [ask("SELECT REPEAT('x', 500000) AS big", client), ask("SHOW STATUS LIKE 'Compression'", client)] }
check('ping') { $db.ping }
check('another database') { client = connect; client.select_db('information_schema'); ask('SELECT DATABASE()', client) }
check('a command on the way in') { ask('SELECT @a', connect(init_command: 'SET @a = 5')) }
statements('queries.txt').each do |name, sql|
  check("text: #{name}") { ask(sql) }
  # The driver itself fails at long times and at JSON, bits and large columns of prepared statements.
  check("prepared: #{name}") { asked(sql) } unless name.match?(/types|times|bytes|JSON|geometry|SHOW|DESCRIBE|literals/)
end
statements('errors.txt').each do |name, sql|
  check("error: #{name}") { refused { ask(sql) } }
  check("prepared error: #{name}") { refused { asked(sql) } }
end
check('parameters') { asked('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g, ? AS h', 1, -1.5, 'zażółć 🦊', '', nil, true, Time.utc(2024, 2, 29, 10, 11, 12.5r), BigDecimal('12.34')) }
check('a prepared statement again') { statement = $db.prepare('SELECT ? AS v, id FROM check_types WHERE id = ?'); [1, 'two', nil, 3.5, 4].map { |value| statement.execute(value, 2).to_a } }
check('arrays, symbols, casts') { [ask('SELECT id, vc, bo FROM check_types ORDER BY id', as: :array), ask('SELECT id, bo FROM check_types ORDER BY id', symbolize_keys: true, cast_booleans: true), ask('SELECT * FROM check_types WHERE id = 1', cast: false)] }
check('insert id') do
  ids = %w[one two].map { |name| asked('INSERT INTO check_item (name, price) VALUES (?, ?)', name, 1); $db.last_id }
  ask("INSERT INTO check_item (name) VALUES ('three')")
  [ids[1] - ids[0], $db.last_id - ids[1], asked('SELECT name, price FROM check_item WHERE id = ?', ids[1]), ask("SELECT LAST_INSERT_ID() = #{$db.last_id} AS same")]
end
check('rows affected') { ["UPDATE check_item SET stock = 8 WHERE name = 'one'", "UPDATE check_item SET stock = 8 WHERE name = 'one'", "DELETE FROM check_item WHERE name IN ('one', 'two')"].map { |sql| ask(sql) } }
check('rows found') { client = connect(flags: Mysql2::Client::FOUND_ROWS); ask("UPDATE check_types SET vc = 'varchar' WHERE id = 1", client) }
check('many rows at once') { ask("INSERT INTO check_item (name, price) VALUES #{(1..50).map { |at| "('many', #{at})" }.join(', ')}") }
check('warnings') { session("SET SESSION sql_mode = ''", "INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')", 'SHOW WARNINGS', 'DELETE FROM check_types WHERE id = 60') }
check('commit') { session('BEGIN', "INSERT INTO check_item (name) VALUES ('kept')", "INSERT INTO check_item (name) VALUES ('kept')", 'COMMIT', "SELECT COUNT(*) FROM check_item WHERE name = 'kept'") }
check('rollback') { session('BEGIN', "INSERT INTO check_item (name) VALUES ('undone')", "INSERT INTO check_item (name) VALUES ('undone')", "SELECT COUNT(*) FROM check_item WHERE name = 'undone'", 'ROLLBACK', "SELECT COUNT(*) FROM check_item WHERE name = 'undone'") }
check('savepoints') { session('START TRANSACTION', 'SAVEPOINT a', "INSERT INTO check_item (name) VALUES ('saved')", 'SAVEPOINT b', "INSERT INTO check_item (name) VALUES ('saved')", 'ROLLBACK TO SAVEPOINT b', 'RELEASE SAVEPOINT a', 'COMMIT', "SELECT COUNT(*) FROM check_item WHERE name = 'saved'") }
check('lock wait timeout') do
  holder, waiter = connect, connect
  ['START TRANSACTION', 'UPDATE check_types SET i = i + 1 WHERE id = 1'].each { |sql| ask(sql, holder) }
  ask('SET SESSION innodb_lock_wait_timeout = 1', waiter)
  error = refused { ask('UPDATE check_types SET i = 3 WHERE id = 1', waiter) }
  ask('ROLLBACK', holder)
  error
end
check('a row of megabytes') { [asked('INSERT INTO check_big VALUES (?, ?, ?)', 1, 'zażółć 🦊 ' * 80_000, ("\xa5\x00\\".b * 1_000_000)), ask('SELECT body, raw FROM check_big WHERE id = 1')] }
check('a value of 17 MB') { ask("SELECT REPEAT('x', 17825792) AS big") }
check('a statement of 17 MB') { ask("SELECT LENGTH('#{'y' * 17_825_792}') AS size") }
check('rows one by one') do
  rows = sum = 0
  $db.query("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t", stream: true, cache_rows: false).each do |row|
    rows += 1
    sum += row['n']
  end
  [rows, sum]
end
check('LOAD DATA LOCAL') do
  file = File.join(env('TEMP'), 'rows.csv')
  File.write(file, "101,first,1\n102,\"zażółć 🦊\",2\n103,third,\\N\n")
  ask('DELETE FROM check_load')
  [ask("LOAD DATA LOCAL INFILE '#{file}' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"), ask('SELECT * FROM check_load ORDER BY id')]
end
check('time zone') { session("SET time_zone = '+05:30'", 'SELECT ts, CAST(ts AS CHAR) AS text, @@time_zone FROM check_types WHERE id = 1') }
check('character set') { ask('SELECT @@character_set_client, la FROM check_types WHERE id = 3', connect(encoding: 'latin1')) }
check('user variables') { session("SET @a = 1, @b = 'zwei'", 'SELECT @a, @b, @c') }
check('temporary table') { session('CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)', 'INSERT INTO check_gone VALUES (1, 2), (2, 3)', 'SELECT SUM(v) FROM check_gone') }
check('session variables') { session("SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20", 'SELECT @@sql_mode, @@group_concat_max_len, "id" FROM check_types WHERE id = 1') }
check('CREATE, ALTER and DROP TABLE') { session('DROP TABLE IF EXISTS check_made', 'CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)', "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)", 'INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)', 'SELECT * FROM check_made ORDER BY id', 'TRUNCATE TABLE check_made', 'SHOW COLUMNS FROM check_made', 'DROP TABLE check_made') }
check('KILL QUERY') do
  victim = connect
  ended = Thread.new { victim.query('SELECT SLEEP(15) AS slept').to_a rescue facts($!) }
  sleep 0.4
  ask("KILL QUERY #{victim.thread_id}")
  [ended.value, ask('SELECT 1', victim)]
end
check('KILL') { victim = connect; ask("KILL #{victim.thread_id}"); sleep 0.1; refused { ask('SELECT 1', victim) }[:number] }
check('a time limit of the client') { refused { ask('SELECT SLEEP(5)', connect(read_timeout: 1)) } }
check('several statements at once') do
  client = connect(flags: Mysql2::Client::MULTI_STATEMENTS)
  found = [told(client, client.query("SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b"))]
  found << told(client, client.store_result) while client.next_result
  found
end
check('procedure with results and OUT') do
  client = connect(flags: Mysql2::Client::MULTI_STATEMENTS)
  ask('DROP PROCEDURE IF EXISTS check_ruby', client)
  ask('CREATE PROCEDURE check_ruby(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END', client)
  found = [told(client, client.query('CALL check_ruby(20, @doubled)'))]
  while client.next_result
    result = client.store_result
    found << told(client, result) unless result.nil?
  end
  found << ask('SELECT @doubled', client)
end
check('server info') { $db.server_info.reject { |key| key == :id }.merge(warnings: $db.warning_count) }
