/**
 * `npm run bench:planning`: how long it takes to find a statement's plan: in the cache, and parsed and planned anew. No server is needed. Each figure is
 * the best of several rounds, since everything else on the machine only adds to it.
 */

import { shardsFor } from '../src/planner/bind.ts';
import { Operands } from '../src/planner/operands.ts';
import { planKind } from '../src/planner/plan.ts';
import { PlanCache } from '../src/planner/plan-cache.ts';
import { planStatement } from '../src/planner/plan-statement.ts';
import { buildShardMap } from '../src/planner/shard-map.ts';
import { tablesOfDefinitions } from '../src/schema/definitions/tables-of-definitions.ts';
import { Fingerprint } from '../src/sql/fingerprint.ts';
import { lexModeOf } from '../src/sql/lex-mode.ts';
import { parseStatement } from '../src/sql/parser/statement.ts';
import { buildVSchema } from '../src/vschema/build-vschema.ts';
import { equalKeyRanges } from '../src/vschema/key-range.ts';
import { queries, textOf } from '../test/tpch/queries.ts';
import { NATURAL, tpchKeyspaces } from '../test/tpch/stage.ts';

const ROUNDS = 7;
const ROUND_MS = 150;
const SHARDS = 4;
const SQL_MODE = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES';
const mode = lexModeOf(SQL_MODE, 'utf8mb4', 90_704, false);

const { everywhere, vschema: raw } = tpchKeyspaces(SHARDS, 1).find(({ name }) => name === NATURAL)!;
const { vschema } = buildVSchema(
  [{ name: NATURAL, sharded: true, vschema: { ...raw, sharded: true } }],
  undefined,
);
const schema = {
  keyspace: NATURAL,
  version: 1,
  tables: tablesOfDefinitions(Buffer.from(everywhere.join(';\n')), mode).tables,
  disagreements: new Map(),
};
const map = buildShardMap(NATURAL, equalKeyRanges(SHARDS));

const list = Array.from({ length: 100 }, (_, at) => at * 7).join(', ');
const tpch = (number: number): readonly [string, string] => [
  `TPC-H Q${number}`,
  textOf(queries.find((query) => query.number === number)!),
];

const statements: readonly (readonly [name: string, sql: string])[] = [
  ['point select', 'SELECT o_totalprice FROM orders WHERE o_orderkey = 4711'],
  ['list of 100', `SELECT o_totalprice FROM orders WHERE o_orderkey IN (${list})`],
  [
    'join on one shard',
    'SELECT o.o_orderdate, l.l_quantity FROM orders o JOIN lineitem l ON l.l_orderkey = o.o_orderkey WHERE o.o_orderkey = 4711',
  ],
  [
    'groups over shards',
    'SELECT o_orderpriority, COUNT(*), SUM(o_totalprice) FROM orders GROUP BY o_orderpriority',
  ],
  ['page over shards', 'SELECT o_orderkey, o_totalprice FROM orders ORDER BY o_totalprice DESC LIMIT 20'],
  [
    'join over shards',
    'SELECT o.o_orderkey, c.c_name FROM orders o JOIN customer c ON c.c_custkey = o.o_custkey WHERE o.o_orderdate > "1995-01-01"',
  ],
  tpch(1),
  tpch(3),
  tpch(5),
  tpch(21),
];

/** Microseconds of one call. */
function microseconds(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  run();
  for (let round = 0; round < ROUNDS; round++) {
    let runs = 0;
    const begun = performance.now();
    let elapsed = 0;
    while (elapsed < ROUND_MS) {
      for (let at = 0; at < 10; at++) run();
      runs += 10;
      elapsed = performance.now() - begun;
    }
    best = Math.min(best, (elapsed * 1000) / runs);
  }
  return best;
}

type Figures = Readonly<{
  name: string;
  bytes: number;
  plan: string;
  cached: number;
  parse: number;
  planned: number;
  bound: number;
}>;

function measure(name: string, sql: string): Figures {
  const text = Buffer.from(sql);
  const fingerprint = new Fingerprint();
  const cache = new PlanCache<string>(1_000_000);
  if (!fingerprint.read(text, 0, mode)) throw new Error(`${name} has no fingerprint`);
  cache.set(fingerprint.key, 1, name, 0);
  const { literals } = fingerprint;
  const parsed = () => {
    const statement = parseStatement(text, 0, text.length, mode);
    if (statement.kind === 'syntaxProblem') throw new Error(`${name}: ${statement.message}`);
    return statement;
  };
  const planned = () =>
    planStatement(parsed(), {
      text,
      start: 0,
      end: text.length,
      mode,
      literals,
      vschema,
      schemaOf: () => schema,
      keyspace: NATURAL,
      tabletType: 'primary',
      isSystemSchema: (schemaName) => schemaName === 'information_schema',
    });
  const plan = planned()!;
  const operands = new Operands(text, mode, literals, [], {
    sqlMode: new Set(SQL_MODE.split(',')),
    charset: 'utf8mb4',
    collation: 'utf8mb4_0900_ai_ci',
    timeZone: undefined,
  });
  return {
    name,
    bytes: text.length,
    plan: planKind(plan),
    cached: microseconds(() => {
      fingerprint.read(text, 0, mode);
      cache.get(fingerprint.key, 1);
    }),
    parse: microseconds(parsed),
    planned: microseconds(planned),
    bound: microseconds(() => shardsFor('groups' in plan ? plan.groups : [], operands, map, undefined)),
  };
}

const us = (value: number): string => value.toFixed(value < 10 ? 2 : 1).padStart(9);

const all = statements.map(([name, sql]) => measure(name, sql));
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(all, undefined, 2));
} else {
  console.log('µs per statement: found in the cache; parsed; parsed and planned; its shards found\n');
  console.log(
    `${'statement'.padEnd(20)} ${'bytes'.padStart(6)}  plan        cached     parse      plan    shards`,
  );
  for (const { name, bytes, plan, cached, parse, planned, bound } of all)
    console.log(
      `${name.padEnd(20)} ${String(bytes).padStart(6)}  ${plan.padEnd(8)} ${us(cached)} ${us(parse)} ${us(planned)} ${us(bound)}`,
    );
}
