/**
 * What stages of a keyspace `user` of two shards and the unsharded `main` have in common: a plain mysqld that says what is right, and clients
 * that are closed together. Rows go by their lowest bit (`reverse_bits`): even ids to -80, odd ids to 80-.
 */
import { CuttingProxy } from './cutting-proxy.ts';
import { type Mysqld, type MysqldOptions, rootAt, startMysqld } from './mysqld.ts';
import { type ConnectOptions, type Endpoint, RawClient } from './raw-client.ts';
import { RouterStage, type RouterUnderTest } from './router-stage.ts';
import { moveTablet, withStore } from './topology-edit.ts';

export type TwoShards = Readonly<{
  servers: RouterStage;
  reference: Mysqld;
  /** In front of user/-80 and user/80-, for the router. */
  proxies: readonly [CuttingProxy, CuttingProxy];
}>;

const shardAliases = ['local-3', 'local-4'] as const;

/** Starts the servers; the router reaches the shards through proxies that a test can cut. */
export async function startTwoShards(reference: MysqldOptions): Promise<TwoShards> {
  const [servers, mysqld] = await Promise.all([RouterStage.set(), startMysqld(reference)]);
  const proxies = [
    await CuttingProxy.start(servers.first.port),
    await CuttingProxy.start(servers.second.port),
  ] as const;
  for (const [at, alias] of shardAliases.entries())
    await moveTablet(servers.etcdAddress, alias, proxies[at]!.port);
  return { servers, reference: mysqld, proxies };
}

export abstract class TwoShardsStage {
  readonly servers: RouterStage;
  readonly proxies: readonly [CuttingProxy, CuttingProxy];
  readonly #reference: Mysqld;
  readonly #clients = new Set<RawClient>();

  protected constructor({ servers, reference, proxies }: TwoShards) {
    this.servers = servers;
    this.#reference = reference;
    this.proxies = proxies;
  }

  /** The primaries of -80 and 80-, past proxies and router. */
  get tablets(): readonly [Endpoint, Endpoint] {
    return [rootAt(this.servers.first.port), rootAt(this.servers.second.port)];
  }

  get reference(): Endpoint {
    return this.#reference.endpoint;
  }

  protected async putVschemas(vschemas: Readonly<Record<string, unknown>>): Promise<void> {
    await withStore(this.servers.etcdAddress, async (store) => {
      for (const [keyspace, vschema] of Object.entries(vschemas))
        await store.putVschema({ keyspace, vschema });
    });
  }

  startRouter(...flags: readonly string[]): Promise<RouterUnderTest> {
    return this.servers.startRouter(flags);
  }

  /** A client of a router, a tablet or the reference, in `user`; closed by `closeClients`. */
  async client({ endpoint }: { endpoint: Endpoint }, options: ConnectOptions = {}): Promise<RawClient> {
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
