import { masks } from '../differences.ts';
import { queries, query, type Script, textQueries } from '../script.ts';

const typesTable = `CREATE TABLE types (
  id INT PRIMARY KEY AUTO_INCREMENT, t TINYINT, tu TINYINT UNSIGNED, b1 BOOLEAN, s SMALLINT, su SMALLINT UNSIGNED,
  m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, iz INT(6) ZEROFILL, l BIGINT, lu BIGINT UNSIGNED,
  f FLOAT, d DOUBLE, dec1 DECIMAL(20,6), dec2 DECIMAL(65,30), bit1 BIT(1), bit9 BIT(9), bit64 BIT(64),
  y YEAR, da DATE, ti TIME, ti6 TIME(6), dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6), ts TIMESTAMP NULL,
  ts6 TIMESTAMP(6) NULL, c CHAR(10), cb CHAR(5) CHARACTER SET latin1, vc VARCHAR(200), vb VARBINARY(50),
  bi BINARY(4), tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT, tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB,
  en ENUM('a','b','ü'), se SET('x','y','z'), js JSON, ge GEOMETRY, po POINT, vec VECTOR(3),
  gen INT GENERATED ALWAYS AS (i * 2) VIRTUAL, UNIQUE KEY u_vc (vc), KEY k_i (i, s))`;

const typesRows = [
  `INSERT INTO types (t,tu,b1,s,su,m,mu,i,iu,iz,l,lu,f,d,dec1,dec2,bit1,bit9,bit64,y,da,ti,ti6,dt,dt3,dt6,ts,ts6,c,cb,vc,
   vb,bi,tt,tx,mt,lt,tb,bl,mb,lb,en,se,js,ge,po,vec) VALUES
   (-128,255,TRUE,-32768,65535,-8388608,16777215,-2147483648,4294967295,42,-9223372036854775808,18446744073709551615,
   -1.5,1e300,-12345678901234.567891,1e-30,b'1',b'101010101',b'1',1901,'1000-01-01','-838:59:59','-01:02:03.000004',
   '1000-01-01 00:00:00','2024-02-29 23:59:59.999','9999-12-31 23:59:59.999999','2001-02-03 04:05:06',
   '2001-02-03 04:05:06.789012','pad','é','größe 💧',x'00ff10',x'01','tiny','text','medium','long',x'00',x'0102',x'030405',
   x'06',"ü",'x,z','{"a": [1, null, "ü"], "b": {"c": 1.5}}',ST_GeomFromText('LINESTRING(0 0,1 1,2 1)'),
   ST_GeomFromText('POINT(1 2)'), TO_VECTOR('[1,2.5,-3]'))`,
  `INSERT INTO types (t, vc) VALUES (NULL, NULL)`,
  `INSERT INTO types (t, i, l, f, d, dec1, ti, ti6, dt6, y, c, vc, tx, en, se, js) VALUES
   (0, 0, 0, 0, -0.0, 0, '00:00:00', '00:00:00.1', '2024-01-01 00:00:00', 0, '', '', '', 'a', '', 'null'),
   (1, 1, 1, 16777217, 0.1, 1.5, '34:00:00', '-838:59:58.999999', '2024-01-01 00:00:00.000001', 2155, 'x ', 'x', 'y', 'b',
   'x,y,z', '[]')`,
];

const typeColumns = (
  't tu b1 s su m mu i iu iz l lu f d dec1 dec2 bit1 bit9 bit64 y da ti ti6 dt dt3 dt6 ts ts6 c cb vc vb bi ' +
  'tt tx mt lt tb bl mb lb en se js ge po vec gen'
).split(' ');

export const columnTypes: Script = {
  name: 'column types',
  steps: [
    ...textQueries('DROP TABLE IF EXISTS types', typesTable, ...typesRows),
    ...queries(
      'SELECT * FROM types ORDER BY id',
      'SELECT * FROM types WHERE id > 1000',
      'SELECT * FROM types LIMIT 0',
      ...typeColumns.map((column) => `SELECT id, ${column} FROM types ORDER BY id`),
      'SELECT t.i AS x, t.l "y y", t.* FROM types AS t WHERE t.id = 1',
      'SELECT MAX(i), MIN(d), SUM(i), SUM(f), AVG(i), COUNT(*), COUNT(vc), GROUP_CONCAT(c) FROM types',
      'SELECT i + 1, l + 1, lu + 0, d * 2, dec1 / 3, -t, NOT b1, bit9 + 0, y + 1, CONCAT(vc, c) FROM types ORDER BY id',
      'SELECT js->"$.a", js->>"$.b.c", JSON_LENGTH(js), JSON_OBJECT("k", i) FROM types ORDER BY id',
      'SELECT ST_AsText(ge), ST_X(po), HEX(vb), VECTOR_DIM(vec) FROM types ORDER BY id',
      'SELECT id FROM types WHERE i IS NULL UNION ALL SELECT vc FROM types ORDER BY 1',
      'SELECT DISTINCT en FROM types ORDER BY en',
      'SELECT en, COUNT(*) FROM types GROUP BY en WITH ROLLUP',
      'SELECT (SELECT MAX(id) FROM types) AS sub, EXISTS (SELECT 1 FROM types) AS e',
      'WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 20) SELECT * FROM n',
      'SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) rn, LAG(t) OVER w FROM types WINDOW w AS (ORDER BY id)',
      'SELECT a.id, b.id FROM types a LEFT JOIN types b ON a.id = b.id + 1 ORDER BY 1, 2',
      'TABLE types LIMIT 1',
      'VALUES ROW(1, "a"), ROW(2, "b")',
    ),
    ...queries('DROP TABLE types'),
  ],
};

export const expressions: Script = {
  name: 'expressions without tables',
  steps: queries(
    'SELECT 1',
    'select 1 as `a b`, 2 AS "c"',
    'SELECT NULL',
    "SELECT ''",
    "SELECT 'a' 'b' 'c'",
    "SELECT 1, 1.5, 1e10, -7, 0x41, X'4142', b'101', TRUE, FALSE, NULL, \"text\", _latin1'x', N'n'",
    'SELECT 18446744073709551615, -9223372036854775808, 9999999999999999999999',
    'SELECT 16777217e0, CAST(16777217 AS FLOAT), 1/3, 10 DIV 3, 10 % 3, 5/0, 5 DIV 0',
    "SELECT DATE'2024-02-29', TIME'-12:30:00.5', TIMESTAMP'2024-02-29 10:11:12.123456'",
    'SELECT CAST("2024-01-01" AS DATE), CAST("10:00" AS TIME(3)), CAST(1 AS UNSIGNED), CAST("x" AS CHAR(3)), CAST("b" AS BINARY(4))',
    'SELECT CAST(\'{"a":1}\' AS JSON), JSON_ARRAY(1, "a", NULL)',
    'SELECT CASE 1 WHEN 1 THEN "one" END, IF(1, 2, 3), IFNULL(NULL, 4), NULLIF(1, 1), COALESCE(NULL, "c")',
    'SELECT "a" = "A", "a" = "A " COLLATE utf8mb4_bin, BINARY "a" = "A"',
    "SELECT 'it''s', \"say \"\"hi\"\"\", 'back\\\\slash', 'new\\nline', 'nul\\0byte', 'percent\\%'",
    'SELECT /* a comment */ 1 -- the end',
    'SELECT 1 # hash',
    '/* leading */ SELECT 1',
    '/*! SELECT */ 2',
    '/*!99999 nothing */ SELECT 3',
    'SELECT /*+ MAX_EXECUTION_TIME(10000) */ 4',
    'SELECT 1 FROM DUAL WHERE 1 = 0',
    'SELECT 5;',
    'SELECT 6 ;  ',
    '  \n\t SELECT 7',
    '(SELECT 8)',
    '(SELECT 1) UNION (SELECT 2) ORDER BY 1 DESC',
    'SELECT REPEAT("ab", 100), SPACE(3), HEX("ü"), LENGTH("ü"), CHAR_LENGTH("ü"), CHARSET("x"), COLLATION("x")',
    'DO 1, SLEEP(0)',
    'SELECT 1 INTO @v',
    'SELECT @v',
    'SELECT CRC32("x"), SHA2("x", 256), INET_ATON("127.0.0.1"), BIN(10), CONV("ff", 16, 10)',
    'SELECT FORMAT(1234567.891, 2), ROUND(2.5), TRUNCATE(2.59, 1), POW(2, 10), SQRT(2), PI()',
    'SELECT DATE_ADD("2024-01-31", INTERVAL 1 MONTH), DATEDIFF("2024-03-01", "2024-02-01"), DATE_FORMAT("2024-01-02", "%W %M")',
    'SELECT UPPER("straße"), LOWER("ÄÖ"), REVERSE("abc"), SUBSTRING("abc", 2), REPLACE("aXb", "X", "y")',
    'SELECT "a" REGEXP "^a$", "abc" LIKE "a%", "a" IN ("a", "b"), 5 BETWEEN 1 AND 10, NULL <=> NULL',
    'SELECT 1 XOR 1, 1 AND NULL, !0, ~0, 1 << 3, 7 & 3, 7 | 8, 5 ^ 1',
    'SELECT GREATEST(1, 2), LEAST("a", "b"), ELT(2, "x", "y"), FIELD("b", "a", "b"), FIND_IN_SET("b", "a,b")',
  ),
};

export const identity: Script = {
  name: 'identity',
  steps: [
    ...queries(
      'SELECT DATABASE(), SCHEMA()',
      'SELECT VERSION()',
      'SELECT USER(), CURRENT_USER(), SESSION_USER(), SYSTEM_USER()',
      'SELECT CURRENT_ROLE()',
      'SELECT CONNECTION_ID() = CONNECTION_ID()',
      'SELECT CONNECTION_ID() = @@pseudo_thread_id',
    ),
    query('SELECT CONNECTION_ID()', masks.connectionId),
    query('SELECT @@port', masks.serverIdentity),
    query('SELECT @@hostname', masks.serverIdentity),
    query('SELECT @@server_uuid', masks.serverIdentity),
    query('SELECT NOW(), CURDATE(), SYSDATE(), UTC_TIMESTAMP(), UNIX_TIMESTAMP()', masks.time),
    query('SELECT NOW(6)', masks.time),
    query('SELECT UUID()', masks.randomValue),
    query('SELECT RAND()', masks.randomValue),
    ...queries('SELECT RAND(5)', 'SELECT LAST_INSERT_ID()', 'SELECT ROW_COUNT()', 'SELECT FOUND_ROWS()'),
  ],
};
