// What the checks share: lines of JSON, and the texts of `sql/`.
package main

import (
	"crypto/sha1"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
)

type facts = map[string]any

func linesOf(file string) []string {
	text, err := os.ReadFile(filepath.Join(os.Getenv("CLIENT_SQL"), file))
	if err != nil {
		panic(err)
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// statements gives [name, sql] of each line.
func statements(file string) [][2]string {
	var found [][2]string
	for _, line := range linesOf(file) {
		name, text, _ := strings.Cut(line, ": ")
		found = append(found, [2]string{name, text})
	}
	return found
}

func plain(value any) any {
	switch v := value.(type) {
	case []byte:
		if len(v) > 10_000 {
			sum := sha1.Sum(v)
			return facts{"length": len(v), "digest": hex.EncodeToString(sum[:])}
		}
		if utf8.Valid(v) {
			return facts{"bytes": string(v)}
		}
		return facts{"hex": hex.EncodeToString(v)}
	case time.Time:
		return facts{"time": v.Format(time.RFC3339Nano)}
	case float32, float64:
		return facts{"float": fmt.Sprint(v)}
	case int64, uint64:
		return facts{fmt.Sprintf("%T", v): fmt.Sprint(v)}
	default:
		return v
	}
}

func errorFacts(err error) any {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return facts{"number": server.Number, "state": string(server.SQLState[:]), "message": server.Message}
	}
	return facts{"type": fmt.Sprintf("%T", err), "message": err.Error()}
}

// refused: the error that is expected, as a value; that there was none is a failure.
func refused(err error) (any, error) {
	if err == nil {
		return nil, errors.New("there was no error")
	}
	return errorFacts(err), nil
}

type outcome struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Value   any    `json:"value"`
}

// check runs a check and prints what it gave. One that never ends is a failure too.
func check(name string, work func() (any, error)) {
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- outcome{name, "error", fmt.Sprint(r)}
			}
		}()
		value, err := work()
		if err != nil {
			done <- outcome{name, "error", errorFacts(err)}
		} else {
			done <- outcome{name, "ok", value}
		}
	}()
	var line outcome
	select {
	case line = <-done:
	case <-time.After(20 * time.Second):
		line = outcome{name, "error", "no answer"}
	}
	text, err := json.Marshal(line)
	if err != nil {
		text, _ = json.Marshal(outcome{name, "error", err.Error()})
	}
	fmt.Println(string(text))
}

// read gives all rows and what the driver says of the columns.
func read(rows *sql.Rows, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var results []any
	for {
		types, err := rows.ColumnTypes()
		if err != nil {
			return nil, err
		}
		var columns, values []any
		for _, each := range types {
			nullable, _ := each.Nullable()
			length, _ := each.Length()
			precision, scale, _ := each.DecimalSize()
			columns = append(columns, []any{each.Name(), each.DatabaseTypeName(), each.ScanType().String(), nullable, length, precision, scale})
		}
		for rows.Next() {
			row := make([]any, len(types))
			targets := make([]any, len(types))
			for at := range row {
				targets[at] = &row[at]
			}
			if err := rows.Scan(targets...); err != nil {
				return nil, err
			}
			for at := range row {
				row[at] = plain(row[at])
			}
			values = append(values, row)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		results = append(results, facts{"columns": columns, "rows": values})
		if !rows.NextResultSet() {
			return results, rows.Err()
		}
	}
}

func written(result sql.Result, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	affected, err := result.RowsAffected()
	return facts{"affected": affected}, err
}
