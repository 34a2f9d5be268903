# The checks of DBD::mysql or DBD::MariaDB, as the argument says.
use strict;
use warnings;
use utf8;
use DBI;
use Digest::SHA qw(sha1_hex);
use Encode qw(encode);
use JSON::PP;

my $driver = $ARGV[0];
my $p      = $driver eq 'MariaDB' ? 'mariadb' : 'mysql';
my $json   = JSON::PP->new->canonical->allow_nonref;
$| = 1;
binmode STDOUT, ':encoding(UTF-8)';
my $db;

sub env { $ENV{"CLIENT_$_[0]"} }

sub lines {
    open my $file, '<:encoding(UTF-8)', env('SQL') . "/$_[0]" or die $!;
    return grep { /\S/ } map { chomp; $_ } <$file>;
}

sub plain {
    my ($value) = @_;
    return [ map { plain($_) } @$value ] if ref $value eq 'ARRAY';
    return { map { $_ => plain($value->{$_}) } keys %$value } if ref $value eq 'HASH';
    return $value unless defined $value && !ref $value;
    return { length => length $value, digest => sha1_hex(encode('UTF-8', $value)) } if length $value > 10_000;
    return "$value";
}

sub facts { my ($on) = @_; $on = $db unless $on; return { number => $DBI::err, state => $DBI::state, message => $DBI::errstr } }

sub check {
    my ($name, $work) = @_;
    my $line = { name => $name, outcome => 'ok' };
    my $ok   = eval {
        local $SIG{ALRM} = sub { die "no answer\n" };
        alarm 20;
        $line->{value} = plain($work->());
        alarm 0;
        1;
    };
    alarm 0;
    if (!$ok) {
        my $message = $DBI::err ? facts() : "$@";
        $message =~ s/ at \S+ line \d+.*//s unless ref $message;
        $line = { name => $name, outcome => 'error', value => plain($message) };
        $db = connected();
    }
    print $json->encode($line), "\n";
}

sub refused {
    my ($work) = @_;
    eval { $work->(); 1 } and die "there was no error\n";
    return facts();
}

sub connected {
    my (%options) = @_;
    my $database = exists $options{database} ? $options{database} : env('DATABASE');
    my $dsn = "DBI:$driver:host=" . env('HOST') . ';port=' . env('PORT') . ($database ? ";database=$database" : '');
    $dsn .= ";${p}_ssl=1;${p}_ssl_ca_file=" . env('CA') . ";${p}_ssl_verify_server_cert=1" if $options{tls};
    $dsn .= ";${p}_compression=1" if $options{compress};
    $dsn .= ";${p}_local_infile=1" if $options{infile};
    $dsn .= ";${p}_client_found_rows=" . ($options{found} // 1);
    $dsn .= ";${p}_multi_statements=1" if $options{multi};
    my %attributes = (RaiseError => 1, PrintError => 0, AutoCommit => $options{AutoCommit} // 1, "${p}_server_prepare" => $options{prepare} ? 1 : 0);
    $attributes{mysql_enable_utf8mb4} = 1 if $p eq 'mysql';
    return DBI->connect($dsn, $options{user} // env('USER'), $options{password} // env('PASSWORD'), \%attributes);
}

sub told {
    my ($statement, $rows) = @_;
    return { affected => $rows } unless $statement->{NUM_OF_FIELDS};
    return { map({ $_ => $statement->{$_} } qw(NAME TYPE PRECISION SCALE NULLABLE)), types => $statement->{"${p}_type_name"}, rows => $statement->fetchall_arrayref };
}

sub ask {
    my ($sql, $on, @parameters) = @_;
    my $statement = ($on // $db)->prepare($sql);
    my $rows      = $statement->execute(@parameters);
    my $found     = told($statement, $rows);
    $statement->finish;
    return $found;
}

sub session {
    my @texts = @_;
    return sub { my $on = connected(); my @found = map { ask($_, $on) } @texts; $on->disconnect; return \@found };
}

$db = connected();
my $prepares = connected(prepare => 1);
check('tables are made and filled', sub { $db->do($_) for lines('setup.txt'); undef });
my $who = sub { my $on = connected(@_); return ask('SELECT DATABASE(), USER()', $on) };
check('login: password, TLS',         sub { $who->(user => 'freshtls', tls => 1) });
check('login: without a password',    sub { $who->(user => 'root', password => '') });
check('login: wrong password',        sub { refused(sub { $who->(password => 'wrong') }) });
check('login: unknown user',          sub { refused(sub { $who->(user => 'nobody_here') }) });
check('login: unknown database',      sub { refused(sub { $who->(database => 'nowhere_at_all') }) });
check('login: no database',           sub { $who->(database => '') });
check('TLS with a verified certificate', sub { length(ask("SHOW STATUS LIKE 'Ssl_cipher'", connected(tls => 1))->{rows}[0][1]) > 5 ? 1 : 0 });
check('compression', sub { my $on = connected(compress => 1); [ ask("SELECT REPEAT('x', 500000) AS big", $on), ask("SHOW STATUS LIKE 'Compression'", $on) ] });
check('ping', sub { $db->ping });
for (lines('queries.txt')) {
    my ($name, $sql) = split /: /, $_, 2;
    check("text: $name",     sub { ask($sql) });
    check("prepared: $name", sub { ask($sql, $prepares) });
}
for (lines('errors.txt')) {
    my ($name, $sql) = split /: /, $_, 2;
    check("error: $name",          sub { refused(sub { ask($sql) }) });
    check("prepared error: $name", sub { refused(sub { ask($sql, $prepares) }) });
}
my @parameters = (1, -1.5, 'zażółć', '', undef, "it's \\ \" \n");
for my $on ([ 'in text', $db ], [ 'prepared', $prepares ]) {
    check("parameters, $on->[0]", sub { ask('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f', $on->[1], @parameters) });
    check("a statement again, $on->[0]", sub {
        my $statement = $on->[1]->prepare('SELECT ? AS v, id FROM check_types WHERE id = ?');
        [ map { $statement->execute($_, 2); $statement->fetchall_arrayref } (1, 'two', undef, 3.5) ];
    });
    check("insert id, $on->[0]", sub {
        my @ids = map { ask('INSERT INTO check_item (name, price) VALUES (?, ?)', $on->[1], $_, '1.10'); $on->[1]->last_insert_id(undef, undef, undef, undef) } qw(one two);
        [ $ids[1] - $ids[0], ask('SELECT name, price FROM check_item WHERE id = ?', $on->[1], $ids[1]), ask('SELECT LAST_INSERT_ID() = ? AS same', $on->[1], $ids[1]) ];
    });
    check("rows affected, $on->[0]", sub { [ map { ask($_, $on->[1]) } ("UPDATE check_item SET stock = 8 WHERE name = 'one'", "UPDATE check_item SET stock = 8 WHERE name = 'one'", "DELETE FROM check_item WHERE name IN ('one', 'two')") ] });
    check("a row of megabytes, $on->[0]", sub { ask('DELETE FROM check_big'); [ ask('INSERT INTO check_big VALUES (?, ?, ?)', $on->[1], 1, 'zażółć ' x 80_000, 'raw' x 1_000_000), ask('SELECT body, raw FROM check_big WHERE id = 1', $on->[1]) ] });
}
check('rows not found', sub { ask("UPDATE check_types SET vc = 'varchar' WHERE id = 1", connected(found => 0)) });
check('warnings', session("SET SESSION sql_mode = ''", "INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')", 'SHOW WARNINGS', 'DELETE FROM check_types WHERE id = 60'));
check('warning count', sub { my $statement = $db->prepare('SELECT 1/0'); $statement->execute; $statement->fetchall_arrayref; $statement->{"${p}_warning_count"} });
for my $end (qw(commit rollback)) {
    check($end, sub {
        my $on = connected(AutoCommit => 0);
        ask("INSERT INTO check_item (name) VALUES ('$end')", $on) for 1 .. 2;
        my $inside = ask("SELECT COUNT(*) FROM check_item WHERE name = '$end'", $on);
        $on->$end;
        [ $inside, ask("SELECT COUNT(*) FROM check_item WHERE name = '$end'") ];
    });
}
check('begin_work', sub { $db->begin_work; ask("INSERT INTO check_item (name) VALUES ('begun')"); $db->rollback; ask("SELECT COUNT(*) FROM check_item WHERE name = 'begun'") });
check('savepoints', session('START TRANSACTION', 'SAVEPOINT a', "INSERT INTO check_item (name) VALUES ('saved')", 'SAVEPOINT b', "INSERT INTO check_item (name) VALUES ('saved')", 'ROLLBACK TO SAVEPOINT b', 'RELEASE SAVEPOINT a', 'COMMIT', "SELECT COUNT(*) FROM check_item WHERE name = 'saved'"));
check('lock wait timeout', sub {
    my ($holder, $waiter) = (connected(), connected());
    ask($_, $holder) for ('START TRANSACTION', 'UPDATE check_types SET i = i + 1 WHERE id = 1');
    ask('SET SESSION innodb_lock_wait_timeout = 1', $waiter);
    my $error = refused(sub { ask('UPDATE check_types SET i = 3 WHERE id = 1', $waiter) });
    ask('ROLLBACK', $holder);
    $error;
});
check('a value of 17 MB', sub { ask("SELECT REPEAT('x', 17825792) AS big") });
check('a statement of 17 MB', sub { ask("SELECT LENGTH('" . 'y' x 17_825_792 . "') AS size") });
check('rows one by one', sub {
    my $statement = $db->prepare("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t", { "${p}_use_result" => 1 });
    $statement->execute;
    my ($rows, $sum) = (0, 0);
    while (my $row = $statement->fetchrow_arrayref) { $rows++; $sum += $row->[0] }
    [ $rows, $sum ];
});
check('LOAD DATA LOCAL', sub {
    my $path = env('TEMP') . '/rows.csv';
    open my $file, '>:encoding(UTF-8)', $path or die $!;
    print $file "101,first,1\n102,\"zażółć 🦊\",2\n103,third,\\N\n";
    close $file;
    my $on = connected(infile => 1);
    ask('DELETE FROM check_load');
    [ ask("LOAD DATA LOCAL INFILE '$path' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'", $on), ask('SELECT * FROM check_load ORDER BY id') ];
});
check('time zone', session("SET time_zone = '+05:30'", 'SELECT ts, CAST(ts AS CHAR), @@time_zone FROM check_types WHERE id = 1'));
check('character set', session('SET NAMES latin1', 'SELECT @@character_set_client, HEX(la) FROM check_types WHERE id = 1'));
check('user variables', session("SET \@a = 1, \@b = 'zwei'", 'SELECT @a, @b, @c'));
check('temporary table', session('CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)', 'INSERT INTO check_gone VALUES (1, 2), (2, 3)', 'SELECT SUM(v) FROM check_gone'));
check('session variables', session("SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20", 'SELECT @@sql_mode, @@group_concat_max_len, "id" FROM check_types WHERE id = 1'));
check('CREATE, ALTER and DROP TABLE', session('DROP TABLE IF EXISTS check_made', 'CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)', "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)", 'INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)', 'SELECT * FROM check_made ORDER BY id', 'TRUNCATE TABLE check_made', 'SHOW COLUMNS FROM check_made', 'DROP TABLE check_made'));
check('KILL', sub { my $victim = connected(); my ($id) = $victim->selectrow_array('SELECT CONNECTION_ID()'); $db->do("KILL $id"); select undef, undef, undef, 0.1; $victim->{"${p}_auto_reconnect"} = 0; refused(sub { $victim->do('SELECT 1') })->{number} });
check('metadata: tables', sub { $db->table_info(undef, undef, 'check\_%', 'TABLE')->fetchall_arrayref });
check('metadata: columns', sub { $db->column_info(undef, undef, 'check_types', '%')->fetchall_arrayref });
check('metadata: primary key', sub { [ $db->primary_key(undef, env('DATABASE'), 'check_line') ] });
check('metadata: foreign keys', sub { my $keys = $db->foreign_key_info(undef, undef, undef, undef, env('DATABASE'), 'check_line'); $keys ? $keys->fetchall_arrayref : undef });
check('metadata: indexes', sub { my $info = $db->statistics_info(undef, env('DATABASE'), 'check_line', 0, 1); $info ? [ map { [ @$_[2 .. 9] ] } @{ $info->fetchall_arrayref } ] : undef });
check('several statements at once', sub {
    my $statement = connected(multi => 1)->prepare("SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b");
    $statement->execute;
    my @found;
    do { push @found, $statement->fetchall_arrayref } while $statement->more_results;
    \@found;
});
check('procedure with results and OUT', sub {
    $db->do('DROP PROCEDURE IF EXISTS check_perl');
    $db->do('CREATE PROCEDURE check_perl(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END');
    my $statement = $db->prepare('CALL check_perl(20, @doubled)');
    $statement->execute;
    my @found;
    do { push @found, told($statement, 0) if $statement->{NUM_OF_FIELDS} } while $statement->more_results;
    [ @found, ask('SELECT @doubled') ];
});
