// The checks of github.com/go-sql-driver/mysql through database/sql. With the argument `interpolate` parameters go into the text.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var ctx = context.Background()

const itemInsert = "INSERT INTO check_item (name, price) VALUES (?, ?)"

func config(change ...func(*mysql.Config)) *mysql.Config {
	c := mysql.NewConfig()
	c.Net = "tcp"
	c.Addr = os.Getenv("CLIENT_HOST") + ":" + os.Getenv("CLIENT_PORT")
	c.User = os.Getenv("CLIENT_USER")
	c.Passwd = os.Getenv("CLIENT_PASSWORD")
	c.DBName = os.Getenv("CLIENT_DATABASE")
	c.ParseTime = true
	c.AllowAllFiles = true
	c.MaxAllowedPacket = 64 << 20
	c.InterpolateParams = len(os.Args) > 1 && os.Args[1] == "interpolate"
	c.Logger = &mysql.NopLogger{}
	for _, each := range change {
		each(c)
	}
	return c
}

func open(change ...func(*mysql.Config)) *sql.DB {
	connector, err := mysql.NewConnector(config(change...))
	if err != nil {
		panic(err)
	}
	return sql.OpenDB(connector)
}

// one gives a single connection to the work.
func one(work func(*sql.Conn) (any, error), change ...func(*mysql.Config)) (any, error) {
	db := open(change...)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return work(conn)
}

func ask(conn *sql.Conn, text string, args ...any) (any, error) {
	return read(conn.QueryContext(ctx, text, args...))
}

// all runs the texts one after the other and gives what each gave.
func all(conn *sql.Conn, texts ...string) (any, error) {
	var found []any
	for _, text := range texts {
		value, err := ask(conn, text)
		if err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, nil
}

func user(name, password string) func(*mysql.Config) {
	return func(c *mysql.Config) { c.User, c.Passwd = name, password }
}

func verified(c *mysql.Config) { c.TLSConfig = "checks" }

func main() {
	pem, err := os.ReadFile(os.Getenv("CLIENT_CA"))
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	if err := mysql.RegisterTLSConfig("checks", &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}); err != nil {
		panic(err)
	}
	db := open()
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		panic(err)
	}
	check("tables are made and filled", func() (any, error) {
		for _, text := range linesOf("setup.txt") {
			if _, err := conn.ExecContext(ctx, text); err != nil {
				return nil, fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil, nil
	})
	logins()
	statementChecks(conn)
	writes(conn)
	transactions(conn)
	largeThings(conn)
	sessions()
}

func logins() {
	who := func(conn *sql.Conn) (any, error) { return ask(conn, "SELECT DATABASE(), USER()") }
	password := os.Getenv("CLIENT_PASSWORD")
	login := func(name string, change ...func(*mysql.Config)) {
		check("login: "+name, func() (any, error) { return one(who, change...) })
	}
	rejected := func(name string, change ...func(*mysql.Config)) {
		check("login: "+name, func() (any, error) {
			_, err := one(who, change...)
			return refused(err)
		})
	}
	login("password, plain text", user("freshrsa", password))
	login("password, TLS", user("freshtls", password), verified)
	login("password again, plain text", user("freshrsa", password))
	login("without a password", user("root", ""))
	rejected("wrong password", user("checker", "wrong"))
	rejected("unknown user", user("nobody_here", password))
	rejected("unknown database", func(c *mysql.Config) { c.DBName = "nowhere_at_all" })
	login("no database", func(c *mysql.Config) { c.DBName = "" })
	login("preferred TLS", func(c *mysql.Config) { c.TLSConfig = "preferred" })
	login("unchecked TLS", func(c *mysql.Config) { c.TLSConfig = "skip-verify" })
	check("TLS with a verified certificate", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			var name, cipher string
			err := conn.QueryRowContext(ctx, "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher)
			return len(cipher) > 5, err
		}, verified)
	})
	check("parameters of the connection", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return ask(conn, "SELECT @@sql_mode, @@time_zone, @@collation_connection, @@wait_timeout")
		}, func(c *mysql.Config) {
			c.Params = map[string]string{"sql_mode": "'ANSI'", "time_zone": "'+03:00'", "wait_timeout": "90"}
			c.Collation = "utf8mb4_general_ci"
		})
	})
	check("character sets of the connection", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return ask(conn, "SELECT @@character_set_client, @@collation_connection")
		}, func(c *mysql.Config) { _ = c.Apply(mysql.Charset("utf8mb3,latin1", "utf8mb3_general_ci")) })
	})
	check("connection attributes", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) { return ask(conn, "SELECT 1") }, func(c *mysql.Config) { c.ConnectionAttributes = "program_name:checks,a:b" })
	})
	check("ping", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) { return nil, conn.PingContext(ctx) })
	})
	check("a connection used again", func() (any, error) {
		db := open()
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.Exec("SET @a = 1"); err != nil {
			return nil, err
		}
		return read(db.Query("SELECT @a, DATABASE()"))
	})
}

func statementChecks(conn *sql.Conn) {
	prepared := func(text string, args ...any) (any, error) {
		statement, err := conn.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		defer statement.Close()
		return read(statement.QueryContext(ctx, args...))
	}
	for _, each := range statements("queries.txt") {
		check("text: "+each[0], func() (any, error) { return ask(conn, each[1]) })
		check("prepared: "+each[0], func() (any, error) { return prepared(each[1]) })
	}
	for _, each := range statements("errors.txt") {
		check("error: "+each[0], func() (any, error) {
			_, err := ask(conn, each[1])
			return refused(err)
		})
		check("prepared error: "+each[0], func() (any, error) {
			_, err := prepared(each[1])
			return refused(err)
		})
	}
	parameters := []any{1, -1, 1.5, int64(1) << 62, ^uint64(0), "zażółć 🦊", "", nil, true, []byte("\x00\xff'\\"), time.Date(2024, 2, 29, 10, 11, 12, 345678000, time.UTC)}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(parameters)), ", ")
	check("parameters", func() (any, error) { return ask(conn, "SELECT "+marks, parameters...) })
	check("parameters, prepared", func() (any, error) { return prepared("SELECT "+marks, parameters...) })
	check("a prepared statement again with other types", func() (any, error) {
		statement, err := conn.PrepareContext(ctx, "SELECT ? AS v, id FROM check_types WHERE id = ?")
		if err != nil {
			return nil, err
		}
		defer statement.Close()
		var found []any
		for _, value := range []any{1, "two", nil, 3.5, 4} {
			each, err := read(statement.QueryContext(ctx, value, 2))
			if err != nil {
				return nil, err
			}
			found = append(found, each)
		}
		return found, nil
	})
	check("many prepared statements", func() (any, error) {
		var sum int
		for at := 0; at < 40; at++ {
			statement, err := conn.PrepareContext(ctx, fmt.Sprintf("SELECT ti + %d FROM check_types WHERE id = ?", at))
			if err != nil {
				return nil, err
			}
			defer statement.Close()
			var value int
			if err := statement.QueryRow(1).Scan(&value); err != nil {
				return nil, err
			}
			sum += value
		}
		return sum, nil
	})
	check("dates as text", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) { return ask(conn, "SELECT da, dt, d6, ts FROM check_types ORDER BY id") },
			func(c *mysql.Config) { c.ParseTime = false })
	})
	check("typed scans", func() (any, error) {
		var id uint64
		var when sql.NullTime
		var text sql.NullString
		var truth sql.NullBool
		var amount sql.NullFloat64
		err := conn.QueryRowContext(ctx, "SELECT bu, d6, tx, bo, dbl FROM check_types WHERE id = ?", 1).Scan(&id, &when, &text, &truth, &amount)
		return []any{id, when.Time.String(), text, truth, amount}, err
	})
}

func writes(conn *sql.Conn) {
	check("insert id", func() (any, error) {
		first, err := conn.ExecContext(ctx, itemInsert, "one", "1.10")
		if err != nil {
			return nil, err
		}
		second, err := conn.ExecContext(ctx, itemInsert, "two", 2.2)
		if err != nil {
			return nil, err
		}
		a, _ := first.LastInsertId()
		b, _ := second.LastInsertId()
		row, err := ask(conn, "SELECT name, price FROM check_item WHERE id = ?", b)
		return []any{b - a, row}, err
	})
	check("LAST_INSERT_ID()", func() (any, error) {
		result, err := conn.ExecContext(ctx, itemInsert, "three", 3)
		if err != nil {
			return nil, err
		}
		id, _ := result.LastInsertId()
		return ask(conn, "SELECT LAST_INSERT_ID() = ? AS same", id)
	})
	check("rows affected", func() (any, error) {
		var found []any
		for _, text := range []string{"UPDATE check_item SET stock = 8 WHERE name = 'one'", "UPDATE check_item SET stock = 8 WHERE name = 'one'", "DELETE FROM check_item WHERE name IN ('one', 'two')"} {
			value, err := written(conn.ExecContext(ctx, text))
			if err != nil {
				return nil, err
			}
			found = append(found, value)
		}
		return found, nil
	})
	check("rows found", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return written(conn.ExecContext(ctx, "UPDATE check_types SET vc = 'varchar' WHERE id = 1"))
		}, func(c *mysql.Config) { c.ClientFoundRows = true })
	})
	check("many rows at once", func() (any, error) {
		args := []any{}
		for at := 0; at < 50; at++ {
			args = append(args, "many", at)
		}
		return written(conn.ExecContext(ctx, "INSERT INTO check_item (name, price) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?), ", 50), ", "), args...))
	})
	check("a row written and read", func() (any, error) {
		when := time.Date(2024, 2, 29, 10, 11, 12, 123456000, time.UTC)
		if _, err := conn.ExecContext(ctx, "INSERT INTO check_item (name, price, made, note) VALUES (?, ?, ?, ?)", "full", "9.99", when, "zażółć 🦊"); err != nil {
			return nil, err
		}
		return ask(conn, "SELECT name, price, made, stock, note FROM check_item WHERE name = ?", "full")
	})
	check("warnings", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return all(conn, "SET SESSION sql_mode = ''", "INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')", "SHOW WARNINGS", "DELETE FROM check_types WHERE id = 60")
		})
	})
	check("several statements at once", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			found, err := ask(conn, "SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b")
			if err != nil {
				return nil, err
			}
			_, err = ask(conn, "SELECT 1; SELEC 2")
			if err == nil {
				err = conn.PingContext(ctx)
			}
			return []any{found, fmt.Sprint(err)}, nil
		}, func(c *mysql.Config) { c.MultiStatements = true })
	})
	check("procedure with results", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return all(conn, "DROP PROCEDURE IF EXISTS check_go", "CREATE PROCEDURE check_go(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END",
				"CALL check_go(20, @doubled)", "SELECT @doubled")
		})
	})
}

func transactions(conn *sql.Conn) {
	count := func(name string) (any, error) { return ask(conn, "SELECT COUNT(*) FROM check_item WHERE name = ?", name) }
	for _, commits := range []bool{true, false} {
		name := map[bool]string{true: "commit", false: "rollback"}[commits]
		check(name, func() (any, error) {
			db := open()
			defer db.Close()
			tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
			if err != nil {
				return nil, err
			}
			for at := 0; at < 3; at++ {
				if _, err := tx.Exec(itemInsert, name, at); err != nil {
					return nil, err
				}
			}
			inside, err := read(tx.Query("SELECT COUNT(*) FROM check_item WHERE name = ?", name))
			if err != nil {
				return nil, err
			}
			if commits {
				err = tx.Commit()
			} else {
				err = tx.Rollback()
			}
			if err != nil {
				return nil, err
			}
			after, err := count(name)
			return []any{inside, after}, err
		})
	}
	check("read only transaction", func() (any, error) {
		db := open()
		defer db.Close()
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		_, err = tx.Exec(itemInsert, "never", 1)
		return refused(err)
	})
	check("savepoints", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return all(conn, "START TRANSACTION", "SAVEPOINT a", "INSERT INTO check_item (name) VALUES ('saved')", "SAVEPOINT b", "INSERT INTO check_item (name) VALUES ('saved')",
				"ROLLBACK TO SAVEPOINT b", "RELEASE SAVEPOINT a", "COMMIT", "SELECT COUNT(*) FROM check_item WHERE name = 'saved'")
		})
	})
	check("lock wait timeout", func() (any, error) {
		return one(func(holder *sql.Conn) (any, error) {
			if _, err := all(holder, "START TRANSACTION", "UPDATE check_types SET i = i + 1 WHERE id = 1"); err != nil {
				return nil, err
			}
			return one(func(waiter *sql.Conn) (any, error) {
				_, err := all(waiter, "SET SESSION innodb_lock_wait_timeout = 1", "UPDATE check_types SET i = 3 WHERE id = 1")
				return refused(err)
			})
		})
	})
	check("deadlock", func() (any, error) {
		return one(func(a *sql.Conn) (any, error) {
			return one(func(b *sql.Conn) (any, error) {
				if _, err := all(a, "START TRANSACTION", "UPDATE check_types SET si = 1, vc = 'more' WHERE id = 2"); err != nil {
					return nil, err
				}
				if _, err := all(b, "START TRANSACTION", "UPDATE check_types SET i = 1 WHERE id = 1"); err != nil {
					return nil, err
				}
				first := make(chan error, 1)
				go func() {
					_, err := all(a, "UPDATE check_types SET i = 2 WHERE id = 1")
					first <- err
				}()
				time.Sleep(300 * time.Millisecond)
				_, err := all(b, "UPDATE check_types SET si = 2 WHERE id = 2")
				if err := <-first; err != nil {
					return nil, err
				}
				return refused(err)
			})
		})
	})
}

func largeThings(conn *sql.Conn) {
	check("a row of megabytes", func() (any, error) {
		if _, err := conn.ExecContext(ctx, "INSERT INTO check_big VALUES (?, ?, ?)", 1, strings.Repeat("zażółć 🦊 ", 80_000), make([]byte, 3_000_000)); err != nil {
			return nil, err
		}
		return ask(conn, "SELECT body, raw FROM check_big WHERE id = ?", 1)
	})
	check("a value of 17 MB", func() (any, error) { return ask(conn, "SELECT REPEAT('x', 17825792) AS big") })
	check("a statement of 17 MB", func() (any, error) {
		return ask(conn, "SELECT LENGTH('"+strings.Repeat("y", 17_825_792)+"') AS size")
	})
	check("a parameter of 20 MB", func() (any, error) { return ask(conn, "SELECT LENGTH(?) AS size", strings.Repeat("y", 20_000_000)) })
	check("rows one by one", func() (any, error) {
		rows, err := conn.QueryContext(ctx, "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000) SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t")
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var count, sum, n int
		var fill sql.RawBytes
		for rows.Next() {
			if err := rows.Scan(&n, &fill); err != nil {
				return nil, err
			}
			count++
			sum += n
		}
		return []int{count, sum}, rows.Err()
	})
	check("compression", func() (any, error) {
		return one(func(conn *sql.Conn) (any, error) {
			return all(conn, "SELECT REPEAT('x', 500000) AS big", "SHOW STATUS LIKE 'Compression'")
		}, func(c *mysql.Config) { _ = c.Apply(mysql.EnableCompression(true)) })
	})
	load := func(name string, file string) {
		check(name, func() (any, error) {
			if _, err := conn.ExecContext(ctx, "DELETE FROM check_load"); err != nil {
				return nil, err
			}
			result, err := written(conn.ExecContext(ctx, "LOAD DATA LOCAL INFILE '"+file+"' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"))
			if err != nil {
				return nil, err
			}
			rows, err := ask(conn, "SELECT * FROM check_load ORDER BY id")
			return []any{result, rows}, err
		})
	}
	file := filepath.Join(os.Getenv("CLIENT_TEMP"), "rows.csv")
	text := "101,first,1\n102,\"zażółć 🦊\",2\n103,third,\\N\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}
	load("LOAD DATA LOCAL", file)
	mysql.RegisterReaderHandler("rows", readerOf(text))
	load("LOAD DATA LOCAL from a reader", "Reader::rows")
}

func sessions() {
	session := func(name string, texts ...string) {
		check(name, func() (any, error) {
			return one(func(conn *sql.Conn) (any, error) { return all(conn, texts...) })
		})
	}
	session("time zone", "SET time_zone = '+05:30'", "SELECT ts, CAST(ts AS CHAR), @@time_zone FROM check_types WHERE id = 1")
	session("character set", "SET NAMES latin1", "SELECT @@character_set_client, HEX(la) FROM check_types WHERE id = 1")
	session("user variables", "SET @a = 1, @b = 'zwei'", "SELECT @a, @b, @c")
	session("temporary table", "CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)", "INSERT INTO check_gone VALUES (1, 2), (2, 3)", "SELECT SUM(v) FROM check_gone")
	session("session variables", "SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20", `SELECT @@sql_mode, @@group_concat_max_len, "id" FROM check_types WHERE id = 1`)
	session("locking functions", "SELECT GET_LOCK('check_lock_go', 1)", "SELECT IS_USED_LOCK('check_lock_go') = CONNECTION_ID()", "SELECT RELEASE_LOCK('check_lock_go')")
	session("CREATE, ALTER and DROP TABLE", "DROP TABLE IF EXISTS check_made", "CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)", "ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)",
		"INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)", "SELECT * FROM check_made ORDER BY id", "TRUNCATE TABLE check_made", "SHOW COLUMNS FROM check_made", "DROP TABLE check_made")
	check("a query whose context ends", func() (any, error) {
		db := open()
		defer db.Close()
		limited, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		_, err := read(db.QueryContext(limited, "SELECT SLEEP(10)"))
		alive, again := read(db.Query("SELECT 1"))
		return []any{fmt.Sprint(err), alive}, again
	})
	check("KILL QUERY", func() (any, error) { return killed("KILL QUERY") })
	check("KILL", func() (any, error) { return killed("KILL") })
	check("pool", func() (any, error) {
		db := open()
		defer db.Close()
		db.SetMaxOpenConns(4)
		done := make(chan error, 40)
		for at := 0; at < 40; at++ {
			go func() {
				var n, id int
				err := db.QueryRow("SELECT ?, id FROM check_types WHERE id = 1", at).Scan(&n, &id)
				if err == nil && n != at {
					err = fmt.Errorf("%d instead of %d", n, at)
				}
				done <- err
			}()
		}
		for at := 0; at < 40; at++ {
			if err := <-done; err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

func killed(statement string) (any, error) {
	return one(func(victim *sql.Conn) (any, error) {
		var id int64
		if err := victim.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			return nil, err
		}
		ended := make(chan any, 1)
		go func() {
			found, err := ask(victim, "SELECT SLEEP(15)")
			if err != nil {
				found = fmt.Sprint(err)
			}
			ended <- found
		}()
		time.Sleep(400 * time.Millisecond)
		if _, err := one(func(killer *sql.Conn) (any, error) { return all(killer, fmt.Sprintf("%s %d", statement, id)) }); err != nil {
			return nil, err
		}
		return <-ended, nil
	})
}
