/** TPC-C's conditions of consistency, each as a query for what breaks it, and a query or two that read all shards. */

export const conditions: readonly (readonly [what: string, sql: string])[] = [
  [
    'a warehouse has what its districts have',
    `SELECT w_id, w_ytd, SUM(d_ytd) AS districts FROM warehouse JOIN district ON d_w_id = w_id
     GROUP BY w_id, w_ytd HAVING w_ytd <> SUM(d_ytd)`,
  ],
  [
    'the next order follows the last one',
    `SELECT d_w_id, d_id, d_next_o_id, MAX(o_id) FROM district JOIN orders ON o_w_id = d_w_id AND o_d_id = d_id
     GROUP BY d_w_id, d_id, d_next_o_id HAVING d_next_o_id - 1 <> MAX(o_id)`,
  ],
  [
    'the next order follows the last new one',
    `SELECT d_w_id, d_id, d_next_o_id, MAX(no_o_id) FROM district JOIN new_order ON no_w_id = d_w_id AND no_d_id = d_id
     GROUP BY d_w_id, d_id, d_next_o_id HAVING d_next_o_id - 1 <> MAX(no_o_id)`,
  ],
  [
    'new orders have no gaps',
    `SELECT no_w_id, no_d_id FROM new_order GROUP BY no_w_id, no_d_id
     HAVING MAX(no_o_id) - MIN(no_o_id) + 1 <> COUNT(*)`,
  ],
  [
    'a district has the lines that its orders count',
    `SELECT o_w_id, o_d_id FROM orders GROUP BY o_w_id, o_d_id
     HAVING SUM(o_ol_cnt) <> (SELECT COUNT(*) FROM order_line WHERE ol_w_id = o_w_id AND ol_d_id = o_d_id)`,
  ],
  [
    'what no carrier has is a new order, and nothing else is',
    `SELECT o_w_id, o_d_id, o_id FROM orders LEFT JOIN new_order ON no_w_id = o_w_id AND no_d_id = o_d_id AND no_o_id = o_id
     WHERE (o_carrier_id IS NULL) <> (no_o_id IS NOT NULL)`,
  ],
  [
    'an order has the lines that it counts',
    `SELECT o_w_id, o_d_id, o_id, o_ol_cnt FROM orders
     WHERE o_ol_cnt <> (SELECT COUNT(*) FROM order_line WHERE ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id)`,
  ],
  [
    'lines are delivered with their order',
    `SELECT o_w_id, o_d_id, o_id, ol_number FROM orders
     JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
     WHERE (ol_delivery_d IS NULL) <> (o_carrier_id IS NULL)`,
  ],
  [
    'a warehouse has what was paid to it',
    `SELECT w_id, w_ytd, SUM(h_amount) FROM warehouse JOIN history ON h_w_id = w_id
     GROUP BY w_id, w_ytd HAVING w_ytd <> SUM(h_amount)`,
  ],
  [
    'a district has what was paid to it',
    `SELECT d_w_id, d_id, d_ytd, SUM(h_amount) FROM district JOIN history ON h_w_id = d_w_id AND h_d_id = d_id
     GROUP BY d_w_id, d_id, d_ytd HAVING d_ytd <> SUM(h_amount)`,
  ],
  [
    'a customer owes what was delivered and not paid, wherever it was paid',
    `SELECT c_w_id, c_d_id, c_id, c_balance FROM customer
     WHERE c_balance <>
       (SELECT COALESCE(SUM(ol_amount), 0) FROM orders
        JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
        WHERE o_w_id = c_w_id AND o_d_id = c_d_id AND o_c_id = c_id AND ol_delivery_d IS NOT NULL)
       - (SELECT SUM(h_amount) FROM history WHERE h_c_w_id = c_w_id AND h_c_d_id = c_d_id AND h_c_id = c_id)`,
  ],
  [
    'a customer owes and has paid what was delivered',
    `SELECT c_w_id, c_d_id, c_id, c_balance + c_ytd_payment FROM customer
     WHERE c_balance + c_ytd_payment <>
       (SELECT COALESCE(SUM(ol_amount), 0) FROM orders
        JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
        WHERE o_w_id = c_w_id AND o_d_id = c_d_id AND o_c_id = c_id AND ol_delivery_d IS NOT NULL)`,
  ],
  [
    'a stock counts what was taken from it, by whichever warehouse',
    `SELECT s_w_id, s_i_id, s_ytd FROM stock JOIN (
       SELECT ol_supply_w_id, ol_i_id, SUM(ol_quantity) AS taken FROM order_line WHERE ol_o_id > 30
       GROUP BY ol_supply_w_id, ol_i_id) AS sold ON ol_supply_w_id = s_w_id AND ol_i_id = s_i_id
     WHERE s_ytd <> taken`,
  ],
];

/** Conditions (by their place) that the router refuses to check by now. One that is answered has to leave the list. */
export const refused: readonly number[] = [];
