/** The 22 business questions of TPC-H in MySQL's SQL. `?` stands for a substitution parameter: a literal in a text, a value of EXECUTE. */
import { columnType } from '../../src/mysql/protocol.ts';
import { date, longlong, type Parameter, text } from '../support/parameters.ts';

type Value = Readonly<
  { kind: 'date' | 'text' | 'decimal'; value: string } | { kind: 'integer'; value: number }
>;

export type Query = Readonly<{ number: number; asks: string; sql: string; values: readonly Value[] }>;

const day = (value: string): Value => ({ kind: 'date', value });
const word = (value: string): Value => ({ kind: 'text', value });
const decimal = (value: string): Value => ({ kind: 'decimal', value });
const integer = (value: number): Value => ({ kind: 'integer', value });

function literalOf(value: Value): string {
  switch (value.kind) {
    case 'date':
      return `DATE '${value.value}'`;
    case 'text':
      return `'${value.value}'`;
    case 'decimal':
    case 'integer':
      return String(value.value);
  }
}

function parameterOf(value: Value): Parameter {
  switch (value.kind) {
    case 'date': {
      const [y, m, d] = value.value.split('-').map(Number);
      return date({ y: y!, m: m!, d: d! }, columnType.date);
    }
    case 'text':
      return text(value.value);
    case 'decimal':
      return text(value.value, columnType.newDecimal);
    case 'integer':
      return longlong(value.value);
  }
}

/** The query with its parameters written as literals. */
export function textOf({ sql, values }: Query): string {
  let at = 0;
  return sql.replaceAll('?', () => literalOf(values[at++]!));
}

/** Values for an execution of the query as it is. */
export const parametersOf = ({ values }: Query): Parameter[] => values.map(parameterOf);

const query = (number: number, asks: string, sql: string, ...values: readonly Value[]): Query => ({
  number,
  asks,
  sql,
  values,
});

export const queries: readonly Query[] = [
  query(
    1,
    'pricing summary',
    `SELECT l_returnflag, l_linestatus, SUM(l_quantity) AS sum_qty, SUM(l_extendedprice) AS sum_base_price,
       SUM(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
       SUM(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
       AVG(l_quantity) AS avg_qty, AVG(l_extendedprice) AS avg_price, AVG(l_discount) AS avg_disc, COUNT(*) AS count_order
     FROM lineitem
     WHERE l_shipdate <= DATE_SUB(?, INTERVAL ? DAY)
     GROUP BY l_returnflag, l_linestatus
     ORDER BY l_returnflag, l_linestatus`,
    day('1998-12-01'),
    integer(90),
  ),
  query(
    2,
    'supplier of least cost',
    `SELECT s.s_acctbal, s.s_name, n.n_name, p.p_partkey, p.p_mfgr, s.s_address, s.s_phone, s.s_comment
     FROM part p
     JOIN partsupp ps ON ps.ps_partkey = p.p_partkey
     JOIN supplier s ON s.s_suppkey = ps.ps_suppkey
     JOIN nation n ON n.n_nationkey = s.s_nationkey
     JOIN region r ON r.r_regionkey = n.n_regionkey
     WHERE p.p_size = ? AND p.p_type LIKE ? AND r.r_name = ? AND ps.ps_supplycost = (
       SELECT MIN(ps2.ps_supplycost)
       FROM partsupp ps2
       JOIN supplier s2 ON s2.s_suppkey = ps2.ps_suppkey
       JOIN nation n2 ON n2.n_nationkey = s2.s_nationkey
       JOIN region r2 ON r2.r_regionkey = n2.n_regionkey
       WHERE ps2.ps_partkey = p.p_partkey AND r2.r_name = ?)
     ORDER BY s.s_acctbal DESC, n.n_name, s.s_name, p.p_partkey
     LIMIT 100`,
    integer(15),
    word('%BRASS'),
    word('EUROPE'),
    word('EUROPE'),
  ),
  query(
    3,
    'shipping priority',
    `SELECT l_orderkey, SUM(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
     FROM customer, orders, lineitem
     WHERE c_mktsegment = ? AND c_custkey = o_custkey AND l_orderkey = o_orderkey
       AND o_orderdate < ? AND l_shipdate > ?
     GROUP BY l_orderkey, o_orderdate, o_shippriority
     ORDER BY revenue DESC, o_orderdate
     LIMIT 10`,
    word('BUILDING'),
    day('1995-03-15'),
    day('1995-03-15'),
  ),
  query(
    4,
    'order priority checking',
    `SELECT o_orderpriority, COUNT(*) AS order_count
     FROM orders
     WHERE o_orderdate >= ? AND o_orderdate < DATE_ADD(?, INTERVAL 3 MONTH)
       AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate)
     GROUP BY o_orderpriority
     ORDER BY o_orderpriority`,
    day('1993-07-01'),
    day('1993-07-01'),
  ),
  query(
    5,
    'revenue of local suppliers',
    `SELECT n_name, SUM(l_extendedprice * (1 - l_discount)) AS revenue
     FROM customer
     JOIN orders ON o_custkey = c_custkey
     JOIN lineitem ON l_orderkey = o_orderkey
     JOIN supplier ON s_suppkey = l_suppkey AND s_nationkey = c_nationkey
     JOIN nation ON n_nationkey = s_nationkey
     JOIN region ON r_regionkey = n_regionkey
     WHERE r_name = ? AND o_orderdate >= ? AND o_orderdate < ? + INTERVAL 1 YEAR
     GROUP BY n_name
     ORDER BY revenue DESC`,
    word('ASIA'),
    day('1994-01-01'),
    day('1994-01-01'),
  ),
  query(
    6,
    'change of revenue',
    `SELECT SUM(l_extendedprice * l_discount) AS revenue
     FROM lineitem
     WHERE l_shipdate >= ? AND l_shipdate < ? + INTERVAL 1 YEAR
       AND l_discount BETWEEN ? - 0.01 AND ? + 0.01 AND l_quantity < ?`,
    day('1994-01-01'),
    day('1994-01-01'),
    decimal('0.06'),
    decimal('0.06'),
    integer(24),
  ),
  query(
    7,
    'volume of shipping',
    `SELECT supp_nation, cust_nation, l_year, SUM(volume) AS revenue
     FROM (
       SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation, EXTRACT(YEAR FROM l_shipdate) AS l_year,
         l_extendedprice * (1 - l_discount) AS volume
       FROM supplier, lineitem, orders, customer, nation n1, nation n2
       WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey
         AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
         AND ((n1.n_name = ? AND n2.n_name = ?) OR (n1.n_name = ? AND n2.n_name = ?))
         AND l_shipdate BETWEEN ? AND ?) AS shipping
     GROUP BY supp_nation, cust_nation, l_year
     ORDER BY supp_nation, cust_nation, l_year`,
    word('FRANCE'),
    word('GERMANY'),
    word('GERMANY'),
    word('FRANCE'),
    day('1995-01-01'),
    day('1996-12-31'),
  ),
  query(
    8,
    'share of the market',
    `SELECT o_year, SUM(CASE WHEN nation = ? THEN volume ELSE 0 END) / SUM(volume) AS mkt_share
     FROM (
       SELECT EXTRACT(YEAR FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation
       FROM part
       JOIN lineitem ON l_partkey = p_partkey
       JOIN supplier ON s_suppkey = l_suppkey
       JOIN orders ON o_orderkey = l_orderkey
       JOIN customer ON c_custkey = o_custkey
       JOIN nation n1 ON n1.n_nationkey = c_nationkey
       JOIN region ON r_regionkey = n1.n_regionkey
       JOIN nation n2 ON n2.n_nationkey = s_nationkey
       WHERE r_name = ? AND o_orderdate BETWEEN ? AND ? AND p_type = ?) AS all_nations
     GROUP BY o_year
     ORDER BY o_year`,
    word('CANADA'),
    word('AMERICA'),
    day('1995-01-01'),
    day('1996-12-31'),
    word('ECONOMY ANODIZED STEEL'),
  ),
  query(
    9,
    'profit by kind of product',
    `SELECT nation, o_year, SUM(amount) AS sum_profit
     FROM (
       SELECT n_name AS nation, EXTRACT(YEAR FROM o_orderdate) AS o_year,
         l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
       FROM part, supplier, lineitem, partsupp, orders, nation
       WHERE s_suppkey = l_suppkey AND ps_suppkey = l_suppkey AND ps_partkey = l_partkey AND p_partkey = l_partkey
         AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey AND p_name LIKE ?) AS profit
     GROUP BY nation, o_year
     ORDER BY nation, o_year DESC`,
    word('%green%'),
  ),
  query(
    10,
    'customers who return goods',
    `SELECT c_custkey, c_name, SUM(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone,
       c_comment
     FROM customer, orders, lineitem, nation
     WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey
       AND o_orderdate >= ? AND o_orderdate < ? + INTERVAL 3 MONTH
       AND l_returnflag = 'R' AND c_nationkey = n_nationkey
     GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
     ORDER BY revenue DESC
     LIMIT 20`,
    day('1993-10-01'),
    day('1993-10-01'),
  ),
  query(
    11,
    'important stock',
    `SELECT ps_partkey, SUM(ps_supplycost * ps_availqty) AS value
     FROM partsupp, supplier, nation
     WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = ?
     GROUP BY ps_partkey
     HAVING SUM(ps_supplycost * ps_availqty) > (
       SELECT SUM(ps_supplycost * ps_availqty) * ?
       FROM partsupp, supplier, nation
       WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = ?)
     ORDER BY value DESC`,
    word('GERMANY'),
    decimal('0.01'),
    word('GERMANY'),
  ),
  query(
    12,
    'modes of shipping and priorities',
    `SELECT l_shipmode,
       SUM(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count,
       SUM(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
     FROM orders JOIN lineitem ON l_orderkey = o_orderkey
     WHERE l_shipmode IN (?, ?) AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate
       AND l_receiptdate >= ? AND l_receiptdate < ? + INTERVAL 1 YEAR
     GROUP BY l_shipmode
     ORDER BY l_shipmode`,
    word('MAIL'),
    word('SHIP'),
    day('1994-01-01'),
    day('1994-01-01'),
  ),
  query(
    13,
    'distribution of customers',
    `SELECT c_count, COUNT(*) AS custdist
     FROM (
       SELECT c_custkey, COUNT(o_orderkey) AS c_count
       FROM customer LEFT JOIN orders ON o_custkey = c_custkey AND o_comment NOT LIKE ?
       GROUP BY c_custkey) AS c_orders
     GROUP BY c_count
     ORDER BY custdist DESC, c_count DESC`,
    word('%special%requests%'),
  ),
  query(
    14,
    'effect of promotions',
    `SELECT 100.00 * SUM(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
       / SUM(l_extendedprice * (1 - l_discount)) AS promo_revenue
     FROM lineitem, part
     WHERE l_partkey = p_partkey AND l_shipdate >= ? AND l_shipdate < ? + INTERVAL 1 MONTH`,
    day('1995-09-01'),
    day('1995-09-01'),
  ),
  query(
    15,
    'best supplier',
    `WITH revenue AS (
       SELECT l_suppkey AS supplier_no, SUM(l_extendedprice * (1 - l_discount)) AS total_revenue
       FROM lineitem
       WHERE l_shipdate >= ? AND l_shipdate < ? + INTERVAL 3 MONTH
       GROUP BY l_suppkey)
     SELECT s_suppkey, s_name, s_address, s_phone, total_revenue
     FROM supplier JOIN revenue ON s_suppkey = supplier_no
     WHERE total_revenue = (SELECT MAX(total_revenue) FROM revenue)
     ORDER BY s_suppkey`,
    day('1996-01-01'),
    day('1996-01-01'),
  ),
  query(
    16,
    'parts and their suppliers',
    `SELECT p_brand, p_type, p_size, COUNT(DISTINCT ps_suppkey) AS supplier_cnt
     FROM partsupp JOIN part ON p_partkey = ps_partkey
     WHERE p_brand <> ? AND p_type NOT LIKE ? AND p_size IN (?, ?, ?, ?, ?, ?, ?, ?)
       AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier WHERE s_comment LIKE '%Customer%Complaints%')
     GROUP BY p_brand, p_type, p_size
     ORDER BY supplier_cnt DESC, p_brand, p_type, p_size`,
    word('Brand#45'),
    word('ECONOMY POLISHED%'),
    ...[9, 14, 3, 19, 16, 6, 11, 2].map(integer),
  ),
  query(
    17,
    'revenue of small orders',
    `SELECT SUM(l_extendedprice) / 7.0 AS avg_yearly
     FROM lineitem, part
     WHERE p_partkey = l_partkey AND p_brand = ? AND p_container = ?
       AND l_quantity < (SELECT 0.2 * AVG(l2.l_quantity) FROM lineitem l2 WHERE l2.l_partkey = p_partkey)`,
    word('Brand#24'),
    word('MED BOX'),
  ),
  query(
    18,
    'customers with large orders',
    `SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, SUM(l_quantity)
     FROM customer, orders, lineitem
     WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING SUM(l_quantity) > ?)
       AND c_custkey = o_custkey AND o_orderkey = l_orderkey
     GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
     ORDER BY o_totalprice DESC, o_orderdate
     LIMIT 100`,
    integer(260),
  ),
  query(
    19,
    'discounted revenue',
    `SELECT SUM(l_extendedprice * (1 - l_discount)) AS revenue
     FROM lineitem, part
     WHERE (p_partkey = l_partkey AND p_brand = ? AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
         AND l_quantity >= ? AND l_quantity <= ? + 10 AND p_size BETWEEN 1 AND 5
         AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')
       OR (p_partkey = l_partkey AND p_brand = ? AND p_container IN ('MED CASE', 'MED BOX', 'MED PACK', 'MED PKG')
         AND l_quantity >= ? AND l_quantity <= ? + 10 AND p_size BETWEEN 1 AND 10
         AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')
       OR (p_partkey = l_partkey AND p_brand = ? AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
         AND l_quantity >= ? AND l_quantity <= ? + 10 AND p_size BETWEEN 1 AND 15
         AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')`,
    word('Brand#12'),
    integer(1),
    integer(1),
    word('Brand#23'),
    integer(10),
    integer(10),
    word('Brand#34'),
    integer(20),
    integer(20),
  ),
  query(
    20,
    'parts for a promotion',
    `SELECT s_name, s_address
     FROM supplier, nation
     WHERE s_suppkey IN (
         SELECT ps_suppkey
         FROM partsupp
         WHERE ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE ?)
           AND ps_availqty > (
             SELECT 0.5 * SUM(l_quantity)
             FROM lineitem
             WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey
               AND l_shipdate >= ? AND l_shipdate < ? + INTERVAL 1 YEAR))
       AND s_nationkey = n_nationkey AND n_name = ?
     ORDER BY s_name`,
    word('forest%'),
    day('1994-01-01'),
    day('1994-01-01'),
    word('CANADA'),
  ),
  query(
    21,
    'suppliers who kept orders waiting',
    `SELECT s_name, COUNT(*) AS numwait
     FROM supplier
     JOIN lineitem l1 ON s_suppkey = l1.l_suppkey
     JOIN orders ON o_orderkey = l1.l_orderkey
     JOIN nation ON n_nationkey = s_nationkey
     WHERE o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate
       AND EXISTS (
         SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey)
       AND NOT EXISTS (
         SELECT * FROM lineitem l3
         WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
       AND n_name = ?
     GROUP BY s_name
     ORDER BY numwait DESC, s_name
     LIMIT 100`,
    word('SAUDI ARABIA'),
  ),
  query(
    22,
    'opportunities of sales',
    `SELECT cntrycode, COUNT(*) AS numcust, SUM(c_acctbal) AS totacctbal
     FROM (
       SELECT SUBSTRING(c_phone, 1, 2) AS cntrycode, c_acctbal
       FROM customer
       WHERE SUBSTRING(c_phone, 1, 2) IN (?, ?, ?, ?, ?, ?, ?)
         AND c_acctbal > (
           SELECT AVG(c_acctbal) FROM customer
           WHERE c_acctbal > 0.00 AND SUBSTRING(c_phone, 1, 2) IN (?, ?, ?, ?, ?, ?, ?))
         AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)) AS custsale
     GROUP BY cntrycode
     ORDER BY cntrycode`,
    ...['13', '31', '23', '29', '30', '18', '17', '13', '31', '23', '29', '30', '18', '17'].map(word),
  ),
];
