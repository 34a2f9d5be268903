import { describe, expect, test } from 'vitest';
import { CasePlanner } from '../../test/plans/stage.ts';
import { planTree } from './plan-tree.ts';

const plannerOf = (query: string): CasePlanner =>
  new CasePlanner({ vschema: 'shop', database: 'customer', cases: [] }, { name: query, query });

/** A plan for all statements of a kind. */
const template = (query: string): string => planTree(plannerOf(query).template(query)).join('\n');
const described = (query: string): string => planTree(plannerOf(query).describe(query)).join('\n');

describe('without values', () => {
  test.each([
    ['SELECT name FROM customers WHERE customer_id = 5', 'where customer_id = :1 by hash'],
    ['SELECT name FROM customers WHERE customer_id = -5', 'where customer_id = -:1 by hash'],
    ['SELECT name FROM customers WHERE customer_id IN (1, 2)', 'where customer_id in (:1) by hash'],
    ['SELECT label FROM numbers WHERE id BETWEEN 1 AND 2', 'where :1 <= id <= :2 by numeric'],
    ['SELECT name FROM customers WHERE customer_id = ?', 'where customer_id = ?1 by hash'],
    ["DELETE FROM customers WHERE note = 'x'", 'severalShards DELETE/*+ SET_VAR(timestamp=:now) */  FROM'],
  ])('%s', (query, shown) => {
    expect(template(query)).toContain(shown);
  });

  test('both ways of a query are shown: on one shard and on several', () => {
    const shown = template('SELECT order_id FROM orders WHERE total > 5 LIMIT 3, 4');
    expect(shown).toContain('sql: as it came');
    expect(shown).toContain('severalShards:\n    Limit: count :3; offset :2');
    expect(shown).toContain('WHERE total > :1 LIMIT :3 + :2');
  });

  test('what several shards would be refused with', () => {
    expect(template('DELETE FROM customers LIMIT 1')).toContain(
      'severalShards: error HG_SHARDED_NOT_PLANNED',
    );
  });
});

describe('with values', () => {
  test('a long list is counted', () => {
    const ids = Array.from({ length: 12 }, (_, at) => at).join(', ');
    expect(described(`SELECT name FROM customers WHERE customer_id IN (${ids})`)).toContain(
      '8, 9 … (12 values)',
    );
  });

  test('a statement of several lines keeps them', () => {
    expect(described('SELECT name\nFROM customers')).toContain('\n    sql: SELECT name\n    FROM customers');
  });
});
