/**
 * What gathered queries are tested on: the keyspace `user` of two shards and the unsharded `main`, and a plain mysqld with both as databases,
 * which says what is right. Rows go by their lowest bit (`reverse_bits`): even ids to -80, odd ids to 80-.
 */
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { type Mysqld, rootAt, runStatements, startMysqld } from '../support/mysqld.ts';
import { type ConnectOptions, type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { moveTablet, withStore } from '../support/topology-edit.ts';

const sharded = [
  `CREATE TABLE customer (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, region INT, since DATE, KEY (region))`,
  `CREATE TABLE sale (id BIGINT NOT NULL PRIMARY KEY, customer BIGINT NOT NULL, amount DECIMAL(10,2), n INT, note VARCHAR(30), made TIMESTAMP NULL, KEY (customer))`,
];
const unsharded = [
  `CREATE TABLE region (id INT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, tax DECIMAL(4,2))`,
  `CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, v INT)`,
];

const customers = Array.from({ length: 12 }, (_, at) => ({ id: at + 1, name: `c${at + 1}`, region: at % 4 }));
const sales = Array.from({ length: 30 }, (_, at) => ({ id: at + 1, customer: (at * 7) % 13, n: at % 5 }));

const customerRow = ({ id, name, region }: (typeof customers)[number]): string =>
  `(${id}, '${name}', ${region === 3 ? 'NULL' : region}, '2020-01-${String(id).padStart(2, '0')}')`;
const saleRow = ({ id, customer, n }: (typeof sales)[number]): string =>
  `(${id}, ${customer}, ${id}.25, ${n === 4 ? 'NULL' : n}, 'note ${id}', '2021-06-01 12:00:${String(id).padStart(2, '0')}')`;

/** Rows of a parity, of both tables; undefined: all. */
const rowsOf = (parity: 0 | 1 | undefined): string[] => {
  const fits = ({ id }: { id: number }) => parity === undefined || id % 2 === parity;
  return [
    `INSERT INTO customer VALUES ${customers.filter(fits).map(customerRow).join(', ')}`,
    `INSERT INTO sale VALUES ${sales.filter(fits).map(saleRow).join(', ')}`,
  ];
};

const unshardedRows = [
  `INSERT INTO region VALUES (0, 'north', 1.50), (1, 'south', 2.00), (2, 'east', NULL), (9, 'nowhere', 0.00)`,
  `INSERT INTO plain VALUES (1, 10), (2, 20), (3, 30), (4, NULL)`,
];

const vschemas = {
  main: { sharded: false, tables: { region: {}, plain: {} } },
  user: {
    sharded: true,
    vindexes: { bits: { type: 'reverse_bits' } },
    tables: {
      customer: { column_vindexes: [{ column: 'id', name: 'bits' }] },
      sale: { column_vindexes: [{ column: 'id', name: 'bits' }] },
    },
  },
};

export class GatherStage {
  readonly servers: RouterStage;
  readonly #reference: Mysqld;
  /** In front of user/-80 and user/80-. */
  readonly proxies: readonly [CuttingProxy, CuttingProxy];
  readonly #clients = new Set<RawClient>();

  private constructor(
    servers: RouterStage,
    reference: Mysqld,
    proxies: readonly [CuttingProxy, CuttingProxy],
  ) {
    this.servers = servers;
    this.#reference = reference;
    this.proxies = proxies;
  }

  static async set(): Promise<GatherStage> {
    const [servers, reference] = await Promise.all([
      RouterStage.set(),
      startMysqld({ databases: ['user', 'main'] }),
    ]);
    const proxies = [
      await CuttingProxy.start(servers.first.port),
      await CuttingProxy.start(servers.second.port),
    ] as const;
    const stage = new GatherStage(servers, reference, proxies);
    for (const [at, alias] of ['local-3', 'local-4'].entries())
      await moveTablet(servers.etcdAddress, alias, proxies[at]!.port);
    for (const parity of [0, 1] as const)
      await runStatements(stage.tablets[parity], [...sharded, ...rowsOf(parity)], 'user');
    await runStatements(stage.tablets[0], [...unsharded, ...unshardedRows], 'main');
    await runStatements(stage.reference, [...sharded, ...rowsOf(undefined)], 'user');
    await runStatements(stage.reference, [...unsharded, ...unshardedRows], 'main');
    await withStore(servers.etcdAddress, async (store) => {
      for (const [keyspace, vschema] of Object.entries(vschemas))
        await store.putVschema({ keyspace, vschema });
    });
    return stage;
  }

  /** The primaries of -80 and 80-, past proxies and router. */
  get tablets(): readonly [Endpoint, Endpoint] {
    return [rootAt(this.servers.first.port), rootAt(this.servers.second.port)];
  }

  get reference(): Endpoint {
    return this.#reference.endpoint;
  }

  startRouter(...flags: readonly string[]): Promise<RouterUnderTest> {
    return this.servers.startRouter(flags);
  }

  /** A client in `user`; closed by `closeClients`. */
  async client(endpoint: Endpoint, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(endpoint, { database: 'user', ...options });
    this.#clients.add(client);
    return client;
  }

  closeClients(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
  }

  async stop(): Promise<void> {
    this.closeClients();
    await this.servers.stop();
    await Promise.all([this.#reference.stop(), ...this.proxies.map((proxy) => proxy.stop())]);
  }
}
