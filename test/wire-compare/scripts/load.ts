import { capability } from '../../../src/mysql/protocol.ts';
import { load, on, queries, type Script, textQueries } from '../script.ts';

const lines = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, at) => `${at + from}\tname ${at + from}\n`).join('');

/** Content as many packets of one length. */
const pieces = (text: string, length: number): string[] => {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += length) parts.push(text.slice(at, at + length));
  return parts;
};

export const loadData: Script = {
  name: 'LOAD DATA LOCAL',
  with: capability.localFiles,
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS load_t, load_auto',
      'CREATE TABLE load_t (id INT PRIMARY KEY, name VARCHAR(20))',
      'CREATE TABLE load_auto (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) NOT NULL, made INT DEFAULT 7)',
    ),
    load("LOAD DATA LOCAL INFILE 'a.txt' INTO TABLE load_t", '1\tone\n2\ttwo\n'),
    ...queries('SELECT ROW_COUNT(), @@warning_count', 'SELECT * FROM load_t ORDER BY id'),
    load("LOAD DATA LOCAL INFILE 'nothing' INTO TABLE load_t"),
    load("LOAD DATA LOCAL INFILE 'again' INTO TABLE load_t", '1\tuno\n3\tthree\n'),
    ...queries('SHOW WARNINGS', 'SHOW COUNT(*) WARNINGS', 'SELECT * FROM load_t ORDER BY id'),
    load("LOAD DATA LOCAL INFILE 'replaced' REPLACE INTO TABLE load_t", '1\tuno\n', '4\tfour\n'),
    load("LOAD DATA LOCAL INFILE 'odd' INTO TABLE load_t", '5\n6\tsix\tmuch\nx\ty\n\n'),
    ...queries('SHOW WARNINGS', 'SELECT * FROM load_t ORDER BY id'),
    load(
      `LOAD DATA LOCAL INFILE 'csv' INTO TABLE load_auto FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES (name, @b) SET made = @b * 2`,
      'name,made\r\n"a, b",2\r\n',
      'c,3\r\n\\N,4\r\n',
    ),
    ...queries('SELECT LAST_INSERT_ID()', 'SELECT * FROM load_auto', 'SHOW WARNINGS'),
    load("LOAD DATA LOCAL INFILE 'xxx' INTO TABLE load_t", ...pieces(lines(3000, 100), 37)),
    load("LOAD DATA LOCAL INFILE 'xxx' INTO TABLE load_t", ...pieces(lines(60_000, 5000), 100_000)),
    ...queries('SELECT COUNT(*), SUM(id), MAX(name) FROM load_t'),
    load("LOAD DATA LOCAL INFILE 'none' INTO TABLE load_missing", '1\n'),
    load("LOAD DATA LOCAL INFILE 'none' INTO TABLE load_t (id, missing)", '1\n'),
    load("LOAD DATA LOCAL INFILE 'none' INTO TABLE", '1\n'),
    load("LOAD DATA LOCAL INFILE 'none' INTO TABLE load_t SET name = (SELECT name FROM load_t)", lines(9)),
    load(
      "LOAD XML LOCAL INFILE 'xml' INTO TABLE load_t ROWS IDENTIFIED BY '<r>'",
      '<r id="70" name="seventy"/><r><id>71</id><name>x</name></r>',
    ),
    load(
      "SELECT 1; LOAD DATA LOCAL INFILE 'm' INTO TABLE load_t; SELECT COUNT(*) FROM load_t; LOAD DATA LOCAL INFILE 'm2' REPLACE INTO TABLE load_t; SELECT 2",
      '80\teighty\n',
      '81\t\n',
    ),
    load("LOAD DATA LOCAL INFILE 'm' INTO TABLE load_missing; SELECT 1", '80\teighty\n'),
    ...textQueries('BEGIN'),
    load("LOAD DATA LOCAL INFILE 'm' INTO TABLE load_t", '90\tninety\n'),
    ...textQueries('SELECT COUNT(*) FROM load_t', 'ROLLBACK', 'SELECT COUNT(*) FROM load_t'),
    ...queries("LOAD DATA INFILE 'on-the-server.txt' INTO TABLE load_t", "SELECT 'x' UNION SELECT 'y'"),
    ...on('other', load("LOAD DATA LOCAL INFILE 'o' INTO TABLE load_t", '99\tx')),
    { kind: 'prepare', name: 'p', sql: "LOAD DATA LOCAL INFILE 'p' INTO TABLE load_t" },
    ...textQueries('PREPARE p FROM "LOAD DATA LOCAL INFILE \'p\' INTO TABLE load_t"'),
    ...textQueries('SET max_error_count = 2'),
    load("LOAD DATA LOCAL INFILE 'w' INTO TABLE load_t", '1\tx\n2\tx\n3\tx\n4\tx\n'),
    ...queries('SHOW WARNINGS', 'SELECT @@warning_count'),
    ...textQueries('SET max_error_count = DEFAULT', 'DROP TABLE load_t, load_auto'),
  ],
};

/** A client that has not said that it has files. */
export const loadWithout: Script = {
  name: 'LOAD DATA LOCAL without the capability',
  heavy: true,
  steps: [
    ...textQueries('DROP TABLE IF EXISTS load_w', 'CREATE TABLE load_w (id INT PRIMARY KEY)'),
    ...textQueries(
      "LOAD DATA LOCAL INFILE 'a' INTO TABLE load_w",
      "LOAD DATA LOCAL INFILE 'a' INTO TABLE load_missing",
      "LOAD DATA LOCAL INFILE 'a' INTO",
      "LOAD XML LOCAL INFILE 'a' INTO TABLE load_w",
      "SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE load_w; SELECT 2",
      'SHOW WARNINGS',
      'DROP TABLE load_w',
    ),
  ],
};
