-- Keyspace `commerce`: not sharded. Runs once, on the primary of its only shard.

CREATE TABLE products (
  product_id BIGINT NOT NULL PRIMARY KEY,
  sku VARCHAR(16) NOT NULL,
  name VARCHAR(80) NOT NULL,
  category ENUM('garden', 'kitchen', 'office', 'outdoor', 'toys') NOT NULL,
  price DECIMAL(10, 2) NOT NULL,
  stock INT NOT NULL DEFAULT 0,
  UNIQUE KEY sku (sku),
  KEY category (category)
);

-- Sequence tables, as Vitess has them: row 0 holds the next value, handed out in blocks of `cache`.
CREATE TABLE customer_seq (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence';
CREATE TABLE order_seq (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence';
CREATE TABLE order_item_seq (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence';
INSERT INTO customer_seq (id, next_id, cache) VALUES (0, 100001, 1000);
INSERT INTO order_seq (id, next_id, cache) VALUES (0, 100001, 1000);
INSERT INTO order_item_seq (id, next_id, cache) VALUES (0, 100001, 1000);
