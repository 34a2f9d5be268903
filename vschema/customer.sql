-- Keyspace `customer`: sharded by customer_id. Runs once, on the primary of every shard.

CREATE TABLE customers (
  customer_id BIGINT NOT NULL PRIMARY KEY,
  email VARCHAR(120) NOT NULL,
  name VARCHAR(80) NOT NULL,
  city VARCHAR(40) NOT NULL,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY email (email)
);

CREATE TABLE orders (
  order_id BIGINT NOT NULL PRIMARY KEY,
  customer_id BIGINT NOT NULL,
  status ENUM('new', 'paid', 'shipped', 'returned') NOT NULL DEFAULT 'new',
  total DECIMAL(10, 2) NOT NULL DEFAULT 0,
  ordered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY customer (customer_id, ordered_at)
);

CREATE TABLE order_items (
  order_item_id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  quantity INT NOT NULL,
  price DECIMAL(10, 2) NOT NULL,
  KEY order_of (order_id),
  KEY customer (customer_id)
);
